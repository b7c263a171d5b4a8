"""Strength in the store: what is stored, what is explained and what a rebuild computes are one number."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import combinations
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kith.connectors import Coverage, Interaction, Record
from kith.domain.days import day_of
from kith.domain.strength.explanation import Explanation, explain, falls
from kith.projections import evidence, strength
from kith.store import interactions, people
from kith.store.db import Pool, new_id, workspace
from kith.store.workspaces import create_workspace
from tests.integration.store.facts import DAY, NOW, Store, act, gone, mailmap

PEOPLE = ("ada", "bob", "cyd", "dan", "eve")
TODAY = day_of(NOW)
FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

# All know each other from long ago, so that no later act, and no loss of one, changes whom anybody knows.
ACQUAINTED = [act(f"old {a} {b}", a, [b], days=-300) for a, b in combinations(PEOPLE, 2)]


def acts(seed: int, count: int, channels: Sequence[str | None] = (None, "x", "y"), days: float = 0) -> list[Record]:
    said = random.Random(seed)
    return [
        act(
            f"{seed} {number} {days}",
            actor := said.choice(PEOPLE),
            said.sample([name for name in PEOPLE if name != actor], said.choice([0, 1, 1, 1, 2, 3])),
            channel=said.choice(channels),
            days=days - said.expovariate(1 / 60),
        )
        for number in range(count)
    ]


async def fresh(pool: Pool) -> Store:
    workspace_id = new_id()
    async with workspace(pool, workspace_id) as db:
        await create_workspace(db, workspace_id, "one of many")
    return await Store.open(pool, workspace_id)


async def ties(store: Store) -> dict[tuple[UUID, UUID], dict[str, Any]]:
    rows = await store.rows("relationships")
    return {(row["person_id"], row["other_id"]): row for row in rows if row["person_id"] < row["other_id"]}


async def tie_of(store: Store, pair: tuple[UUID, UUID], known_at: datetime | None = None) -> evidence.Tie:
    async with workspace(store.pool, store.workspace_id) as db:
        one, other = [await people.identities_of(db, store.workspace_id, id_) for id_ in pair]
        return await evidence.load(db, store.workspace_id, pair, (one, other), known_at)


async def explained(store: Store, pair: tuple[UUID, UUID]) -> Explanation:
    async with workspace(store.pool, store.workspace_id) as db:
        model = await strength.current_model(db, store.workspace_id)
    tie = await tie_of(store, pair)
    return explain(model, tie.on(tie.as_of(TODAY)), tie.as_of(TODAY))


@FEW
@given(seed=st.integers(0, 10_000), joined=st.booleans())
async def test_what_is_stored_explained_and_rebuilt_is_the_same(pool: Pool, seed: int, joined: bool) -> None:
    store = await fresh(pool)
    await store.store(*acts(seed, 40), *([mailmap("ada", "bob")] if joined else []))
    await store.project()
    await store.store(*acts(seed + 1, 5))
    old = await Store.open(pool, store.workspace_id)  # another source, which was read until some day of the past
    await old.store(*acts(seed + 2, 20, ["y", "z"], days=-50 - seed % 100))
    await store.project()
    await store.refresh()
    stored = await ties(store)
    for pair, row in stored.items():
        told = await explained(store, pair)
        shown = (told.strength, told.word, told.version, told.day)
        assert (row["strength"], row["word"], row["model"], day_of(row["as_of"])) == shown
    await store.rebuild()
    assert await ties(store) == stored


@FEW
@given(seed=st.integers(0, 10_000))
async def test_an_interaction_that_arrives_counts_at_once_as_in_a_rebuild(pool: Pool, seed: int) -> None:
    store = await fresh(pool)
    await store.store(*acts(seed, 40))
    await store.project()
    before = await ties(store)
    await store.store(*acts(seed + 1, 1))
    await store.project()
    arrived = await ties(store)
    await store.rebuild()
    rebuilt = await ties(store)
    touched = [pair for pair in arrived if pair not in before or arrived[pair]["given"] != before[pair]["given"]
               or arrived[pair]["received"] != before[pair]["received"]]  # fmt: skip
    for pair in touched:
        assert arrived[pair] == rebuilt[pair]


@FEW
@given(seed=st.integers(0, 10_000))
async def test_contributions_and_what_is_hidden_add_up_whoever_asks(pool: Pool, seed: int) -> None:
    store = await fresh(pool)
    await store.store(*acts(seed, 30))
    await store.project()
    async with workspace(pool, store.workspace_id) as db:
        model = await strength.current_model(db, store.workspace_id)
    for pair in await ties(store):
        tie = await tie_of(store, pair)
        known, day = tie.on(tie.as_of(TODAY)), tie.as_of(TODAY)
        mask = np.random.default_rng(seed).random(len(known.contacts.day)) < 0.5
        whole, part = explain(model, known, day), explain(model, known, day, mask)
        for told in (whole, part):
            total = told.intercept + sum(each.log_odds for each in told.contributions) + told.hidden.log_odds
            assert total == pytest.approx(told.log_odds, abs=1e-6)
        assert part.strength == whole.strength
        assert part.hidden.interactions == int(known.contacts.count[~mask].sum())


async def cited(store: Store, pair: tuple[UUID, UUID]) -> list[interactions.Interaction]:
    async with workspace(store.pool, store.workspace_id) as db:
        one, other = [await people.identities_of(db, store.workspace_id, id_) for id_ in pair]
        return await interactions.list_between(db, store.workspace_id, one, other, None, 50)


@FEW
@given(seed=st.integers(0, 10_000))
async def test_deleting_a_cited_interaction_changes_the_number_by_the_cited_amount(pool: Pool, seed: int) -> None:
    store = await fresh(pool)
    told = acts(seed, 25)
    await store.store(*ACQUAINTED, *told)
    await store.project()
    deletable = {record.ref.key for record in told if isinstance(record, Interaction)}
    chosen, pair = random.Random(seed).choice(
        [(one, pair) for pair in sorted(await ties(store)) for one in await cited(store, pair) if one.key in deletable]
    )
    tie = await tie_of(store, pair)
    async with workspace(pool, store.workspace_id) as db:
        model = await strength.current_model(db, store.workspace_id)
    before = await explained(store, pair)
    day = tie.as_of(TODAY)
    log_odds_falls, strength_falls = falls(model, before.log_odds, tie.without(tie.on(day), chosen), day)
    await store.store(gone(chosen.key.removeprefix("<").removesuffix("@example.org>")))
    await store.project()
    after = await explained(store, pair)
    assert log_odds_falls == pytest.approx(before.log_odds - after.log_odds, abs=1e-9)
    if strength_falls is not None and before.strength is not None and after.strength is not None:
        assert strength_falls == pytest.approx(before.strength - after.strength, abs=1e-9)
    else:
        assert after.strength is None


async def test_what_was_known_before_is_shown_as_it_was_known(store: Store) -> None:
    await store.store(act("a", "ada", ["bob"]), act("b", "bob", ["ada"], days=5))
    await store.project()
    (pair,) = await ties(store)
    first = await tie_of(store, pair)
    async with workspace(store.pool, store.workspace_id) as db:
        then = await db.fetchval("SELECT max(learnt_at) FROM interactions WHERE workspace_id = $1", store.workspace_id)
    await store.store(act("c", "ada", ["bob", "cyd"], days=6), gone("a"))
    await store.store(act("b", "bob", ["cyd"], days=5, text="changed", edited_at=datetime(2026, 3, 20, tzinfo=UTC)))
    await store.project()
    same, now, learnt = [await tie_of(store, pair, at) for at in (then, None, datetime.now(UTC))]
    for one, other, alike in ((first, same, True), (now, learnt, True), (first, now, False)):
        pairs = (one.on(TODAY), other.on(TODAY))
        same_rows = all(
            np.array_equal(getattr(pairs[0].contacts, name), getattr(pairs[1].contacts, name))
            for name in ("source", "target", "day", "count", "weight")
        )
        assert same_rows == alike
        if alike:
            assert np.array_equal(pairs[0].activity.count, pairs[1].activity.count)
            assert pairs[0].circles.shared.tolist() == pairs[1].circles.shared.tolist()
            assert pairs[0].circles.either.tolist() == pairs[1].circles.either.tolist()


def days_before(count: int) -> int:
    return TODAY - count


async def test_a_tie_is_spoken_of_as_of_the_day_until_which_its_sources_were_read(pool: Pool, store: Store) -> None:
    """One source was last read 200 days ago, the other is read till now: only the silence in the latter counts."""
    old = await Store.open(pool, store.workspace_id)
    weekly = [act(f"{who} {week}", who, ["bob"], channel=where, days=-170 - 7 * week)
              for week in range(20) for who, where in (("ada", "then"), ("cyd", "now"), ("dan", "both"))]  # fmt: skip
    await old.store(*[one for one in weekly if one.actor.key != "cyd@example.org"])
    await store.store(*[one for one in weekly if one.actor.key != "ada@example.org"], Coverage("read", DAY, NOW))
    await store.project()
    for _ in range(2):
        found = {frozenset({row["given"], row["received"]}): row for row in (await ties(store)).values()}
        assert len(found) == 1
        by_day = sorted((day_of(row["as_of"]), row["word"]) for row in (await ties(store)).values())
        assert by_day == [(days_before(200), "one-sided"), (TODAY, "dormant"), (TODAY, "dormant")]
        await store.rebuild()
    await old.store(act("ada again", "ada", ["eve"], channel="then", days=-100))
    await store.project()
    await store.refresh()
    by_day = sorted((day_of(row["as_of"]), row["word"]) for row in (await ties(store)).values())
    assert by_day[:2] == [(days_before(130), "one-sided"), (days_before(130), "unknown")]
