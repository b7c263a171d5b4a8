"""Jobs: PostgreSQL owns the truth of every piece of background work; the queue only wakes workers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

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


class Fenced(Exception):
    """Another worker has taken this job over, or it was ended: nothing of this step may be stored."""


class Canceled(Exception):
    """Someone asked the job to stop."""


class Job(msgspec.Struct, frozen=True):
    """A job that this worker holds, until its lease runs out or ``fence`` is no longer the newest.

    attempt: how often it was begun, or taken over, since it last made progress. lease_seconds: how long its worker may
    be silent before another takes it over.
    """

    workspace_id: UUID
    id: UUID
    kind: str
    args: dict[str, Any]
    attempt: int
    max_attempts: int
    fence: int
    done: int
    lease_seconds: float


class Problem(msgspec.Struct, frozen=True):
    """Why a job failed, or why it waits: a code that programs read, a sentence that people read."""

    code: str
    detail: str


async def claim(
    db: Db, workspace_id: UUID, job_id: UUID, lease_seconds: float, worker: str | None = None
) -> Job | None:
    """Take a job that is due, or whose worker has gone silent; None where there is nothing to take."""
    row = await db.fetchrow(
        f"""
        UPDATE jobs SET status = 'running', fence = fence + 1, attempt = attempt + 1,
            lease_until = now() + make_interval(secs => $3), started_at = coalesce(started_at, now()),
            updated_at = now(), worker = $4
        WHERE workspace_id = $1 AND id = $2 AND {_DUE}
        RETURNING workspace_id, id, kind, args, attempt, max_attempts, fence, done
        """,
        workspace_id, job_id, lease_seconds, worker,
    )  # fmt: skip
    return Job(**row, lease_seconds=lease_seconds) if row else None


async def release(db: Db, workspace_id: UUID, worker: str) -> int:
    """End the leases of a worker that is known to be dead; return how many. One that lives on is fenced off."""
    status = await db.execute(
        """
        UPDATE jobs SET lease_until = now(), updated_at = now()
        WHERE workspace_id = $1 AND status = 'running' AND worker = $2
        """,
        workspace_id, worker,
    )  # fmt: skip
    return int(status.split()[1])


async def renew(db: Db, job: Job) -> None:
    """Extend the lease. Raises Fenced or Canceled."""
    cancel = await db.fetchval(
        f"UPDATE jobs SET lease_until = now() + make_interval(secs => $4) WHERE {_HELD} RETURNING cancel",
        *_held(job), job.lease_seconds,
    )  # fmt: skip
    _check(cancel)


async def advance(db: Db, job: Job, done: int, total: int | None, unit: str) -> None:
    """Store progress, in the transaction of the effects that it speaks of. Raises Fenced or Canceled."""
    cancel = await db.fetchval(
        f"""
        UPDATE jobs SET done = $4, total = $5, unit = $6, attempt = 0, error = NULL, updated_at = now(),
            lease_until = now() + make_interval(secs => $7)
        WHERE {_HELD} RETURNING cancel
        """,
        *_held(job), done, total, unit, job.lease_seconds,
    )  # fmt: skip
    _check(cancel)


async def enqueue_daily(db: Db, workspace_id: UUID, kind: str) -> None:
    """Add a job of this kind unless one was added since midnight (UTC)."""
    there = await db.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM jobs WHERE workspace_id = $1 AND kind = $2 AND created_at >= date_trunc('day', now(), 'UTC')
        )
        """,
        workspace_id, kind,
    )  # fmt: skip
    if not there:
        await enqueue(db, workspace_id, kind, {}, slot=kind)


async def hasten(db: Db, workspace_id: UUID, slot: str) -> None:
    """Let the job that waits in this slot begin now."""
    job_id = await db.fetchval(
        """
        UPDATE jobs SET due_at = now() WHERE workspace_id = $1 AND slot = $2 AND status = 'queued' AND due_at > now()
        RETURNING id
        """,
        workspace_id, slot,
    )  # fmt: skip
    if job_id is not None:
        await wake(db, workspace_id, job_id)


