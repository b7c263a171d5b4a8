"""The fixtures that every other integration test stands on."""

from uuid import UUID

import redis

from kith.store.db import Pool, workspace


async def test_a_database_is_new_and_migrated(pool: Pool, workspace_id: UUID) -> None:
    async with workspace(pool, workspace_id) as db:
        assert await db.fetchval("SELECT count(*) FROM workspaces WHERE workspace_id = $1", workspace_id) == 1
        assert await db.fetchval("SELECT count(*) FROM workspaces") == 1


async def test_the_application_is_not_the_owner(pool: Pool) -> None:
    assert await pool.fetchval("SELECT current_user") == "kith_app"
    assert await pool.fetchval("SELECT count(*) FROM workspaces") == 0


def test_valkey_answers_and_is_empty(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as valkey:
        assert valkey.dbsize() == 0
