"""How long communities take beside the bare library on the same graph, and how much memory.

Run: ``python -m tests.bench.communities [TIES ...]``; without arguments 1 and 10 million ties. The bare library gets
its graph from arrays in memory; kith reads its own from PostgreSQL, from one day of contact for each tie.
"""

import asyncio
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import igraph
import numpy as np

from kith.cli.servers import start_servers
from kith.domain.communities.agreement import nmi
from kith.domain.communities.contact import evidence
from kith.domain.communities.detect import detect
from kith.domain.communities.update import update
from kith.domain.graph import Graph, from_ties
from kith.projections import detection
from kith.store import columns
from kith.store.db import Pool, open_pool, workspace
from kith.store.migrate import migrate
from kith.store.workspaces import create_workspace

MIXING = 0.25
PEOPLE_PER_TIE = 0.1


def planted(ties: int, seed: int = 0) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Ties of people with heavy-tailed activity in communities of 30 to 1,000: first, second, community."""
    draw = np.random.default_rng(seed)
    people = int(ties * PEOPLE_PER_TIE)
    sizes = (30 / (1 - draw.random(people // 30) * (1 - 30 / 1000))).astype(int)
    membership = np.repeat(np.arange(len(sizes)), sizes)[:people]
    until = np.cumsum(draw.pareto(2.5, people) + 1)
    starts, ends = np.searchsorted(membership, membership), np.searchsorted(membership, membership, side="right")
    first = np.searchsorted(until, draw.random(ties) * until[-1])
    inside = draw.random(ties) > MIXING
    low = np.where(inside & (starts[first] > 0), until[starts[first] - 1], 0.0)
    high = np.where(inside, until[ends[first] - 1], until[-1])
    return first, np.searchsorted(until, low + draw.random(ties) * (high - low)), membership


def timed(job: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    return job(), time.perf_counter() - began


def bare(graph: Graph) -> tuple[float, float]:
    """Seconds of igraph alone: for its graph from an array, and for Leiden with its defaults (resolution 1, 2 rounds).

    Two rounds are the least that igraph advises; until nothing improves it needs three to nine times as long.
    """
    first, second, weights = graph.pairs()
    array, listed = np.column_stack((first, second)), evidence(weights).tolist()
    ties, building = timed(lambda: igraph.Graph(n=len(graph), edges=array))
    random.seed(0)
    return building, timed(lambda: ties.community_leiden("modularity", weights=listed))[1]


def changed(graph: Graph, share: float = 0.01) -> tuple[Graph, np.ndarray[Any, Any]]:
    """The graph with this share of its ties replaced, and the people at their ends."""
    draw = np.random.default_rng(1)
    first, second, weights = graph.pairs()
    out = draw.choice(len(first), int(share * len(first)), replace=False)
    new = draw.integers(0, len(graph), (2, len(out)))
    kept = np.delete(np.arange(len(first)), out)
    touched = np.unique(np.concatenate([first[out], second[out], *new]))
    joined = [np.append(first[kept], new[0]), np.append(second[kept], new[1]), np.append(weights[kept], weights[out])]
    return from_ties(graph.ids, *joined), touched


async def stored(graph: Graph, url: str) -> tuple[Graph, float]:
    """Store a graph as contact; return it as a detection reads it, in the same order, and the seconds of that."""
    workspace_id, now = uuid4(), datetime.now(UTC)
    async with await open_pool(url, statement_seconds=None) as pool:
        async with workspace(pool, workspace_id) as db:
            await create_workspace(db, workspace_id, "bench")
        await tell(pool, workspace_id, graph, now, people=True, acts=False)
        await analyze(url)
        began = time.perf_counter()
        async with workspace(pool, workspace_id) as db:
            facts = await detection.load(db, workspace_id, now, None, whole=True)
        read = from_ties(range(len(facts.people)), facts.first, facts.second, facts.weight, facts.days)
        return read, time.perf_counter() - began


async def analyze(url: str) -> None:
    """What autovacuum does in time; only the owner may."""
    owner = await asyncpg.connect(url)
    await owner.execute("ANALYZE")
    await owner.close()


async def tell(
    pool: Pool, workspace_id: UUID, graph: Graph, moment: datetime, *, people: bool = False, acts: bool = True
) -> None:
    """Store one day of contact for each tie, the act behind it, and the people of the graph."""
    first, second, _ = graph.pairs()
    ids = np.frombuffer(b"".join(number.to_bytes(16, "big") for number in range(len(graph))), "V16")
    async with workspace(pool, workspace_id) as db:
        await db.execute("CREATE TEMPORARY TABLE pairs (actor_id uuid, target_id uuid) ON COMMIT DROP")
        await columns.write(db, "pairs", actor_id=ids[first], target_id=ids[second])
        await db.execute(_CONTACT, workspace_id, moment)
        if acts:
            await db.execute(_ACTS, workspace_id, moment)
        if people:
            await db.execute("CREATE TEMPORARY TABLE everyone (id uuid) ON COMMIT DROP")
            await columns.write(db, "everyone", id=ids)
            await db.execute(_PEOPLE, workspace_id)
            await db.execute("INSERT INTO person_identities SELECT $1, id, id FROM everyone", workspace_id)


_CONTACT = """
    INSERT INTO contact_days (workspace_id, actor_id, target_id, day, channel_id, kind, count, weight)
    SELECT $1, actor_id, target_id, ($2::timestamptz AT TIME ZONE 'UTC')::date, actor_id, 'message', 1, 1000 FROM pairs
"""
_ACTS = """
    INSERT INTO interactions (workspace_id, id, kind, actor_id, target_ids, target_kinds, network, host, key,
        occurred_at, visibility, version, learnt_at)
    SELECT $1, gen_random_uuid(), 'message', actor_id, ARRAY[target_id], '{to}', 'bench', 'bench',
        row_number() OVER (), $2, 'public', '', $2
    FROM pairs
"""
_PEOPLE = "INSERT INTO people SELECT $1, id, 'Person ' || id, 'person', 1, 1, now(), now() FROM everyone"


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o711)  # the account of PostgreSQL has to pass through
        with start_servers(Path(home) / "kith", durable=False) as servers:
            asyncio.run(migrate(servers.database_url))
            _print(servers.database_url)


def _print(url: str) -> None:
    print(
        "| ties | igraph: graph s | Leiden s | load s | detect s | ratio | to Leiden alone | update of 1 % s "
        "| of detect | NMI | communities | peak GB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for ties in [int(float(argument)) for argument in sys.argv[1:]] or [1_000_000, 10_000_000]:
        first, second, membership = planted(ties)
        graph, loading = asyncio.run(stored(from_ties(range(len(membership)), first, second), url))
        building, dividing = bare(graph)
        found, full = timed(partial(detect, graph))
        later, touched = changed(graph)
        _, again = timed(partial(update, later, found, touched))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        linked = found.membership >= 0
        agreement = nmi(membership[linked], found.membership[linked])
        print(
            f"| {len(graph.indices) // 2:,} | {building:.2f} | {dividing:.2f} | {loading:.2f} | {full:.2f} "
            f"| {(loading + full) / (building + dividing):.2f} | {(loading + full) / dividing:.2f} | {again:.3f} "
            f"| {again / full:.1%} | {agreement:.3f} | {len(found):,} | {peak:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
