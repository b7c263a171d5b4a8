"""Runs: executions of a source's sync, with the state of the job that carries each out."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from kith.store.db import Db, new_id

_SELECT = """
    SELECT r.id, r.source_id, r.job_id, j.status, j.done, j.total, j.unit, j.error, j.due_at,
           r.pages, r.records, r.added, r.changed, r.deleted, r.skipped, r.started_at, j.updated_at, r.finished_at
    FROM runs r JOIN jobs j ON j.workspace_id = r.workspace_id AND j.id = r.job_id
    WHERE r.workspace_id = $1
"""


class Run(msgspec.Struct, frozen=True):
    id: UUID
    source_id: UUID
    job_id: UUID
    status: str
    done: int
    total: int | None
    unit: str | None
    error: dict[str, Any] | None
    due_at: datetime
    pages: int
    records: int
    added: int
    changed: int
    deleted: int
    skipped: int
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None


class RunError(msgspec.Struct, frozen=True):
    """What could not be read: where, and why. number: within the run."""

    number: int
    place: str
    code: str
    reason: str
    raw: str
    learnt_at: datetime


async def list_runs(db: Db, workspace_id: UUID, source_id: UUID, after: UUID | None, limit: int) -> list[Run]:
    """Return the runs of a source, the newest first. after: id of the row before."""
    rows = await db.fetch(
        f"{_SELECT} AND r.source_id = $2 AND ($3::uuid IS NULL OR r.id < $3) ORDER BY r.id DESC LIMIT $4",
        workspace_id, source_id, after, limit,
    )  # fmt: skip
    return [Run(**row) for row in rows]


async def last_of(db: Db, workspace_id: UUID, source_ids: Collection[UUID]) -> dict[UUID, Run]:
    """Return the last run of each of these sources that has any."""
    rows = await db.fetch(
        f"""
        SELECT last.* FROM unnest($2::uuid[]) AS source (id)
        CROSS JOIN LATERAL ({_SELECT} AND r.source_id = source.id ORDER BY r.id DESC LIMIT 1) AS last
        """,
        workspace_id, list(source_ids),
    )  # fmt: skip
    return {row["source_id"]: Run(**row) for row in rows}


async def get_run(db: Db, workspace_id: UUID, run_id: UUID) -> Run | None:
    row = await db.fetchrow(f"{_SELECT} AND r.id = $2", workspace_id, run_id)
    return Run(**row) if row else None


async def list_run_errors(db: Db, workspace_id: UUID, run_id: UUID, after: int, limit: int) -> list[RunError]:
    """Return what a run could not read, as it came. after: the number of the row before."""
    rows = await db.fetch(
        """
        SELECT number, place, code, reason, raw, learnt_at FROM run_errors
        WHERE workspace_id = $1 AND run_id = $2 AND number > $3 ORDER BY number LIMIT $4
        """,
        workspace_id, run_id, after, limit,
    )  # fmt: skip
    return [RunError(**row) for row in rows]


async def open_run(db: Db, workspace_id: UUID, source_id: UUID, job_id: UUID) -> UUID:
    """Return the run that this job is about, started now where there is none."""
    run_id: UUID | None = await db.fetchval(
        "SELECT id FROM runs WHERE workspace_id = $1 AND job_id = $2 AND finished_at IS NULL", workspace_id, job_id
    )
    if run_id is None:
        run_id = new_id()
        await db.execute(
            "INSERT INTO runs (workspace_id, id, source_id, job_id) VALUES ($1, $2, $3, $4)",
            workspace_id, run_id, source_id, job_id,
        )  # fmt: skip
    return run_id


async def close_run(db: Db, workspace_id: UUID, job_id: UUID) -> dict[str, int]:
    """End the open run of this job; return its counters."""
    row = await db.fetchrow(
        """
        UPDATE runs SET finished_at = now() WHERE workspace_id = $1 AND job_id = $2 AND finished_at IS NULL
        RETURNING pages, records, added, changed, deleted, skipped
        """,
        workspace_id, job_id,
    )  # fmt: skip
    return dict(row) if row else {}
