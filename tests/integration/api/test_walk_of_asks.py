"""The walk of docs/asks.md through a real chat and a real site of questions and answers, as it is written there."""

import csv
import io
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import zstandard

from kith.cli.evaluate.replies import _SPOKEN
from kith.connectors import Channel, Conversation, Identity, Interaction, InteractionRef, Record, Ref, Target
from tests.integration.api.conftest import Client
from tests.integration.store.facts import Store
from tests.paths import ROOT, SHARED, shared

CHAT = SHARED / "data" / "irc-ubuntu" / "irc-ubuntu.tar.zst"
LOG = "data/dev/2004-11-15_03.ascii.txt"
QUESTIONS = SHARED / "data" / "asks-beer" / "acts.csv.zst"
TEXT = (ROOT / "docs" / "asks.md").read_text()
LATEST = 800
NOW = datetime.now(UTC).replace(microsecond=0)
ROOM = Ref("irc", "#ubuntu", "irc.example")
SITE = Ref("forum", "beer", "beer.example")


def chat() -> Iterator[Record]:
    """Yield the lines of people of one log, the last one an hour ago; those of one minute follow each other."""
    with zstandard.open(CHAT) as packed, tarfile.open(fileobj=packed, mode="r|") as files:
        text = next(files.extractfile(each).read().decode() for each in files if each.name == LOG)  # type: ignore[union-attr]  # a file
    lines = [found for found in map(_SPOKEN.match, text.splitlines()) if found]
    yield Channel(ROOM, "room", "#ubuntu", visibility="public")
    days, before = 0, 0
    said: list[timedelta] = []
    for line in lines:
        minutes = int(line[1]) * 60 + int(line[2])
        days += minutes < before
        before = minutes
        said.append(timedelta(days=days, minutes=minutes))
    for n, (line, at) in enumerate(zip(lines, said, strict=True)):
        nick = line[3] or line[4]
        who = Ref("irc", nick.lower(), "irc.example")
        yield Identity(who, "person", nick, nick, seen_at=NOW)
        yield Interaction(
            InteractionRef("irc", f"line {n}", "message", "irc.example"),
            who, NOW - timedelta(hours=1) + at - said[-1] + timedelta(microseconds=n), channel=ROOM, text=line[5],
            visibility="public",
        )  # fmt: skip


def questions() -> Iterator[Record]:
    """Yield the latest questions and answers of a site, with the dates moved so that the last one was an hour ago."""
    with zstandard.open(QUESTIONS) as packed:
        rows = list(csv.DictReader(io.TextIOWrapper(packed, "utf-8")))[-LATEST:]
    moved = NOW - timedelta(hours=1) - max(datetime.fromisoformat(row["ts"]) for row in rows)
    kinds = {row["id"]: row["kind"] for row in rows}
    yield Channel(SITE, "site", "beer", visibility="public")
    for row in rows:
        actor = Ref("forum", row["actor"], "beer.example")
        talk = Ref("forum", f"q{row['conversation']}", "beer.example")
        yield Identity(actor, "person", f"user {row['actor']}", seen_at=NOW)
        yield Conversation(talk, SITE, row["title"] or None)
        at = datetime.fromisoformat(row["ts"]) + moved
        answered = row["reply_to"]
        yield Interaction(
            InteractionRef("forum", row["id"], row["kind"], "beer.example"),  # type: ignore[arg-type]  # as the set says
            actor, at, (Target(Ref("forum", row["target"], "beer.example"), "reply"),) if row["target"] else (), SITE,
            talk, InteractionRef("forum", answered, kinds[answered], "beer.example") if answered in kinds else None,  # type: ignore[arg-type]  # as the set says
            title=row["title"] or None, text=row["text"], visibility="public",
        )  # fmt: skip
        if row["accepted"] == "1":
            asker = Ref("forum", row["target"], "beer.example")
            yield Interaction(
                InteractionRef("forum", row["id"], "accept", "beer.example"), asker, at, (Target(actor),), SITE, talk,
                InteractionRef("forum", row["id"], "answer", "beer.example"), visibility="public",
            )  # fmt: skip


async def read(client: Client, records: Iterable[Record]) -> None:
    """Store records as one page, and work them in."""
    store = await Store.open(client.pool, client.workspace_id)
    await store.store(*{(type(record), record.ref): record for record in records}.values())  # type: ignore[union-attr]  # each has one
    await store.project(NOW)


def written(name: str) -> list[list[str]]:
    """Return the cells of the rows of a table of the walk."""
    table = TEXT.partition(f"<!-- {name} -->\n")[2].partition(f"<!-- /{name} -->")[0]
    return [[cell.strip() for cell in row[1:-1].split(" | ")] for row in table.splitlines()[2:]]


async def test_the_walk_through_a_chat_is_as_it_is_written(client: Client) -> None:
    shared("data/irc-ubuntu/irc-ubuntu.tar.zst")
    await read(client, chat())
    listed = await client.pages("/v1/asks?limit=200")
    asks, found = {ask["sentence"]: ask for ask in listed}, Counter(ask["state"] for ask in listed)
    assert f"{found['answered']} are answered and {found['open']} open" in TEXT
    rows = written("chat")
    assert len(rows) == 8
    for who, sentence, state, nobody, answerer, text in rows:
        ask = asks[sentence]
        seen = [
            ask["asker"]["name"],
            ask["state"],
            f"{ask['nobody_answered']:.2f}",
            (ask["answerer"] or {}).get("name"),
        ]
        assert seen == [who, state, nobody, answerer or None], sentence
        if answerer:
            assert (await client.get(f"/v1/interactions/{ask['answer_id']}"))["text"] == text


async def test_the_walk_through_questions_is_as_it_is_written(client: Client) -> None:
    shared("data/asks-beer/acts.csv.zst")
    await read(client, questions())
    listed = await client.pages("/v1/asks?limit=200")
    asks, found = {ask["sentence"]: ask for ask in listed}, Counter(ask["state"] for ask in listed)
    counted = f"{found['accepted']} accepted, {found['answered']} answered, {found['open']} open"
    assert counted in TEXT
    rows = written("questions")
    assert len(rows) == 5
    for title, days, overdue, best in rows:
        ask = await client.get(f"/v1/asks/{asks[title]['id']}")
        late = "yes" if ask["overdue"] else "no"
        assert [str((NOW - datetime.fromisoformat(ask["asked_at"])).days), late] == [days, overdue], title
        assert ", ".join(each["person"]["name"] for each in ask["answerers"][:3]) == best
        assert all(each["answers"] for each in ask["answerers"])
