"""``python -m kith.workers.live``: the process that listens to networks which tell at once what happens.

Each source that can be listened to has a job ``listen``. One of these processes holds it, as workers hold theirs: by a
lease that another takes over when it ends. None of them takes anything else, so that no worker waits for a network.
"""

import asyncio
import contextlib
import sys

import structlog
from redis.exceptions import RedisError

from kith.runtime.settings import Settings
from kith.store import jobs
from kith.store.db import ABSENT, Pool
from kith.workers import listening
from kith.workers.process import ground_of, installed_connectors, pool_when_there, serve, succeed, valkey
from kith.workers.runner import Kinds, Runner

MOST = 1000
"""Sources that one process listens to."""

KINDS: Kinds = {"listen": listening.listen}

SWEEP_SECONDS = 1.0
STOP_SECONDS = 3.5

log = structlog.get_logger()


async def listen(settings: Settings, database_url: str, redis_url: str, stop: asyncio.Event) -> None:
    """Listen to all sources that nobody listens to, until ``stop`` is set."""
    pool = await pool_when_there(settings, database_url, stop)
    if pool is None:
        return
    shared = valkey(redis_url)
    name = f"{settings.worker_name} live" if settings.worker_name else None
    async with pool:
        ground = ground_of(settings, shared, database_url)
        runner = Runner(pool, KINDS, installed_connectors(), ground, MOST, settings.lease_seconds, name)
        if name:
            await succeed(pool, name)
        log.info("live_ready")
        try:
            while not stop.is_set():
                await _sweep(pool, runner)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SWEEP_SECONDS):
                        await stop.wait()
        finally:
            await runner.stop(STOP_SECONDS)
            with contextlib.suppress(RedisError, OSError):
                await shared.aclose(close_connection_pool=True)
    log.info("live_stopped")


async def _sweep(pool: Pool, runner: Runner) -> None:
    """Begin what is due, as far as there is room."""
    try:
        async with pool.acquire() as db:
            due = await jobs.due(db, MOST, listen=True)
    except ABSENT as error:
        log.warning("database_unavailable", error=str(error))
        return
    for job in due:
        if not runner.busy:
            runner.start(job.workspace_id, job.job_id)


if __name__ == "__main__":
    sys.exit(serve(listen))
