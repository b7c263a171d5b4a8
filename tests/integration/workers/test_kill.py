"""kill -9 of the worker, of PostgreSQL and of Valkey, at any moment: nothing is lost and nothing is doubled."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from kith.cli.servers import Servers, start_servers
from kith.connectors import Interaction
from kith.projections import project
from kith.runtime.settings import Settings
from kith.store import jobs, migrate
from kith.store.db import Pool, new_id, open_pool, workspace
from kith.store.workspaces import create_workspace
from tests.integration.store.facts import FACTS, PROJECTIONS, Store, act, add_source

INTERACTIONS = 9_000  # fewer than what has all strengths computed again; their texts make pages of some 2,000
LEASE = "2"
ENOUGH_SECONDS = 180


def acts(count: int) -> list[Interaction]:
    said = random.Random(7)
    people = [f"p{n}" for n in range(80)]
    return [
        act(
            str(n), said.choice(people), said.sample(people, said.randrange(3)), channel=f"c{said.randrange(9)}",
            conversation=f"t{n // 8}", days=n / 200, text=f"words {n} of {said.randrange(1000)}{' and so on' * 200}",
        )
        for n in range(count)
    ]  # fmt: skip


def write(path: Path, records: list[Interaction]) -> None:
    path.write_bytes(msgspec.json.Encoder().encode_lines(records))


@contextmanager
def worker(database_url: str, redis_url: str, log: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    env = os.environ | {
        "KITH_DATABASE_URL": database_url, "KITH_REDIS_URL": redis_url, "KITH_LEASE_SECONDS": LEASE,
        "KITH_WORKER_JOBS": "2", **more,
    }  # fmt: skip
    with log.open("ab") as out:
        process = subprocess.Popen([sys.executable, "-m", "kith.workers"], env=env, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@asynccontextmanager
async def connection(url: str) -> AsyncIterator[Any]:
    """Connect as the owner, who sees all workspaces; wait where the server is just starting."""
    for _ in range(100):
        try:
            db = await asyncpg.connect(url)
            break
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError):
            await asyncio.sleep(0.1)
    try:
        yield db
    finally:
        await db.close()


async def open_store(pool: Pool, path: Path, id_key: bytes) -> Store:
    workspace_id = new_id()
    async with workspace(pool, workspace_id) as db:
        await create_workspace(db, workspace_id, str(path))
        await db.execute("UPDATE workspaces SET id_key = $2 WHERE workspace_id = $1", workspace_id, id_key)
    return Store(pool, workspace_id, await add_source(pool, workspace_id, path=str(path)), id_key)


async def start_sync(store: Store) -> UUID:
    async with workspace(store.pool, store.workspace_id) as db:
        args = {"source_id": str(store.source_id)}
        job_id, _ = await jobs.enqueue(db, store.workspace_id, "sync", args, slot="sync")
    return job_id


async def until_done(url: str, store: Store) -> None:
    """Wait until no job is due and nothing waits to be worked in."""
    for _ in range(ENOUGH_SECONDS * 5):
        async with connection(url) as db:
            left = await db.fetchval(
                """
                SELECT (SELECT count(*) FROM jobs WHERE workspace_id = $1
                            AND (status = 'running' OR status = 'queued' AND due_at < now() + interval '1 minute'))
                    + (SELECT count(*) FROM touches WHERE workspace_id = $1)
                """,
                store.workspace_id,
            )
        if not left:
            return
        await asyncio.sleep(0.2)
    pytest.fail("the jobs did not end")


async def until_begun(url: str, store: Store) -> None:
    """Wait until a worker begins a job, or has nothing to do."""
    async with connection(url) as db:
        begun = "SELECT sum(fence) FROM jobs WHERE workspace_id = $1"
        before = await db.fetchval(begun, store.workspace_id)
        for _ in range(ENOUGH_SECONDS * 20):
            open_jobs = "SELECT count(*) FROM jobs WHERE workspace_id = $1 AND status IN ('queued', 'running')"
            if not await db.fetchval(open_jobs, store.workspace_id):
                return
            if await db.fetchval(begun, store.workspace_id) != before:
                return
            await asyncio.sleep(0.05)
    pytest.fail("no job began")


async def refresh(store: Store) -> None:
    """Weigh all ties: a pair's strength also rests on what its people do with others, which only this takes in."""
    after: tuple[UUID, UUID] | None = (UUID(int=0), UUID(int=0))
    while after:
        async with workspace(store.pool, store.workspace_id) as db:
            after = await project.refresh(db, store.workspace_id, datetime.now(UTC), after)


