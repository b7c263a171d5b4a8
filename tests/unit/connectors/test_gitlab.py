"""GitLab: recorded answers, and a project on a server of ours with its way of paging."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kith.connectors import InteractionRef, Missing, Page, Ref, Secret, Target, open_context
from kith.connectors.gitlab import GitLabConfig, GitLabConnector, client
from kith.connectors.testing import Asked, Facts, FakeClock, FaultServer, Given, check_connector, given_json
from tests.paths import shared

GITLAB = GitLabConnector()
HOST = "127.0.0.1"
START = datetime(2024, 1, 1, tzinfo=UTC)
LATER = "not-a-token-but-later"
API = "/api/v4/projects"
PATH = f"{API}/7"


def person(id_: int) -> Ref:
    return Ref("gitlab", f"@{id_}", HOST)


def act(key: str, kind: Any) -> InteractionRef:
    return InteractionRef("gitlab", key, kind, HOST)


def at(minute: int) -> str:
    return f"{START + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%S}.000Z"


def user(id_: int, **more: Any) -> dict[str, Any]:
    return {"id": id_, "username": f"user{id_}", "name": f"User {id_}", **more}


class Simulator:
    """A project: lists by the last change from ``updated_after`` on; discussions and awards in one page each."""

    def __init__(self, server: FaultServer, earlier: "Simulator | None" = None) -> None:
        self.server, self.root = server, earlier or self
        self.later: Simulator | None = None
        self.routes: dict[str, Callable[[Asked], Given]] = {}
        self.project: dict[str, Any] = {"id": 7, "path_with_namespace": "acme/rocket", "visibility": "public"}
        self.lists: dict[str, list[dict[str, Any]]] = {"issues": [], "merge_requests": []}
        self.on(f"{API}/acme%2Frocket", lambda _: given_json(self.project))
        for name in self.lists:
            self.on(f"{PATH}/{name}", partial(self.changed, name))
        self.on("/api/v4/users", self.users)

    def users(self, asked: Asked) -> Given:
        name = asked.query["username"]
        return given_json([user(int(name[4:]))] if name[:4] == "user" else [])

    def on(self, path: str, answer: Callable[[Asked], Given]) -> None:
        self.routes[path] = answer
        self.server.on(path, lambda asked: self.root.now(asked).routes[path](asked))

    def now(self, asked: Asked) -> "Simulator":
        """Return the project as this reader sees it: ``later`` is the same one at a later time."""
        return self.later if self.later and asked.headers.get("private-token") == LATER else self

    def changed(self, name: str, asked: Asked) -> Given:
        since, page, size = asked.query.get("updated_after", ""), int(asked.query["page"]), int(asked.query["per_page"])
        found = sorted(self.lists[name], key=lambda one: str(one.get("updated_at")))
        found = [one for one in found if str(one.get("updated_at")) >= since]
        link = {"link": f'<{self.server.url()}next>; rel="next"'} if len(found) > page * size else {}
        return given_json(found[(page - 1) * size : page * size], headers=link)

    def add(self, name: str, iid: int, minute: int, *notes: list[dict[str, Any]], by: Any = 1, **more: Any) -> None:
        self.lists[name].append({
            "iid": iid, "created_at": at(minute), "updated_at": at(minute), "author": user(by), "title": f"Thing {iid}",
            "description": "Hi", "web_url": f"https://gitlab.com/acme/rocket/-/{name}/{iid}",
            "user_notes_count": sum(map(len, notes)), **more,
        })  # fmt: skip
        discussions = [{"id": f"d{number}", "notes": found} for number, found in enumerate(notes)]
        self.on(f"{PATH}/{name}/{iid}/discussions", lambda _: given_json(discussions))
        awards = [{"id": 90 + iid, "name": "thumbsup", "created_at": at(minute + 1), "user": user(3)}]
        self.on(f"{PATH}/{name}/{iid}/award_emoji", lambda _: given_json(awards))


def note(id_: int, minute: int, by: int, body: str = "Yes", **more: Any) -> dict[str, Any]:
    return {"id": id_, "created_at": at(minute), "updated_at": at(minute), "author": user(by), "body": body, **more}


@pytest.fixture
async def lab(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Simulator]:
    monkeypatch.setattr(client, "SIZE", 4)
    async with FaultServer() as server:
        yield Simulator(server)


def config(lab: Simulator, **more: Any) -> GitLabConfig:
    return GitLabConfig(("acme/rocket",), site=lab.server.url(), **more)


async def read(config: GitLabConfig, cursor: msgspec.Raw | None = None) -> list[Page]:
    async with open_context(GITLAB, config, Path("/nonexistent"), clock=FakeClock()) as context:
        return [page async for page in GITLAB.pull(config, cursor, context)]


def skips(pages: list[Page]) -> list[tuple[str, str]]:
    return [(skip.place, skip.code) for page in pages for skip in page.skipped]


async def test_recorded_answers_are_read(lab: Simulator) -> None:
    folder = shared("samples/perceval-fixtures/gitlab")

    def recorded(name: str) -> Any:
        return json.loads((folder / name).read_text())

    issues = [recorded(f"issue_{number}") for number in (1, 3, 4)]
    merges = [recorded(f"merge_{number}") for number in (1, 2)]
    lab.project = recorded("project") | {"id": 7}
    lab.lists |= {"issues": issues, "merge_requests": merges}
    notes = [{"id": f"d{number}", "notes": [one]} for number, one in enumerate(recorded("notes_1"))]
    for name, things in lab.lists.items():
        for thing in things:
            lab.on(f"{PATH}/{name}/{thing['iid']}/discussions", lambda _: given_json([]))
            lab.on(f"{PATH}/{name}/{thing['iid']}/award_emoji", lambda _: given_json([]))
    lab.on(f"{PATH}/issues/1/discussions", lambda _: given_json(notes))
    pages = await read(config(lab))
    found = Facts(pages).interactions
    assert not skips(pages)
    assert {one.key for one in found if one.kind == "post"} == {f"7#{one['iid']}" for one in issues}
    assert {one.key for one in found if one.kind == "contribute"} == {f"7!{one['iid']}" for one in merges}
    assert {one.key for one in found if one.kind == "merge"} == {
        f"7!{one['iid']}" for one in merges if one["merged_by"]
    }
    said = {f"note_{one['id']}" for one in recorded("notes_1") if not one["system"]}
    assert {one.key for one in found if one.kind == "comment"} == said
    assert "Could not resolve all dependencies" in (found[act("7#1", "post")].text or "")


async def test_who_addresses_whom(lab: Simulator) -> None:
    talk = [note(1, 2, 2, "@user3: see", updated_at=at(5)), note(2, 3, 1, "> old\nnew")]
    lab.add(
        "issues",
        1,
        1,
        talk,
        [note(3, 4, 2, internal=True)],
        upvotes=1,
        description="@user2 and @nobody",
        confidential=True,
    )
    approved = note(4, 6, 3, "approved this merge request", system=True)
    moved = note(5, 6, 3, "assigned to @user2", system=True)
    lab.add("merge_requests", 1, 5, [approved], [moved], merged_at=at(9), merge_user=user(4, username="project_7_bot"))
    facts = Facts(pages := await read(config(lab)))
    found = facts.interactions
    assert not skips(pages)
    issue = found[act("7#1", "post")]
    assert (issue.targets, issue.visibility) == ((Target(person(2), "mention"),), "private")
    assert found[act("note_1", "comment")].reply_to == act("7#1", "post")
    assert found[act("note_1", "comment")].edited_at == START + timedelta(minutes=5)
    assert found[act("note_1", "comment")].targets == (Target(person(3), "mention"),)
    assert (found[act("note_2", "comment")].reply_to, found[act("note_2", "comment")].text) == (
        act("note_1", "comment"),
        "new",
    )
    assert found[act("award_91", "react")].targets == (Target(person(1), "author"),)
    assert found[act("note_4", "approve")].targets == (Target(person(1), "author"),)
    assert found[act("7!1", "merge")].actor == person(4)
    assert found[act("7!1", "merge")].visibility == "public"
    assert facts.identities[person(4)].kind == "bot"
    assert not [one for one in found if one.key == "note_5"]


async def test_what_is_ill_formed_or_not_shown_is_told(lab: Simulator) -> None:
    lab.add("issues", 1, 1, [note(1, 1, 2, created_at="soon"), note(2, 2, 2, author=None)])
    lab.add("issues", 2, 2, by=9, author=user(9, username="ghost"))
    lab.add("issues", 3, 3, [note(3, 3, 1)], description="\0fine")
    lab.lists["issues"].append({"iid": "four"})
    lab.on(f"{PATH}/issues/3/discussions", lambda _: Given(404))
    lab.on(f"{PATH}/merge_requests", lambda _: Given(403))
    settings = msgspec.structs.replace(config(lab), projects=("acme/rocket", "acme/gone"))
    pages = await read(settings)
    assert [one.key for one in Facts(pages).interactions] == ["7#1", "7#3"]
    assert skips(pages) == [
        ("acme/rocket issues 4", "unreadable_item"), ("#1 note 1", "unreadable_item"), ("#1 note 2", "unreadable_item"),
        ("#2", "unreadable_item"), ("#3", "not_read"), ("acme/rocket merge_requests", "not_read"),
        ("acme/gone", "not_read"),
    ]  # fmt: skip
    with pytest.raises(Missing):
        await read(msgspec.structs.replace(settings, projects=("acme/gone",)))


async def test_gitlab_conforms(lab: Simulator) -> None:
    lab.later = Simulator(lab.server, earlier=lab)
    for one, count in ((lab, 8), (lab.later, 12)):
        for number in range(1, count):
            one.add("issues", number, number, [note(number, number, 2, "@user3")], upvotes=number % 2)
            one.add(
                "merge_requests",
                number,
                number,
                [note(100 + number, number, 2)],
                merged_at=at(number),
                merged_by=user(1),
            )
    before = config(lab, token=Secret("not-a-token"))
    verdict = await check_connector(GITLAB, before, msgspec.structs.replace(before, token=Secret(LATER)))
    assert verdict.tier == "branch"
    async with open_context(GITLAB, before, Path("/nonexistent")) as context:
        assert (await GITLAB.check(before, context)).detail == "1 projects, 0 of them not public."
