"""One who is in touch with very many, and one act towards very many: seconds and memory of storing and of detection.

Run: python -m tests.bench.hubs [--hub 100018] [--targets 50000]. Beside each the same at a tenth of its size.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import numpy as np

from kith.cli.servers import start_servers
from kith.connectors import Interaction, InteractionRef, Page, Ref, Target
from kith.domain.detection.detection import detect
from kith.domain.graph import from_ties
from kith.projections import detection, project
from kith.projections.ingest import Ingest
from kith.store import ingest
from kith.store.db import Pool, open_pool, workspace
from kith.store.migrate import migrate
from kith.store.sources import create_source
from kith.store.workspaces import create_workspace
from tests.bench.communities import analyze, tell
from tests.bench.relationships import Memory


async def detected(pool: Pool, home: UUID, moment: datetime) -> int:
    """Look at the workspace as the job does; return how many ties there are."""
    async with workspace(pool, home) as db:
        facts = await detection.load(db, home, moment, None, whole=True)
    found = detect(facts)
    async with workspace(pool, home) as db:
        assert await detection.save(db, home, moment, None, facts, found)
    return found.ties


async def begin(pool: Pool) -> UUID:
    home = uuid4()
    async with workspace(pool, home) as db:
        await create_workspace(db, home, "bench")
    return home


async def hub(url: str, pool: Pool, leaves: int) -> None:
    home, now = await begin(pool), datetime.now(UTC)
    star = from_ties(range(leaves + 1), np.zeros(leaves, np.int64), np.arange(1, leaves + 1))
    await tell(pool, home, star, now - timedelta(days=1), people=True)
    await analyze(url)
    began = time.perf_counter()
    with Memory() as memory:
        ties = await detected(pool, home, now)
    row(f"detection of a hub of {leaves:,}", began, memory, ties)


async def long_act(pool: Pool, targets: int) -> None:
    home, now = await begin(pool), datetime.now(UTC)
    async with workspace(pool, home) as db:
        source = await create_source(db, home, "ndjson", "bench", {"path": "/nowhere"})
    began = time.perf_counter()
    with Memory() as memory:
        batch = Ingest(b"key").batch(Page(tuple(acts(targets, now)), msgspec.Raw(b"0")))
        async with workspace(pool, home) as db:
            await ingest.apply(db, home, source.id, None, batch)
        left = 1
        while left:
            async with workspace(pool, home) as db:
                _, left = await project.project(db, home, now)
    row(f"storing an act towards {targets:,}", began, memory, 0)
    began = time.perf_counter()
    with Memory() as memory:
        ties = await detected(pool, home, now)
    row("detection after it", began, memory, ties)


def acts(targets: int, now: datetime) -> Iterator[Interaction]:
    """Yield one act towards all, and two people who talk."""
    everybody = tuple(Target(Ref("mail", f"p{number}@x.example")) for number in range(targets))
    ada, bo = Ref("mail", "ada@x.example"), Ref("mail", "bo@x.example")
    yield Interaction(InteractionRef("mail", "all", "message"), ada, now, everybody, visibility="public")
    for number in range(10):
        ref = InteractionRef("mail", f"talk {number}", "message")
        yield Interaction(ref, ada, now - timedelta(days=number), (Target(bo),), visibility="public")


def row(what: str, began: float, memory: Memory, ties: int) -> None:
    sizes = " | ".join(f"{size >> 20:,}" for size in memory.most.values())
    print(f"| {what} | {ties:,} | {time.perf_counter() - began:.1f} | {sizes} |", flush=True)


async def measure(url: str, leaves: int, targets: int) -> None:
    await migrate(url)
    print("| what | ties | seconds | Python MB | PostgreSQL MB |\n|---|---|---|---|---|")
    async with await open_pool(url, statement_seconds=None) as pool:
        for part in (10, 1):
            await hub(url, pool, leaves // part)
        for part in (10, 1):
            await long_act(pool, targets // part)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--hub", type=int, default=100_018)
    options.add_argument("--targets", type=int, default=50_000)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o711)  # the account of PostgreSQL has to pass through
        with start_servers(Path(home) / "kith", durable=False) as servers:
            asyncio.run(measure(servers.database_url, chosen.hub, chosen.targets))


if __name__ == "__main__":
    main()
