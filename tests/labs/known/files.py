"""The known community in files: a repository, an export of Slack, a dump of Stack Exchange, a table, a blog."""

import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from kith.connectors.testing import Asked, Given
from tests.labs.known.people import ALL, NAMES, START, address, handle, work_address
from tests.labs.known.truth import Said, Truth
from tests.labs.ngircd.server import NETWORK as IRC_NETWORK
from tests.unit.connectors.repositories import Author, Repo

TEAM, SITE = "T1", "garden.example"


def commit(folder: Path, truth: Truth) -> Repo:
    """Let each write something that another reviews."""
    repo = Repo(folder)
    for who in ALL:
        truth.account(who, "git", f"{NAMES[who]} <{address(who)}>")
    for who in ALL:
        add_commit(repo, who, truth)
    return repo


def add_commit(repo: Repo, who: int, truth: Truth) -> None:
    reviewer, mark = (who + 5) % len(NAMES), truth.mark()
    review = f"Reviewed-by: {NAMES[reviewer]} <{address(reviewer)}>"
    repo.commit(f"beds: rake mark{mark}\n\n{review}\n", author=Author(NAMES[who], address(who)), path=f"bed{who}")
    truth.did("git", "contribute", who, mark=mark)
    truth.did("git", "review", reviewer, who, mark=mark)


class Export:
    """A channel of Slack, as an export has it."""

    network, kinds = "slack", ("message", "reply")
    flags = frozenset({"react", "edit", "names", "late", "rooted"})

    def __init__(self, truth: Truth) -> None:
        self.messages: list[dict[str, Any]] = []
        for who in ALL:
            truth.account(who, "slack", f"U{who}", TEAM)

    async def say(self, who: int, text: str, to: Said | None, names: int | None) -> dict[str, Any]:
        moment = f"{1_741_000_000 + len(self.messages) * 60}.000100"
        text = text if names is None else f"<@U{names}> {text}"
        message: dict[str, Any] = {"type": "message", "user": f"U{who}", "ts": moment, "text": text}
        if to:
            message["thread_ts"] = to.native.setdefault("thread_ts", to.native["ts"])
        self.messages.append(message)
        return message

    async def react(self, who: int, said: Said) -> None:
        found = said.native.setdefault("reactions", [{"name": "seedling", "users": [], "count": 0}])[0]
        found["users"].append(f"U{who}")
        found["count"] += 1

    async def edit(self, said: Said, text: str) -> None:
        said.native.update(text=text, edited={"user": said.native["user"], "ts": "1741900000.000000"})

    async def delete(self, said: Said) -> None:
        raise NotImplementedError

    def write(self, path: Path) -> None:
        users = [
            {
                "id": f"U{who}", "team_id": TEAM, "updated": 1, "name": handle("slack", who),
                "is_email_confirmed": True,
                "profile": {"email": work_address(who), "display_name": handle("slack", who)},
            }
            for who in ALL
        ]  # fmt: skip
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("users.json", json.dumps(users))
            file.writestr("channels.json", json.dumps([{"id": "C1", "name": "garden"}]))
            for part in range(0, len(self.messages), 4):
                day = f"{START + timedelta(days=part):%Y-%m-%d}"
                file.writestr(f"garden/{day}.json", json.dumps(self.messages[part : part + 4]))


