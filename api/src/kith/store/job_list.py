"""Jobs as clients see them: list, look, cancel. What workers do with jobs is in ``kith.store.jobs``."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from kith.store.db import Db
from kith.store.queries import Statement

_COLUMNS = """
    id, kind, args, status, attempt, max_attempts, done, total, unit, cancel, error, result,
    due_at, created_at, started_at, updated_at, finished_at
"""


class Job(msgspec.Struct, frozen=True):
    id: UUID
    kind: str
    args: dict[str, Any]
    status: str
    attempt: int
    max_attempts: int
    done: int
    total: int | None
    unit: str | None
    cancel: bool
    error: dict[str, Any] | None
    result: Any
    due_at: datetime
    created_at: datetime
    started_at: datetime | None
    updated_at: datetime
    finished_at: datetime | None


async def list_jobs(
    db: Db, workspace_id: UUID, statuses: tuple[str, ...], kinds: tuple[str, ...], after: UUID | None, limit: int
) -> list[Job]:
    """Return jobs, the newest first. after: id of the row before."""
    statement = Statement(workspace_id)
    statement.where("status = ANY({})", statuses)
    statement.where("kind = ANY({})", kinds)
    statement.where("id < {}", after)
    sql = f"SELECT {_COLUMNS} FROM jobs WHERE workspace_id = $1{statement.and_()} ORDER BY id DESC LIMIT {limit:d}"
    return [Job(**row) for row in await db.fetch(sql, *statement.values)]


async def get_job(db: Db, workspace_id: UUID, job_id: UUID) -> Job | None:
    row = await db.fetchrow(f"SELECT {_COLUMNS} FROM jobs WHERE workspace_id = $1 AND id = $2", workspace_id, job_id)
    return Job(**row) if row else None


async def cancel_job(db: Db, workspace_id: UUID, job_id: UUID) -> Job | None:
    """Ask a job to stop: a waiting one is canceled at once, a running one at its next step; None where it has ended."""
    row = await db.fetchrow(
        f"""
        UPDATE jobs SET cancel = true, updated_at = now(),
            status = CASE status WHEN 'queued' THEN 'canceled' ELSE status END,
            finished_at = CASE status WHEN 'queued' THEN now() END
        WHERE workspace_id = $1 AND id = $2 AND status IN ('queued', 'running')
        RETURNING {_COLUMNS}
        """,
        workspace_id, job_id,
    )  # fmt: skip
    return Job(**row) if row else None
