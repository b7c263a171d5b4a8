"""How long it takes to resolve one identity that arrives: ``python -m tests.bench.resolution [IDENTITIES]``.

The workspace is filled with a synthetic community on a real PostgreSQL; keys and common names are noted as resolution
notes them; then new identities of the same kind arrive one by one, each in a transaction of its own.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg

from kith.cli.servers import start_servers
from kith.domain import matching
from kith.domain.ids import fact_id
from kith.projections import profiles, resolution
from kith.store.db import Pool, open_pool, workspace
from kith.store.migrate import migrate
from kith.store.workspaces import create_workspace
from tests.bench.identities.generate import Row, community

IDENTITIES = 100_000
ARRIVALS = 300
CHUNK = 20_000
GOAL = 0.050  # seconds, median


async def main(size: int) -> None:
    """Print the number of identities, and the median, 95th percentile and longest time of an arrival."""
    rows = list(community(size + ARRIVALS, seed=11))[: size + ARRIVALS]
    arrivals, settled = rows[:ARRIVALS], rows[ARRIVALS:]
    with tempfile.TemporaryDirectory() as folder, start_servers(Path(folder), durable=False) as servers:
        await migrate(servers.database_url)
        async with await open_pool(servers.database_url, statement_seconds=None) as pool:
            workspace_id = uuid4()
            async with workspace(pool, workspace_id) as db:
                await create_workspace(db, workspace_id, "bench")
            started = time.perf_counter()
            await _settle(servers.database_url, pool, workspace_id, settled)
            print(f"{len(settled):,} identities settled in {time.perf_counter() - started:.0f} s")
            times = [await _arrive(servers.database_url, pool, workspace_id, row) for row in arrivals]
    ordered = sorted(times)
    print("| identities | arrivals | median | 95th percentile | longest |\n|---|---|---|---|---|")
    shown = (statistics.median(ordered), ordered[int(len(ordered) * 0.95)], ordered[-1])
    print(f"| {len(settled):,} | {len(times)} | {' | '.join(f'{seconds * 1000:.1f} ms' for seconds in shown)} |")
    print(f"median at most {GOAL * 1000:.0f} ms: {'yes' if shown[0] <= GOAL else 'NO'}")


async def _settle(url: str, pool: Pool, workspace_id: UUID, rows: Sequence[Row]) -> None:
    """Store identities with what resolution keeps of them."""
    identities: list[matching.Identity] = []
    for start in range(0, len(rows), CHUNK):
        ids = await _insert(url, workspace_id, rows[start : start + CHUNK])
        async with workspace(pool, workspace_id) as db:
            changed = await profiles.load_changed(db, workspace_id, ids)
            await profiles.save(db, workspace_id, changed)
        identities += [profile.identity for profile in changed]
    async with workspace(pool, workspace_id) as db:
        counted = profiles.count(identities)._replace(model=matching.shipped().version)
        await profiles.save_snapshot(db, workspace_id, counted)
    await _execute(url, "VACUUM ANALYZE")


async def _arrive(url: str, pool: Pool, workspace_id: UUID, row: Row) -> float:
    ids = await _insert(url, workspace_id, [row])
    started = time.perf_counter()
    async with workspace(pool, workspace_id) as db:
        await resolution.resolve(db, workspace_id, ids)
    return time.perf_counter() - started


async def _insert(url: str, workspace_id: UUID, rows: Sequence[Row]) -> list[UUID]:
    """Store identities as they are, past row-level security, and each as a person of its own."""
    ids = [fact_id(b"", "identity", (row.name, row.email, str(row.person))) for row in rows]
    records = [
        (workspace_id, id_, "mail", "", str(id_), "person", row.name, row.email, False)
        for id_, row in zip(ids, rows, strict=True)
    ]
    columns = ["workspace_id", "id", "network", "host", "key", "kind", "name", "address", "verified"]
    db = await asyncpg.connect(url)
    try:
        await db.copy_records_to_table("identities", records=records, columns=columns)
        persons = [(workspace_id, id_, id_) for id_ in ids]
        await db.copy_records_to_table("person_identities", records=persons)
    finally:
        await db.close()
    return ids


async def _execute(url: str, statement: str) -> None:
    db = await asyncpg.connect(url)
    try:
        await db.execute(statement)
    finally:
        await db.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else IDENTITIES))
