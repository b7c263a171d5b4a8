"""Files of exports: what a workspace takes away, in sealed pieces, until they expire."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from kith.store.db import Db
from kith.store.queries import Statement, structs

_COLUMNS = """
    e.id, e.job_id, e.format, e.record, e.packing, e.contact, e.texts, e.statements, e.sight, e.author, e.key_id,
    e.wrapped, e.size, e.records, e.sha256, e.created_at, e.expires_at, j.status, j.done, j.total, j.unit, j.error,
    j.started_at, j.updated_at, j.finished_at
"""
_SELECT = f"""
    SELECT {_COLUMNS} FROM exports e JOIN jobs j ON j.workspace_id = $1 AND j.id = e.job_id
    WHERE e.workspace_id = $1 AND e.expires_at > now()
"""


class Export(msgspec.Struct, frozen=True):
    """A file with its job. contact, texts, sight: what whoever asked for it may see, as ``Sight`` has it.

    statements: whether what people said is in it. sha256: of the file, once it is whole. record: the type of the
    records of a table.
    """

    id: UUID
    job_id: UUID
    format: str
    record: str | None
    packing: str
    contact: bool
    texts: bool
    statements: bool
    sight: str | None
    author: str
    key_id: str
    wrapped: bytes
    size: int
    records: int
    sha256: bytes | None
    created_at: datetime
    expires_at: datetime
    status: str
    done: int
    total: int | None
    unit: str | None
    error: dict[str, Any] | None
    started_at: datetime | None
    updated_at: datetime
    finished_at: datetime | None


class Asked(msgspec.Struct, frozen=True):
    """An export that is to be made; its fields as in ``Export``."""

    id: UUID
    job_id: UUID
    format: str
    record: str | None
    packing: str
    contact: bool
    texts: bool
    statements: bool
    sight: str | None
    author: str
    key_id: str
    wrapped: bytes
    expires_at: datetime


def place(workspace_id: UUID, export_id: UUID) -> str:
    """Return where the key of an export belongs: wrapped for it, it opens nowhere else."""
    return f"{workspace_id} export {export_id}"


async def list_exports(db: Db, workspace_id: UUID, after: UUID | None, limit: int) -> list[Export]:
    """Return exports that are kept, the newest first. after: id of the row before."""
    statement = Statement(workspace_id)
    statement.where("e.id < {}", after)
    sql = f"{_SELECT}{statement.and_()} ORDER BY e.id DESC LIMIT {limit:d}"
    return structs(Export, await db.fetch(sql, *statement.values))


async def get_export(db: Db, workspace_id: UUID, export_id: UUID) -> Export | None:
    row = await db.fetchrow(f"{_SELECT} AND e.id = $2", workspace_id, export_id)
    return Export(**row) if row else None


async def create_export(db: Db, workspace_id: UUID, asked: Asked) -> None:
    await db.execute(
        """
        INSERT INTO exports (workspace_id, id, job_id, format, record, packing, contact, texts, statements, sight,
            author, key_id, wrapped, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """,
        workspace_id, *msgspec.structs.astuple(asked),
    )  # fmt: skip


async def begin(db: Db, workspace_id: UUID, export_id: UUID) -> None:
    """Forget what an attempt before has written."""
    await db.execute("DELETE FROM export_pieces WHERE workspace_id = $1 AND export_id = $2", workspace_id, export_id)


async def put(db: Db, workspace_id: UUID, export_id: UUID, at: int, sealed: bytes) -> None:
    """Add a piece. at: the place of its first byte. Raises ForeignKeyViolationError where the export is gone."""
    await db.execute(
        "INSERT INTO export_pieces (workspace_id, export_id, at, sealed) VALUES ($1, $2, $3, $4)",
        workspace_id, export_id, at, sealed,
    )  # fmt: skip


async def finish(db: Db, workspace_id: UUID, export_id: UUID, size: int, records: int, sha256: bytes) -> None:
    """Note that the file is whole."""
    await db.execute(
        "UPDATE exports SET size = $3, records = $4, sha256 = $5 WHERE workspace_id = $1 AND id = $2",
        workspace_id, export_id, size, records, sha256,
    )  # fmt: skip


async def next_piece(db: Db, workspace_id: UUID, export_id: UUID, at: int) -> bytes | None:
    """Return the sealed piece that begins at a place."""
    found: bytes | None = await db.fetchval(
        "SELECT sealed FROM export_pieces WHERE workspace_id = $1 AND export_id = $2 AND at = $3",
        workspace_id, export_id, at,
    )  # fmt: skip
    return found


async def remove(db: Db, workspace_id: UUID, export_id: UUID) -> None:
    await db.execute("DELETE FROM exports WHERE workspace_id = $1 AND id = $2", workspace_id, export_id)


async def remove_all(db: Db, workspace_id: UUID) -> None:
    """Delete all exports, those that are being written too."""
    await db.execute("DELETE FROM exports WHERE workspace_id = $1", workspace_id)


async def prune(db: Db, workspace_id: UUID) -> None:
    """Delete exports that have expired."""
    await db.execute("DELETE FROM exports WHERE workspace_id = $1 AND expires_at <= now()", workspace_id)


async def wrapped_otherwise(db: Db, workspace_id: UUID, key_id: str) -> list[Export]:
    """Return exports whose key another key than this one wraps."""
    rows = await db.fetch(f"{_SELECT} AND e.key_id <> $2 ORDER BY e.id FOR UPDATE OF e", workspace_id, key_id)
    return structs(Export, rows)


async def rewrap(db: Db, workspace_id: UUID, given: list[tuple[UUID, str, bytes]]) -> None:
    """Store how the keys of exports are wrapped now; what they seal stays."""
    await db.executemany(
        "UPDATE exports SET key_id = $3, wrapped = $4 WHERE workspace_id = $1 AND id = $2",
        [(workspace_id, *one) for one in given],
    )
