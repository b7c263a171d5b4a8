"""What networks tell of identities beyond names: pictures, standings, affiliations; in any order of reading."""

import itertools
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from kith.connectors import Affiliation, Record, Standing
from kith.store import affiliations, ingest, organizations, standings
from kith.store.db import workspace
from kith.store.standings import Standing as Shown
from tests.integration.store.facts import DAY, Store, channel, identity, room, who


def points(value: float, days: int = 0, **more: Any) -> Standing:
    return Standing(who("ada"), "points", value, DAY + timedelta(days=days), **more)


def works(organization: str, days: int | None = 0, **more: Any) -> Affiliation:
    seen_at = None if days is None else DAY + timedelta(days=days)
    return Affiliation(who("ada"), organization, seen_at=seen_at, **more)


async def ada(store: Store) -> UUID:
    rows = await store.rows("identities")
    found: UUID = next(row["id"] for row in rows if row["key"] == who("ada").key)
    return found


async def shown(store: Store) -> list[Shown]:
    async with workspace(store.pool, store.workspace_id) as db:
        return await standings.list_standings(db, store.workspace_id, [await ada(store)], 10)


async def affiliated(store: Store) -> list[tuple[Any, ...]]:
    """Return what is derived: organization, since, until, seen since and until, evidence, title."""
    await store.project()
    async with workspace(store.pool, store.workspace_id) as db:
        rows = await affiliations.list_affiliations(db, store.workspace_id, [await ada(store)])
    told = [row for row in rows if row.author == "rule:told/1"]
    return sorted(
        (row.organization, row.since, row.until, row.seen_since, row.seen_until, row.evidence, row.title)
        for row in told
    )


async def test_the_newest_picture_holds(store: Store) -> None:
    for page in (("new", 2), ("old", 1)):
        await store.store(identity("ada", avatar_url=page[0], seen_at=DAY + timedelta(days=page[1])))
    assert [row["avatar_url"] for row in await store.rows("identities")] == ["new"]


async def test_of_standings_what_was_seen_last_holds_in_any_order(store: Store) -> None:
    told = [points(10), points(30, 2), points(20, 1), points(1, 1, label="guru"), points(5, 1, channel=room("list"))]
    for order in itertools.permutations(told):
        for record in order:
            await store.store(record)
    await store.store(*told)
    assert [(row.value, row.label, row.channel_id.int > 0) for row in await shown(store)] == [
        (30, "", False), (5, "", True), (1, "guru", False),
    ]  # fmt: skip


async def test_a_standing_stays_while_another_source_tells_it(store: Store) -> None:
    other = await Store.open(store.pool, store.workspace_id)
    await store.store(points(10, 1))
    await other.store(points(7))
    async with workspace(store.pool, store.workspace_id) as db:
        await standings.take_back(db, store.workspace_id, store.source_id)
    assert [row.value for row in await shown(store)] == [7]


async def test_a_new_employer_does_not_undo_the_old_one(store: Store) -> None:
    told = [works("Engines", 0), works("Engines", 20), works("Looms", 30), works("looms", 40, title="Weaver")]
    for order in itertools.permutations(told):
        for record in order:
            await store.store(record)
    first, second = await affiliated(store)
    day = DAY.date()
    assert first == ("Engines", None, None, day, day + timedelta(days=20), "own_statement", None)
    assert second[1:] == (None, None, day + timedelta(days=30), day + timedelta(days=40), "own_statement", "Weaver")
    assert second[0] == "Looms"
    assert not any(any(difference) for difference in (await store.rebuild()).values())


async def test_a_known_start_wins_over_an_unknown_one_and_dates_bound(store: Store) -> None:
    other = await Store.open(store.pool, store.workspace_id)
    await store.store(works("Engines", None, evidence="dated_record"))
    await other.store(
        works("Engines", None, since=date(2020, 1, 1), until=date(2021, 1, 1), evidence="dated_record"),
        works("Engines", None, since=date(2023, 1, 1), evidence="dated_record", title="Engineer"),
    )
    assert await affiliated(store) == [
        ("Engines", date(2020, 1, 1), date(2021, 1, 1), None, None, "dated_record", None),
        ("Engines", date(2023, 1, 1), None, None, None, "dated_record", "Engineer"),
    ]


async def test_an_organization_is_found_by_its_domain_and_by_the_name_that_a_source_uses(store: Store) -> None:
    async with workspace(store.pool, store.workspace_id) as db:
        firm = await organizations.create_organization(
            db, store.workspace_id, name="Analytical Engines", domains=["engines.org"], url=None
        )
    await store.store(works("Engines Inc", domain="engines.org"))
    await store.store(works("ENGINES INC", 3))
    await store.store(works("Mail users", domain="gmail.com"))
    rows = await store.rows("affiliations")
    assert rows == []
    assert {(row[0], row[4]) for row in await affiliated(store)} == {
        ("Analytical Engines", DAY.date() + timedelta(days=3)), ("Mail users", DAY.date()),
    }  # fmt: skip
    assert {row["organization_id"] for row in await store.rows("organization_domains")} == {firm.id}


async def test_a_source_that_is_taken_back_takes_its_affiliations_along(store: Store) -> None:
    await store.store(works("Engines"))
    assert len(await affiliated(store)) == 1
    async with workspace(store.pool, store.workspace_id) as db:
        await ingest.take_back(db, store.workspace_id, store.source_id, 10, sealed=False)
    assert await affiliated(store) == []


async def test_a_bad_standing_or_affiliation_spoils_no_page(store: Store) -> None:
    bad: list[Record] = [
        points(float("nan")), works(" "), works("x" * 201), Standing(who("ada"), "No Word", 1, DAY),
        works("Engines", since=date(2024, 1, 1), until=date(2023, 1, 1)),
    ]  # fmt: skip
    batch = store.batch(*bad, channel("list", "List"))
    assert [problem.code for problem in batch.problems] == ["bad_record"] * len(bad)
    assert (batch.standings, batch.affiliations, len(batch.channels)) == ([], [], 1)
