"""One worker process: hears of jobs from PostgreSQL, hands them to arq over Valkey, and runs what arq hands out.

PostgreSQL owns the truth. Valkey spreads work over processes and may be lost at any time: what nobody has started some
seconds after it was due, a worker begins by itself.
"""

import asyncio
import contextlib
import time
from typing import Any, cast
from uuid import UUID

import arq
import asyncpg
import msgspec
import structlog
from redis.exceptions import RedisError

from kith.runtime.settings import Settings
from kith.store import jobs, retention, workspaces
from kith.store.db import ABSENT, ROLE, workspace
from kith.workers.erase import replay
from kith.workers.forget import forget, forget_apps
from kith.workers.kinds import KINDS
from kith.workers.process import QUEUE, ground_of, installed_connectors, pool_when_there, succeed, valkey
from kith.workers.runner import Runner

SWEEP_SECONDS = 1.0
# How long a job may be due before a worker runs it without being asked to by arq.
GRACE_SECONDS = 3.0
# Jobs that one sweep hands on.
SWEEP_JOBS = 1000
STOP_SECONDS = 3.5
# How often a worker looks for what is to be done every day, in how many workspaces at once, and how long it keeps ended
# jobs.
TEND_SECONDS = 60.0
TEND_WORKSPACES = 500
KEEP_DAYS = 30
# arq's own time-out of a job; ours are the step and the lease, so this one only ends waiting for a lost answer.
ARQ_SECONDS = 24 * 3600

log = structlog.get_logger()


