"""The connector `bluesky` on a real network, and what it says of everything that was done there."""

import asyncio
import os
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kith.connectors import Ending, InteractionRef, Page, Reauthorize, Record, Secret, Tombstone, open_context
from kith.connectors.bluesky import BlueskyConfig, BlueskyConnector, client
from kith.connectors.testing import Facts, FakeClock, Recorder, check_connector
from tests.labs.bluesky.community import Truth, play, play_on
from tests.labs.bluesky.server import Network, atproto
from tests.labs.lab import heavy, lab
from tests.labs.recordings import Growing, Recording, keep, told

pytestmark = heavy
BLUESKY = BlueskyConnector()


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with lab("AT Protocol", atproto()) as started:
        yield started


@pytest.fixture(scope="module")
def truth(network: Network) -> Truth:
    return play(network)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "LIMIT", 4)


def config(network: Network, host: str = "localhost", **more: Any) -> BlueskyConfig:
    given: dict[str, Any] = {"accounts": ("ada.test",), "hashtags": ("garden",)}
    return BlueskyConfig(**{"server": network.url(network.bsky, host), **given, **more})


async def read(settings: BlueskyConfig, cursor: msgspec.Raw | None = None, days: int = 0) -> list[Page]:
    clock = FakeClock(FakeClock().now() + timedelta(days=days))
    async with open_context(BLUESKY, settings, Path("/nonexistent"), clock=clock) as context:
        return [page async for page in BLUESKY.pull(settings, cursor, context)]


async def test_what_was_done_is_told_and_nothing_else(network: Network, truth: Truth) -> None:
    pages = await read(config(network))
    facts = Facts(pages)
    assert [skip for page in pages for skip in page.skipped] == []
    assert told(pages) == truth.acts
    conversations = {ref.key: act.conversation.key for ref, act in facts.interactions.items() if act.conversation}
    assert conversations == {key: truth.roots[key] for key in conversations}
    lost = [record.ref.key for page in pages for record in page.records if isinstance(record, Tombstone)]
    assert set(lost) == truth.gone
    kinds = {one.handle: one.kind for one in facts.identities.values() if one.handle}
    assert kinds["@rob.test"] == "bot"
    assert kinds["@ada.test"] == "unknown"


async def test_by_a_did_and_signed_in_it_is_the_same(network: Network, truth: Truth) -> None:
    ada, ben = truth.people["ada"], truth.people["chi"]
    password = Secret(ben.app_password())
    server = network.url(network.pds)
    settings = config(network, accounts=(ada.did,), server=server, handle=ben.handle, password=password)
    assert told(await read(settings)) == truth.acts
    with pytest.raises(Reauthorize):
        await read(msgspec.structs.replace(settings, password=Secret("an0ther-passw0rd")))


async def test_what_is_done_is_heard_and_what_is_taken_back(network: Network, truth: Truth) -> None:
    settings = config(network, jetstream=network.url(network.jetstream))
    ada, ben = truth.people["ada"], truth.people["ben"]
    async with open_context(BLUESKY, settings, Path("/nonexistent"), clock=FakeClock()) as context:
        hearing = BLUESKY.live(settings, [], context)
        assert (await anext(hearing)).read

        def act() -> str:
            ben.post("Nobody listens to me.")
            post = ada.post("Hear, hear.")
            made = [ada.like(post), ada.repost(post), ada.follow(ben), post.uri]
            for uri in made:
                ada.delete(uri)
            return post.uri

        post = await asyncio.to_thread(act)
        records: list[Record] = []
        while not any(
            isinstance(record, Tombstone) and record.ref.key == post and record.cause == "deleted" for record in records
        ):
            records += (await asyncio.wait_for(anext(hearing), 30)).records
    facts = Facts([Page(tuple(records), msgspec.Raw(b"{}"))])
    assert {record.ref.kind for record in records if isinstance(record, Ending)} == {"react", "follow"}
    assert {ref.kind for ref in facts.interactions} == {"react", "follow"}
    assert {act.actor.key for act in facts.interactions.values()} == {ada.did}
    assert [record.cause for record in records if isinstance(record, Tombstone)] == ["withdrawn", "deleted", "deleted"]
    network.settle()


async def test_what_was_deleted_is_found_by_an_audit(network: Network, truth: Truth) -> None:
    [lost] = truth.gone
    kept = next(act.key for act in truth.acts if act.kind == "post")
    refs = [InteractionRef("bluesky", key, "post") for key in (lost, kept)]
    settings = config(network)
    async with open_context(BLUESKY, settings, Path("/nonexistent")) as context:
        assert await BLUESKY.gone(settings, refs, context) == refs[:1]


async def test_it_keeps_what_kith_asks_and_its_recording_is_made(network: Network, truth: Truth) -> None:
    recorder, acts = Recorder(Growing(partial(play_on, network, truth))), set(truth.acts)
    before, after = config(network), config(network, "LOCALHOST")
    verdict = await check_connector(BLUESKY, before, after, wire=recorder)
    assert verdict.tier == "branch"
    if os.environ.get("RECORD"):
        recording = Recording(before.server, after.server, sorted(acts, key=str), sorted(truth.gone))
        keep(Path(__file__).parent, recorder.exchanges, recording)


async def test_what_comes_late_is_read_on_another_day(network: Network, truth: Truth) -> None:
    first = await read(config(network))
    old = next(act for act in truth.acts if act.kind == "post" and act.actor == truth.people["ada"].did)
    truth.post("gus", "Late, but still.", truth.posts[old.key])
    network.settle()
    assert old.key in {act.key for act in told(first)}
    again = await read(config(network, revisit=60), first[-1].cursor, days=2)
    assert truth.people["gus"].did in {act.actor for act in told(again) if act.kind == "reply"}
