"""Jobs from the command line: start one, and watch it until what it did is everywhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from kith.cli.home import DEFAULT_WORKSPACE, addresses, current_settings
from kith.cli.processes import CannotStart
from kith.cli.screen import Screen
from kith.store import jobs
from kith.store.db import Pool, open_pool, workspace
from kith.store.jobs import Job
from kith.store.migrate import migrate

LOOK_SECONDS = 0.3


class Progress(NamedTuple):
    """How far a job is. text: the same in words. failed: it has ended, and text says why. total: None while unknown."""

    text: str
    ended: bool = False
    failed: bool = False
    done: int = 0
    total: int | None = None
    result: Any = None


@asynccontextmanager
async def database() -> AsyncIterator[tuple[Pool, bool]]:
    """A pool on the database, and whether its server outlives this command."""
    with addresses(current_settings()) as found:
        if not found.lasting:
            await migrate(found.database_url)
        async with await open_pool(found.database_url, size=1) as pool:
            yield pool, found.lasting


async def look(pool: Pool, job_id: UUID) -> Progress:
    """How far the job is; it has ended when what it stored is also worked into the projections."""
    try:
        async with workspace(pool, DEFAULT_WORKSPACE) as db:
            job = await jobs.get_job(db, DEFAULT_WORKSPACE, job_id)
            waiting = await db.fetchval("SELECT count(*) FROM touches WHERE workspace_id = $1", DEFAULT_WORKSPACE)
            following = await jobs.list_jobs(db, DEFAULT_WORKSPACE, (), ("project",), None, 1)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return Progress("waiting for PostgreSQL")
    if job is None:
        raise LookupError(job_id)
    if job.status == "succeeded" and waiting and following:
        state = _state(following[0])
        text = state.text if following[0].error else f"working out who is in touch with whom, {waiting} pages to go"
        return Progress(text, state.failed, state.failed)
    return _state(job)


def _state(job: Job) -> Progress:
    detail = (job.error or {}).get("detail", job.status)
    if job.status in ("failed", "canceled"):
        return Progress(detail, ended=True, failed=True)
    if job.status == "succeeded":
        return Progress(_outcome(job.result), ended=True, result=job.result)
    if job.status == "queued" and job.error:
        return Progress(f"{detail}; it is tried again", done=job.done, total=job.total)
    text = " ".join(filter(None, (f"{job.done:,}", f"of {job.total:,}" if job.total else "", job.unit)))
    return Progress(text, done=job.done, total=job.total)


def _outcome(result: Any) -> str:
    """What a sync has done, in words; other jobs are just done."""
    counts = {name: (result or {}).get(name, 0) for name in ("records", "added", "changed", "deleted", "skipped")}
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "done"


async def follow(pool: Pool, job_id: UUID, name: str, *, lasting: bool) -> Any:
    """Show how far the job is until it ends; return its result. Raises CannotStart where it fails."""
    screen = Screen()
    if not lasting:
        screen.say(f"{name}: this begins as soon as 'kith up' runs.")
        return None
    with screen.step(name) as step, screen.progress(name) as meter:
        while not (state := await look(pool, job_id)).ended:
            meter.show(state.done, state.total, state.text)
            await asyncio.sleep(LOOK_SECONDS)
        if state.failed:
            raise CannotStart(f"{name}: {state.text}")
        step.done = f"{name}: {state.text}"
    return state.result
