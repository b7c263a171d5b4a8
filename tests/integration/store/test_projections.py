"""Projections follow the facts: what pages add up, page by page, is what a rebuild computes from the facts."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kith.connectors import Record
from kith.domain import decay
from kith.store import project
from kith.store.db import Pool, new_id, workspace
from kith.store.workspaces import create_workspace
from tests.integration.store.facts import DAY, NOW, Store, act, channel, conversation, gone, identity, mailmap

_NAMES = ["ada", "bob", "cyd", "dan"]
_PEOPLE = st.sampled_from(_NAMES)
_KEYS = st.sampled_from(["a", "b", "c", "d", "e"])


def _act(draw: Any) -> Record:
    """One of four versions of one of five acts, in any channel: what a version says depends on nothing else."""
    key, number = draw(_KEYS), draw(st.integers(0, 3))
    said = random.Random(f"{key} {number}")
    return act(
        key,
        said.choice(_NAMES),
        said.sample(_NAMES, said.randrange(4)),
        channel=draw(st.sampled_from([None, "x", "y"])),
        conversation=said.choice([None, "t", "u"]),
        days=said.randrange(4),
        text=str(number),
        edited_at=DAY + timedelta(hours=number),
    )


@st.composite
def _records(draw: Any) -> Record:
    kind = draw(st.integers(0, 9))
    if kind < 6:
        return _act(draw)
    if kind == 6:
        return gone(draw(_KEYS))
    if kind == 7:
        return mailmap(draw(_PEOPLE), draw(_PEOPLE))
    if kind == 8:
        return identity(draw(_PEOPLE), name=draw(st.sampled_from(["A", "B"])), seen_at=DAY)
    return conversation("t", "T") if draw(st.booleans()) else channel("x", "X")


_PAGES = st.lists(st.lists(_records(), max_size=6), max_size=4)


async def _fresh(pool: Pool) -> Store:
    """Return a store in a workspace of its own, with the same ids as in every other of these."""
    workspace_id = new_id()
    async with workspace(pool, workspace_id) as db:
        await create_workspace(db, workspace_id, "one of many")
    store = await Store.open(pool, workspace_id)
    return Store(pool, workspace_id, store.source_id, b"one key for all")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pages=_PAGES, often=st.booleans())
async def test_a_rebuild_finds_nothing_to_put_right(pool: Pool, pages: list[list[Record]], often: bool) -> None:
    store = await _fresh(pool)
    for page in pages:
        await store.store(*page)
        if often:
            await store.project()
    before = await store.everything()
    differences = await store.rebuild()
    assert not any(any(difference) for difference in differences.values()), differences
    assert await store.everything() == before


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pages=_PAGES, seed=st.integers(0, 1000))
async def test_the_order_of_pages_does_not_matter(pool: Pool, pages: list[list[Record]], seed: int) -> None:
    records = [record for page in pages for record in page]
    one, other = await _fresh(pool), await _fresh(pool)
    for page in pages:
        await one.store(*page)
    random.Random(seed).shuffle(records)
    for start in range(0, len(records), 3):
        await other.store(*records[start : start + 3])
    ours, theirs = await one.everything(), await other.everything()
    for table in ("interactions", "sightings", "contact_days", "activity_days", "channel_days", "interaction_targets",
                  "tombstones", "claims", "channel_activity", "conversation_activity"):  # fmt: skip
        assert ours[table] == theirs[table], table


async def test_a_rebuild_puts_right_whatever_was_damaged(store: Store) -> None:
    await store.store(*(act(str(n), f"p{n % 3}", [f"p{n % 4}"], conversation="t", days=n) for n in range(20)))
    before = await store.everything()
    damage = (
        "DELETE FROM people WHERE interactions = (SELECT max(interactions) FROM people)",
        "UPDATE contact_days SET weight = weight + 1",
        "UPDATE relationships SET strength = 0.5",
        "DELETE FROM interaction_targets",
        "INSERT INTO channel_days SELECT workspace_id, workspace_id, '2020-01-01', 7 FROM channel_days LIMIT 1",
        "UPDATE person_identities SET person_id = (SELECT min(person_id::text)::uuid FROM person_identities)",
    )
    async with workspace(store.pool, store.workspace_id) as db:
        for statement in damage:
            await db.execute(statement)
    found = await store.rebuild()
    assert found["contact_days"].different == len(before["contact_days"])
    assert found["interaction_targets"].missing == len(before["interaction_targets"])
    assert found["channel_days"].extra == 1
    assert found["relationships"].different > 0
    assert await store.everything() == before


async def test_two_who_were_in_touch_three_times_have_a_strength(store: Store) -> None:
    await store.store(act("a", "ada", ["bob"]), act("b", "bob", ["ada"], days=10))
    await store.project()
    assert {row["strength"] for row in await store.rows("relationships")} == {None}
    await store.store(act("c", "ada", ["bob"], days=20))
    await store.project()
    midnight = datetime(NOW.year, NOW.month, NOW.day, tzinfo=UTC)
    ages = np.array([(midnight.date() - (DAY + timedelta(days=days)).date()).days for days in (0, 10, 20)])
    total = (2.0 ** (-ages / 90)).sum()
    for row in await store.rows("relationships"):
        assert row["strength"] == pytest.approx(total / (1 + total), rel=1e-12)
        assert (row["computed_at"], row["model"]) == (midnight, decay.MODEL)


async def test_a_refresh_lets_every_strength_fade_and_keeps_their_order(store: Store) -> None:
    await store.store(*(act(str(n), f"p{n % 5}", [f"p{n % 7}"], days=n % 11) for n in range(300)))
    await store.project()

    def in_order(rows: list[dict[str, Any]]) -> list[Any]:
        known = [row for row in rows if row["strength"] is not None and row["person_id"] < row["other_id"]]
        return [(row["person_id"], row["other_id"]) for row in sorted(known, key=lambda row: row["strength"])]

    before = await store.rows("relationships")
    async with workspace(store.pool, store.workspace_id) as db:
        last = await project.refresh(db, store.workspace_id, NOW + timedelta(days=90), (UUID(int=0), UUID(int=0)))
        assert last is not None
        assert await project.refresh(db, store.workspace_id, NOW + timedelta(days=90), last) is None
    after = await store.rows("relationships")
    assert in_order(after) == in_order(before)
    for old, new in zip(before, after, strict=True):
        if old["strength"] is not None:
            odds, halved = (row["strength"] / (1 - row["strength"]) for row in (old, new))
            assert halved == pytest.approx(odds / 2, rel=1e-9)
