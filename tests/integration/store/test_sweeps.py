"""What a complete look did not see again is gone; an incomplete or suspiciously small one deletes nothing."""

from datetime import timedelta
from typing import Any

from kith.connectors import Interaction, InteractionRef, Record, Sweep, Target
from kith.store import ingest
from kith.store.db import workspace
from tests.integration.store.facts import DAY, Store, act, room, who

BEGUN = Sweep("begun", ("message",))
COMPLETE = Sweep("complete", ("message",))


def posts(*keys: int, **more: Any) -> list[Interaction]:
    return [act(str(key), **more) for key in keys]


def follow(of: str) -> Interaction:
    ref = InteractionRef("mail", f"{of}@example.org", "follow", actor=who("ada"))
    return Interaction(ref, who("ada"), DAY, (Target(who(of)),))


async def live(store: Store) -> set[str]:
    return {row["key"].strip("<").partition("@")[0] for row in await store.rows("interactions")}


async def sweep(store: Store, *seen: Record) -> list[Any]:
    """Look at everything in three pages; return how the sweep ended."""
    await store.store(BEGUN)
    await store.store(*seen)
    batch = store.batch(COMPLETE)
    await store.apply(batch)
    return batch.swept


async def test_what_was_not_seen_again_is_gone_and_comes_back_when_it_is_told(store: Store) -> None:
    await store.store(*posts(*range(10)))
    [outcome] = await sweep(store, *posts(*range(2, 10)))
    assert (outcome.is_refused, outcome.total, len(outcome.gone)) == (False, 10, 2)
    assert await live(store) == set(map(str, range(2, 10)))
    assert {row["cause"] for row in await store.rows("tombstones")} == {"gone"}
    await store.store(*posts(0))
    assert "0" in await live(store)
    assert await store.count("sweeps") == await store.count("sweep_sightings") == 0
    assert not any(any(difference) for difference in (await store.rebuild()).values())


async def test_an_incomplete_sweep_deletes_nothing_and_the_next_begins_anew(store: Store) -> None:
    await store.store(*posts(*range(10)))
    await store.store(BEGUN, *posts(0, 1))
    assert len(await live(store)) == 10
    await sweep(store, *posts(*range(1, 10)))
    assert await live(store) == set(map(str, range(1, 10))), "what the broken one saw does not count"


async def test_a_suspiciously_small_sweep_is_refused(store: Store) -> None:
    await store.store(*posts(*range(30)))
    [outcome] = await sweep(store, *posts(*range(20)))
    assert (outcome.is_refused, outcome.total, len(outcome.gone)) == (True, 30, 10)
    assert len(await live(store)) == 30


async def test_a_refused_sweep_can_be_accepted_until_the_next_begins(store: Store) -> None:
    async def accept() -> int:
        async with workspace(store.pool, store.workspace_id) as db:
            return await ingest.accept_sweeps(db, store.workspace_id, store.source_id)

    await store.store(*posts(*range(30)))
    assert await accept() == 0
    await sweep(store, *posts(*range(20)))
    await store.store(*posts(25))  # told since
    assert await accept() == 9
    assert await live(store) == {*map(str, range(20)), "25"}
    assert await store.count("sweeps") == await store.count("sweep_sightings") == 0
    assert not any(any(difference) for difference in (await store.rebuild()).values())
    await sweep(store, *posts(0))
    await store.store(BEGUN)
    assert await accept() == 0
    follows = [follow(f"p{number}") for number in range(8)]
    await store.store(*follows)
    await store.store(Sweep("begun", ("follow",)), follows[0], Sweep("complete", ("follow",)))
    assert await accept() == 7, "what was a state has ended"
    assert len([row for row in await store.rows("interactions") if row["ended_at"]]) == 7


async def test_an_end_without_a_beginning_is_refused(store: Store) -> None:
    await store.store(*posts(1, 2))
    batch = store.batch(COMPLETE)
    await store.apply(batch)
    assert [outcome.is_refused for outcome in batch.swept] == [True]
    assert len(await live(store)) == 2


async def test_only_acts_of_the_channel_the_kinds_and_the_time_are_looked_at(store: Store) -> None:
    await store.store(*posts(1, 2), *posts(3, channel="other"), *posts(4, days=-50), follow("bob"))
    bounds: dict[str, Any] = {"channel": room("list"), "since": DAY - timedelta(days=1)}
    await store.store(Sweep("begun", ("message",), **bounds), *posts(1), Sweep("complete", ("message",), **bounds))
    assert await live(store) == {"1", "3", "4", "bob"}


async def test_what_another_source_has_stays(store: Store) -> None:
    other = await Store.open(store.pool, store.workspace_id)
    await store.store(*posts(1, 2))
    await other.store(*posts(2, 3))
    await sweep(store)
    assert await live(store) == {"2", "3"}


async def test_what_comes_in_while_a_sweep_looks_stays(store: Store) -> None:
    await store.store(*posts(1))
    await store.store(BEGUN)
    await store.store(*posts(7, channel="other"))
    await store.store(*posts(1), COMPLETE)
    assert await live(store) == {"1", "7"}


async def test_a_follow_that_is_seen_no_more_has_ended_and_stays(store: Store) -> None:
    await store.store(follow("bob"), follow("cyd"))
    await store.store(Sweep("begun", ("follow",)), follow("bob"), Sweep("complete", ("follow",)))
    ended = {row["key"]: row["ended_at"] is not None for row in await store.rows("interactions")}
    assert ended == {"bob@example.org": False, "cyd@example.org": True}
    batch = store.batch(Sweep("begun", ("follow",)), follow("bob"), Sweep("complete", ("follow",)))
    await store.apply(batch)
    assert [(outcome.total, len(outcome.ended)) for outcome in batch.swept] == [(1, 0)], "it ended once"
