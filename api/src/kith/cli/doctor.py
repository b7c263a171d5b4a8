"""``kith doctor``: look at everything that kith needs, and say what to do about what is wrong."""

import asyncio
import os
import platform
import shutil
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import asyncpg
import redis.asyncio as redis
from redis.exceptions import RedisError

from kith.cli.home import DEFAULT_WORKSPACE, Addresses, addresses, current_settings
from kith.cli.screen import Screen
from kith.cli.servers import prepare_home
from kith.connectors import load_registry
from kith.runtime.settings import Settings, unknown_variables
from kith.store import health
from kith.store.db import Db, Unreachable, bound, open_pool
from kith.store.migrate import MigrationError, pending

ENOUGH_SPACE = 2 << 30  # bytes: PostgreSQL's log of changes alone may take that
CLOCK_SECONDS = 5.0  # how far the clocks of this machine and of PostgreSQL may be apart
WAIT_SECONDS = 60.0  # a job due for longer than that waits for a worker that does not come
LOCAL = ("127.0.0.1", "::1", "localhost")
EXTENSIONS = {"btree_gin", "btree_gist", "pg_trgm"}


class Finding(NamedTuple):
    """What was looked at, what was seen; todo: what to do about it, empty where all is well."""

    what: str
    seen: str
    todo: str = ""


def doctor() -> None:
    """Look at everything that kith needs; the exit code is 1 where something is to be done."""
    screen, settings = Screen(), current_settings()
    todo = False
    for finding in _findings(settings):
        todo = todo or bool(finding.todo)
        screen.check(not finding.todo, f"{finding.what}: {finding.seen}", finding.todo)
    sys.exit(int(todo))


def _findings(settings: Settings) -> Iterator[Finding]:
    yield Finding("Python", platform.python_version())
    for name, meant in unknown_variables(os.environ).items():
        yield Finding("Settings", f"{name} is none", f"Correct it: {meant} may be meant." if meant else "")
    yield _of_address(settings)
    prepare_home(settings.home)
    free = shutil.disk_usage(settings.home).free
    yield Finding(
        "Disk",
        f"{free / (1 << 30):.1f} GB free for {settings.home.absolute()}",
        "" if free >= ENOUGH_SPACE else "Free some space, or set KITH_HOME to a folder with room.",
    )
    registry = load_registry()
    yield Finding("Connectors", ", ".join(sorted(registry.connectors)) or "none")
    for fault in registry.faults:
        yield Finding("Connectors", f"{fault.entry_point} was put aside", f"Mend {fault.distribution}: {fault.reason}")
    with addresses(settings) as found, asyncio.Runner() as runner:
        yield from runner.run(_collect(_of_servers(found)))


def _of_address(settings: Settings) -> Finding:
    """Look at where browsers and apps are told to go."""
    host = urlsplit(settings.issuer).hostname or ""
    todo = ""
    if settings.host not in LOCAL and settings.public_url is None:
        todo = "Set KITH_PUBLIC_URL to the address by which others reach kith."
    elif not settings.issuer.startswith("https://") and host not in LOCAL:
        todo = "Put TLS before kith and set KITH_PUBLIC_URL to its https address: tokens and passwords pass there."
    return Finding("Public address", settings.issuer, todo)


async def _collect(findings: AsyncIterator[Finding]) -> list[Finding]:
    return [finding async for finding in findings]


async def _of_servers(found: Addresses) -> AsyncIterator[Finding]:
    try:
        db = await asyncpg.connect(found.database_url, timeout=10)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        yield Finding("PostgreSQL", f"no answer ({error})", "Start it, or correct KITH_DATABASE_URL.")
    else:
        try:
            async for finding in _of_database(db):
                yield finding
        finally:
            await db.close()
        async for finding in _of_application(found.database_url):
            yield finding
    yield await _of_valkey(found.redis_url)


async def _of_database(db: "asyncpg.Connection[asyncpg.Record]") -> AsyncIterator[Finding]:
    old = db.get_server_version() < (16,)
    yield Finding("PostgreSQL", await db.fetchval("SHOW server_version"), "Upgrade it to 16 or newer." if old else "")
    there = {row["name"] for row in await db.fetch("SELECT name FROM pg_available_extensions")}
    for name in sorted(EXTENSIONS - there):
        yield Finding("PostgreSQL", f"lacks the extension {name}", "Install PostgreSQL's contrib extensions.")
    apart = abs(await db.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8") - time.time())
    yield Finding(
        "Clock",
        f"{apart:.1f} s from PostgreSQL's",
        "" if apart < CLOCK_SECONDS else "Set the clocks of both machines by NTP: leases of jobs are told by them.",
    )


async def _of_application(url: str) -> AsyncIterator[Finding]:
    """Look with the rights of the application."""
    try:
        pool = await open_pool(url, size=1)
    except Unreachable as error:
        yield Finding("Application", "it cannot work on this database", str(error))
        return
    async with pool, pool.acquire() as db:
        rights = await health.of_rights(db)
        yield Finding("Application", rights, "" if rights == health.OK else "Run 'kith migrate'.")
        disk = await health.of_disk(db)
        yield Finding("PostgreSQL's disk", disk, "" if disk == health.OK else "Free some space there.")
        if rights != health.OK:
            return
        try:
            waiting = await pending(db)
        except MigrationError as error:
            yield Finding("Migrations", "they do not fit", str(error))
            return
        todo = "Run 'kith migrate'." if waiting else ""
        yield Finding("Migrations", f"{len(waiting)} to apply" if waiting else "up to date", todo)
        if not waiting:
            yield await _of_queue(db)


async def _of_queue(db: Db) -> Finding:
    async with bound(db, DEFAULT_WORKSPACE):
        (row,) = await db.fetch(
            """
            SELECT count(*) FILTER (WHERE status = 'queued') AS queued,
                   count(*) FILTER (WHERE status = 'running') AS running,
                   count(*) FILTER (WHERE status = 'failed' AND finished_at > now() - interval '1 day') AS failed,
                   count(*) FILTER (WHERE status = 'queued' AND due_at < now() - make_interval(secs => $2)) AS waiting
            FROM jobs WHERE workspace_id = $1
            """,
            DEFAULT_WORKSPACE, WAIT_SECONDS,
        )  # fmt: skip
    todo = ""
    if row["failed"]:
        todo = "Look at GET /v1/jobs?status=failed; each says why."
    if row["waiting"]:
        todo = f"{row['waiting']} wait for a worker: start 'kith up' or 'kith worker'."
    seen = f"{row['queued']} queued, {row['running']} running, {row['failed']} failed within a day"
    return Finding("Jobs", seen, todo)


async def _of_valkey(url: str | None) -> Finding:
    if url is None:
        return Finding("Valkey", "not configured", "Set KITH_REDIS_URL beside KITH_DATABASE_URL.")
    try:
        async with redis.Redis.from_url(url) as valkey:
            info = await valkey.info("server")
    except (OSError, RedisError) as error:
        return Finding("Valkey", f"no answer ({error})", "Start it, or correct KITH_REDIS_URL.")
    return Finding("Valkey", str(info.get("valkey_version", info["redis_version"])))
