"""Workspaces: the tenants. Every other row belongs to exactly one."""

import secrets
from uuid import UUID

import msgspec

from kith.store.db import Db

_ID_KEY_BYTES = 32


class Workspace(msgspec.Struct, frozen=True):
    workspace_id: UUID
    name: str
    id_key: bytes


async def create_workspace(db: Db, workspace_id: UUID, name: str) -> Workspace:
    """Create a workspace with a fresh key for its ids. db: bound to ``workspace_id`` already."""
    workspace = Workspace(workspace_id, name, secrets.token_bytes(_ID_KEY_BYTES))
    await db.execute(
        "INSERT INTO workspaces (workspace_id, name, id_key) VALUES ($1, $2, $3)",
        workspace_id,
        name,
        workspace.id_key,
    )
    return workspace


async def get_workspace(db: Db, workspace_id: UUID) -> Workspace | None:
    row = await db.fetchrow("SELECT workspace_id, name, id_key FROM workspaces WHERE workspace_id = $1", workspace_id)
    return Workspace(**row) if row else None


async def list_ids(db: Db) -> list[UUID]:
    """Return the ids of all workspaces."""
    return [row["workspace_id"] for row in await db.fetch("SELECT workspace_id FROM workspace_ids ORDER BY 1")]