async def differing(url: str, one: Store, other: Store) -> dict[str, int]:
    """Return, per table, how many rows are in one workspace and not in the other."""
    found = {}
    private = "'workspace_id', 'source_id', 'learnt_at', 'decided_at', 'computed_at', 'id'"
    async with connection(url) as db:
        for table in FACTS + PROJECTIONS:
            keep = private if table in ("decisions",) else private.replace(", 'id'", "")
            rows = f"SELECT to_jsonb(t) - ARRAY[{keep}] FROM {table} t WHERE workspace_id = "
            found[table] = await db.fetchval(
                f"""
                SELECT count(*) FROM (({rows} $1 EXCEPT ALL {rows} $2) UNION ALL ({rows} $2 EXCEPT ALL {rows} $1)) AS d
                """,
                one.workspace_id, other.workspace_id,
            )  # fmt: skip
    return found


@pytest.fixture
def own_servers(tmp_path: Path) -> Iterator[Servers]:
    """Servers that this test may kill."""
    with start_servers(tmp_path / "home", durable=False) as servers:
        yield servers


@pytest.mark.timeout(3 * ENOUGH_SECONDS)
async def test_killed_at_any_moment_everything_ends_as_if_nothing_had_happened(
    own_servers: Servers, tmp_path: Path
) -> None:
    url, log = own_servers.database_url, tmp_path / "worker.log"
    await migrate.migrate(url)
    records = acts(INTERACTIONS)
    write(tmp_path / "in.ndjson", records)
    async with await open_pool(url, statement_seconds=None) as pool:
        clean = await open_store(pool, tmp_path / "clean", b"one key")
        for start in range(0, INTERACTIONS, 10_000):
            await clean.store(*records[start : start + 10_000])
        await clean.project(datetime.now(UTC))
        store = await open_store(pool, tmp_path / "in.ndjson", b"one key")
        job_id = await start_sync(store)
    when = random.Random(os.urandom(8))
    victims = ["worker", "postgres", "valkey", "worker", "postgres"]
    when.shuffle(victims)
    killed = []
    for victim in victims:
        with worker(url, own_servers.redis_url, log) as process:
            await until_begun(url, store)
            await asyncio.sleep(when.uniform(0, 1.5))
            if victim == "worker":
                process.send_signal(signal.SIGKILL)
                process.wait()
                killed.append(victim)
                continue
            server = getattr(own_servers, victim)
            os.kill(server.pid, signal.SIGKILL)
            await asyncio.sleep(when.uniform(0, 0.5))
            server.start()
            killed.append(victim)
            await asyncio.sleep(when.uniform(0.5, 1.5))
    with worker(url, own_servers.redis_url, log):
        await until_done(url, store)
    async with connection(url) as db:
        job = await db.fetchrow("SELECT * FROM jobs WHERE id = $1", job_id)
        added = await db.fetchval("SELECT sum(added) FROM runs WHERE workspace_id = $1", store.workspace_id)
    assert (job["status"], added) == ("succeeded", INTERACTIONS), (killed, job["error"])
    async with await open_pool(url, statement_seconds=None) as pool:
        for each in (clean, store):
            each.pool = pool
            await refresh(each)
        assert not any((await differing(url, clean, store)).values()), killed
        assert not any(any(difference) for difference in (await store.rebuild()).values())