async def finish(db: Db, job: Job, result: Mapping[str, Any], again_seconds: float) -> None:
    """End a job that did what it was asked to. Raises Fenced.

    Where news came meanwhile, it is queued to run once more after ``again_seconds``.
    """
    await _leave(
        db, job,
        """
        status = CASE WHEN again AND NOT cancel THEN 'queued' ELSE 'succeeded' END, again = false,
        due_at = now() + make_interval(secs => $5), attempt = 0, error = NULL,
        finished_at = CASE WHEN again AND NOT cancel THEN NULL ELSE now() END, result = $4
        """,
        result, again_seconds,
    )  # fmt: skip


async def pause(db: Db, job: Job) -> None:
    """Give a job back in good order, for any worker to continue. Raises Fenced."""
    await _leave(db, job, "status = 'queued', attempt = 0, due_at = now()")
    await wake(db, job.workspace_id, job.id)


async def retry(db: Db, job: Job, problem: Problem, seconds: float) -> bool:
    """Try again after so many seconds; after the last attempt fail. Return whether it failed. Raises Fenced."""
    return await _leave(
        db, job,
        """
        status = CASE WHEN attempt < max_attempts THEN 'queued' ELSE 'failed' END,
        finished_at = CASE WHEN attempt < max_attempts THEN NULL ELSE now() END,
        due_at = now() + make_interval(secs => $4), error = $5
        """,
        seconds, problem,
    ) == "failed"  # fmt: skip


async def fail(db: Db, job: Job, problem: Problem) -> None:
    """End a job that cannot do what it was asked to. Raises Fenced."""
    await _leave(db, job, "status = 'failed', finished_at = now(), error = $4", problem)


async def cancel(db: Db, job: Job) -> None:
    """End a job because someone asked for it. Raises Fenced."""
    await _leave(db, job, "status = 'canceled', finished_at = now()")


async def due(db: Db, workspace_id: UUID, limit: int) -> list[tuple[UUID, int]]:
    """Return jobs to be run now, the longest due first, each with its fence."""
    rows = await db.fetch(
        f"SELECT id, fence FROM jobs WHERE workspace_id = $1 AND {_DUE} ORDER BY due_at LIMIT $2", workspace_id, limit
    )
    return [(row["id"], row["fence"]) for row in rows]


async def prune(db: Db, workspace_id: UUID, days: int) -> int:
    """Delete jobs that ended so many days ago, except those whose run is still shown; return how many."""
    status = await db.execute(
        """
        DELETE FROM jobs j WHERE workspace_id = $1 AND finished_at < now() - make_interval(days => $2)
            AND NOT EXISTS (SELECT FROM runs r WHERE r.workspace_id = $1 AND r.job_id = j.id)
        """,
        workspace_id, days,
    )  # fmt: skip
    return int(status.split()[1])


async def workspace_ids(db: Db) -> list[UUID]:
    """Return every workspace: for those who look after the jobs of all."""
    return [row["workspace_id"] for row in await db.fetch("SELECT workspace_id FROM workspace_ids")]


_DUE = "(status = 'queued' AND due_at <= now() OR status = 'running' AND lease_until < now())"
_HELD = "workspace_id = $1 AND id = $2 AND fence = $3 AND status = 'running'"


def _held(job: Job) -> tuple[UUID, UUID, int]:
    return job.workspace_id, job.id, job.fence


def _check(cancel: bool | None) -> None:
    """Read what an update of a held job returned: None where the job is no longer held."""
    if cancel is None:
        raise Fenced
    if cancel:
        raise Canceled


async def _leave(db: Db, job: Job, change: str, *values: object) -> str:
    """Let go of the job; return its status."""
    status: str | None = await db.fetchval(
        f"UPDATE jobs SET lease_until = NULL, updated_at = now(), {change} WHERE {_HELD} RETURNING status",
        *_held(job),
        *values,
    )
    if status is None:
        raise Fenced
    return status
