"""Runs jobs: claims one, keeps its lease, and stores how it ended, whatever happens on the way."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import structlog

from kith.connectors import Connector
from kith.runtime import metrics
from kith.runtime.settings import Settings
from kith.store import jobs, runs
from kith.store.db import ABSENT, LACKING, Db, Pool, workspace
from kith.store.jobs import Canceled, Fenced, HeldJob, Problem
from kith.workers.ground import Ground
from kith.workers.reading import Fault
from kith.workers.work import Failed, Later, Unfinished, Work

Kinds = Mapping[jobs.Kind, Callable[[Work], Awaitable[dict[str, Any]]]]
"""What each kind of job does."""

# Waits after failures: 1 s, 2 s, 4 s ... at most 5 minutes, each drawn from half to the whole.
LONGEST_WAIT = 300.0
# A job that has to run again because of news waits as long as it took, times this, within these seconds: while a sync
# writes page after page, projections follow but leave it most of the machine.
AGAIN_FACTOR, AGAIN_SECONDS = 2.0, (0.5, 5.0)
_DETAIL = 500  # characters

log = structlog.get_logger()


class Runner:
    """Runs up to ``most`` jobs of some kinds at once in this process."""

    def __init__(
        self,
        pool: Pool,
        kinds: Kinds,
        connectors: dict[str, Connector],
        ground: Ground,
        most: int,
        lease_seconds: float,
        name: str | None = None,
        memory: int = Settings().detection_memory,
    ) -> None:
        self._pool = pool
        self._kinds = {str(kind): do for kind, do in kinds.items()}
        self._connectors = connectors
        self._ground = ground
        self._most = most
        self._lease_seconds = lease_seconds
        self._name = name
        self._memory = memory
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()

    @property
    def busy(self) -> bool:
        return len(self._running) >= self._most

    def start(self, workspace_id: UUID, job_id: UUID) -> asyncio.Task[None]:
        """Run the job in the background, if it is due and nobody has it; the one under way if it is ours."""
        task = self._running.get(job_id)
        if task is None:
            task = self._running[job_id] = asyncio.create_task(self._run(workspace_id, job_id))
            task.add_done_callback(lambda _: self._running.pop(job_id, None))
        return task

    async def stop(self, seconds: float) -> None:
        """Let each job end its page; whatever takes longer is undone and given back."""
        self._stopping.set()
        if running := list(self._running.values()):
            _, late = await asyncio.wait(running, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _run(self, workspace_id: UUID, job_id: UUID) -> None:
        if self._stopping.is_set():
            return
        try:
            async with workspace(self._pool, workspace_id) as db:
                job = await jobs.claim(db, workspace_id, job_id, self._lease_seconds, self._name)
        except (*ABSENT, *LACKING) as error:
            log.warning("database_unavailable", job=str(job_id), error=_sentence(error))
            return
        if job is not None:
            await self._settle(job, await self._step(job))

    async def _step(self, job: HeldJob) -> Callable[[Db], Awaitable[object]] | None:
        """Do one step of the job; return what then has to be stored about the job itself."""
        work = Work(job, self._pool, self._connectors, self._ground, self._memory, self._stopping)
        doing = asyncio.create_task(self._do(work))
        keeping = asyncio.create_task(self._keep(job))
        try:
            await asyncio.wait((doing, keeping), return_when=asyncio.FIRST_COMPLETED)
            if not doing.done():
                doing.cancel()
            result = await asyncio.gather(doing, return_exceptions=True)
            error = result[0] if isinstance(result[0], BaseException) else None
            if isinstance(error, asyncio.CancelledError):
                error = keeping.exception() if keeping.done() else Unfinished()
            if metrics.counting:
                metrics.counting.job(job.kind, _OUTCOMES.get(type(error), "broken"), work.seconds)
            return _ending(job, error, result[0], work.seconds)
        except asyncio.CancelledError:
            doing.cancel()
            await asyncio.gather(doing, return_exceptions=True)
            return lambda db: jobs.pause(db, job)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def _do(self, work: Work) -> dict[str, Any]:
        do = self._kinds.get(work.job.kind)
        if do is None:
            raise Failed("unknown_kind", f"This version of kith has no job of kind {work.job.kind!r}.")
        return await do(work)

    async def _keep(self, job: HeldJob) -> None:
        """Renew the lease until that is refused; an unavailable database is asked again."""
        while True:
            try:
                async with workspace(self._pool, job.workspace_id) as db:
                    await jobs.renew(db, job)
            except (*ABSENT, *LACKING) as error:
                log.warning("database_unavailable", job=str(job.id), error=_sentence(error))
            await asyncio.sleep(job.lease_seconds / 4)

    async def _settle(self, job: HeldJob, ending: Callable[[Db], Awaitable[object]] | None) -> None:
        """Store how the step ended; for as long as the lease may hold where the database is unavailable."""
        until = asyncio.get_running_loop().time() + job.lease_seconds
        while ending is not None:
            try:
                async with workspace(self._pool, job.workspace_id) as db:
                    await ending(db)
            except Fenced:
                log.info("job_taken_over", job=str(job.id), kind=job.kind)
            except (*ABSENT, *LACKING) as error:
                if asyncio.get_running_loop().time() < until:
                    await asyncio.sleep(0.2)
                    continue
                log.warning("job_left_to_its_lease", job=str(job.id), kind=job.kind, error=_sentence(error))
            return


def _ending(
    job: HeldJob, error: BaseException | None, result: Any, seconds: float
) -> Callable[[Db], Awaitable[object]] | None:
    """Choose what to store about a job whose step ended in this way."""
    about = log.bind(job=str(job.id), kind=job.kind, attempt=job.attempt)
    match error:
        case None:
            about.info("job_finished", result=result, seconds=round(seconds, 3))
            least, most = AGAIN_SECONDS
            return lambda db: jobs.finish(db, job, result, min(max(least, seconds * AGAIN_FACTOR), most))
        case Unfinished():
            return lambda db: jobs.pause(db, job)
        case Fenced():
            about.info("job_taken_over")
            return None
        case Canceled():
            about.info("job_canceled")
            return lambda db: _end(db, job, jobs.cancel(db, job))
        case Failed():
            about.warning("job_failed", code=error.problem.code, detail=error.problem.detail)
            return lambda db: _end(db, job, jobs.fail(db, job, error.problem))
        case Later():
            about.info("job_waits", code=error.problem.code, detail=error.problem.detail)
            seconds = _wait(job) if error.seconds is None else error.seconds
            return lambda db: jobs.postpone(db, job, error.problem, seconds)
        case Fault():
            about.warning("connector_faulty", detail=str(error))  # its trace is in the log already, without secrets
            problem = Problem("fault", _sentence(error))
            return lambda db: _again(db, job, problem, _wait(job))
        case _:
            about.warning("job_broke", exc_info=error)
            if (absence := _absence(error)) is not None:
                return lambda db: jobs.postpone(db, job, absence, _wait(job))
            problem = Problem("fault", f"{type(error).__name__}: the worker's log says more under the id of the job.")
            return lambda db: _again(db, job, problem, _wait(job))


_OUTCOMES: dict[type[BaseException | None], str] = {
    type(None): "finished",
    Unfinished: "paused",
    Fenced: "lost",
    Canceled: "canceled",
    Failed: "failed",
    Later: "later",
}


def _absence(error: BaseException) -> Problem | None:
    """Return what is missing, where that alone stopped the job."""
    if isinstance(error, LACKING):
        return Problem("disk_full", "PostgreSQL has no room: free some space on its disk, and the job goes on.")
    if isinstance(error, ABSENT):
        return Problem("database_unavailable", "PostgreSQL does not answer; the job goes on when it does.")
    return None


async def _end(db: Db, job: HeldJob, ending: Awaitable[object]) -> None:
    """End the job, and the run that it is about."""
    await ending
    await runs.close_run(db, job.workspace_id, job.id)


async def _again(db: Db, job: HeldJob, problem: Problem, seconds: float) -> None:
    if await jobs.retry(db, job, problem, seconds):
        await runs.close_run(db, job.workspace_id, job.id)


def _wait(job: HeldJob) -> float:
    longest = min(LONGEST_WAIT, 2.0 ** min(max(job.tries - 1, 0), 9))
    return random.uniform(longest / 2, longest)  # noqa: S311 - spreads load, keeps no secret


def _sentence(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".replace("\0", "").encode(errors="replace").decode()[:_DETAIL]
