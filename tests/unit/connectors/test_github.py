"""GitHub: recorded answers, and repositories on a server of ours with its way of paging."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kith.connectors import Interaction, InteractionRef, Missing, Page, Ref, Secret, Target, open_context
from kith.connectors.github import GitHubConfig, GitHubConnector, client
from kith.connectors.markdown import named, plain
from kith.connectors.testing import Asked, Facts, FakeClock, FaultServer, Given, check_connector, given_json
from tests.paths import shared

GITHUB = GitHubConnector()
HOST = "127.0.0.1"
START = datetime(2024, 1, 1, tzinfo=UTC)
LATER = "not-a-token-but-later"
PATH = "/repos/acme/rocket"


def person(id_: int) -> Ref:
    return Ref("github", f"@{id_}", HOST)


def act(key: str, kind: Any) -> InteractionRef:
    return InteractionRef("github", key, kind, HOST)


def at(minute: int) -> str:
    return f"{START + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}"


def user(id_: int, **more: Any) -> dict[str, Any]:
    return {"id": id_, "login": f"user{id_}", "type": "User", "html_url": f"https://github.com/user{id_}", **more}


class Simulator:
    """A repository: lists by the last change from ``since`` on, in pages with a Link; the rest in one page each."""

    def __init__(self, server: FaultServer, earlier: "Simulator | None" = None) -> None:
        self.server, self.root = server, earlier or self
        self.later: Simulator | None = None
        self.routes: dict[str, Callable[[Asked], Given]] = {}
        self.repo: dict[str, Any] = {"id": 7, "full_name": "acme/rocket", "html_url": "https://github.com/acme/rocket"}
        self.lists: dict[str, list[dict[str, Any]]] = {"issues": [], "issues/comments": [], "pulls/comments": []}
        self.on(PATH, lambda _: given_json(self.repo))
        for name in self.lists:
            self.on(f"{PATH}/{name}", partial(self.changed, name))
        for id_ in range(1, 6):
            self.on(f"/users/user{id_}", partial(self.user, id_))

    def user(self, id_: int, asked: Asked) -> Given:
        return given_json(user(id_))

    def on(self, path: str, answer: Callable[[Asked], Given]) -> None:
        self.routes[path] = answer
        self.server.on(path, lambda asked: self.root.now(asked).routes[path](asked))

    def now(self, asked: Asked) -> "Simulator":
        """Return the repository as this reader sees it: ``later`` is the same one at a later time."""
        return self.later if self.later and LATER in asked.headers.get("authorization", "") else self

    def changed(self, name: str, asked: Asked) -> Given:
        since, page, size = asked.query.get("since", ""), int(asked.query["page"]), int(asked.query["per_page"])
        found = sorted(self.lists[name], key=lambda one: str(one.get("updated_at")))
        found = [one for one in found if str(one.get("updated_at")) >= since]
        link = {"link": f'<{self.server.url()}next>; rel="next"'} if len(found) > page * size else {}
        return given_json(found[(page - 1) * size : page * size], headers=link)

    def issue(self, number: int, minute: int, by: int | None = 1, body: str | None = "Hi", **more: Any) -> None:
        self.lists["issues"].append({
            "number": number, "created_at": at(minute), "updated_at": at(minute), "title": f"Issue {number}",
            "user": by and user(by), "body": body, "html_url": f"https://github.com/acme/rocket/issues/{number}",
            **more,
        })  # fmt: skip
        if more.get("pull_request"):
            self.give(f"{PATH}/pulls/{number}/reviews", [])

    def comment(self, id_: int, number: int, minute: int, by: int = 2, body: Any = "Yes", **more: Any) -> None:
        name = "pulls/comments" if "pull_request_url" in more else "issues/comments"
        where = "pull" if more.pop("in_pull", False) else "issues"
        self.lists[name].append({
            "id": id_, "created_at": at(minute), "updated_at": at(minute), "user": user(by), "body": body,
            "issue_url": f"https://api.github.com/repos/acme/rocket/issues/{number}",
            "html_url": f"https://github.com/acme/rocket/{where}/{number}#issuecomment-{id_}", **more,
        })  # fmt: skip

    def give(self, path: str, value: Any) -> None:
        self.on(path, lambda _: given_json(value))


@pytest.fixture
async def hub(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Simulator]:
    monkeypatch.setattr(client, "SIZE", 4)
    async with FaultServer() as server:
        yield Simulator(server)


def config(hub: Simulator, **more: Any) -> GitHubConfig:
    return GitHubConfig(("acme/rocket",), api=hub.server.url(), **more)


async def read(config: GitHubConfig, cursor: msgspec.Raw | None = None) -> list[Page]:
    async with open_context(GITHUB, config, Path("/nonexistent"), clock=FakeClock()) as context:
        return [page async for page in GITHUB.pull(config, cursor, context)]


def skips(pages: list[Page]) -> list[tuple[str, str]]:
    return [(skip.place, skip.code) for page in pages for skip in page.skipped]


async def test_recorded_issues_are_read(hub: Simulator) -> None:
    """The thirteen issues of a real walk through five pages."""
    fixture = shared("samples/github-octokit-fixtures/paginate-issues/normalized-fixture.json")
    issues = [issue for exchange in json.loads(fixture.read_text()) for issue in exchange["response"]]
    hub.lists["issues"] = issues
    pages = await read(config(hub))
    found = Facts(pages)
    assert sorted(one.key for one in found.interactions) == sorted(f"7#{number}" for number in range(1, 14))
    assert {one.title for one in found.interactions.values()} == {issue["title"] for issue in issues}
    assert {identity.handle for identity in found.identities.values()} == {"octokit-fixture-user-a"}
    assert not skips(pages)


async def test_recorded_comments_reviews_and_reactions_are_read(hub: Simulator) -> None:
    folder = shared("samples/perceval-fixtures/github")

    def recorded(name: str) -> Any:
        return json.loads((folder / f"github_{name}").read_text())

    hub.lists["issues"] = recorded("issue_1")
    hub.lists["issues/comments"] = recorded("issue_comments_1")
    hub.give(f"{PATH}/pulls/1/reviews", recorded("request_pull_request_1_reviews"))
    hub.give(f"{PATH}/issues/comments/1/reactions", recorded("issue_comment_1_reactions"))
    pages = await read(config(hub))
    found = Facts(pages).interactions
    reviews = recorded("request_pull_request_1_reviews")
    approved = {f"pullrequestreview-{review['id']}" for review in reviews if review["user"]}
    assert {one.key for one in found if one.kind == "approve"} == approved
    reactions = recorded("issue_comment_1_reactions")
    told = {one.key for one in found if one.kind == "react"}
    assert told == {f"reaction-{reaction['id']}" for reaction in reactions if reaction["user"]}
    assert found[act("issuecomment-1", "comment")].edited_at == datetime(2017, 11, 26, 11, 34, 39, tzinfo=UTC)
    gone = [one for one in (*reviews, *reactions) if not one["user"]]
    assert [code for _, code in skips(pages)] == ["unreadable_item"] * len(gone)


async def test_who_addresses_whom(hub: Simulator) -> None:
    hub.issue(
        1, 1, 1, "See @User2, `@user3` and @acme/team\n> @user4 said\n<!-- hidden -->", reactions={"total_count": 1}
    )
    hub.issue(2, 2, 2, pull_request={"merged_at": at(9)})
    hub.comment(10, 1, 3, body="@nobody, @user1: fixed", by=3)
    hub.comment(11, 2, 4, in_pull=True, by=1)
    hub.comment(12, 2, 5, pull_request_url="https://api.github.com/repos/acme/rocket/pulls/2", by=1)
    hub.comment(13, 2, 6, pull_request_url="https://api.github.com/repos/acme/rocket/pulls/2", by=2, in_reply_to_id=12)
    review = {"user": user(3), "submitted_at": at(7), "body": "@user1 look"}
    hub.give(f"{PATH}/pulls/2/reviews", [
        {**review, "id": 1, "state": "CHANGES_REQUESTED"}, {**review, "id": 2, "state": "DISMISSED"},
        {**review, "id": 3, "state": "COMMENTED", "body": ""}, {**review, "id": 4, "state": "APPROVED"},
    ])  # fmt: skip
    hub.give(f"{PATH}/pulls/2", {"merged_at": at(9), "merged_by": user(4, type="Bot", login="merger[bot]")})
    hub.give(f"{PATH}/issues/1/reactions", [{"id": 5, "content": "heart", "created_at": at(8), "user": user(2)}])
    hub.give(f"{PATH}/stargazers", [{"starred_at": at(1), "user": user(5)}])
    facts = Facts(pages := await read(config(hub, stars=True)))
    found = facts.interactions
    assert not skips(pages)
    assert found[act("7#1", "post")].targets == (Target(person(2), "mention"),)
    assert found[act("7#1", "post")].text == "See @User2, `@user3` and @acme/team"
    assert found[act("issuecomment-10", "comment")].targets == (Target(person(1), "mention"),)
    assert found[act("issuecomment-10", "comment")].reply_to == act("7#1", "post")
    assert found[act("issuecomment-11", "comment")].reply_to == act("7#2", "contribute")
    assert found[act("discussion_r12", "comment")].reply_to == act("7#2", "contribute")
    assert found[act("discussion_r13", "comment")].reply_to == act("discussion_r12", "comment")
    assert found[act("pullrequestreview-1", "review")].targets == (
        Target(person(2), "author"),
        Target(person(1), "mention"),
    )
    assert {(one.key, one.kind) for one in found if "review" in one.key} == {
        ("pullrequestreview-1", "review"), ("pullrequestreview-2", "review"), ("pullrequestreview-4", "approve"),
    }  # fmt: skip
    assert found[act("7#2", "merge")].targets == (Target(person(2), "author"),)
    assert facts.identities[person(4)].kind == "bot"
    assert found[act("reaction-5", "react")].targets == (Target(person(1), "author"),)
    assert found[InteractionRef("github", "7", "bookmark", HOST, person(5))].occurred_at == START + timedelta(minutes=1)
    assert {one.visibility for one in found.values()} == {"public"}


async def test_items_that_move_while_they_are_read_are_not_lost(hub: Simulator) -> None:
    for number in range(1, 12):
        hub.issue(number, number)
    for number in range(12, 20):  # two pages in one second
        hub.issue(number, 30)
    found: set[InteractionRef] = set()
    settings = config(hub)
    async with open_context(GITHUB, settings, Path("/nonexistent"), clock=FakeClock()) as context:
        async for page in GITHUB.pull(settings, None, context):
            if not found and any(isinstance(record, Interaction) for record in page.records):
                hub.lists["issues"][0]["updated_at"] = at(60)
            found |= set(Facts([page]).interactions)
    assert found == {act(f"7#{number}", "post") for number in range(1, 20)}
    hub.server.asked.clear()
    await read(settings, page.cursor)
    assert [asked.query.get("since") for asked in hub.server.asked] == [None, at(60), None, None]


async def test_what_is_ill_formed_or_not_shown_is_told(hub: Simulator) -> None:
    hub.issue(1, 1, None)
    hub.issue(2, 2, body="\0" + "x" * 10_000_000)
    hub.issue(3, 3, created_at="soon")
    hub.issue(4, 4)
    hub.lists["issues"][-1]["number"] = "four"
    hub.on(f"{PATH}/pulls/comments", lambda _: Given(403, b'{"message": "Resource not accessible"}'))
    hub.on(f"{PATH}/issues/comments", lambda _: Given(410))
    settings = msgspec.structs.replace(config(hub), repositories=("acme/rocket", "acme/gone"))
    pages = await read(settings)
    assert list(Facts(pages).interactions) == [act("7#2", "post")]
    assert skips(pages) == [
        ("acme/rocket issues 4", "unreadable_item"), ("acme/rocket#1", "unreadable_item"),
        ("acme/rocket#3", "unreadable_item"), ("acme/rocket issues/comments", "not_read"),
        ("acme/rocket pulls/comments", "not_read"), ("acme/gone", "not_read"),
    ]  # fmt: skip
    with pytest.raises(Missing):
        await read(msgspec.structs.replace(settings, repositories=("acme/gone",)))


async def test_github_conforms(hub: Simulator) -> None:
    hub.later = Simulator(hub.server, earlier=hub)
    for one, count in ((hub, 9), (hub.later, 14)):
        for number in range(1, count):
            one.issue(number, number, 1 + number % 3, "@user2", pull_request={} if number % 2 else None)
            one.comment(number, number, number, in_pull=number % 2)
    before = config(hub, token=Secret("not-a-token"))
    verdict = await check_connector(GITHUB, before, msgspec.structs.replace(before, token=Secret(LATER)))
    assert verdict.tier == "branch"


def test_names_in_code_in_quotations_and_in_addresses_are_none() -> None:
    text = "@Ada-L (@bob) a@x.org @@y /@z `@c`\n> @d\n```\n@e\n```\n@f/g @under_score. @h"
    assert named(text) == ["ada-l", "bob", "under_score", "h"]
    assert plain("a\r\n> b\r\n<!-- c") == "a"
    assert named("@" * 100_000 + "<!--" * 100_000) == []
