"""Audits: acts of a source that are looked at again, drawn by lot."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from kith.store.db import Db


class Act(NamedTuple):
    """An act with the natural keys of itself and of who acts."""

    id: UUID
    kind: str
    network: str
    host: str
    key: str
    actor_network: str
    actor_host: str
    actor_key: str
    occurred_at: datetime


async def draw(db: Db, workspace_id: UUID, source_id: UUID, start: UUID, limit: int) -> list[Act]:
    """Return the next acts that the source told, by id, from ``start`` on; ids are hashes, so that this is a lot."""
    return [Act(*row) for row in await db.fetch(_DRAW, workspace_id, source_id, start, limit)]


_DRAW = """
    SELECT i.id, i.kind, i.network, i.host, i.key, a.network, a.host, a.key, i.occurred_at
    FROM interactions i JOIN identities a ON a.workspace_id = $1 AND a.id = i.actor_id
    WHERE i.workspace_id = $1 AND i.source_id = $2 AND i.id > $3 AND i.ended_at IS NULL ORDER BY i.id LIMIT $4
"""
