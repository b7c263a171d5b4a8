"""What the detection of a whole workspace costs, and the next one after a hundredth of its ties changed.

Run: ``python -m tests.bench.looks [TIES]``; without an argument 100,000 ties, each of one act. Both looks go the way
of the job ``detect``, from PostgreSQL and back. Between them as many pairs of people as a hundredth of the ties, drawn
at random, are in touch.
"""

import asyncio
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np

from kith.cli.servers import start_servers
from kith.domain.detection.detection import detect
from kith.domain.graph import Graph, from_ties
from kith.projections import detection
from kith.store import detections
from kith.store.db import Pool, open_pool, workspace
from kith.store.migrate import migrate
from kith.store.workspaces import create_workspace
from tests.bench.communities import analyze, planted, tell

SHARE = 0.01


async def look(pool: Pool, workspace_id: UUID, moment: datetime) -> float:
    """Look at the workspace as the job does, print a row, return the seconds."""
    began = [time.perf_counter()]
    async with workspace(pool, workspace_id) as db:
        before = await detections.last(db, workspace_id)
        facts = await detection.load(db, workspace_id, moment, before, whole=False)
    began.append(time.perf_counter())
    found = detect(facts)
    began.append(time.perf_counter())
    async with workspace(pool, workspace_id) as db:
        assert await detection.save(db, workspace_id, moment, before, facts, found)
    began.append(time.perf_counter())
    load, compute, save = np.diff(began)
    looked = sum(each.portrait is not None for each in found.communities)
    what = "whole" if facts.last is None else f"{len(facts.last.touched):,} people touched"
    print(
        f"| {what} | {found.ties:,} | {load:.1f} | {compute:.1f} | {save:.1f} | {load + compute + save:.1f} "
        f"| {len(found.communities):,} | {looked:,} |",
        flush=True,
    )
    return float(load + compute + save)


def some(graph: Graph) -> Graph:
    """As many ties as a hundredth of the graph's, between people drawn at random."""
    count = int(SHARE * len(graph.indices) / 2)
    return from_ties(graph.ids, *np.random.default_rng(1).integers(0, len(graph), (2, count)))


async def measure(url: str, ties: int) -> None:
    """Print the table."""
    await migrate(url)
    first, second, membership = planted(ties)
    graph, workspace_id = from_ties(range(len(membership)), first, second), uuid4()
    now = datetime.now(UTC)
    print("| look | ties | load s | survey s | save s | in all s | communities | looked at |")
    print("|---|---|---|---|---|---|---|---|")
    async with await open_pool(url, statement_seconds=None) as pool:
        async with workspace(pool, workspace_id) as db:
            await create_workspace(db, workspace_id, "bench")
        await tell(pool, workspace_id, graph, now - timedelta(days=1), people=True)
        await analyze(url)
        whole = await look(pool, workspace_id, now)
        await tell(pool, workspace_id, some(graph), now + timedelta(minutes=30))
        after = await look(pool, workspace_id, now + timedelta(hours=1))
    print(f"\nThe second look takes {after / whole:.1%} of the first.")


def main() -> None:
    """Measure on embedded servers."""
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o711)  # the account of PostgreSQL has to pass through
        with start_servers(Path(home) / "kith", durable=False) as servers:
            asyncio.run(measure(servers.database_url, int(float(sys.argv[1])) if sys.argv[1:] else 100_000))


if __name__ == "__main__":
    main()
