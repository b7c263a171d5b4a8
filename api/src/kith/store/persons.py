"""Persons: whose each identity is."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from kith.store.db import Db


class Move(NamedTuple):
    """An identity that passed from one person to another."""

    identity_id: UUID
    old_id: UUID
    new_id: UUID


async def with_members(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the person of each of these identities, and of all that are one person with them."""
    rows = await db.fetch(_MEMBERS, workspace_id, list(identity_ids))
    return {row["identity_id"]: row["person_id"] for row in rows}


async def move(db: Db, workspace_id: UUID, moves: Sequence[Move]) -> None:
    await db.execute(_MOVE, workspace_id, [move.identity_id for move in moves], [move.new_id for move in moves])


async def known_then(
    db: Db, workspace_id: UUID, identity_ids: Collection[UUID], known_at: datetime | None
) -> list[UUID]:
    """Return which of these identities kith knew at the moment, in the order of their ids."""
    return [row["id"] for row in await db.fetch(_KNOWN, workspace_id, list(identity_ids), known_at)]


_MEMBERS = """
    SELECT identity_id, person_id FROM person_identities
    WHERE workspace_id = $1 AND person_id IN (
        SELECT person_id FROM person_identities WHERE workspace_id = $1 AND identity_id = ANY ($2)
    )
"""

_MOVE = """
    UPDATE person_identities p SET person_id = m.new_id FROM unnest($2::uuid[], $3::uuid[]) AS m (identity_id, new_id)
    WHERE p.workspace_id = $1 AND p.identity_id = m.identity_id
"""

_KNOWN = """
    SELECT id FROM identities
    WHERE workspace_id = $1 AND id = ANY ($2) AND ($3::timestamptz IS NULL OR learnt_at <= $3) ORDER BY id
"""
