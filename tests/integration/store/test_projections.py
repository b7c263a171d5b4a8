"""Projections follow the facts: what pages add up, page by page, is what a rebuild computes from the facts."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kith.connectors import Coverage, Record
from kith.domain import ids
from kith.domain.strength.contact import Activity, Contacts
from kith.domain.strength.model import shipped, strength
from kith.domain.strength.tally import tally
from kith.domain.strength.words import words
from kith.store.db import Pool, new_id, workspace
from kith.store.workspaces import create_workspace
from tests.integration.store.facts import DAY, NOW, Store, act, channel, conversation, gone, identity, mailmap, who

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
    await store.project()
    await store.refresh()
    before = await store.everything()
    differences = await store.rebuild()
    assert not any(any(difference) for difference in differences.values()), differences
    assert await store.everything() == before


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pages=_PAGES)
async def test_a_rebuild_from_nothing_makes_what_pages_had_added_up(pool: Pool, pages: list[list[Record]]) -> None:
    store = await _fresh(pool)
    last: list[Record] = [act("ahead of time", "ada", ["bob", "cyd", "eve"], days=400), mailmap("ada", "dan")]
    for page in [*pages, last]:
        await store.store(*page)
    await store.project()
    await store.refresh()
    before = await store.everything()
    tables = (
        "interaction_targets", "contact_days", "activity_days", "identity_days", "channel_days", "relationships",
        "people",
    )  # fmt: skip
    async with workspace(pool, store.workspace_id) as db:
        for table in tables:
            await db.execute(f"DELETE FROM {table} WHERE workspace_id = $1", store.workspace_id)
    differences = await store.rebuild()
    assert {table: differences[table].missing for table in tables} == {table: len(before[table]) for table in tables}
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
    for table in (
        "interactions", "sightings", "contact_days", "activity_days", "identity_days", "channel_days",
        "interaction_targets", "tombstones", "claims", "channel_activity", "conversation_activity",
    ):  # fmt: skip
        assert ours[table] == theirs[table], table


async def test_a_rebuild_puts_right_whatever_was_damaged(store: Store) -> None:
    await store.store(*(act(str(n), f"p{n % 3}", [f"p{n % 4}"], conversation="t", days=n) for n in range(20)))
    await store.project()
    await store.refresh()
    before = await store.everything()
    damage = (
        "DELETE FROM people WHERE interactions = (SELECT max(interactions) FROM people)",
        "UPDATE contact_days SET weight = weight + 1",
        "UPDATE relationships SET strength = 0.5, given = given + 1",
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


async def test_what_arrives_changes_the_strength_of_the_two_as_a_rebuild_would(store: Store) -> None:
    await store.store(*(act(str(n), f"p{n % 5}", [f"p{n % 7}", f"p{n % 3}"], days=n % 11) for n in range(60)))
    await store.project()
    await store.store(act("news", "p1", ["p4"], channel="another", days=29))
    await store.project()
    arrived = await tie(store, "p1", "p4")
    await store.rebuild()
    assert arrived == await tie(store, "p1", "p4")
    assert arrived["strength"] is not None
    assert arrived["last_day"] == (DAY + timedelta(days=29)).date()


async def tie(store: Store, one: str, other: str) -> dict[str, Any]:
    """Return the stored relationship of two people."""
    refs = who(one), who(other)
    pair = [ids.fact_id(store.id_key, "identity", (ref.network, ref.host, ref.key)) for ref in refs]
    (row,) = [row for row in await store.rows("relationships") if [row["person_id"], row["other_id"]] == pair]
    return row


async def test_two_who_were_in_touch_twice_have_a_strength_and_a_word(store: Store) -> None:
    await store.store(act("a", "ada", ["bob"]), Coverage("read", DAY, NOW))
    await store.project()
    assert {(row["strength"], row["word"]) for row in await store.rows("relationships")} == {(None, "unknown")}
    await store.store(act("c", "ada", ["bob"], days=20))
    await store.project()
    day = (NOW.date() - date(2000, 1, 1)).days
    days = [(DAY.date() - date(2000, 1, 1)).days + since for since in (0, 20)]
    contacts = Contacts.of([0, 0], [1, 1], days)
    pairs = tally(contacts, Activity.from_contacts(contacts), day)
    expected = strength(shipped().model(), pairs)
    for row in await store.rows("relationships"):
        assert (row["strength"], row["word"]) == (expected[0], words(pairs, expected)[0])
        assert (row["computed_at"], row["model"]) == (datetime(2026, 3, 31, tzinfo=UTC), shipped().version)


async def test_silence_weakens_every_strength_when_it_is_refreshed(store: Store) -> None:
    await store.store(*(act(str(n), f"p{n % 5}", [f"p{n % 7}"], days=n % 11) for n in range(300)))
    await store.project()
    before = await store.rows("relationships")
    later = NOW + timedelta(days=90)
    await store.refresh(later)
    assert [{**row, "computed_at": None} for row in before] == [
        {**row, "computed_at": None} for row in await store.rows("relationships")
    ]  # nobody read whether they were silent
    await store.store(Coverage("read", DAY, later))
    await store.refresh(later)
    after = await store.rows("relationships")
    for old, new in zip(before, after, strict=True):
        if old["strength"] is not None:
            assert new["strength"] < old["strength"]
            assert new["computed_at"] - old["computed_at"] == timedelta(days=90)
    assert any(row["strength"] is not None for row in before)
