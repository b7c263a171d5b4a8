"""No row of one workspace is ever seen from another, also where a statement forgets to name its workspace."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from kith.store.db import Pool, open_pool, view, workspace
from kith.store.rights import INSTANCE, SHARED
from kith.store.workspaces import create_workspace
from tests.integration.store.facts import FACTS, PROJECTIONS, Store, act, gone, mailmap

_SHARED = set(SHARED)
_INSTANCE = set(INSTANCE)  # what is needed before a workspace is chosen


async def _tables(pool: Pool) -> set[str]:
    async with pool.acquire() as db:
        rows = await db.fetch(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
    return {row["relname"] for row in rows}


async def _full(store: Store) -> None:
    await store.store(act("a", conversation="t"), act("b", targets=["cyd"], channel="x"), mailmap("ada", "bob"))
    await store.store(act("b", targets=["cyd"], channel="y"), gone("c"))
    await store.project()


async def test_a_statement_without_a_workspace_finds_nothing_of_others(pool: Pool, store: Store) -> None:
    await _full(store)
    other = uuid4()
    async with workspace(pool, other) as db:
        await create_workspace(db, other, "another")
    tables = await _tables(pool) - _SHARED - _INSTANCE
    assert tables > {*FACTS, *PROJECTIONS}
    for bound, expected in ((other, {"workspaces"}), (store.workspace_id, {*FACTS, "people", "relationships"})):
        async with workspace(pool, bound) as db:
            found = {table for table in tables if await db.fetchval(f"SELECT EXISTS (SELECT FROM {table})")}
        assert found >= expected
        assert bound == store.workspace_id or found == expected
    async with pool.acquire() as db:
        for table in tables:
            assert not await db.fetchval(f"SELECT EXISTS (SELECT FROM {table})"), f"{table} is open outside a workspace"


async def test_nobody_writes_into_another_workspace(pool: Pool, store: Store) -> None:
    await _full(store)
    other = uuid4()
    async with workspace(pool, other) as db:
        await create_workspace(db, other, "another")
        assert await db.execute("DELETE FROM interactions") == "DELETE 0"
        assert await db.execute("UPDATE people SET name = 'x'") == "UPDATE 0"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db.execute(
                "INSERT INTO channel_days VALUES ($1, $1, '2026-01-01', 1)", store.workspace_id
            )  # fmt: skip


async def test_every_table_forces_row_level_security(pool: Pool) -> None:
    async with pool.acquire() as db:
        rows = await db.fetch(
            """
            SELECT relname FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                AND NOT (relrowsecurity AND relforcerowsecurity)
            """
        )
    assert {row["relname"] for row in rows} == _SHARED | _INSTANCE - {"apps"}


async def test_the_application_owns_nothing_and_bypasses_nothing(fresh_url: str) -> None:
    pool = await open_pool(fresh_url)
    async with pool, pool.acquire() as db:
        role = await db.fetchrow("SELECT * FROM pg_roles WHERE rolname = current_user")
        assert role is not None
        assert (role["rolname"], role["rolsuper"], role["rolbypassrls"]) == ("kith_app", False, False)
        assert await db.fetchval("SELECT count(*) FROM pg_class WHERE relowner = 'kith_app'::regrole") == 0


@pytest.mark.parametrize("table", ["decisions", "claims", "interaction_versions"])
async def test_a_ledger_only_grows(store: Store, table: str) -> None:
    await _full(store)
    async with workspace(store.pool, store.workspace_id) as db:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db.execute(f"UPDATE {table} SET learnt_at = now()")


async def test_a_binding_ends_with_its_transaction(pool: Pool, store: Store) -> None:
    await _full(store)
    async with workspace(pool, store.workspace_id) as db:
        assert await db.fetchval("SELECT count(*) FROM people")
    async with pool.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM people") == 0


async def test_readers_share_a_connection_and_each_sees_its_own_workspace(fresh_url: str, store: Store) -> None:
    await _full(store)
    other = uuid4()
    async with await open_pool(fresh_url, size=1) as pool:

        async def seen(workspace_id: UUID) -> tuple[int, int]:
            async with view(pool, workspace_id) as db:
                return await db.fetchval("SELECT count(*) FROM workspaces"), await db.fetchval(
                    "SELECT count(*) FROM people"
                )

        assert (await seen(other), await seen(store.workspace_id)) == ((0, 0), (1, 2))
        async with workspace(pool, other) as db:
            await create_workspace(db, other, "another")
            assert await db.fetchval("SELECT count(*) FROM people") == 0
        assert (await seen(store.workspace_id), await seen(other)) == ((1, 2), (1, 0))
        for ticks in range(30):  # cut off while it is being bound, or a little before or after
            task = asyncio.create_task(seen(other))
            for _ in range(ticks):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert await seen(store.workspace_id) == (1, 2)


async def test_a_reader_writes_nothing_and_leaves_a_connection_that_can(fresh_url: str, store: Store) -> None:
    await _full(store)
    async with await open_pool(fresh_url, size=1) as pool:
        async with view(pool, store.workspace_id) as db:
            with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
                await db.execute("DELETE FROM people")
        async with workspace(pool, store.workspace_id) as db:
            assert await db.execute("DELETE FROM people") == "DELETE 2"


async def test_every_index_and_key_begins_with_the_workspace(pool: Pool) -> None:
    async with pool.acquire() as db:
        rows = await db.fetch(
            """
            SELECT i.indexrelid::regclass::text AS index, c.relname AS table FROM pg_index i
            JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
            LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
            WHERE a.attname IS DISTINCT FROM 'workspace_id' AND c.relkind = 'r'
            """
        )
    # The sweeper asks for what is due in any workspace.
    found = {row["index"] for row in rows if row["table"] not in {*_INSTANCE, "memberships"}}
    assert found == {"migrations_pkey", "open_jobs_by_moment"}
