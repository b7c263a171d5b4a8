"""Jobs: PostgreSQL owns the truth of every piece of background work; the queue only wakes workers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from kith.store.db import Db, new_id

CHANNEL = "kith_jobs"


async def enqueue(
    db: Db,
    workspace_id: UUID,
    kind: str,
    args: Mapping[str, Any],
    *,
    slot: str | None = None,
    again: bool = False,
    due_at: datetime | None = None,
) -> tuple[UUID, bool]:
    """Add a job and wake a worker when the transaction commits; return its id and whether it is new.

    slot: at most one open job has it; where there is one, its id is returned. again: where that one is running, it runs
    once more afterwards, because what it has read may be older than what this caller wrote.
    """
    while True:
        job_id = await db.fetchval(
            """
            INSERT INTO jobs (workspace_id, id, kind, args, slot, due_at)
            VALUES ($1, $2, $3, $4, $5, coalesce($6, now()))
            ON CONFLICT (workspace_id, slot) WHERE status IN ('queued', 'running') DO NOTHING
            RETURNING id
            """,
            workspace_id, new_id(), kind, args, slot, due_at,
        )  # fmt: skip
        if job_id is not None:
            await wake(db, workspace_id, job_id)
            return job_id, True
        job_id = await db.fetchval(
            """
            UPDATE jobs SET again = again OR ($3 AND status = 'running')
            WHERE workspace_id = $1 AND slot = $2 AND status IN ('queued', 'running')
            RETURNING id
            """,
            workspace_id, slot, again,
        )  # fmt: skip
        if job_id is not None:  # else it has just ended: try again
            return job_id, False


async def wake(db: Db, workspace_id: UUID, job_id: UUID) -> None:
    """Tell the workers, when the transaction commits, that this job may be due."""
    await db.execute("SELECT pg_notify($1, $2)", CHANNEL, f"{workspace_id} {job_id}")
