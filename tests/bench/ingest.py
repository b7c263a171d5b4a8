"""How fast a source is read: NDJSON lines → records → facts, sums and searchable text committed, by a real worker.

Beside it, in the same run and on the same rows, the least that PostgreSQL could do: COPY into a temporary table and
upsert into a copy of the table ``interactions`` with all its indexes, nothing else.

    python -m tests.bench.ingest --interactions 300000
"""

import argparse
import asyncio
import contextlib
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec
import psutil

from kith.cli.servers import Servers, start_servers
from kith.connectors import Interaction, InteractionRef, Page, Ref, Target
from kith.projections.ingest import Ingest
from kith.runtime.settings import Settings
from kith.runtime.vault import new_key, open_vault
from kith.store import credentials, jobs, sources
from kith.store.batch import INTERACTION
from kith.store.credentials import Credential, place
from kith.store.db import Pool, new_id, open_pool, workspace
from kith.store.migrate import migrate
from kith.store.workspaces import create_workspace

PAGE = 10_000
PEOPLE = 50_000
CHANNELS = 200
WORDS = 30_000
PER_CONVERSATION = 8
PER_DAY = 700  # 5 million in twenty years
BARE = 1_000_000  # rows upserted for comparison at most: the table is smaller then, and the comparison harder


def community(count: int) -> Iterator[Interaction]:
    """Yield messages as a large community writes them: few write much, and answers go to whom wrote before."""
    said = random.Random(1)
    start = datetime(2006, 1, 1, tzinfo=UTC)
    people = [Ref("mail", f"person{n}@example.org") for n in range(PEOPLE)]
    channels = [Ref("mail", f"list{n}.example.org") for n in range(CHANNELS)]
    words = [f"word{n}" for n in range(WORDS)]
    for n in range(count):
        if n % PER_CONVERSATION == 0:
            talk = [people[int(PEOPLE * said.random() ** 4)] for _ in range(4)]
            channel = channels[int(CHANNELS * said.random() ** 2)]
            conversation = Ref("mail", f"<thread{n}@example.org>")
            actor = talk[0]
            targets: tuple[Target, ...] = ()
        else:
            previous, actor = actor, said.choice(talk)
            targets = (Target(previous, "reply"),)
            if said.random() < 0.2:
                targets += (Target(said.choice(talk), "cc"),)
        yield Interaction(
            InteractionRef("mail", f"<message{n}@example.org>", "message"),
            actor,
            start + timedelta(days=n / PER_DAY),
            targets,
            channel,
            conversation,
            title=f"{words[n % WORDS]} {words[n % 97]}" if n % PER_CONVERSATION == 0 else None,
            text=" ".join([words[int(WORDS * said.random() ** 3)] for _ in range(12)]),
            visibility="public",
        )


def write(path: Path, count: int) -> None:
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as file:
        for record in community(count):
            file.write(encode(record) + b"\n")


class Source(msgspec.Struct, frozen=True):
    """What a worker reads; secret: the settings that are sealed."""

    connector: str
    config: dict[str, str]
    secret: dict[str, str] = {}


class Begun(msgspec.Struct, frozen=True):
    """What a worker finds to do. environment: its settings."""

    workspace_id: UUID
    sync: UUID
    project: UUID
    environment: dict[str, str]


async def begin(servers: Servers, pool: Pool, source: Source) -> Begun:
    """Return what a worker finds to do: a source of a new workspace to read, and the projections behind it."""
    workspace_id = new_id()
    keys = new_key()
    vault = open_vault(Settings(secret_keys=keys))
    async with workspace(pool, workspace_id) as db:
        await create_workspace(db, workspace_id, "bench")
        made = await sources.create_source(db, workspace_id, source.connector, "bench", source.config, trusted=True)
        sealed = [
            Credential(made.id, name, *vault.seal(text, place(workspace_id, made.id, name)))
            for name, text in source.secret.items()
        ]
        await credentials.save(db, workspace_id, sealed)
        # Projections come afterwards, so that each is measured by itself: the slot is taken by a job of tomorrow.
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        project, _ = await jobs.enqueue(db, workspace_id, "project", {}, slot="project", due_at=tomorrow)
        sync, _ = await jobs.enqueue(db, workspace_id, "sync", {"source_id": str(made.id)})
    environment = {
        "KITH_DATABASE_URL": servers.database_url, "KITH_REDIS_URL": servers.redis_url, "KITH_SECRET_KEYS": keys,
    }  # fmt: skip
    return Begun(workspace_id, sync, project, environment)


