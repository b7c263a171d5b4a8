"""Uploads: large files on their way in, in sealed pieces."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from kith.store.db import Db
from kith.store.queries import Statement, structs

_COLUMNS = "id, size, received, metadata, author, key_id, wrapped, created_at, expires_at"


class Upload(msgspec.Struct, frozen=True):
    """size, received: bytes. metadata: as the client sent it. key_id: which of the operator's keys wraps its own."""

    id: UUID
    size: int
    received: int
    metadata: str | None
    author: str
    key_id: str
    wrapped: bytes
    created_at: datetime
    expires_at: datetime


class Piece(msgspec.Struct, frozen=True):
    """at: the place of its first byte. size: bytes before they were sealed."""

    at: int
    size: int
    sealed: bytes


def place(workspace_id: UUID, upload_id: UUID) -> str:
    """Return where the key of an upload belongs: wrapped for it, it opens nowhere else."""
    return f"{workspace_id} upload {upload_id}"


async def list_uploads(db: Db, workspace_id: UUID, after: UUID | None, limit: int) -> list[Upload]:
    """Return uploads that wait, the newest first. after: id of the row before."""
    statement = Statement(workspace_id)
    statement.where("id < {}", after)
    sql = f"SELECT {_COLUMNS} FROM uploads WHERE workspace_id = $1 AND expires_at > now()"
    return structs(
        Upload, await db.fetch(f"{sql}{statement.and_()} ORDER BY id DESC LIMIT {limit:d}", *statement.values)
    )


async def get_upload(db: Db, workspace_id: UUID, upload_id: UUID, *, lock: bool = False) -> Upload | None:
    row = await db.fetchrow(
        f"""
        SELECT {_COLUMNS} FROM uploads WHERE workspace_id = $1 AND id = $2 AND expires_at > now()
        {"FOR UPDATE" if lock else ""}
        """,
        workspace_id, upload_id,
    )  # fmt: skip
    return Upload(**row) if row else None


async def count_uploads(db: Db, workspace_id: UUID) -> int:
    found: int = await db.fetchval(
        "SELECT count(*) FROM uploads WHERE workspace_id = $1 AND expires_at > now()", workspace_id
    )
    return found


async def create_upload(
    db: Db, workspace_id: UUID, upload_id: UUID, size: int, metadata: str | None, author: str, key: tuple[str, bytes],
    expires_at: datetime,
) -> Upload:  # fmt: skip
    """Create an upload that has received nothing. key: as it is wrapped, after the name of what wraps it."""
    row = await db.fetchrow(
        f"""
        INSERT INTO uploads (workspace_id, id, size, metadata, author, key_id, wrapped, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {_COLUMNS}
        """,
        workspace_id, upload_id, size, metadata, author, *key, expires_at,
    )  # fmt: skip
    assert row  # noqa: S101  # it was inserted
    return Upload(**row)


async def append(
    db: Db, workspace_id: UUID, upload_id: UUID, pieces: Sequence[Piece], expires_at: datetime
) -> Upload | None:
    """Add pieces that follow one another; None where the first does not follow what was received."""
    row = await db.fetchrow(
        f"""
        UPDATE uploads SET received = received + $4, expires_at = $5
        WHERE workspace_id = $1 AND id = $2 AND received = $3 AND expires_at > now() RETURNING {_COLUMNS}
        """,
        workspace_id, upload_id, pieces[0].at, sum(piece.size for piece in pieces), expires_at,
    )  # fmt: skip
    if row is None:
        return None
    await db.executemany(
        "INSERT INTO upload_pieces (workspace_id, upload_id, at, sealed) VALUES ($1, $2, $3, $4)",
        [(workspace_id, upload_id, piece.at, piece.sealed) for piece in pieces],
    )
    return Upload(**row)


async def pieces(db: Db, workspace_id: UUID, upload_id: UUID) -> AsyncIterator[tuple[int, bytes]]:
    """Yield the pieces of an upload in their order, sealed, each with the place of its first byte.

    db: in a transaction.
    """
    sql = "SELECT at, sealed FROM upload_pieces WHERE workspace_id = $1 AND upload_id = $2 ORDER BY at"
    async for row in db.cursor(sql, workspace_id, upload_id, prefetch=4):
        yield row["at"], row["sealed"]


async def remove(db: Db, workspace_id: UUID, upload_id: UUID) -> None:
    await db.execute("DELETE FROM uploads WHERE workspace_id = $1 AND id = $2", workspace_id, upload_id)


async def prune(db: Db, workspace_id: UUID, before: datetime, limit: int) -> int:
    """Delete uploads that expired before a moment, at most so many; return how many went."""
    rows = await db.fetch(
        """
        DELETE FROM uploads WHERE workspace_id = $1 AND id = ANY (ARRAY(
            SELECT id FROM uploads WHERE workspace_id = $1 AND expires_at <= $2 ORDER BY id LIMIT $3
        )) RETURNING id
        """,
        workspace_id, before, limit,
    )  # fmt: skip
    return len(rows)


async def remove_older(db: Db, workspace_id: UUID, before: datetime) -> None:
    """Delete uploads that were begun before a moment."""
    await db.execute("DELETE FROM uploads WHERE workspace_id = $1 AND created_at < $2", workspace_id, before)


async def wrapped_otherwise(db: Db, workspace_id: UUID, key_id: str) -> list[Upload]:
    """Return uploads whose key another key than this one wraps."""
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM uploads WHERE workspace_id = $1 AND key_id <> $2 ORDER BY id FOR UPDATE",
        workspace_id, key_id,
    )  # fmt: skip
    return structs(Upload, rows)


async def rewrap(db: Db, workspace_id: UUID, given: Sequence[tuple[UUID, str, bytes]]) -> None:
    """Store how the keys of uploads are wrapped now; what they seal stays."""
    await db.executemany(
        "UPDATE uploads SET key_id = $3, wrapped = $4 WHERE workspace_id = $1 AND id = $2",
        [(workspace_id, *one) for one in given],
    )
