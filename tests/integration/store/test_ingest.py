"""What a page leaves in the tables of facts, however often and in whatever order pages arrive."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kith.connectors import Coverage, Interaction, Record, Target
from kith.store import ingest
from kith.store.db import Pool, workspace
from kith.store.ingest import Counts
from tests.integration.store.facts import (
    DAY,
    Store,
    act,
    act_ref,
    channel,
    conversation,
    gone,
    identity,
    mailmap,
    room,
    thread,
    who,
)  # fmt: skip


async def test_reading_a_page_twice_changes_nothing(store: Store) -> None:
    page: tuple[Record, ...] = (
        act("a", conversation="t"),
        act("b", "bob", ["ada", "cyd"]),
        identity("ada", name="Ada", seen_at=DAY),
    )
    assert await store.store(*page) == Counts(added=2)
    before = await store.everything()
    assert await store.store(*page) == Counts()
    assert await store.everything() == before


async def test_one_act_twice_in_a_page_counts_once(store: Store) -> None:
    assert await store.store(act("a"), act("a")) == Counts(added=1)
    (contact,) = await store.rows("contact_days")
    assert (contact["count"], contact["weight"]) == (1, 1000)


async def test_an_act_towards_several_gives_each_a_share(store: Store) -> None:
    await store.store(act("a", "ada", ["bob", "cyd", "dan", "ada", "bob"]))
    shares = await store.rows("contact_days")
    assert [share["weight"] for share in shares] == [577, 577, 577]  # 1000 / √3; neither herself nor twice the same


async def test_an_act_towards_nobody_or_oneself_is_a_broadcast(store: Store) -> None:
    await store.store(act("a", "ada", []), act("b", "ada", ["ada"]), act("c", "ada", ["bob"]))
    activity = {row["acts"]: row for row in await store.rows("activity_days")}
    assert (activity[3]["broadcasts"], activity[3]["received"]) == (2, 0)
    assert (activity[0]["broadcasts"], activity[0]["received"]) == (0, 1)
    assert await store.count("contact_days") == 1


async def test_an_edit_replaces_and_keeps_what_was(store: Store) -> None:
    await store.store(act("a", text="first", days=0))
    assert await store.store(act("a", "ada", ["cyd"], text="second", days=1)) == Counts(changed=1)
    (now,) = await store.rows("interactions")
    (was,) = await store.rows("interaction_versions")
    assert (now["text"], was["content"]["text"]) == ("second", "first")
    (contact,) = await store.rows("contact_days")
    assert contact["day"] == (DAY + timedelta(days=1)).date()
    assert await store.count("interaction_targets") == 1


async def test_an_old_page_does_not_bring_back_what_was_edited(store: Store) -> None:
    await store.store(act("a", text="first"))
    await store.store(act("a", text="second"))
    before = await store.everything()
    assert await store.store(act("a", text="first")) == Counts()
    assert await store.everything() == before


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2)])
async def test_of_dated_edits_the_latest_stays_whatever_the_order(store: Store, order: tuple[int, ...]) -> None:
    edits = [act("a", text=str(n), edited_at=DAY + timedelta(hours=n)) for n in range(3)]
    for n in order:
        await store.store(edits[n])
    (now,) = await store.rows("interactions")
    assert now["text"] == "2"
    assert await store.count("interaction_versions") == 2


async def test_edits_of_one_act_within_a_page_are_taken_in_order(store: Store) -> None:
    assert await store.store(act("a", text="1"), act("a", text="2"), act("a", text="1")) == Counts(1, 1, 0)
    (now,) = await store.rows("interactions")
    assert now["text"] == "2"


async def test_what_is_deleted_leaves_every_sum(store: Store) -> None:
    await store.store(act("a", conversation="t"), act("b", "bob", ["cyd"], channel="other"))
    assert await store.store(gone("a"), gone("b")) == Counts(deleted=2)
    after = await store.everything()
    for table in (
        "interactions",
        "interaction_targets",
        "contact_days",
        "activity_days",
        "identity_days",
        "channel_days",
    ):
        assert after[table] == []
    assert after["relationships"] == after["conversation_activity"] == after["channel_activity"] == []
    assert await store.count("interaction_versions") == 2


@pytest.mark.parametrize("together", [True, False])
async def test_what_is_deleted_stays_away(store: Store, together: bool) -> None:
    if together:
        await store.store(act("a"), gone("a"))
    else:
        await store.store(gone("a"))
    assert await store.store(act("a", text="again")) == Counts()
    assert await store.count("interactions") == 0
    assert await store.count("contact_days") == 0


@pytest.mark.parametrize("order", [("x", "y", "z"), ("z", "y", "x"), ("y", "x", "z")])
async def test_an_act_seen_in_several_channels_is_one_whatever_the_order(store: Store, order: tuple[str, ...]) -> None:
    for name in order:
        await store.store(act("a", channel=name))
    found = await store.everything()
    (now,) = found["interactions"]
    channels = {row["id"] for row in found["channels"]}
    assert now["channel_id"] == min(channels)
    assert {row["channel_id"] for row in found["sightings"]} == channels - {min(channels)}
    assert {row["channel_id"]: row["interactions"] for row in found["channel_activity"]} == dict.fromkeys(channels, 1)
    assert [row["count"] for row in found["contact_days"]] == [1]


async def test_several_channels_within_one_page_are_seen(store: Store) -> None:
    assert await store.store(act("a", channel="x"), act("a", channel="y"), act("a", channel="x")) == Counts(added=1)
    assert await store.count("sightings") == 1


async def test_a_deleted_act_is_seen_nowhere(store: Store) -> None:
    await store.store(act("a", channel="x"))
    await store.store(act("a", channel="y"))
    await store.store(gone("a"))
    found = await store.everything()
    assert found["sightings"] == found["channel_activity"] == []


async def test_two_sources_with_the_same_facts_store_them_once(store: Store) -> None:
    other = await Store.open(store.pool, store.workspace_id)
    page = [act(str(n), days=n) for n in range(20)]
    await store.store(*page)
    assert await other.store(*page) == Counts()
    assert await store.count("interactions") == 20


async def test_what_is_only_referred_to_waits_for_its_description(store: Store) -> None:
    await store.store(act("a", channel="list", conversation="t"))
    assert {row["kind"] for row in await store.rows("identities")} == {"unknown"}
    await store.store(identity("ada", name="Ada"), channel("list", "The list"), conversation("t", "Hello"))
    await store.store(act("b", channel="list", conversation="t"))
    assert {row["name"] for row in await store.rows("identities")} == {"Ada", None}
    assert [row["name"] for row in await store.rows("channels")] == ["The list"]
    assert [row["title"] for row in await store.rows("conversations")] == ["Hello"]


@pytest.mark.parametrize("newer_first", [True, False])
async def test_the_newest_observation_of_an_identity_stays(store: Store, newer_first: bool) -> None:
    old = identity("ada", name="Ada Byron", seen_at=DAY)
    new = identity("ada", name="Ada Lovelace", seen_at=DAY + timedelta(days=1))
    for record in (new, old) if newer_first else (old, new):
        await store.store(record)
    (found,) = await store.rows("identities")
    assert (found["name"], found["seen_at"]) == ("Ada Lovelace", new.seen_at)


@pytest.mark.parametrize("swapped", [True, False])
async def test_among_equally_old_observations_the_order_does_not_matter(store: Store, swapped: bool) -> None:
    pair = [identity("ada", name="Ada", verified=True), identity("ada", name="ada", handle="é")]
    for record in reversed(pair) if swapped else pair:
        await store.store(record)
    (one,) = await store.rows("identities")
    other = await Store.open(store.pool, store.workspace_id)
    await other.store(*pair)
    assert await store.rows("identities") == [one]
    assert one["name"] == "ada"


async def test_a_mailmap_makes_one_person_of_two_identities(store: Store) -> None:
    await store.store(act("a", "ada", ["bob"]), act("b", "ada.home", ["bob"]))
    await store.project()
    assert await store.count("people") == 3
    await store.store(mailmap("ada", "ada.home"))
    found = await store.everything()
    assert [row["verdict"] for row in found["decisions"]] == ["same"]
    assert sorted(row["identities"] for row in found["people"]) == [1, 2]
    assert [(row["given"], row["received"]) for row in found["relationships"]] in ([(0, 2), (2, 0)], [(2, 0), (0, 2)])


async def test_records_that_cannot_be_stored_are_told_and_the_rest_is_kept(store: Store) -> None:
    bad: list[Any] = [
        act("year 1", days=-(DAY - datetime(1, 1, 1, 12, tzinfo=UTC)).days),
        Interaction(act_ref("naive"), who("ada"), datetime(2026, 1, 1)),  # noqa: DTZ001 - this is the test
        act("half", text="\ud800"),
        act("long", text="x" * 1_000_001),
        act("k" * 2000),
        act("visibility", visibility="secret"),
        Interaction(act_ref("target"), who("ada"), DAY, (Target(who("bob"), "enemy"),)),  # type: ignore[arg-type] # the test
        identity("half", name="\udfff"),
        identity("address", address="a" * 400),
        Coverage("read", DAY, DAY - timedelta(days=1)),
        None,
    ]
    good: list[Record] = [
        act("nul", text="a\0b", title="\0"),
        act("cjk", text="漢字" * 60_000),
        act("year 9999", days=(datetime(9999, 12, 29, 12, tzinfo=UTC) - DAY).days),
        act("words", text=" ".join(str(n) for n in range(100_000))),
        identity("z" * 900, name="名" * 1000, address="A@EXAMPLE.ORG"),
    ]
    batch = store.batch(*bad[:5], *good, *bad[5:])
    assert len(batch.problems) == len(bad)
    assert batch.problems[0].place == "interaction <year 1@example.org>"
    async with workspace(store.pool, store.workspace_id) as db:
        counts = await ingest.apply(db, store.workspace_id, store.source_id, None, batch)
    assert counts == Counts(added=4)
    found = await store.everything()
    assert {"ab"} < {row["text"] for row in found["interactions"]}
    assert "a@example.org" in {row["address"] for row in found["identities"]}


async def test_periods_that_were_read_melt_and_close_gaps(store: Store) -> None:
    def days(status: Any, since: int, until: int) -> Coverage:
        return Coverage(status, DAY + timedelta(days=since), DAY + timedelta(days=until), "why")

    await store.store(days("gap", 2, 3), days("read", 0, 2), days("truncated", 8, 9))
    await store.store(days("read", 2, 4), days("read", 6, 7))
    found = {(row["status"], row["period"].lower, row["period"].upper) for row in await store.rows("coverage")}
    at = [DAY + timedelta(days=n) for n in range(10)]
    assert found == {("read", at[0], at[4]), ("read", at[6], at[7]), ("truncated", at[8], at[9])}


async def test_what_was_read_of_a_gap_is_none_any_more(store: Store) -> None:
    def days(status: Any, since: int, until: int) -> Coverage:
        return Coverage(status, DAY + timedelta(days=since), DAY + timedelta(days=until), "why")

    await store.store(days("truncated", 0, 5), days("truncated", 0, 6), days("gap", 6, 9), days("read", 9, 12))
    await store.store(days("read", 7, 8), days("read", 3, 6))
    found = {(row["status"], row["period"].lower, row["period"].upper) for row in await store.rows("coverage")}
    at = [DAY + timedelta(days=n) for n in range(13)]
    assert found == {
        ("truncated", at[0], at[3]), ("read", at[3], at[6]), ("gap", at[6], at[7]), ("read", at[7], at[8]),
        ("gap", at[8], at[9]), ("read", at[9], at[12]),
    }  # fmt: skip


async def test_four_writers_of_overlapping_pages_end_where_one_would(pool: Pool, store: Store) -> None:
    acts = [
        act(str(n), f"p{n % 7}", [f"p{n % 5}", f"p{n % 3}"], channel=f"c{n % 2}", days=n % 4, text=str(n))
        for n in range(400)
    ]
    everyone: list[Record] = [identity(f"p{n}", name=f"P{n}", seen_at=DAY + timedelta(hours=n)) for n in range(7)]
    deleted = [gone(str(n)) for n in range(0, 400, 25)]
    pages: list[tuple[Record, ...]] = [
        (*everyone, *acts[start : start + 100], *deleted[start // 25 : start // 25 + 2]) for start in range(0, 400, 50)
    ]

    async def write(offset: int) -> None:
        for n in range(len(pages)):
            await store.store(*pages[(n + offset) % len(pages)])

    await asyncio.gather(*(write(2 * n) for n in range(4)))
    found = await store.everything()
    assert all(not any(difference) for difference in (await store.rebuild()).values())
    assert len(found["interactions"]) == 400 - len(range(0, 400, 25))


async def test_nobody_can_be_reached_under_a_key_of_another_workspace(store: Store) -> None:
    batch = store.batch(act("a", channel="list", conversation="t"))
    other = Store(store.pool, store.workspace_id, store.source_id, b"another key" * 3)
    ids = {row[0] for row in batch.identities + batch.channels}
    assert not ids & {row[0] for row in other.batch(act("a", channel="list", conversation="t")).identities}
    assert room("list") != thread("list")
