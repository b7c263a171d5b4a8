"""A fact is withdrawn when no source has it any more, and comes back when one has it again; so does evidence."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec
import pytest

from kith.connectors import Claim, Coverage, Edition, Interaction, Tombstone
from kith.store import ingest
from kith.store.db import workspace
from kith.store.ingest import Counts
from tests.integration.store.facts import DAY, Store, act, act_ref, channel, identity, who

Cause = Literal["withdrawn", "rewritten", "gone"]


def lost(key: str, cause: Cause = "rewritten") -> Tombstone:
    return Tombstone(act_ref(key), cause)


async def others(store: Store, count: int) -> list[Store]:
    return [store, *[await Store.open(store.pool, store.workspace_id) for _ in range(count - 1)]]


async def drop(store: Store) -> None:
    """Remove the source and keep what it told."""
    async with workspace(store.pool, store.workspace_id) as db:
        await db.execute("DELETE FROM sources WHERE workspace_id = $1 AND id = $2", store.workspace_id, store.source_id)


async def take_back(store: Store, most: int = 3) -> None:
    left = 1
    while left:
        async with workspace(store.pool, store.workspace_id) as db:
            left = await ingest.take_back(db, store.workspace_id, store.source_id, most, sealed=False)


async def live(store: Store) -> set[str]:
    return {row["key"][1:].partition("@")[0] for row in await store.rows("interactions")}


@pytest.mark.parametrize("cause", ["withdrawn", "rewritten", "gone"])
async def test_what_a_source_has_again_counts_again(store: Store, cause: Cause) -> None:
    await store.store(act("a", conversation="t"), act("b"))
    before = await store.everything()
    assert await store.store(lost("a", cause)) == Counts(deleted=1)
    assert await live(store) == {"b"}
    assert await store.store(act("a", conversation="t")) == Counts(added=1)
    assert await store.everything() == before
    assert not any(any(difference) for difference in (await store.rebuild()).values())


async def test_within_a_page_the_last_word_holds(store: Store) -> None:
    await store.store(act("a"), lost("a"), lost("b"), act("b"), act("c"), lost("c"), act("c"))
    assert await live(store) == {"b", "c"}


async def test_what_was_deleted_for_good_is_not_brought_back_by_another_source(store: Store) -> None:
    one, two = await others(store, 2)
    await one.store(act("a"), act("b"))
    await two.store(act("a"), lost("b"))
    await one.store(lost("a"))
    await two.store(Tombstone(act_ref("a"), "deleted"), Tombstone(act_ref("b"), "redacted"))
    await one.store(act("a"), act("b"), lost("a"))
    await two.store(act("a"), act("b"))
    assert await live(store) == set()
    assert {row["cause"] for row in await store.rows("tombstones")} == {"deleted", "redacted"}


async def test_one_source_does_not_withdraw_what_another_has(store: Store) -> None:
    one, two, three = await others(store, 3)
    await one.store(act("a"))
    await two.store(act("a"))
    assert await three.store(lost("a")) == await one.store(lost("a")) == await one.store(lost("a")) == Counts()
    assert await live(store) == {"a"}
    assert await two.store(lost("a")) == Counts(deleted=1)
    assert await two.store(act("a")) == Counts(added=1)


async def test_a_removed_source_has_nothing_any_more(store: Store) -> None:
    one, two = await others(store, 2)
    await one.store(act("a"), act("b"))
    await drop(one)
    await two.store(act("a"))
    await two.store(lost("a"), lost("b"))
    assert await live(store) == {"b"}  # nobody but the removed one ever had it: it was to be kept


async def test_an_act_leaves_the_channel_of_a_source_that_has_it_no_more(store: Store) -> None:
    one, two = await others(store, 2)
    await one.store(channel("x", "X"), act("a", channel="x"), act("a", channel="y"))
    await two.store(channel("z", "Z"), act("a", channel="z"))
    await one.store(lost("a"))
    found = await store.everything()
    names = {row["id"]: row["name"] for row in found["channels"]}
    assert [names[row["channel_id"]] for row in found["interactions"]] == ["Z"]
    assert found["sightings"] == []
    assert [names[row["channel_id"]] for row in found["channel_activity"]] == ["Z"]
    assert not any(any(difference) for difference in (await store.rebuild()).values())


@pytest.mark.parametrize("seed", range(6))
async def test_an_act_counts_as_long_as_any_source_has_it(store: Store, seed: int) -> None:
    """Three sources tell, withdraw and are taken back at random; the oracle is a dictionary."""
    choose = random.Random(seed)
    sources = await others(store, 3)
    has: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for _ in range(60):
        number = choose.randrange(3)
        key, room = f"k{choose.randrange(5)}", f"r{choose.randrange(3)}"
        match choose.randrange(10):
            case 0:
                await take_back(sources[number])
                for told in has.values():
                    told.pop(number, None)
            case 1 | 2 | 3:
                await sources[number].store(lost(key))
                has[key].pop(number, None)
            case _:
                await sources[number].store(act(key, days=int(key[1:]), channel=room))
                has[key][number].add(room)
        assert await live(store) == {key for key, told in has.items() if told}
    found = await store.everything()
    names = {row["id"]: row["key"].partition(".")[0] for row in found["channels"]}
    seen = defaultdict(set)
    for row in found["interactions"]:
        seen[row["id"]].add(names[row["channel_id"]])
        assert row["channel_id"] == min(id_ for id_ in names if names[id_] in _rooms(has, row["key"]))
    for row in found["sightings"]:
        seen[row["interaction_id"]].add(names[row["channel_id"]])
    assert {row["key"]: seen[row["id"]] for row in found["interactions"]} == {
        row["key"]: _rooms(has, row["key"]) for row in found["interactions"]
    }
    assert not any(any(difference) for difference in (await store.rebuild()).values())


def _rooms(has: dict[str, dict[int, set[str]]], key: str) -> set[str]:
    return set().union(*has[key[1:].partition("@")[0]].values())


def claim(one: str, other: str, edition: str) -> Claim:
    return Claim(who(one), who(other), "mailmap", f"{one} = {other}", edition)


async def people(store: Store) -> int:
    await store.project()
    return await store.count("people")


async def test_a_claim_holds_as_long_as_its_document_makes_it(store: Store) -> None:
    await store.store(act("a", "ada", ["bob"]), act("b", "ada.home", ["bob.home"]))
    await store.store(claim("ada", "ada.home", "1"), claim("bob", "bob.home", "1"), Edition("mailmap", "1"))
    assert await people(store) == 2
    await store.store(claim("bob", "bob.home", "2"), Edition("mailmap", "2"))
    assert await people(store) == 3
    await store.store(Edition("mailmap"))
    assert await people(store) == 4
    await store.store(claim("ada", "ada.home", "1"), Edition("mailmap", "1"))
    assert await people(store) == 3


async def test_a_claim_holds_as_long_as_any_source_makes_it(store: Store) -> None:
    one, two = await others(store, 2)
    await store.store(act("a", "ada", ["bob"]), act("b", "ada.home", ["bob"]))
    for source in (one, two):
        await source.store(claim("ada", "ada.home", "1"), Edition("mailmap", "1"))
    await one.store(Edition("mailmap", "2"))
    assert await people(store) == 2
    await two.store(Claim(who("bob"), who("ada"), "profile_link", "elsewhere"), Edition("profile_link", "2"))
    await two.store(Edition("mailmap", "2"))
    assert await people(store) == 3
    await one.store(claim("ada", "ada.home", "3"))
    await two.store(claim("ada", "ada.home", "3"))
    await take_back(one)
    assert await people(store) == 2
    await take_back(two)
    assert await people(store) == 3


async def test_the_original_replaces_its_copy_whichever_comes_first(store: Store) -> None:
    one, two = await others(store, 2)
    original = act("a", days=-300, text="original")
    late = msgspec.structs.replace(act("a", text="late copy"), copied=True)
    later = msgspec.structs.replace(act("a", days=9, text="later copy"), copied=True)
    orders: list[tuple[Interaction, ...]] = [
        (original, late, later), (late, original, later), (later, late, original), (later, original, late),
    ]  # fmt: skip
    found = []
    for order in orders:
        for number, record in enumerate(order):
            await (one, two)[number % 2].store(record)
        await store.project()
        assert not any(any(difference) for difference in (await store.rebuild()).values())
        found.append([(row["text"], row["occurred_at"]) for row in await store.rows("interactions")])
        await one.store(lost("a"))
        await two.store(lost("a"))
    assert found == [[("original", original.occurred_at)]] * 4
    for order in ((late, later), (later, late)):
        await one.store(*order)
        assert [row["text"] for row in await store.rows("interactions")] == ["late copy"]
        await one.store(lost("a"))


async def test_what_lies_in_the_future_is_kept_and_marked_and_moves_nothing(store: Store) -> None:
    future, before = datetime(2199, 1, 1, tzinfo=UTC), datetime.now(UTC)
    await store.store(act("a", "ada", ["bob"]), Coverage("read", DAY - timedelta(days=9), DAY + timedelta(days=1)))
    days = (future - DAY).days
    lying = act("b", "eve", ["bob"], days=days, edited_at=future)
    known = msgspec.structs.replace(act("c", "fay", ["bob"], days=days), arrived_at=DAY - timedelta(days=1))
    name = identity("ada", name="Future", seen_at=future)
    assert await store.store(name, lying, known) == Counts(added=2)
    assert await store.store(lying, known, identity("ada", name="Ada", seen_at=DAY)) == Counts()
    found = {row["key"][1]: row for row in await store.rows("interactions")}
    assert found["a"]["stated_at"] is None
    assert found["b"]["stated_at"] == found["c"]["stated_at"] == lying.occurred_at
    assert before <= found["b"]["occurred_at"] <= datetime.now(UTC)
    assert found["b"]["edited_at"] == found["b"]["occurred_at"]
    assert found["c"]["occurred_at"] == DAY - timedelta(days=1)
    assert {row["day"] for row in await store.rows("source_ends")} == {DAY.date() + timedelta(days=1)}
    assert {row["name"] for row in await store.rows("identities")} == {"Ada", None}
    batch = store.batch(Coverage("read", DAY, future), Coverage("read", future - timedelta(days=1), future))
    assert [period.until for period in batch.coverage] <= [datetime.now(UTC)]
    assert [problem.code for problem in batch.problems] == ["bad_record"]