def ask(folder: Path, truth: Truth) -> None:
    """Let them ask and answer: a dump with the accounts of all, and nobody's real name."""
    folder.mkdir()
    users, posts, comments = [], [], []
    for who in ALL:
        truth.account(who, "stackexchange", str(who + 1), SITE)
        users.append(_row(Id=who + 1, DisplayName=handle("stackexchange", who), LastAccessDate="2025-03-01T00:00:00"))
    for number in range(4):
        asker, helper, third, day = number, number + 4, number + 8, number + 3
        question, answer = 2 * number + 1, 2 * number + 2
        marks = [truth.mark() for _ in range(3)]
        posts += [
            _row(
                Id=question, PostTypeId=1, AcceptedAnswerId=answer, OwnerUserId=asker + 1, Title="Beds?",
                CreationDate=f"2025-03-0{day}T10:00:00", Body=f"&lt;p&gt;How mark{marks[0]}&lt;/p&gt;",
            ),
            _row(
                Id=answer, PostTypeId=2, ParentId=question, OwnerUserId=helper + 1,
                CreationDate=f"2025-03-0{day}T11:00:00", Body=f"&lt;p&gt;So mark{marks[1]}&lt;/p&gt;",
            ),
        ]  # fmt: skip
        comments.append(_row(
            Id=number + 1, PostId=answer, UserId=third + 1, CreationDate=f"2025-03-0{day}T12:00:00",
            Text=f"Thanks mark{marks[2]}",
        ))  # fmt: skip
        truth.did("stackexchange", "question", asker, mark=marks[0])
        truth.did("stackexchange", "answer", helper, asker, mark=marks[1])
        truth.did("stackexchange", "accept", asker, helper)
        truth.did("stackexchange", "comment", third, helper, mark=marks[2])
        truth.threads |= dict.fromkeys(marks, marks[0])
    for name, rows in (("Users", users), ("Posts", posts), ("Comments", comments)):
        (folder / f"{name}.xml").write_text("\n".join(["<x>", *rows, "</x>"]))


def _row(**values: Any) -> str:
    told = {name: str(value).replace("&lt;", "<").replace("&gt;", ">") for name, value in values.items()}
    return f"<row {' '.join(f'{name}={quoteattr(value)}' for name, value in told.items())} />"


CALL = {
    "record": {
        "type": "interaction",
        "ref": {"network": "phone.example", "key": "{Id}", "kind": "call"},
        "actor": {"network": "mail", "key": "{Caller}"},
        "occurred_at": "{Date|date}",
        "targets": [{"identity": {"network": "mail", "key": "{Called}"}}],
    }
}


def call(path: Path, truth: Truth) -> None:
    """Let everybody call the next but two."""
    rows = ["Id,Date,Caller,Called"]
    for who in ALL:
        other = (who + 3) % len(NAMES)
        rows.append(f"{who},2025-03-04T10:00:00Z,{work_address(who)},{address(other)}")
        truth.did("phone.example", "call", who, other)
    path.write_text("\n".join(rows))


class Blog:
    """A blog whose authors sign with their addresses; the feed shows them all."""

    network, kinds, flags = "feeds", ("post", "post"), frozenset({"edit"})

    def __init__(self) -> None:
        self.entries: list[str] = []

    def write(self, who: int, truth: Truth) -> None:
        mark, number = truth.mark(), len(self.entries)
        date = f"{START + timedelta(days=number):%a, %d %b %Y %H:%M:%S GMT}"
        self.entries.append(
            f"<item><guid isPermaLink='false'>post-{number}</guid><title>Post {number}</title>"
            f"<author>{address(who)} ({NAMES[who]})</author><pubDate>{date}</pubDate>"
            f"<description>Weeds mark{mark}</description></item>"
        )
        truth.did("feed", "post", who, mark=mark)

    def given(self, asked: Asked) -> Given:
        channel = "<channel><title>Garden</title><link>https://blog.example/</link>"
        body = f"<?xml version='1.0'?><rss version='2.0'>{channel}{''.join(reversed(self.entries))}</channel></rss>"
        return Given(body=body.encode(), headers={"content-type": "application/rss+xml"})


class Log:
    """What somebody's client wrote down of a channel of IRC."""

    network, kinds, flags = "irc", ("message", "message"), frozenset({"flat", "names", "loose"})

    def __init__(self, path: Path, truth: Truth) -> None:
        self._path, self._lines = path, 0
        for who in ALL:
            truth.account(who, "irc", handle("irc", who), IRC_NETWORK)

    async def say(self, who: int, text: str, to: Said | None, names: int | None) -> None:
        self._lines += 1
        called = [handle("irc", one) for one in (to.who if to else None, names) if one is not None and one != who]
        text = f"{', '.join(called)}: {text}" if called else text
        with self._path.open("a") as file:
            file.write(f"{START + timedelta(minutes=self._lines):%Y-%m-%d %H:%M:%S}\t{handle('irc', who)}\t{text}\n")

    async def react(self, who: int, said: Said) -> None:
        raise NotImplementedError

    async def edit(self, said: Said, text: str) -> None:
        raise NotImplementedError

    async def delete(self, said: Said) -> None:
        raise NotImplementedError