async def start_worker(begun: Begun, home: Path) -> asyncio.subprocess.Process:
    with (home / "worker.log").open("wb") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "kith.workers", env=os.environ | begun.environment, stderr=log
        )


async def read_by_worker(
    servers: Servers, pool: Pool, source: Source, home: Path, *, and_project: bool = True
) -> tuple[float, float | None, int]:
    """Return the seconds that the sync took, those of the projections behind it, and the worker's peak (bytes)."""
    begun = await begin(servers, pool, source)
    worker = await start_worker(begun, home)
    try:
        reading, peak = await follow(pool, begun.workspace_id, begun.sync, worker.pid)
        projecting = (await follow(pool, begun.workspace_id, begun.project, worker.pid))[0] if and_project else None
    finally:
        worker.terminate()
        await worker.wait()
    return reading, projecting, peak


async def follow(pool: Pool, workspace_id: UUID, job_id: UUID, pid: int) -> tuple[float, int]:
    """Return how long the job ran, and the most memory that the process had until then (bytes)."""
    peak = 0
    while True:
        with contextlib.suppress(psutil.Error):
            peak = max(peak, psutil.Process(pid).memory_info().rss)
        async with workspace(pool, workspace_id) as db:
            row = await db.fetchrow(
                "SELECT status, error, finished_at - started_at AS took FROM jobs WHERE workspace_id = $1 AND id = $2",
                workspace_id, job_id,
            )  # fmt: skip
        if row is None or row["status"] == "failed":
            raise RuntimeError(row and row["error"])
        if row["status"] == "succeeded":
            return row["took"].total_seconds(), peak
        await asyncio.sleep(0.2)


async def bare_upsert(servers: Servers, count: int) -> float:
    """Return the seconds of COPY and upsert alone; making the rows is not counted."""
    db = await asyncpg.connect(servers.database_url)
    columns = INTERACTION
    names = ", ".join(columns)
    await db.execute("CREATE TABLE bare (LIKE interactions INCLUDING ALL)")
    await db.execute(f"CREATE TEMPORARY TABLE staged AS SELECT {names} FROM interactions WITH NO DATA")
    workspace_id, prepare, seconds, records = new_id(), Ingest(b"key"), 0.0, community(count)
    while page := tuple(record for _, record in zip(range(PAGE), records, strict=False)):
        rows = prepare.batch(Page(page, msgspec.Raw(b"0"))).interactions[0]
        began = time.perf_counter()
        async with db.transaction():
            await db.copy_records_to_table("staged", records=rows, columns=columns)
            await db.execute(
                f"""
                INSERT INTO bare (workspace_id, {names}) SELECT $1, {names} FROM staged
                ON CONFLICT (workspace_id, id) DO UPDATE SET version = excluded.version
                """,
                workspace_id,
            )
            await db.execute("TRUNCATE staged")
        seconds += time.perf_counter() - began
    await db.execute("DROP TABLE bare")
    await db.close()
    return seconds


async def measure(servers: Servers, home: Path, count: int, *, and_project: bool) -> None:
    await migrate(servers.database_url)
    async with await open_pool(servers.database_url) as pool:
        reading, projecting, peak = await read_by_worker(
            servers, pool, Source("ndjson", {"path": str(home / "in.ndjson")}), home, and_project=and_project
        )
    rows = min(count, BARE)
    bare = rows / await bare_upsert(servers, rows)
    print(f"| ingest of {count:,} interactions, 12 words each | seconds | per second |")
    print("|---|---|---|")
    print(f"| bare COPY and upsert of {rows:,} into one table | {rows / bare:.1f} | {bare:,.0f} |")
    print(f"| the whole path, by a worker | {reading:.1f} | {count / reading:,.0f} |")
    if projecting is not None:
        print(f"| projections behind it | {projecting:.1f} | {count / projecting:,.0f} |")
    print(f"Ratio to the bare upsert: {count / reading / bare:.2f}. Peak memory of the worker: {peak / 2**20:.0f} MiB.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--interactions", type=int, default=300_000)
    parser.add_argument("--no-projections", action="store_true", help="measure ingest alone")
    wanted = parser.parse_args()
    count = wanted.interactions
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o711)  # PostgreSQL's own account has to pass
        write(home / "in.ndjson", count)
        with start_servers(home / "home") as servers:
            asyncio.run(measure(servers, home, count, and_project=not wanted.no_projections))


if __name__ == "__main__":
    main()
