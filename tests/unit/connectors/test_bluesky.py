"""Bluesky: what a real network answered, and what a server answers that is ill-formed, hidden or gone."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kith.connectors import (
    Fatal,
    Identity,
    Interaction,
    InteractionRef,
    Missing,
    Page,
    Ref,
    Retry,
    Secret,
    Target,
    Tombstone,
    open_context,
)
from kith.connectors.bluesky import BlueskyConfig, BlueskyConnector, client, stream
from kith.connectors.bluesky.client import SESSION
from kith.connectors.bluesky.shapes import POST, Profile
from kith.connectors.testing import (
    Asked,
    Facts,
    FakeClock,
    FaultServer,
    Given,
    Recorder,
    check_connector,
    given_json,
    write_recording,
)
from tests.labs.recordings import replay, told
from tests.paths import ROOT, shared

BLUESKY = BlueskyConnector()
ADA, BEN = "did:plc:ada", "did:plc:ben"


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "LIMIT", 4)


def uri(number: int, did: str = ADA) -> str:
    return f"at://{did}/app.bsky.feed.post/{number}"


def act(key: str, kind: Any = "post", actor: str | None = None) -> InteractionRef:
    return InteractionRef("bluesky", key, kind, actor=Ref("bluesky", actor) if actor else None)


def profile(did: str, **more: Any) -> dict[str, Any]:
    name = did.rpartition(":")[2]
    return {"did": did, "handle": f"{name}.example", "displayName": name.title(), "labels": [], **more}


def post(number: int, text: Any = "Hi", did: str = ADA, author: Any = None, **record: Any) -> dict[str, Any]:
    at = f"2025-12-01T10:{number:02}:00.000Z"
    return {
        "uri": uri(number, did), "cid": "bafy", "author": author or profile(did), "indexedAt": at,
        "record": {"$type": "app.bsky.feed.post", "text": text, "createdAt": at, **record},
    }  # fmt: skip


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as started:
        started.on("/xrpc/app.bsky.actor.getProfiles", lambda asked: given_json(accounts(asked)))
        for method in ("getFollowers", "getFollows"):
            name = method.removeprefix("get").lower()
            started.on(f"/xrpc/app.bsky.graph.{method}", given_json({name: []}))
        yield started


def accounts(asked: Asked) -> dict[str, Any]:
    known = {"ada.example": ADA, ADA: ADA}
    return {"profiles": [profile(known[name]) for name in asked.queries["actors"] if name in known]}


def feed(server: FaultServer, *items: Any) -> None:
    server.on("/xrpc/app.bsky.feed.getAuthorFeed", given_json({"feed": list(items)}))


def config(server: FaultServer, **more: Any) -> BlueskyConfig:
    return BlueskyConfig(**{"accounts": ("@Ada.Example",), "server": server.url(), "likes": False, **more})


async def read(settings: BlueskyConfig, cursor: msgspec.Raw | None = None) -> list[Page]:
    async with open_context(BLUESKY, settings, Path("/nonexistent"), clock=FakeClock()) as context:
        return [page async for page in BLUESKY.pull(settings, cursor, context)]


def skips(pages: list[Page]) -> list[tuple[str, str]]:
    return [(skip.place, skip.code) for page in pages for skip in page.skipped]


async def test_a_recorded_network_is_told_as_it_was_and_bluesky_conforms(tmp_path: Path) -> None:
    recording, wire = replay(ROOT / "tests/labs/bluesky", tmp_path)
    before, after = (
        BlueskyConfig(accounts=("ada.test",), hashtags=("garden",), server=server)
        for server in (recording.server, recording.later)
    )
    async with open_context(BLUESKY, before, tmp_path, clock=FakeClock(still=True), wire=wire) as context:
        found = told([page async for page in BLUESKY.pull(before, None, context)])
    assert found == set(recording.acts)
    assert len(found) > 25
    verdict = await check_connector(BLUESKY, before, after, wire=wire)
    assert verdict.tier == "branch"


async def test_another_recording_is_read_in_the_words_of_its_posts(server: FaultServer) -> None:
    path = shared("samples/atproto-network/exchanges.ndjson")
    exchanges = [json.loads(line) for line in path.read_text().splitlines()]
    pages = [one["body"] for one in exchanges if "getAuthorFeed" in one["path"]]
    server.on("/xrpc/app.bsky.feed.getAuthorFeed", *map(given_json, pages))
    told = Facts(await read(config(server, conversations=False))).interactions
    shown = {item["post"]["uri"]: item["post"] for page in pages for item in page["feed"]}
    assert shown
    for key, one in shown.items():
        reply = one["record"].get("reply")
        found = told[act(key, "reply" if reply else "post")]
        assert found.text == one["record"]["text"]
        assert found.actor == Ref("bluesky", one["author"]["did"])
        assert (found.reply_to and found.reply_to.key) == (reply and reply["parent"]["uri"])
        assert found.conversation == Ref("bluesky", reply["root"]["uri"] if reply else key)
        assert (act(key, "quote") in told) == ("record" in one["record"].get("embed", {}))


async def test_links_lead_where_they_point_and_names_are_mentions(server: FaultServer) -> None:
    text = "Läßt @ben lesen: x.org/lon… und hier"
    raw = text.encode()

    def facet(words: str, **feature: str) -> dict[str, Any]:
        start = raw.index(words.encode())
        return {"index": {"byteStart": start, "byteEnd": start + len(words.encode())}, "features": [feature]}

    facets = [
        facet("hier", uri="https://y.org/"), facet("@ben", did=BEN), facet("x.org/lon…", uri="https://x.org/long"),
        {"index": {"byteStart": 90, "byteEnd": 9}, "features": [{"uri": "https://z.org"}]},
    ]  # fmt: skip
    card = {"$type": "app.bsky.embed.external", "external": {"uri": "https://card.org/", "title": "Card"}}
    feed(server, {"post": post(1, text, facets=facets, embed=card)})
    found = Facts(await read(config(server))).interactions[act(uri(1))]
    assert found.text == "Läßt @ben lesen: https://x.org/long und hier (https://y.org/)\n\nhttps://card.org/"
    assert found.targets == (Target(Ref("bluesky", BEN), "mention"),)


async def test_what_is_hidden_or_gone_hides_nothing_else(server: FaultServer) -> None:
    answered = {"root": {"uri": uri(1, BEN)}, "parent": {"uri": uri(2, BEN)}}
    above = {"root": {"$type": "app.bsky.feed.defs#blockedPost", "uri": uri(1, BEN), "blocked": True},
             "parent": {"$type": "app.bsky.feed.defs#notFoundPost", "uri": uri(2, BEN), "notFound": True}}  # fmt: skip
    quoted = {"$type": "app.bsky.embed.record", "record": {"uri": uri(3, BEN), "cid": "bafy"}}
    view = {"$type": "app.bsky.embed.record#view",
            "record": {"$type": "app.bsky.embed.record#viewBlocked", "uri": uri(3, BEN), "blocked": True}}  # fmt: skip
    asks = [{"val": "!no-unauthenticated", "src": ADA}, {"val": "bot", "src": "did:plc:labeler"}]
    author = profile(ADA, labels=asks, handle="handle.invalid")
    feed(
        server,
        {"post": post(6, did=ADA, author=author, reply=answered), "reply": above},
        {"post": {**post(5, embed=quoted), "embed": view}},
    )
    server.on("/xrpc/app.bsky.feed.getPostThread", given_json({"error": "NotFound", "message": "Post not found"}, 400))
    pages = await read(config(server))
    facts = Facts(pages)
    reply = facts.interactions[act(uri(6), "reply")]
    assert (reply.targets, reply.visibility) == ((Target(Ref("bluesky", BEN), "reply"),), "members")
    assert reply.reply_to == act(uri(2, BEN))
    assert facts.interactions[act(uri(5), "quote")].targets == (Target(Ref("bluesky", BEN), "author"),)
    seen = {record.handle for page in pages for record in page.records if isinstance(record, Identity)}
    assert facts.identities[Ref("bluesky", ADA)].kind == "unknown"
    assert seen == {None, "@ada.example"}
    gone = {record.ref.key for page in pages for record in page.records if isinstance(record, Tombstone)}
    assert gone == {uri(1, BEN), uri(2, BEN)}
    assert skips(pages) == [(f"post {uri(6)} conversation", "not_read")]


async def test_what_is_ill_formed_is_told_and_the_rest_is_kept(server: FaultServer) -> None:
    odd: list[Any] = [
        {"post": post(9, "x" * 2_000_000)}, {"post": post(8, author={"did": None})},
        {"post": post(7, createdAt="soon")},
        {"post": None}, {"post": {**post(5), "uri": ""}}, {"post": {**post(4, "\0Fine\ud800"), "embed": 7}},
    ]  # fmt: skip
    body = json.dumps({"feed": odd}).encode().replace(b"\\ud800", b"")
    server.on("/xrpc/app.bsky.feed.getAuthorFeed", Given(200, body, {"content-type": "application/json"}))
    pages = await read(config(server))
    assert {one.text for one in Facts(pages).interactions.values()} == {"x" * 1_000_000, "Fine"}
    assert [code for _, code in skips(pages)] == ["unreadable_item"] * 5
    with pytest.raises(Fatal, match="Name accounts"):
        await read(config(server, accounts=()))
    with pytest.raises(Missing, match="nobody"):
        await read(config(server, accounts=("nobody.example",)))
    with pytest.raises(Fatal, match="go together"):
        await read(config(server, handle="ada.example"))


async def test_an_account_that_went_is_told_and_the_others_are_read(server: FaultServer) -> None:
    feed(server, {"post": post(1)})
    pages = await read(config(server, accounts=("ada.example", "gone.example")))
    assert skips(pages) == [("@gone.example", "not_read")]
    assert act(uri(1)) in Facts(pages).interactions
    server.on("/xrpc/app.bsky.feed.getAuthorFeed", given_json({"error": "BlockedActor", "message": "No"}, 400))
    assert skips(await read(config(server))) == [(ADA, "not_read")]


async def test_a_session_that_has_ended_is_begun_anew_and_no_recording_tells_its_tokens(
    server: FaultServer, tmp_path: Path
) -> None:
    given = iter("abc")
    server.on(
        f"/xrpc/{SESSION}", lambda _: given_json({"accessJwt": f"not-a-token-{next(given)}", "refreshJwt": "not-that"})
    )
    expired = given_json({"error": "ExpiredToken", "message": "Token has expired"}, 400)
    server.on("/xrpc/app.bsky.feed.getAuthorFeed", expired, given_json({"feed": [{"post": post(1)}]}))
    settings = config(server, handle="ada.example", password=Secret("not-a-password"), follows=False)
    recorder = Recorder()
    async with open_context(BLUESKY, settings, tmp_path, wire=recorder) as context:
        assert [page async for page in BLUESKY.pull(settings, None, context)]
        write_recording(tmp_path / "recording", recorder.exchanges, context.http.secrets, ())
    text = (tmp_path / "recording").read_text()
    assert SESSION in text
    assert not re.search("not-a-|not-that", text)
    asked = [one.headers.get("authorization", "") for one in server.asked if "getAuthorFeed" in one.path]
    assert asked == ["Bearer not-a-token-a", "Bearer not-a-token-b"]


def heard(*, did: str = ADA, **commit: Any) -> str:
    return json.dumps({"did": did, "time_us": 1_764_583_200_000_000, "kind": "commit", "commit": commit})


def test_events_become_records_and_what_is_none_asks_for_another_connection() -> None:
    hearing = stream.Hearing(BlueskyConfig(), [Profile(ADA, "ada.example", "Ada")], FakeClock().now())
    record = post(1, "Hello")["record"]
    told = hearing.tell(heard(operation="create", collection=POST, rkey="1", record=record)).records
    assert [one.text for one in told if isinstance(one, Interaction)] == ["Hello"]
    assert [one.name for one in told if isinstance(one, Identity)] == ["Ada"]
    ended = hearing.tell(heard(operation="delete", collection=POST, rkey="1")).records
    assert [one.ref for one in ended if isinstance(one, Tombstone)] == [act(uri(1)), act(uri(1), "quote")]
    assert not hearing.tell(heard(operation="delete", collection=stream.LIKE, rkey="9")).records
    bad = hearing.tell(heard(operation="create", collection=stream.LIKE, rkey="2", record={"subject": 1}))
    assert [skip.code for skip in bad.skipped] == ["unreadable_item"]
    assert not hearing.tell('{"kind": "identity", "did": "did:plc:ada"}').records
    with pytest.raises(Retry):
        hearing.tell(b"\xff")
