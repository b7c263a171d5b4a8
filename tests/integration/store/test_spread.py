"""A connection to a database that is spread over nodes shows and stores the same, a transaction each."""

import secrets
from uuid import uuid4

import asyncpg
import pytest

from kith.store.db import SpreadConnection, single, view, workspace

COUNT = "SELECT count(*) FROM workspaces WHERE workspace_id = $1"


async def test_each_statement_is_told_what_it_sees(fresh_url: str) -> None:
    one, other = uuid4(), uuid4()
    settings = {"role": "kith_app", "search_path": "public"}
    async with asyncpg.create_pool(
        fresh_url, min_size=1, max_size=1, connection_class=SpreadConnection, server_settings=settings
    ) as pool:
        for id_ in (one, other):
            async with workspace(pool, id_) as db:
                await db.execute(
                    "INSERT INTO workspaces (workspace_id, name, id_key) VALUES ($1, 'w', $2)",
                    id_,
                    secrets.token_bytes(32),
                )
        async with view(pool, one) as db:
            assert [await db.fetchval(COUNT, id_) for id_ in (one, other)] == [1, 0]
            with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
                await db.execute("DELETE FROM workspaces WHERE workspace_id = $1", one)
            assert not db.is_in_transaction()
            assert await db.fetchrow(COUNT, one) == (await db.fetch(COUNT, one))[0]
        async with single(pool, other) as db:
            await db.execute("UPDATE workspaces SET name = 'x' WHERE workspace_id = $1", other)
            assert [await db.fetchval(COUNT, id_) for id_ in (one, other)] == [0, 1]
        async with pool.acquire() as raw:
            assert await raw.fetchval("SELECT current_setting('transaction_read_only')") == "off"
