"""Mastodon: posts as a server's API gives them, on a server of ours with its way of paging."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kith.connectors import Fatal, InteractionRef, Page, Ref, Secret, Target, open_context
from kith.connectors.mastodon import MastodonConfig, MastodonConnector, client, words
from kith.connectors.testing import Asked, Facts, FakeClock, FaultServer, Given, check_connector, given_json
from tests.paths import shared

MASTODON = MastodonConnector()
START = datetime(2024, 1, 1, tzinfo=UTC)
LATER = "not-a-token-but-later"


def person(acct: str) -> Ref:
    return Ref("fediverse", acct if "@" in acct else f"{acct}@mastodon.example")


def act(uri: str, kind: Any = "post", actor: str | None = None) -> InteractionRef:
    return InteractionRef("fediverse", uri, kind, actor=person(actor) if actor else None)


def account(acct: str, **more: Any) -> dict[str, Any]:
    name = acct.partition("@")[0]
    return {
        "id": f"a-{acct}", "acct": acct, "display_name": name.title(), "url": f"https://mastodon.example/@{name}",
        "avatar": f"https://mastodon.example/{name}.png", **more,
    }  # fmt: skip


class Simulator:
    """A server: lists newest first, by Link alone; conversations, likes, shares and follows apart."""

    def __init__(self, server: FaultServer, earlier: "Simulator | None" = None) -> None:
        self.server, self.root = server, earlier or self
        self.statuses: dict[str, dict[str, Any]] = {}
        self.routes: dict[str, Callable[[Asked], Given]] = {}
        self.later: Simulator | None = None
        self.on("/api/v2/instance", lambda _: given_json({"domain": "mastodon.example"}))
        self.on("/api/v1/accounts/lookup", lambda asked: given_json(account(asked.query["acct"])))
        self.on("/api/v1/timelines/public", lambda asked: self.paged(asked, self.ids(lambda one: True)))
        self.on("/api/v1/timelines/tag/fosdem", lambda asked: self.paged(asked, self.ids(lambda one: one["tags"])))
        for acct in ("ada", "bob"):
            self.on(f"/api/v1/accounts/a-{acct}/statuses", partial(self.posts_of, acct))
            for way in ("followers", "following"):
                self.on(f"/api/v1/accounts/a-{acct}/{way}", lambda _: given_json([account("eve@other.example")]))

    def posts_of(self, acct: str, asked: Asked) -> Given:
        return self.paged(asked, self.ids(lambda one: one["account"]["acct"] == acct))

    def thread(self, id_: str, asked: Asked) -> Given:
        return given_json(self.context(id_))

    def ids(self, wanted: Callable[[dict[str, Any]], Any]) -> list[str]:
        return sorted((id_ for id_, one in self.statuses.items() if wanted(one)), reverse=True)

    def on(self, path: str, answer: Callable[[Asked], Given]) -> None:
        self.routes[path] = answer
        self.server.on(path, lambda asked: self.root.now(asked).routes[path](asked))

    def now(self, asked: Asked) -> "Simulator":
        """Return the server as this reader sees it: ``later`` is the same one at a later time."""
        return self.later if self.later and LATER in asked.headers.get("authorization", "") else self

    def paged(self, asked: Asked, ids: list[str]) -> Given:
        size = int(asked.query["limit"])
        if "min_id" in asked.query:
            ids = [id_ for id_ in ids if id_ > asked.query["min_id"]][-size:]
        else:
            ids = [id_ for id_ in ids if id_ < asked.query.get("max_id", "~")][:size]
        url, rest = f"{self.server.url()[:-1]}{asked.path}", f"limit={size}"
        link = f'<{url}?max_id={ids[-1]}&{rest}>; rel="next", <{url}?min_id={ids[0]}&{rest}>; rel="prev"' if ids else ""
        return given_json([self.statuses[id_] for id_ in ids], headers={"link": link})

    def add(self, acct: str, content: Any = "<p>Hi</p>", answers: Any = None, **more: Any) -> str:
        number = len(self.statuses) + 1
        id_ = f"{number:04}"
        if answers:
            self.statuses[answers]["replies_count"] += 1
            more |= {"in_reply_to_id": answers, "in_reply_to_account_id": self.statuses[answers]["account"]["id"]}
        self.statuses[id_] = {
            "id": id_, "uri": f"https://mastodon.example/{id_}", "account": account(acct), "content": content,
            "created_at": (START + timedelta(minutes=number)).isoformat(), "visibility": "public", "tags": [],
            "mentions": [], "replies_count": 0, "reblogs_count": 0, words.LIKES: 0, **more,
        }  # fmt: skip
        self.on(f"/api/v1/statuses/{id_}/context", partial(self.thread, id_))
        for name in (words.LIKED_BY, words.SHARED_BY):
            self.on(f"/api/v1/statuses/{id_}/{name}", lambda _: given_json([account("eve@other.example")]))
        return id_

    def context(self, id_: str) -> dict[str, Any]:
        above: list[dict[str, Any]] = []
        at = self.statuses[id_].get("in_reply_to_id")
        while at:
            above.insert(0, self.statuses[at])
            at = self.statuses[at].get("in_reply_to_id")
        below: list[dict[str, Any]] = []
        for one in self.statuses.values():
            if one.get("in_reply_to_id") in {id_, *(found["id"] for found in below)}:
                below.append(one)
        return {"ancestors": above, "descendants": below}


@pytest.fixture
async def social(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Simulator]:
    monkeypatch.setattr(client, "LIMIT", 4)
    async with FaultServer() as server:
        yield Simulator(server)


def config(social: Simulator, **more: Any) -> MastodonConfig:
    return MastodonConfig(social.server.url(), **more)


async def read(config: MastodonConfig, cursor: msgspec.Raw | None = None, days: int = 0) -> list[Page]:
    clock = FakeClock(FakeClock().now() + timedelta(days=days))
    async with open_context(MASTODON, config, Path("/nonexistent"), clock=clock) as context:
        return [page async for page in MASTODON.pull(config, cursor, context)]


def skips(pages: list[Page]) -> list[tuple[str, str]]:
    return [(skip.place, skip.code) for page in pages for skip in page.skipped]


async def test_recorded_posts_are_read(social: Simulator) -> None:
    path = shared("samples/mastodon-api-mock/exchanges.ndjson")
    exchanges = [json.loads(line) for line in path.read_text().splitlines()]
    for one in exchanges:
        if "/timelines/public" in one["path"]:
            social.statuses |= {status["id"]: status for status in one["body"]}
    ids = set(social.statuses)
    for id_ in ids:
        social.on(f"/api/v1/statuses/{id_}/context", partial(social.thread, id_))
    pages = await read(config(social, local=True, likes=False))
    assert not skips(pages)
    found = Facts(pages).interactions
    assert {one.key for one in found} == {status["uri"] for status in social.statuses.values()}
    assert len(found) > 8
    by_uri = {status["uri"]: status for status in social.statuses.values()}
    for ref, told in found.items():
        status = by_uri[ref.key]
        assert told.actor == person(status["account"]["acct"])
        assert "<" not in (told.text or "")
        parent = social.statuses.get(status["in_reply_to_id"])
        assert (told.reply_to and told.reply_to.key) == (parent and parent["uri"])


async def test_conversations_mentions_shares_likes_and_follows(social: Simulator) -> None:
    first = social.add("ada", visibility="unlisted", spoiler_text="News")
    social.statuses[first][words.LIKES] = 1
    mention = [{"id": "a-ada", "acct": "ada"}, {"id": "a-eve@other.example", "acct": "eve@other.example"}]
    second = social.add(
        "eve@other.example", "<p>@ada Yes &lt;3</p>", answers=first, mentions=mention, visibility="private"
    )
    third = social.add("ada", answers=second, edited_at="2024-02-01T00:00:00.000Z", tags=[{"name": "FOSDEM"}])
    social.add("bob", reblog=social.statuses[first])
    lost = social.add("bob", mentions=mention, in_reply_to_id="9999", in_reply_to_account_id="a-ada")
    social.on(f"/api/v1/statuses/{lost}/context", lambda _: Given(404))
    social.statuses[second]["account"]["bot"] = True
    facts = Facts(pages := await read(config(social, accounts=("ada", "@bob"), hashtags=("#fosdem",))))
    uris = {id_: one["uri"] for id_, one in social.statuses.items()}
    found = facts.interactions
    assert (found[act(uris[first])].title, found[act(uris[first])].visibility) == ("News", "unlisted")
    answer = found[act(uris[second], "reply")]
    assert answer.reply_to == act(uris[first])
    assert (answer.text, answer.visibility) == ("@ada Yes <3", "private")
    assert answer.targets == (Target(person("ada"), "mention"),)
    assert answer.conversation == found[act(uris[third], "reply")].conversation == Ref("fediverse", uris[first])
    assert found[act(uris[third], "reply")].channel == Ref("fediverse", "#fosdem")
    assert found[act(uris[third], "reply")].edited_at == datetime(2024, 2, 1, tzinfo=UTC)
    assert found[act(uris[first], "share", "bob")].targets == (Target(person("ada"), "author"),)
    assert found[act(uris[first], "react", "eve@other.example")].occurred_at == START + timedelta(minutes=1)
    assert found[act(uris[lost], "reply")].targets[0] == Target(person("ada"), "reply")
    follow = InteractionRef("fediverse", "ada@mastodon.example", "follow", actor=person("eve@other.example"))
    assert found[follow].targets == (Target(person("ada")),)
    assert facts.identities[person("eve@other.example")].kind in ("bot", "unknown")
    assert skips(pages) == [(f"post {lost} conversation", "not_read")]


async def test_a_later_run_asks_for_what_is_newer_alone(social: Simulator) -> None:
    for number in range(10):
        social.add("ada", f"<p>{number}</p>")
    pages = await read(config(social, accounts=("ada",)))
    assert len([one for one in Facts(pages).interactions if one.kind == "post"]) == 10
    for number in range(9):
        social.add("ada", f"<p>{number}</p>")
    social.server.asked.clear()
    more = await read(config(social, accounts=("ada",)), pages[-1].cursor)
    assert len(Facts(more).interactions) == 9
    asked = [one.query for one in social.server.asked if one.path.endswith("/statuses")]
    assert [query.get("min_id") for query in asked] == ["0010", "0014", "0018", "0019"]
    social.server.asked.clear()
    assert not Facts(await read(config(social, accounts=("ada",)), more[-1].cursor)).interactions
    assert len(social.server.asked) == 3


async def test_follows_that_are_no_longer_there_have_ended_if_the_look_was_whole(social: Simulator) -> None:
    settings = config(social, accounts=("ada",))
    pages = await read(settings)
    follows = {one for one in Facts(pages).interactions if one.kind == "follow"}
    assert {one.actor for one in follows} == {person("ada"), person("eve@other.example")}
    assert Facts(pages).identities[person("eve@other.example")].avatar_url == "https://mastodon.example/eve.png"
    social.on("/api/v1/accounts/a-ada/followers", lambda _: given_json([]))
    assert not [one for one in Facts(await read(settings, pages[-1].cursor)).interactions if one.kind == "follow"]
    facts = Facts([*pages, *await read(settings, pages[-1].cursor, days=1)])
    gone = follows - set(facts.interactions) | {ending.ref for ending in facts.endings}
    assert {one.actor for one in gone} == {person("eve@other.example")}
    social.on("/api/v1/accounts/a-ada/following", lambda _: Given(403))
    facts = Facts([*pages, *(more := await read(settings, pages[-1].cursor, days=1))])
    assert skips(more) == [("ada following", "not_read")]
    assert follows <= set(facts.interactions)
    assert not facts.endings


async def test_mastodon_conforms(social: Simulator) -> None:
    social.later = Simulator(social.server, earlier=social)
    for one, count in ((social, 14), (social.later, 21)):
        for number in range(count):
            answers = f"{number:04}" if number % 3 == 2 else None
            one.add(
                "ada" if number % 2 else "bob", answers=answers, tags=[{"name": "fosdem"}], **{words.LIKES: number % 2}
            )
    before = config(social, accounts=("ada",), hashtags=("fosdem",), token=Secret("not-a-token"))
    after = msgspec.structs.replace(before, token=Secret(LATER))
    verdict = await check_connector(MASTODON, before, after)
    assert verdict.tier == "branch"


async def test_what_is_ill_formed_is_told_and_the_rest_is_kept(social: Simulator) -> None:
    social.add("ada", "x" * 10_000_000)
    social.add("ada", account=None)
    social.add("ada", created_at="soon")
    social.add("ada", uri="")
    social.add("ada", "<p>\0<script>no</script>Fine</p>")
    pages = await read(config(social, local=True))
    assert {one.text for one in Facts(pages).interactions.values()} == {"x" * 200_000, "Fine"}
    assert [code for _, code in skips(pages)] == ["unreadable_item"] * 3
    with pytest.raises(Fatal, match="accounts or hashtags"):
        await read(config(social))


async def test_check_says_who_the_server_is(social: Simulator) -> None:
    settings = config(social, accounts=("ada", "bob"))
    async with open_context(MASTODON, settings, Path("/nonexistent")) as context:
        assert (await MASTODON.check(settings, context)).detail == "mastodon.example: 2 lists of posts."