class Worker:
    """Works until ``run`` is canceled."""

    def __init__(self, settings: Settings, database_url: str, redis_url: str) -> None:
        self._settings = settings
        self._database_url = database_url
        self._redis_url = redis_url
        self._seen: dict[jobs.Due, float] = {}
        self._told: set[jobs.Due] = set()
        self._next_sweep = 0.0
        self._sweep_now = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set, then end within a few seconds."""
        pool = await pool_when_there(self._settings, self._database_url, stop)
        if pool is None:
            return
        async with pool:
            connectors = installed_connectors()
            self._pool = pool
            self._redis = valkey(self._redis_url)
            self._ground = ground_of(self._settings, self._redis, self._database_url)
            self._runner = Runner(
                pool, KINDS, connectors, self._ground, self._settings.worker_jobs,
                self._settings.lease_seconds, self._settings.worker_name, self._settings.detection_memory,
            )  # fmt: skip
            if lacking := await replay(pool, self._settings.journal):
                log.warning("erasures_replayed", erasures=lacking)
            if self._settings.worker_name:
                await succeed(pool, self._settings.worker_name)
            loops = [asyncio.create_task(loop) for loop in (self._listen(), self._sweep(), self._tend(), self._serve())]
            log.info("worker_ready", connectors=sorted(connectors))
            stopped = asyncio.create_task(stop.wait())
            try:
                done, _ = await asyncio.wait((stopped, *loops), return_when=asyncio.FIRST_COMPLETED)
                for task in done - {stopped}:
                    task.result()
            finally:
                stopping = asyncio.create_task(self._runner.stop(STOP_SECONDS))
                await _cancel(stopped, *loops)
                await stopping
                with contextlib.suppress(RedisError, OSError):
                    await self._redis.aclose(close_connection_pool=True)
        log.info("worker_stopped")

    async def _listen(self) -> None:
        """Wake up whenever a transaction that concerns jobs commits."""
        while True:
            try:
                db = await asyncpg.connect(self._database_url, server_settings={"role": ROLE}, timeout=5)
            except ABSENT:
                await asyncio.sleep(1)
                continue
            lost = asyncio.Event()
            db.add_termination_listener(lambda _, lost=lost: lost.set())
            try:
                await db.add_listener(jobs.CHANNEL, self._heard)
                self._sweep_now.set()
                await lost.wait()
            except ABSENT:
                await asyncio.sleep(1)
            finally:
                db.terminate()

    def _heard(self, _: object, __: int, ___: str, payload: object) -> None:
        """Note the job that a transaction spoke of: ``workspace job fence``."""
        workspace_id, job_id, fence = str(payload).split()
        self._told.add(jobs.Due(UUID(workspace_id), UUID(job_id), int(fence)))
        self._sweep_now.set()

    async def _sweep(self) -> None:
        """Hand on what is due: at once what was heard of, and every second whatever has come due."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SWEEP_SECONDS):
                    await self._sweep_now.wait()
            self._sweep_now.clear()
            told, self._told = self._told, set()
            for job in told:
                await self._offer(job)
            if time.monotonic() < self._next_sweep:
                continue
            try:
                await self._hand_on()
            except ABSENT as error:
                log.warning("database_unavailable", error=str(error))
                await asyncio.sleep(1)

    async def _hand_on(self) -> None:
        async with self._pool.acquire() as db:
            due = await jobs.due(db, SWEEP_JOBS)
        for job in due:
            await self._offer(job)
        self._seen = {job: since for job, since in self._seen.items() if job in set(due)}
        self._next_sweep = time.monotonic() + SWEEP_SECONDS

    async def _tend(self) -> None:
        """Have done in each workspace what is to be done each day, and forget its old jobs."""
        while True:
            try:
                while workspace_ids := await self._untended():
                    for workspace_id in workspace_ids:
                        await self._tend_one(workspace_id)
            except ABSENT as error:
                log.warning("database_unavailable", error=str(error))
            await asyncio.sleep(TEND_SECONDS)

    async def _tend_one(self, workspace_id: UUID) -> None:
        async with workspace(self._pool, workspace_id) as db:
            gone = await workspaces.purge(db, workspace_id)
            if gone is None:
                await jobs.ask_daily(db, workspace_id)
                await jobs.prune(db, workspace_id, KEEP_DAYS)
                for source_id in await retention.sources_that_age(db, workspace_id):
                    await jobs.ask_retain(db, workspace_id, source_id)
        if gone is not None:
            log.info("workspace_deleted", workspace=str(workspace_id))
            for source_id in gone:
                await asyncio.to_thread(self._ground.clear, source_id)
            return
        await forget(self._pool, workspace_id, self._settings)
        await forget_apps(self._pool, self._settings)
        async with workspace(self._pool, workspace_id) as db:
            await jobs.note_tended(db, workspace_id)

    async def _untended(self) -> list[UUID]:
        async with self._pool.acquire() as db:
            return await jobs.untended(db, TEND_WORKSPACES)

    async def _offer(self, job: jobs.Due) -> None:
        """Give the job to arq, or, where nobody has started it for a while, run it here."""
        now = time.monotonic()
        since = self._seen.setdefault(job, now)
        if now - since > GRACE_SECONDS and not self._runner.busy:
            self._runner.start(job.workspace_id, job.job_id)
        elif since == now:
            try:
                await self._redis.enqueue_job(
                    "run_job",
                    str(job.workspace_id),
                    str(job.job_id),
                    _job_id=f"{job.job_id}:{job.fence}",
                    _queue_name=QUEUE,
                )
            except (RedisError, OSError) as error:
                log.warning("queue_unavailable", error=str(error))

    async def _serve(self) -> None:
        """Run what arq hands out; start over when the queue was unavailable."""
        while True:
            worker = arq.Worker(
                [arq.func(cast("Any", self._run_job), name="run_job", keep_result=0, max_tries=1, timeout=ARQ_SECONDS)],
                queue_name=QUEUE,
                redis_pool=self._redis,
                handle_signals=False,
                max_jobs=self._settings.worker_jobs,
                poll_delay=0.1,
                retry_jobs=False,
                log_results=False,
                job_serializer=msgspec.msgpack.encode,
                job_deserializer=msgspec.msgpack.decode,
            )
            try:
                await worker.async_run()
            except (RedisError, OSError) as error:
                log.warning("queue_unavailable", error=str(error))
                await asyncio.sleep(1)

    async def _run_job(self, _: dict[Any, Any], workspace_id: str, job_id: str) -> None:
        await asyncio.shield(self._runner.start(UUID(workspace_id), UUID(job_id)))


async def _cancel(*tasks: asyncio.Task[Any]) -> None:
    """End the tasks. Asked once is not enough: wait_for of Python 3.11, which arq uses, may swallow a cancellation."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.2)
