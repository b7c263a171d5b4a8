"""Imports: files that are read once, each into a source of its own, and trials of them that store nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from kith.store.db import Db
from kith.store.queries import Statement, structs

_SELECT = """
    SELECT i.id, i.upload_id, i.source_id, i.job_id, i.name, i.connector, i.config, i.author, i.created_at, j.status,
        j.done, j.total, j.unit, j.error, j.result, j.started_at, j.updated_at, j.finished_at, r.id AS run_id,
        r.records, r.added, r.changed, r.deleted, r.skipped, s.status AS source_status
    FROM imports i JOIN jobs j ON j.workspace_id = $1 AND j.id = i.job_id
    LEFT JOIN sources s ON s.workspace_id = $1 AND s.id = i.source_id
    LEFT JOIN LATERAL (
        SELECT * FROM runs WHERE workspace_id = $1 AND source_id = i.source_id ORDER BY id LIMIT 1
    ) AS r ON true
    WHERE i.workspace_id = $1
"""


class Import(msgspec.Struct, frozen=True):
    """An import with its job and the counters of its run. source_id: None of a trial.

    result: of the job. source_status: None where there is no source, or none any more.
    """

    id: UUID
    upload_id: UUID
    source_id: UUID | None
    job_id: UUID
    name: str
    connector: str
    config: dict[str, Any]
    author: str
    created_at: datetime
    status: str
    done: int
    total: int | None
    unit: str | None
    error: dict[str, Any] | None
    result: dict[str, Any] | None
    started_at: datetime | None
    updated_at: datetime
    finished_at: datetime | None
    run_id: UUID | None
    records: int | None
    added: int | None
    changed: int | None
    deleted: int | None
    skipped: int | None
    source_status: str | None

    @property
    def is_trial(self) -> bool:
        return self.source_id is None


async def list_imports(db: Db, workspace_id: UUID, after: UUID | None, limit: int) -> list[Import]:
    """Return imports and trials, the newest first. after: id of the row before."""
    statement = Statement(workspace_id)
    statement.where("i.id < {}", after)
    sql = f"{_SELECT}{statement.and_()} ORDER BY i.id DESC LIMIT {limit:d}"
    return structs(Import, await db.fetch(sql, *statement.values))


async def get_import(db: Db, workspace_id: UUID, import_id: UUID) -> Import | None:
    row = await db.fetchrow(f"{_SELECT} AND i.id = $2", workspace_id, import_id)
    return Import(**row) if row else None


async def create_import(
    db: Db, workspace_id: UUID, import_id: UUID, upload_id: UUID, source_id: UUID | None, job_id: UUID, name: str,
    connector: str, config: Mapping[str, Any], author: str,
) -> None:  # fmt: skip
    """Add an import that a job does. source_id: None for a trial."""
    await db.execute(
        """
        INSERT INTO imports (workspace_id, id, upload_id, source_id, job_id, name, connector, config, author)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        workspace_id, import_id, upload_id, source_id, job_id, name, connector, config, author,
    )  # fmt: skip


async def is_being_read(db: Db, workspace_id: UUID, upload_id: UUID) -> bool:
    """Whether an import of this upload, or a trial, is under way."""
    found: bool = await db.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM imports i JOIN jobs j ON j.workspace_id = $1 AND j.id = i.job_id
            WHERE i.workspace_id = $1 AND i.upload_id = $2 AND j.status IN ('queued', 'running')
        )
        """,
        workspace_id, upload_id,
    )  # fmt: skip
    return found


async def upload_of(db: Db, workspace_id: UUID, source_id: UUID) -> UUID | None:
    """Return the upload that a source reads; None where it reads something else."""
    found: UUID | None = await db.fetchval(
        "SELECT upload_id FROM imports WHERE workspace_id = $1 AND source_id = $2", workspace_id, source_id
    )
    return found