async def test_a_worker_takes_over_at_once_what_its_dead_predecessor_held(
    fresh_url: str, pool: Pool, valkey_url: str, tmp_path: Path
) -> None:
    write(tmp_path / "in.ndjson", acts(INTERACTIONS))
    store = await open_store(pool, tmp_path / "in.ndjson", b"key")
    job_id = await start_sync(store)
    named = {"KITH_WORKER_NAME": "one", "KITH_LEASE_SECONDS": str(10 * ENOUGH_SECONDS)}
    with worker(fresh_url, valkey_url, tmp_path / "worker.log", **named) as process:
        while not await store.count("cursors"):  # noqa: ASYNC110 - the database rings no bell
            await asyncio.sleep(0.01)
        process.kill()
    with worker(fresh_url, valkey_url, tmp_path / "worker.log", **named):
        await until_done(fresh_url, store)  # or fail, long before the lease ends
    async with connection(fresh_url) as db:
        status, fence = await db.fetchrow("SELECT status, fence FROM jobs WHERE id = $1", job_id)
        added = await db.fetchval("SELECT sum(added) FROM runs WHERE workspace_id = $1", store.workspace_id)
    assert (status, fence > 1, added) == ("succeeded", True, INTERACTIONS)


async def test_a_worker_outlives_connections_that_are_cut(
    fresh_url: str, pool: Pool, valkey_url: str, tmp_path: Path
) -> None:
    write(tmp_path / "in.ndjson", acts(300))
    store = await open_store(pool, tmp_path / "in.ndjson", b"key")
    with worker(fresh_url, valkey_url, tmp_path / "worker.log") as process:
        await start_sync(store)
        async with connection(fresh_url) as db:
            for _ in range(300):
                await db.execute(f"NOTIFY {jobs.CHANNEL}")  # has it look for jobs
                await asyncio.sleep(random.uniform(0, 0.01))
                await db.execute(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND application_name = 'kith' AND pid <> pg_backend_pid()
                    """
                )
        assert process.poll() is None, (tmp_path / "worker.log").read_text()
        await until_done(fresh_url, store)
    assert await store.count("interactions") == 300


async def test_without_valkey_work_is_still_done(fresh_url: str, pool: Pool, tmp_path: Path) -> None:
    write(tmp_path / "in.ndjson", acts(50))
    store = await open_store(pool, tmp_path / "in.ndjson", b"key")
    await start_sync(store)
    with worker(fresh_url, f"unix://{tmp_path}/nothing.sock", tmp_path / "worker.log"):
        await until_done(fresh_url, store)
    assert await store.count("interactions") == 50
    assert await store.count("people") > 0


async def test_a_worker_ends_within_five_seconds_and_leaves_nothing_half_done(
    fresh_url: str, pool: Pool, valkey_url: str, tmp_path: Path
) -> None:
    write(tmp_path / "in.ndjson", acts(3 * INTERACTIONS))
    store = await open_store(pool, tmp_path / "in.ndjson", b"key")
    job_id = await start_sync(store)
    started = time.monotonic()
    with worker(fresh_url, valkey_url, tmp_path / "worker.log") as process:
        while not await store.count("cursors"):  # noqa: ASYNC110 - the database rings no bell
            await asyncio.sleep(0.05)
        began = time.monotonic()
        process.terminate()
        assert process.wait(100) == 0
        assert time.monotonic() - began < max(5, began - started)  # a start takes about 3 s where nothing else runs
    async with connection(fresh_url) as db:
        assert await db.fetchval("SELECT status FROM jobs WHERE id = $1", job_id) == "queued"


async def test_news_reaches_people_within_seconds(fresh_url: str, pool: Pool, valkey_url: str, tmp_path: Path) -> None:
    """Of a worker that runs; on a machine with much else to do, sooner than one that starts for it."""
    write(tmp_path / "in.ndjson", acts(5))
    store = await open_store(pool, tmp_path / "in.ndjson", b"key")
    took, known = [], 0
    with worker(fresh_url, valkey_url, tmp_path / "worker.log"):
        for news in (5, 60):
            write(tmp_path / "in.ndjson", acts(news))
            began = time.monotonic()
            await start_sync(store)
            while await store.count("people") <= known:  # noqa: ASYNC110 - the database rings no bell
                await asyncio.sleep(0.02)
            took.append(time.monotonic() - began)
            await until_done(fresh_url, store)
            known = await store.count("people")
    first, second = took
    assert second < max(5, first)


def test_a_worker_says_what_it_lacks() -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("KITH_")}
    process = subprocess.run(
        [sys.executable, "-m", "kith.workers"], env=env, capture_output=True, text=True, timeout=30
    )
    assert process.returncode == 2
    assert "KITH_DATABASE_URL" in process.stderr
    assert Settings().database_url is None
