"""Workspaces: the tenants. Every other row belongs to exactly one."""

import secrets
from datetime import datetime
from uuid import UUID

import msgspec

from kith.domain.quotas import Quotas
from kith.store.db import Db, bind

_ID_KEY_BYTES = 32
_COLUMNS = "workspace_id, name, id_key, revision, created_at, updated_at, delete_after"


class Workspace(msgspec.Struct, frozen=True):
    """delete_after: when it will be deleted with all that belongs to it; None: never."""

    workspace_id: UUID
    name: str
    id_key: bytes
    revision: int
    created_at: datetime
    updated_at: datetime
    delete_after: datetime | None


class Usage(msgspec.Struct, frozen=True):
    """What a workspace takes. storage: bytes, its share of the tables as far as PostgreSQL has counted them."""

    sources: int
    people: int
    interactions: int
    storage: int

    @property
    def of_quotas(self) -> Quotas:
        return Quotas(self.people, self.interactions, self.storage // 1_000_000)


async def create_workspace(db: Db, workspace_id: UUID, name: str) -> Workspace:
    """Create a workspace with a fresh key for its ids. db: bound to ``workspace_id`` already."""
    row = await db.fetchrow(
        f"INSERT INTO workspaces (workspace_id, name, id_key) VALUES ($1, $2, $3) RETURNING {_COLUMNS}",
        workspace_id, name, secrets.token_bytes(_ID_KEY_BYTES),
    )  # fmt: skip
    assert row  # noqa: S101  # it was inserted
    return Workspace(**row)


async def get_workspace(db: Db, workspace_id: UUID, *, lock: bool = False) -> Workspace | None:
    row = await db.fetchrow(
        f"SELECT {_COLUMNS} FROM workspaces WHERE workspace_id = $1 {'FOR UPDATE' if lock else ''}", workspace_id
    )
    return Workspace(**row) if row else None


async def update_workspace(db: Db, workspace_id: UUID, name: str, delete_after: datetime | None) -> Workspace:
    row = await db.fetchrow(
        f"""
        UPDATE workspaces SET name = $2, delete_after = $3, revision = revision + 1, updated_at = now()
        WHERE workspace_id = $1 RETURNING {_COLUMNS}
        """,
        workspace_id, name, delete_after,
    )  # fmt: skip
    assert row  # noqa: S101  # it was locked
    return Workspace(**row)


async def purge(db: Db, workspace_id: UUID) -> list[UUID] | None:
    """Delete a workspace whose time has come, with all that belongs to it.

    Return its sources, for workers keep a folder of each; None where its time has not come.
    """
    rows = await db.fetch("SELECT id FROM sources WHERE workspace_id = $1", workspace_id)
    gone: bool = await db.fetchval("SELECT purge_workspace($1)", workspace_id)
    return [row["id"] for row in rows] if gone else None


async def list_ids(db: Db) -> list[UUID]:
    """Return the ids of all workspaces."""
    return [row["workspace_id"] for row in await db.fetch("SELECT workspace_id FROM workspace_ids ORDER BY 1")]


async def list_workspaces(db: Db, after: UUID | None, limit: int) -> list[Workspace]:
    """Return workspaces of the instance by id. db: in a transaction; it is bound to the last of them afterwards."""
    rows = await db.fetch(
        "SELECT workspace_id FROM workspace_ids WHERE $1::uuid IS NULL OR workspace_id > $1 ORDER BY 1 LIMIT $2",
        after, limit,
    )  # fmt: skip
    found = []
    for row in rows:
        await bind(db, row["workspace_id"])
        if workspace := await get_workspace(db, row["workspace_id"]):
            found.append(workspace)
    return found


async def count(db: Db, workspace_id: UUID) -> Usage:
    """Count what a workspace takes."""
    row = await db.fetchrow(_COUNT, workspace_id)
    assert row  # noqa: S101  # sums are one row
    return Usage(**row)


async def count_sources(db: Db, workspace_id: UUID) -> int:
    found: int = await db.fetchval("SELECT count(*) FROM sources WHERE workspace_id = $1", workspace_id)
    return found


# Of a table that all workspaces share one has the part that its interactions are of all interactions.
_COUNT = """
    WITH own AS (
        SELECT (SELECT count(*) FROM sources WHERE workspace_id = $1) AS sources,
            (SELECT count(*) FROM people WHERE workspace_id = $1) AS people,
            (SELECT count(*) FROM interactions WHERE workspace_id = $1) AS interactions
    ), whole AS (
        SELECT sum(pg_total_relation_size(c.oid)) AS bytes,
            (SELECT reltuples FROM pg_class WHERE oid = 'interactions'::regclass) AS interactions
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id'
        WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
    )
    SELECT own.sources, own.people, own.interactions,
        (whole.bytes * own.interactions / greatest(whole.interactions, own.interactions, 1))::bigint AS storage
    FROM own, whole
"""
