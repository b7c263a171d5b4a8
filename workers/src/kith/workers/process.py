"""What each process that runs jobs starts with: its settings, connections and connectors, and the sign to end."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable

import msgspec
import structlog
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool

from kith.connectors import Connector, Limits, load_registry
from kith.domain.quotas import Quotas
from kith.runtime import logs, metrics
from kith.runtime.journal import JournalError
from kith.runtime.settings import Settings, SettingsError, load_settings
from kith.runtime.vault import open_vault
from kith.store import jobs
from kith.store.db import ABSENT, Away, Pool, Unreachable, open_pool, workspace
from kith.workers.ground import Ground
from kith.workers.limiter import SharedLimiter

QUEUE = "kith:jobs"
LONGEST_PAUSE = 5.0

Serving = Callable[[Settings, str, str, asyncio.Event], Awaitable[None]]

log = structlog.get_logger()


def serve(work: Serving) -> int:
    """Do the work of one process until it is asked to end; return the exit status."""
    try:
        settings = load_settings(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    if not settings.database_url or not settings.redis_url:
        print("Set KITH_DATABASE_URL and KITH_REDIS_URL, or start 'kith worker' beside 'kith up'.", file=sys.stderr)
        return 2
    logs.configure(settings.log_level)
    try:
        if settings.metrics_port:
            metrics.listen(settings.host, settings.metrics_port)
        asyncio.run(_until_stopped(work, settings, settings.database_url, settings.redis_url))
    except (JournalError, Unreachable, metrics.Taken) as error:
        print(f"kith: {error}", file=sys.stderr)
        return 1
    return 0


async def _until_stopped(work: Serving, settings: Settings, database_url: str, redis_url: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await work(settings, database_url, redis_url, stop)


def installed_connectors() -> dict[str, Connector]:
    """Return the connectors by name; those that were put aside are logged."""
    registry = load_registry()
    for fault in registry.faults:
        log.warning("connector_put_aside", distribution=fault.distribution, reason=fault.reason)
    return registry.connectors


async def succeed(pool: Pool, name: str) -> None:
    """Take over what a dead process of our name held; where the database is unavailable, the leases just end."""
    try:
        async with pool.acquire() as db:
            workspace_ids = await jobs.busy_workspace_ids(db)
        for workspace_id in workspace_ids:
            async with workspace(pool, workspace_id) as db:
                if found := await jobs.release(db, workspace_id, name):
                    log.info("predecessor_succeeded", jobs=found)
    except ABSENT as error:
        log.warning("database_unavailable", error=str(error))


def ground_of(settings: Settings, valkey: ArqRedis, database_url: str) -> Ground:
    limits = Limits(settings.source_folders, settings.private_addresses)
    quotas = Quotas(settings.quota_people, settings.quota_interactions, settings.quota_megabytes)
    folder, vault = settings.home.absolute() / "sources", open_vault(settings)
    return Ground(
        folder, limits, SharedLimiter(valkey), vault, quotas, settings.public_url, settings.journal, database_url
    )


def valkey(url: str) -> ArqRedis:
    """Return a client that connects when it is first used. Values are msgpack: write access to Valkey runs no code."""
    return ArqRedis(
        ConnectionPool.from_url(url, socket_connect_timeout=2, socket_timeout=5),
        job_serializer=msgspec.msgpack.encode,
        job_deserializer=msgspec.msgpack.decode,
        default_queue_name=QUEUE,
    )


async def pool_when_there(settings: Settings, database_url: str, stop: asyncio.Event) -> Pool | None:
    """Connect, trying again with growing pauses until the database is there, or until we have to stop.

    Raises Unreachable where the database is there and lets nobody in.
    """
    pause = 0.2
    while not stop.is_set():
        try:
            return await open_pool(database_url, size=settings.pool_size, statement_seconds=None)
        except Away as error:
            log.warning("database_unavailable", error=str(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await stop.wait()
            pause = min(pause * 2, LONGEST_PAUSE)
    return None
