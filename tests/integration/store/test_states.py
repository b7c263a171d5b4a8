"""What an act began holds until it ends: dated facts, in any order of reading, and the past stays."""

import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID

from kith.connectors import Ending, Interaction, InteractionRef, Record, Target, Tombstone
from kith.store import states
from kith.store.db import workspace
from tests.integration.store.facts import DAY, Store, act, gone, who

FOLLOW = InteractionRef("mail", "bob@example.org", "follow", actor=who("ada"))


def follow(days: int) -> Interaction:
    return Interaction(FOLLOW, who("ada"), DAY + timedelta(days=days), (Target(who("bob")),))


def unfollow(days: int) -> Ending:
    return Ending(FOLLOW, DAY + timedelta(days=days))


async def the_follow(store: Store) -> dict[str, Any]:
    [row] = [row for row in await store.rows("interactions") if row["kind"] == "follow"]
    return row


async def periods(store: Store) -> list[tuple[int, int | None]]:
    """Return from which day until which the follow held."""
    row = await the_follow(store)
    interaction_id: UUID = row["id"]
    async with workspace(store.pool, store.workspace_id) as db:
        found = await states.list_periods(db, store.workspace_id, interaction_id)
    return [((each.since - DAY).days, (each.until - DAY).days if each.until else None) for each in found]


async def fill(store: Store, *records: Record) -> None:
    for record in records:
        await store.store(record)


async def test_an_unfollow_ends_the_follow_and_its_contact_stays(store: Store) -> None:
    await fill(store, follow(1))
    await store.project()
    before = await store.rows("contact_days")
    await fill(store, unfollow(3), unfollow(3))
    assert (await the_follow(store))["ended_at"] == DAY + timedelta(days=3)
    assert await periods(store) == [(1, 3)]
    await store.project()
    assert await store.rows("contact_days") == before != []
    assert not any(any(difference) for difference in (await store.rebuild()).values())


async def test_a_follow_may_begin_again(store: Store) -> None:
    await fill(store, follow(1), unfollow(3), follow(5), follow(5), follow(7))
    row = await the_follow(store)
    assert (row["occurred_at"], row["ended_at"]) == (DAY + timedelta(days=1), None)
    assert await periods(store) == [(1, 3), (5, None)]
    await fill(store, unfollow(9))
    assert await periods(store) == [(1, 3), (5, 9)]


async def test_a_network_without_dates_grows_nothing_when_it_is_read_again(store: Store) -> None:
    await fill(store, *(follow(day) for day in range(1, 20)))
    assert await store.count("state_changes") == await store.count("interaction_versions") == 0
    assert await periods(store) == [(1, None)]


async def test_history_may_be_read_backwards(store: Store) -> None:
    await fill(store, follow(5), unfollow(3), follow(1))
    assert await periods(store) == [(1, 3), (5, None)]
    assert [row["count"] for row in await store.rows("contact_days")] == [1]
    assert not any(any(difference) for difference in (await store.rebuild()).values())


async def test_within_a_page_the_order_does_not_matter(store: Store) -> None:
    told: list[Record] = [follow(1), unfollow(3), follow(5), unfollow(7)]
    for number, order in enumerate(itertools.permutations(told)):
        other = await Store.open(store.pool, store.workspace_id)
        await other.store(*order)
        assert await periods(store) == [(1, 3), (5, 7)], number


async def test_an_ending_may_come_before_its_act(store: Store) -> None:
    await fill(store, unfollow(3), follow(1))
    assert await periods(store) == [(1, 3)]
    assert (await the_follow(store))["ended_at"] == DAY + timedelta(days=3)


async def test_a_deletion_takes_the_periods_along(store: Store) -> None:
    await fill(store, follow(1), unfollow(3), Tombstone(FOLLOW))
    assert await store.count("interactions") == await store.count("state_changes") == 0


async def test_only_what_holds_can_end(store: Store) -> None:
    message = act("a")
    batch = store.batch(Ending(message.ref, DAY), gone("b"))
    assert [problem.code for problem in batch.problems] == ["bad_record"]
    assert batch.states == []
