"""Whatever right or bound is lost, in a restored dump or by hand: it is named, and the next migration mends it."""

import random

import asyncpg
import pytest

from kith.domain.ids import NOWHERE
from kith.store import health, migrate
from kith.store.db import GUEST, ROLE, SEALED_SCHEMA, Pool, bound, open_pool

TABLES = ("people", "identities", "interactions", "decisions", "sources", "jobs")
SEALED = ("interactions", "identities", "touches")


def lost(draw: random.Random) -> list[tuple[str, str]]:
    """Some ways to lose what the application needs, and what is then said to lack."""
    table, sealed = draw.choice(TABLES), f"{SEALED_SCHEMA}.{draw.choice(SEALED)}"
    right = draw.choice(("SELECT", "INSERT", "ALL"))
    schema, bounds = draw.choice(("public", "sealed", "whole")), draw.choice(("DISABLE", "NO FORCE"))
    role, loose = draw.choice((ROLE, GUEST)), draw.choice(("BYPASSRLS", "SUPERUSER"))
    return [
        (f"REVOKE {right} ON {table} FROM {ROLE}", f"rights on {table}"),
        (f"REVOKE {draw.choice(('INSERT', 'UPDATE', 'DELETE'))} ON {sealed} FROM {ROLE}", f"rights on {sealed}"),
        (f"REVOKE USAGE ON SCHEMA {schema} FROM {ROLE}, PUBLIC", f"rights on schema {schema}"),
        (f"ALTER TABLE {table} {bounds} ROW LEVEL SECURITY", f"row-level security on {table}"),
        (f"ALTER TABLE {sealed} {bounds} ROW LEVEL SECURITY", f"row-level security on {sealed}"),
        (f"ALTER ROLE {role} {loose}", f"bounds for the role {role}"),
    ]


@pytest.mark.parametrize("seed", range(2))
async def test_what_is_lost_is_named_and_mended(fresh_url: str, seed: int) -> None:
    admin = await asyncpg.connect(fresh_url)
    async with await open_pool(fresh_url, size=1) as pool, pool.acquire() as db:
        assert await health.of_rights(db) == health.OK
        for statement, what in lost(random.Random(seed)):
            await admin.execute(statement)
            assert await health.of_rights(db) == f"no {what}: run 'kith migrate'", statement
            await migrate.migrate(fresh_url)
            assert await health.of_rights(db) == health.OK, statement
    await admin.close()


@pytest.mark.parametrize(
    "setting",
    [
        "search_path = pg_catalog",
        "row_security = off",
        "datestyle = German",
        "default_transaction_isolation = serializable",
    ],
)
async def test_what_a_database_is_set_to_changes_nothing(fresh_url: str, setting: str) -> None:
    admin = await asyncpg.connect(fresh_url)
    await admin.execute(f"ALTER DATABASE {await admin.fetchval('SELECT current_database()')} SET {setting}")
    await admin.close()
    assert await migrate.migrate(fresh_url) == []
    async with await open_pool(fresh_url, size=1) as pool:
        assert await asked(pool) == (health.OK, health.OK, "read committed", 1)


async def asked(pool: Pool) -> tuple[str, str, str, int]:
    async with pool.acquire() as db, bound(db, NOWHERE):
        days = await db.fetchval("SELECT date '2024-01-02' - '2024-01-01'")
        level = await db.fetchval("SHOW transaction_isolation")
        return await health.of_rights(db), await health.of_migrations(db), level, days
