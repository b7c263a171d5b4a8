"""Jobs: PostgreSQL owns the truth of every piece of background work; the queue only wakes workers.

First what asks for each kind of work, then what clients see and do, then what workers do.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec

from kith.store.db import Db, new_id
from kith.store.queries import Statement

CHANNEL = "kith_jobs"
"""What workers listen on; a payload is ``workspace job fence``."""

Kind = Literal[
    "sync",
    "read_on_schedule",
    "check_source",
    "find_partitions",
    "receive",
    "audit",
    "listen",
    "accept_sweeps",
    "remove_source",
    "move_source",
    "project",
    "refresh",
    "calibrate",
    "rebuild",
    "resolve",
    "detect",
    "deliver",
    "deliver_later",
    "erase",
    "erase_files",
    "data_report",
    "retain",
    "try_import",
    "hear",
    "export",
]


async def ask_sync(db: Db, workspace_id: UUID, source_id: UUID) -> UUID:
    """Have a source read; where it is being read, once more afterwards."""
    args = {"source_id": str(source_id)}
    return (await enqueue(db, workspace_id, "sync", args, slot=f"sync:{source_id}", again=True))[0]


async def ask_read_on_schedule(
    db: Db, workspace_id: UUID, source_id: UUID, due_at: datetime, *, move: bool = False
) -> None:
    """Have a source read at a moment, if it then still is to be. move: a read that waits gets this moment too."""
    slot = f"read_on_schedule:{source_id}"
    job_id, new = await enqueue(
        db, workspace_id, "read_on_schedule", {"source_id": str(source_id)}, slot=slot, due_at=due_at
    )
    if move and not new:
        await db.execute(
            "UPDATE jobs SET due_at = $3 WHERE workspace_id = $1 AND id = $2 AND status = 'queued'",
            workspace_id, job_id, due_at,
        )  # fmt: skip


async def ask_check_source(db: Db, workspace_id: UUID, source_id: UUID) -> UUID:
    """Have the connector look at a source."""
    args = {"source_id": str(source_id)}
    return (await enqueue(db, workspace_id, "check_source", args, slot=f"check_source:{source_id}"))[0]


async def ask_find_partitions(db: Db, workspace_id: UUID, source_id: UUID) -> UUID:
    """Have the connector name the partitions of a source."""
    args = {"source_id": str(source_id)}
    return (await enqueue(db, workspace_id, "find_partitions", args, slot=f"find_partitions:{source_id}"))[0]


async def ask_receive(db: Db, workspace_id: UUID, source_id: UUID) -> UUID:
    """Have what a network pushed worked in; where that is going on, once more afterwards."""
    args = {"source_id": str(source_id)}
    return (await enqueue(db, workspace_id, "receive", args, slot=f"receive:{source_id}", again=True))[0]


async def ask_listen(db: Db, workspace_id: UUID, source_id: UUID) -> UUID:
    """Have a source listened to, for as long as it is active."""
    args = {"source_id": str(source_id)}
    return (await enqueue(db, workspace_id, "listen", args, slot=f"listen:{source_id}"))[0]


async def ask_audit(db: Db, workspace_id: UUID, source_id: UUID) -> UUID:
    """Have acts of a source looked at again."""
    args = {"source_id": str(source_id)}
    return (await enqueue(db, workspace_id, "audit", args, slot=f"audit:{source_id}"))[0]


async def ask_weekly_audit(db: Db, workspace_id: UUID, source_id: UUID) -> None:
    """Have acts of a source looked at again, unless that was asked for within a week."""
    recent = await db.fetchval(
        """
        SELECT EXISTS (SELECT FROM jobs
            WHERE workspace_id = $1 AND slot = $2 AND created_at > now() - interval '7 days')
        """,
        workspace_id, f"audit:{source_id}",
    )  # fmt: skip
    if not recent:
        await ask_audit(db, workspace_id, source_id)


async def ask_accept_sweeps(db: Db, workspace_id: UUID, source_id: UUID) -> UUID:
    """Have what refused sweeps of a source did not see taken away."""
    args = {"source_id": str(source_id)}
    return (await enqueue(db, workspace_id, "accept_sweeps", args, slot=f"accept_sweeps:{source_id}"))[0]


async def ask_remove_source(db: Db, workspace_id: UUID, source_id: UUID, *, withdraw: bool) -> UUID:
    """Have a source removed. withdraw: with all that no other source told."""
    args = {"source_id": str(source_id), "withdraw": withdraw}
    return (await enqueue(db, workspace_id, "remove_source", args, slot=f"remove_source:{source_id}"))[0]


async def ask_move_source(db: Db, workspace_id: UUID, source_id: UUID) -> UUID:
    """Have taken back what a source told before it was sealed or unsealed, and the source read again."""
    args = {"source_id": str(source_id)}
    return (await enqueue(db, workspace_id, "move_source", args, slot=f"move_source:{source_id}", again=True))[0]


async def ask_erase(db: Db, workspace_id: UUID, erasure_id: UUID) -> UUID:
    """Have somebody taken out of every answer."""
    args = {"erasure_id": str(erasure_id)}
    return (await enqueue(db, workspace_id, "erase", args, slot=f"erase:{erasure_id}"))[0]


async def ask_data_report(db: Db, workspace_id: UUID, report_id: UUID) -> UUID:
    """Have a data report made."""
    args = {"report_id": str(report_id)}
    return (await enqueue(db, workspace_id, "data_report", args, slot=f"data_report:{report_id}"))[0]


async def ask_retain(db: Db, workspace_id: UUID, source_id: UUID) -> UUID:
    """Have what a source told brought in line with what may be kept of it."""
    args = {"source_id": str(source_id)}
    return (await enqueue(db, workspace_id, "retain", args, slot=f"retain:{source_id}", again=True))[0]


async def ask_erase_files(db: Db, workspace_id: UUID) -> UUID:
    """Have those taken out of the files who are gone from every answer."""
    return (await enqueue(db, workspace_id, "erase_files", {}, slot="erase_files", again=True))[0]


async def ask_try_import(db: Db, workspace_id: UUID, import_id: UUID) -> UUID:
    """Have an import tried, so that nothing is stored."""
    return (await enqueue(db, workspace_id, "try_import", {"import_id": str(import_id)}))[0]


async def ask_export(db: Db, workspace_id: UUID, export_id: UUID) -> UUID:
    """Have an export written."""
    return (await enqueue(db, workspace_id, "export", {"export_id": str(export_id)}))[0]


async def ask_project(db: Db, workspace_id: UUID) -> UUID:
    """Have what was touched worked into the projections."""
    return (await enqueue(db, workspace_id, "project", {}, slot="project", again=True))[0]


async def ask_refresh(db: Db, workspace_id: UUID) -> UUID:
    """Have all strengths computed for today."""
    return (await enqueue(db, workspace_id, "refresh", {}, slot="refresh", again=True))[0]


async def ask_calibrate(db: Db, workspace_id: UUID) -> UUID:
    """Have the model of strength learn from the workspace's own past."""
    return (await enqueue(db, workspace_id, "calibrate", {}, slot="calibrate", again=True))[0]


