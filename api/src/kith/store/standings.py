"""Standings: how networks rate identities, in points, levels and badges. They are shown, and weigh nothing."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from kith.store.db import Db
from kith.store.queries import structs


class Rated(NamedTuple):
    """What a source tells of one identity. channel_id: all zero for the network itself."""

    identity_id: UUID
    channel_id: UUID
    kind: str
    label: str
    value: float
    seen_at: datetime


class Standing(msgspec.Struct, frozen=True):
    identity_id: UUID
    channel_id: UUID
    kind: str
    label: str
    value: float
    seen_at: datetime


async def tell(db: Db, workspace_id: UUID, source_id: UUID, told: Sequence[Rated]) -> None:
    """Keep what was seen last of each, whatever the order of reading."""
    if told:
        await db.execute(_TELL, workspace_id, source_id, *zip(*told, strict=True))


async def take_back(db: Db, workspace_id: UUID, source_id: UUID) -> None:
    await db.execute("DELETE FROM standings WHERE workspace_id = $1 AND source_id = $2", workspace_id, source_id)


async def list_standings(db: Db, workspace_id: UUID, identity_ids: Collection[UUID], limit: int) -> list[Standing]:
    """Return how these identities are rated by what any source saw last, by kind and the greatest first."""
    return structs(Standing, await db.fetch(_LIST, workspace_id, list(identity_ids), limit))


_TELL = """
    INSERT INTO standings AS s (workspace_id, source_id, identity_id, channel_id, kind, label, value, seen_at)
    SELECT DISTINCT ON (n.identity_id, n.channel_id, n.kind, n.label) $1::uuid, $2::uuid, n.*
    FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::double precision[], $8::timestamptz[])
        AS n (identity_id, channel_id, kind, label, value, seen_at)
    ORDER BY n.identity_id, n.channel_id, n.kind, n.label, n.seen_at DESC, n.value DESC
    ON CONFLICT (workspace_id, identity_id, channel_id, kind, label, source_id)
    DO UPDATE SET value = excluded.value, seen_at = excluded.seen_at
    WHERE (excluded.seen_at, excluded.value) > (s.seen_at, s.value)
"""

_LIST = """
    SELECT identity_id, channel_id, kind, label, value, seen_at FROM (
        SELECT DISTINCT ON (identity_id, channel_id, kind, label) * FROM standings
        WHERE workspace_id = $1 AND identity_id = ANY ($2)
        ORDER BY identity_id, channel_id, kind, label, seen_at DESC, value DESC
    ) AS newest
    ORDER BY kind, value DESC, label, identity_id, channel_id LIMIT $3
"""
