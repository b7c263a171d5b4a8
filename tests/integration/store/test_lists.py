"""A page of relationships costs what is on it, however many people someone knows, and however few met in a channel."""

import random
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from kith.store import relationships, statistics
from kith.store.db import Db, workspace
from kith.store.relationships import RelationshipFilter
from tests.integration.store.facts import NOW, Store, act, mailmap

HUB = UUID(int=0)
KNOWN = 20_000
BLOCKS = 1_000  # a row that is looked at in the table costs one at least
TODAY = date(2026, 3, 31)

_KNOW = """
    WITH known AS (SELECT n, md5('person ' || n)::uuid AS id FROM generate_series(1, $2::integer) AS n),
    shown AS (
        INSERT INTO people (workspace_id, id, name, kind, networks, identities, interactions)
        SELECT $1::uuid, id, 'Person ' || n, 'person', ARRAY['mail'], 1, 1 FROM known
        UNION ALL SELECT $1, $3::uuid, 'Hub', 'person', ARRAY['mail'], 1, 1
    )
    INSERT INTO relationships (workspace_id, person_id, other_id, given, received, first_day, last_day, as_of,
        strength, word, computed_at, model)
    SELECT $1, $3, id, 1, 1, $4::date, $4::date - n % 1000, $4::date,
        CASE WHEN n % 10 > 0 THEN n::float / $2 END, 'new', now(), ''
    FROM known
"""


async def blocks(db: Db, monkeypatch: pytest.MonkeyPatch, store: Store, *asked: Any) -> tuple[int, int]:
    """Return how many blocks the list reads, and how many rows it has."""
    sent: list[tuple[str, Any]] = []
    execute = asyncpg.Connection._execute  # type: ignore[attr-defined]  # where fetch, fetchrow, ... all pass

    async def noted(self: Any, query: str, args: Any, *rest: Any, **options: Any) -> Any:
        sent.append((query, args))
        return await execute(self, query, args, *rest, **options)

    with monkeypatch.context() as patch:
        patch.setattr(asyncpg.Connection, "_execute", noted)
        found = await relationships.list_relationships(db, store.workspace_id, *asked)
    read = 0
    for query, args in sent:
        (plan,) = await db.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}", *args)
        read += plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
    return read, len(found)


@pytest.mark.parametrize("person_id", [HUB, None])
async def test_a_page_costs_what_is_on_it(
    store: Store, monkeypatch: pytest.MonkeyPatch, person_id: UUID | None
) -> None:
    some, last = UUID(int=1 << 127), (HUB,) if person_id is None else ()
    async with workspace(store.pool, store.workspace_id) as db:
        await db.execute(_KNOW, store.workspace_id, KNOWN, HUB, TODAY)
        await statistics.refresh(db)
        for expected, after, wanted in (
            (51, None, {}),
            (51, (0.5, *last, some), {}),
            (51, (0.001, *last, some), {}),
            (51, (None, *last, some), {}),
            (51, None, {"min_strength": 0.9}),
            (51, None, {"last_since": TODAY - timedelta(500)}),
            (20, None, {"last_since": TODAY}),
            (0, None, {"last_since": TODAY + timedelta(1)}),
            (20, None, {"last_before": TODAY - timedelta(998)}),
        ):
            asked = RelationshipFilter(person_id=person_id, **wanted)
            read, rows = await blocks(db, monkeypatch, store, asked, after, 51)
            assert rows == expected, wanted
            assert read < BLOCKS, (wanted, after)


async def test_relationships_in_a_quiet_channel_cost_what_was_said_there(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.store(act("one", channel="quiet"))
    await store.project()
    async with workspace(store.pool, store.workspace_id) as db:
        quiet = await db.fetchval("SELECT id FROM channels WHERE workspace_id = $1", store.workspace_id)
        await db.execute(_KNOW, store.workspace_id, KNOWN, HUB, TODAY)
        await statistics.refresh(db)
        for channel_id, expected in ((quiet, 1), (HUB, 0)):
            read, rows = await blocks(db, monkeypatch, store, RelationshipFilter(channel_id=channel_id), None, 51)
            assert rows == expected
            assert read < BLOCKS


async def test_quiet_and_loud_channels_list_alike(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    people, chance = "abcdefghij", random.Random(4)
    acts = [
        act(
            str(n), chance.choice(people), chance.sample(people, 3), channel=chance.choice(["x", "y", None]), days=n / 9
        )
        for n in range(200)
    ]
    await store.store(*acts, mailmap("a", "b"), mailmap("c", "d"), mailmap("d", "e"))
    await store.project(NOW)
    async with workspace(store.pool, store.workspace_id) as db:

        async def pages(channel_id: UUID) -> list[Any]:
            found: list[Any] = []
            after: tuple[Any, ...] | None = None
            while part := await relationships.list_relationships(
                db, store.workspace_id, RelationshipFilter(channel_id=channel_id), after, 4
            ):
                found += part
                after = (part[-1].strength, part[-1].person.id, part[-1].other.id)
            return found

        for row in await db.fetch("SELECT id FROM channels WHERE workspace_id = $1", store.workspace_id):
            quiet = await pages(row["id"])
            with monkeypatch.context() as patch:
                patch.setattr(relationships, "_QUIET", -1)
                assert quiet == await pages(row["id"]) != []