async def ask_rebuild(db: Db, workspace_id: UUID) -> UUID:
    """Have every projection computed again from the facts."""
    return (await enqueue(db, workspace_id, "rebuild", {}, slot="rebuild"))[0]


async def ask_resolve(db: Db, workspace_id: UUID, *, again: bool = True) -> UUID:
    """Have all identities resolved from scratch. again: also where that is being done, once more afterwards."""
    return (await enqueue(db, workspace_id, "resolve", {}, slot="resolve", again=again))[0]


async def ask_detect(db: Db, workspace_id: UUID, due_at: datetime | None = None, *, whole: bool = False) -> UUID:
    """Have communities, roles and topics found. whole: from scratch, whatever has changed."""
    if whole:
        return (await enqueue(db, workspace_id, "detect", {"whole": True}, slot="detect:whole"))[0]
    return (await enqueue(db, workspace_id, "detect", {}, slot="detect", again=True, due_at=due_at))[0]


async def enqueue(
    db: Db,
    workspace_id: UUID,
    kind: Kind,
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
        job_id: UUID | None = await db.fetchval(
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


async def is_under_way(db: Db, workspace_id: UUID, slots: Sequence[str]) -> bool:
    """Whether a job of these slots runs or is due."""
    found: bool = await db.fetchval(
        """
        SELECT EXISTS (SELECT FROM jobs WHERE workspace_id = $1 AND slot = ANY ($2)
            AND (status = 'running' OR status = 'queued' AND due_at <= now()))
        """,
        workspace_id, slots,
    )  # fmt: skip
    return found


async def wake(db: Db, workspace_id: UUID, job_id: UUID) -> None:
    """Tell the workers, when the transaction commits, that this job may be due; who listens looks by himself."""
    await db.execute(
        """
        SELECT pg_notify($3, concat_ws(' ', workspace_id, id, fence)) FROM jobs
        WHERE workspace_id = $1 AND id = $2 AND due_at <= now() AND kind <> 'listen'
        """,
        workspace_id, job_id, CHANNEL,
    )  # fmt: skip


_COLUMNS = """
    id, kind, args, status, attempt, max_attempts, done, total, unit, cancel, error, result,
    due_at, created_at, started_at, updated_at, finished_at
"""


class Job(msgspec.Struct, frozen=True):
    """A job as clients see it."""

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
            finished_at = CASE WHEN status = 'queued' THEN (SELECT now()) END
        WHERE workspace_id = $1 AND id = $2 AND status IN ('queued', 'running')
        RETURNING {_COLUMNS}
        """,
        workspace_id, job_id,
    )  # fmt: skip
    return Job(**row) if row else None


class Fenced(Exception):
    """Another worker has taken this job over, or it was ended: nothing of this step may be stored."""


class Canceled(Exception):
    """Someone asked the job to stop."""


class HeldJob(msgspec.Struct, frozen=True):
    """A job that this worker holds, until its lease runs out or ``fence`` is no longer the newest.

    attempt: how often it was started since it last made progress; absences: how often something else was missing, which
    uses up no attempt. lease_seconds: how long its worker may be silent before another takes it over.
    """

    workspace_id: UUID
    id: UUID
    kind: str
    args: dict[str, Any]
    attempt: int
    absences: int
    fence: int
    done: int
    lease_seconds: float

    @property
    def tries(self) -> int:
        """How often it was begun, for whatever reason, since it last made progress."""
        return self.attempt + self.absences


class Problem(msgspec.Struct, frozen=True):
    """Why a job failed, or why it waits: a code that programs read, a sentence that people read."""

    code: str
    detail: str


async def claim(
    db: Db, workspace_id: UUID, job_id: UUID, lease_seconds: float, worker: str | None = None
) -> HeldJob | None:
    """Take a job that is due, or whose worker has gone silent; None where there is nothing to take.

    One whose workers went silent several times in a row is put back, each time for longer.
    """
    row = await db.fetchrow(
        f"""
        UPDATE jobs SET fence = fence + 1, updated_at = now(), worker = $4,
            absences = absences + (status = 'running')::integer,
            attempt = CASE WHEN {_RESTS} THEN greatest(attempt - 1, 0) ELSE attempt + (status = 'queued')::integer END,
            status = CASE WHEN {_RESTS} THEN 'queued' ELSE 'running' END,
            due_at = CASE WHEN {_RESTS} THEN (SELECT now()) + {_REST} ELSE due_at END,
            lease_until = CASE WHEN {_RESTS} THEN NULL ELSE (SELECT now()) + make_interval(secs => $3) END,
            started_at = coalesce(started_at, (SELECT now()))
        WHERE workspace_id = $1 AND id = $2 AND {_DUE}
        RETURNING workspace_id, id, kind, args, attempt, absences, fence, done, status
        """,
        workspace_id, job_id, lease_seconds, worker,
    )  # fmt: skip
    held = dict(row) if row else {"status": None}
    return HeldJob(**held, lease_seconds=lease_seconds) if held.pop("status") == "running" else None


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


async def renew(db: Db, job: HeldJob) -> None:
    """Extend the lease. Raises Fenced or Canceled."""
    cancel = await db.fetchval(
        f"UPDATE jobs SET lease_until = now() + make_interval(secs => $4) WHERE {_HELD} RETURNING cancel",
        *_held(job), job.lease_seconds,
    )  # fmt: skip
    _check(cancel)


async def advance(db: Db, job: HeldJob, done: int, total: int | None, unit: str) -> None:
    """Store progress, in the transaction of the effects that it speaks of. Raises Fenced or Canceled."""
    cancel = await db.fetchval(
        f"""
        UPDATE jobs SET done = $4, total = $5, unit = $6, attempt = 0, absences = 0, error = NULL, updated_at = now(),
            lease_until = now() + make_interval(secs => $7)
        WHERE {_HELD} RETURNING cancel
        """,
        *_held(job), done, total, unit, job.lease_seconds,
    )  # fmt: skip
    _check(cancel)


async def ask_daily(db: Db, workspace_id: UUID) -> None:
    """Ask for what is done each day (UTC): refresh, calibrate and detect, each unless it was asked for today.

    Sources whose last run failed are read again.
    """
    for row in await db.fetch(_FAILED_SOURCES, workspace_id):
        await ask_sync(db, workspace_id, row["id"])
    rows = await db.fetch(
        """
        SELECT DISTINCT kind FROM jobs
        WHERE workspace_id = $1 AND kind IN ('refresh', 'calibrate', 'detect')
            AND created_at >= date_trunc('day', now(), 'UTC')
        """,
        workspace_id,
    )
    done = {row["kind"] for row in rows}
    for kind, ask in (("refresh", ask_refresh), ("calibrate", ask_calibrate), ("detect", ask_detect)):
        if kind not in done:
            await ask(db, workspace_id)


async def untended(db: Db, limit: int) -> list[UUID]:
    """Return workspaces for which ``ask_daily`` has not been done today."""
    rows = await db.fetch(
        """
        SELECT workspace_id FROM workspace_ids
        WHERE tended_on IS DISTINCT FROM (now() AT TIME ZONE 'UTC')::date LIMIT $1
        """,
        limit,
    )
    return [row["workspace_id"] for row in rows]


async def note_tended(db: Db, workspace_id: UUID) -> None:
    await db.execute(
        "UPDATE workspace_ids SET tended_on = (now() AT TIME ZONE 'UTC')::date WHERE workspace_id = $1", workspace_id
    )


async def run_now(db: Db, workspace_id: UUID, slot: str) -> None:
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


async def finish(db: Db, job: HeldJob, result: Mapping[str, Any], again_seconds: float) -> None:
    """End a job that did what it was asked to. Raises Fenced.

    Where news came meanwhile, it is queued to run once more after ``again_seconds``.
    """
    await _leave(
        db, job,
        """
        status = CASE WHEN again AND NOT cancel THEN 'queued' ELSE 'succeeded' END, again = false,
        due_at = now() + make_interval(secs => $5), attempt = 0, absences = 0, error = NULL,
        finished_at = CASE WHEN again AND NOT cancel THEN NULL ELSE (SELECT now()) END, result = $4
        """,
        result, again_seconds,
    )  # fmt: skip


async def pause(db: Db, job: HeldJob) -> None:
    """Give a job back in good order, for any worker to continue. Raises Fenced."""
    await _leave(db, job, "status = 'queued', attempt = 0, absences = 0, due_at = now()")
    await wake(db, job.workspace_id, job.id)


async def retry(db: Db, job: HeldJob, problem: Problem, seconds: float) -> bool:
    """Try again after so many seconds; after the last attempt fail. Return whether it failed. Raises Fenced."""
    return await _leave(
        db, job,
        """
        status = CASE WHEN attempt < max_attempts THEN 'queued' ELSE 'failed' END,
        finished_at = CASE WHEN attempt < max_attempts THEN NULL ELSE (SELECT now()) END,
        due_at = now() + make_interval(secs => $4), error = $5
        """,
        seconds, problem,
    ) == "failed"  # fmt: skip


async def postpone(db: Db, job: HeldJob, problem: Problem, seconds: float) -> None:
    """Go on after so many seconds, because something else is missing; that uses up no attempt. Raises Fenced."""
    await _leave(
        db, job,
        """
        status = 'queued', attempt = greatest(attempt - 1, 0), absences = absences + 1,
        due_at = now() + make_interval(secs => $4), error = $5
        """,
        seconds, problem,
    )  # fmt: skip


async def fail(db: Db, job: HeldJob, problem: Problem) -> None:
    """End a job that cannot do what it was asked to. Raises Fenced."""
    await _leave(db, job, "status = 'failed', finished_at = now(), error = $4", problem)


async def cancel(db: Db, job: HeldJob) -> None:
    """End a job because someone asked for it. Raises Fenced."""
    await _leave(db, job, "status = 'canceled', finished_at = now()")


class Due(NamedTuple):
    """A job to be run now, if it still is."""

    workspace_id: UUID
    job_id: UUID
    fence: int


async def due(db: Db, limit: int, *, listen: bool = False) -> list[Due]:
    """Return jobs of all workspaces that are due, each workspace's first before anybody's second.

    listen: those that listen to sources, which workers leave alone.
    """
    rows = await db.fetch(
        """
        SELECT workspace_id, job_id, fence FROM (
            SELECT workspace_id, job_id, fence, moment,
                row_number() OVER (PARTITION BY workspace_id ORDER BY moment, job_id) AS turn
            FROM open_jobs WHERE listens = $2 AND moment <= now()
        ) AS found
        ORDER BY turn, moment, job_id LIMIT $1
        """,
        limit, listen,
    )  # fmt: skip
    return [Due(**row) for row in rows]


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


async def busy_workspace_ids(db: Db) -> list[UUID]:
    """Return every workspace that has an open job."""
    return [row["workspace_id"] for row in await db.fetch("SELECT DISTINCT workspace_id FROM open_jobs")]


_FAILED_SOURCES = """
    SELECT s.id FROM sources s CROSS JOIN LATERAL (
        SELECT j.status FROM runs r JOIN jobs j ON j.workspace_id = $1 AND j.id = r.job_id
        WHERE r.workspace_id = $1 AND r.source_id = s.id ORDER BY r.id DESC LIMIT 1
    ) AS last
    WHERE s.workspace_id = $1 AND s.status = 'active' AND last.status = 'failed'
"""
_DUE = "(status = 'queued' AND due_at <= now() OR status = 'running' AND lease_until < now())"
# The first worker that takes a job over goes on at once: its predecessor may just have been killed.
_RESTS = "(status = 'running' AND absences >= 2)"
_REST = "make_interval(secs => least(300, 2 ^ least(absences - 1, 9)))"
_HELD = "workspace_id = $1 AND id = $2 AND fence = $3 AND status = 'running'"


def _held(job: HeldJob) -> tuple[UUID, UUID, int]:
    return job.workspace_id, job.id, job.fence


def _check(cancel: bool | None) -> None:
    """Read what an update of a held job returned: None where the job is no longer held."""
    if cancel is None:
        raise Fenced
    if cancel:
        raise Canceled


async def _leave(db: Db, job: HeldJob, change: str, *values: object) -> str:
    """Let go of the job; return its status."""
    status: str | None = await db.fetchval(
        f"UPDATE jobs SET lease_until = NULL, updated_at = now(), {change} WHERE {_HELD} RETURNING status",
        *_held(job),
        *values,
    )
    if status is None:
        raise Fenced
    return status
