"""Channels: the places where people meet."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from kith.store.db import IS_GUEST, Db, is_narrow
from kith.store.queries import Order, Statement, count_rows, fetch_page, structs

# Of what is seen: its first or last moment, along an index.
_SEEN_AT = """{1}(
    (SELECT {0}(occurred_at) FROM interactions WHERE workspace_id = $1 AND channel_id = c.id),
    (SELECT {0}(occurred_at) FROM sightings WHERE workspace_id = $1 AND channel_id = c.id))
"""
_SELECT = f"""
    SELECT c.id, c.network, c.host, c.key, c.kind, c.name, c.url,
           CASE WHEN {IS_GUEST} THEN (SELECT id FROM channels WHERE workspace_id = $1 AND id = c.parent_id)
               ELSE c.parent_id END AS parent_id,
           c.visibility,
           coalesce(a.interactions, 0) - CASE WHEN {IS_GUEST} THEN count_hidden($1, c.id) ELSE 0 END
               AS interaction_count,
           CASE WHEN {IS_GUEST} THEN {_SEEN_AT.format("min", "least")} ELSE a.first_at END AS first_at,
           CASE WHEN {IS_GUEST} THEN {_SEEN_AT.format("max", "greatest")} ELSE a.last_at END AS last_at, c.learnt_at
    FROM channels c LEFT JOIN channel_activity a ON a.workspace_id = c.workspace_id AND a.channel_id = c.id
    WHERE c.workspace_id = $1
"""
_BY_LAST_AT = Order("a.last_at", ("c.id",), nullable=True)
_BY_LAST_SEEN = Order(_SEEN_AT.format("max", "greatest"), ("c.id",), nullable=True)

IS_SHOWN = "EXISTS (SELECT FROM channels WHERE workspace_id = $1 AND id = {})"
"""Whether the reader sees the channel that a list is narrowed to."""


class Channel(msgspec.Struct, frozen=True):
    id: UUID
    network: str
    host: str
    key: str
    kind: str
    name: str
    url: str | None
    parent_id: UUID | None
    visibility: str
    interaction_count: int
    first_at: datetime | None
    last_at: datetime | None
    learnt_at: datetime


class ChannelFilter(msgspec.Struct, frozen=True, kw_only=True):
    networks: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    parent_id: UUID | None = None
    ids: tuple[UUID, ...] = ()


async def list_channels(
    db: Db, workspace_id: UUID, wanted: ChannelFilter, after: tuple[datetime | None, UUID] | None, limit: int
) -> list[Channel]:
    """Return channels, the latest used first. after: last_at and id of the row before."""
    statement = _conditions(workspace_id, wanted)
    order = _BY_LAST_SEEN if is_narrow(db) else _BY_LAST_AT
    return structs(Channel, await fetch_page(db, _SELECT, statement, order, after, limit))


async def count_channels(db: Db, workspace_id: UUID, wanted: ChannelFilter) -> int | None:
    """Return how many there are; None for more than are counted."""
    return await count_rows(db, "SELECT FROM channels c WHERE c.workspace_id = $1", _conditions(workspace_id, wanted))


def _conditions(workspace_id: UUID, wanted: ChannelFilter) -> Statement:
    statement = Statement(workspace_id)
    statement.where("c.id = ANY({})", wanted.ids)
    statement.where("c.network = ANY({})", wanted.networks)
    statement.where("c.kind = ANY({})", wanted.kinds)
    statement.where("c.parent_id = {}", wanted.parent_id)
    statement.where(IS_SHOWN, wanted.parent_id)
    return statement


async def get_channel(db: Db, workspace_id: UUID, channel_id: UUID) -> Channel | None:
    row = await db.fetchrow(f"{_SELECT} AND c.id = $2", workspace_id, channel_id)
    return Channel(**row) if row else None


async def get_names(db: Db, workspace_id: UUID, channel_ids: Sequence[UUID]) -> dict[UUID, str]:
    rows = await db.fetch(
        "SELECT id, name FROM channels WHERE workspace_id = $1 AND id = ANY ($2)", workspace_id, list(channel_ids)
    )
    return {row["id"]: row["name"] for row in rows}


async def key_of(db: Db, workspace_id: UUID, channel_id: UUID) -> tuple[str, str, str] | None:
    """Return network, key and host of a channel; None where there is no such."""
    row = await db.fetchrow(
        "SELECT network, key, host FROM channels WHERE workspace_id = $1 AND id = $2", workspace_id, channel_id
    )
    return tuple(row.values()) if row else None
