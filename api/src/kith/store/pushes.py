"""Pushes: what networks deliver, stored as it came until a job has worked it in."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from uuid import UUID

import msgspec

from kith.store.db import Db
from kith.store.queries import structs

MOST = 10_000
"""Pushes of a source that may wait; what comes beyond is refused, and read when the source is."""

KEPT = timedelta(days=3)
"""How long a push that was worked in is known, so that its repetition is none."""


class Push(msgspec.Struct, frozen=True):
    id: UUID
    headers: dict[str, str]
    body: bytes
    received_at: datetime


class Failed(msgspec.Struct, frozen=True):
    """A push that could not be worked in."""

    id: UUID
    headers: dict[str, str]
    body: bytes
    problem: str
    received_at: datetime


class Full(Exception):
    """Too much is waiting for this source."""


async def store(db: Db, workspace_id: UUID, source_id: UUID, headers: Mapping[str, str], body: bytes) -> bool:
    """Store a push; return whether it is new. Raises Full."""
    waiting = await db.fetchval(_WAITING, workspace_id, source_id, MOST)
    if waiting >= MOST:
        raise Full
    key = blake2b(msgspec.json.encode(sorted(headers.items())) + b"\0" + body, digest_size=16).digest()
    outcome = await db.execute(_STORE, workspace_id, source_id, UUID(bytes=key), dict(headers), body)
    return outcome == "INSERT 0 1"


async def waiting(db: Db, workspace_id: UUID, source_id: UUID, limit: int) -> list[Push]:
    """Return the next pushes to be worked in, the oldest first."""
    rows = await db.fetch(_NEXT, workspace_id, source_id, limit)
    return structs(Push, rows)


async def end(db: Db, workspace_id: UUID, source_id: UUID, id_: UUID, problem: str | None) -> None:
    """Note that a push was worked in, or why it cannot be."""
    await db.execute(_END, workspace_id, source_id, id_, problem)


async def forget(db: Db, workspace_id: UUID, source_id: UUID) -> None:
    """Drop what was worked in, or could not be, long ago."""
    await db.execute(_FORGET, workspace_id, source_id, KEPT)


async def list_failed(
    db: Db, workspace_id: UUID, source_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> list[Failed]:
    """Return what could not be worked in, the newest first. after: time and id of the row before."""
    moment, last = after or (None, None)
    return structs(Failed, await db.fetch(_FAILED, workspace_id, source_id, moment, last, limit))


_FAILED = """
    SELECT id, headers, body, problem, received_at FROM pushes
    WHERE workspace_id = $1 AND source_id = $2 AND problem IS NOT NULL
        AND ($3::timestamptz IS NULL OR (received_at, id) < ($3, $4::uuid))
    ORDER BY received_at DESC, id DESC LIMIT $5
"""

_WAITING = """
    SELECT count(*) FROM (
        SELECT FROM pushes WHERE workspace_id = $1 AND source_id = $2 AND body IS NOT NULL AND problem IS NULL LIMIT $3
    ) AS waiting
"""

_STORE = """
    INSERT INTO pushes (workspace_id, source_id, id, headers, body) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
"""

_NEXT = """
    SELECT id, headers, body, received_at FROM pushes
    WHERE workspace_id = $1 AND source_id = $2 AND body IS NOT NULL AND problem IS NULL
    ORDER BY received_at, id LIMIT $3
"""

_END = """
    UPDATE pushes SET problem = $4, body = CASE WHEN $4::text IS NULL THEN NULL ELSE body END
    WHERE workspace_id = $1 AND source_id = $2 AND id = $3
"""

_FORGET = """
    DELETE FROM pushes WHERE workspace_id = $1 AND source_id = $2 AND received_at < now() - $3::interval
        AND (body IS NULL OR problem IS NOT NULL)
"""
