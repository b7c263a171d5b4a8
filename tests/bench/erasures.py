"""How long the erasure of one busy person takes, by stage, and what others wait meanwhile.

Run: python -m tests.bench.erasures --interactions 1000000 --people 100000. Others read the list of
people and a timeline, one after the other, before the erasure and during each stage; what they wait is given as a
multiple of before.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from kith.cli.servers import start_servers
from kith.connectors import Limits
from kith.projections import rebuild
from kith.runtime.vault import Vault
from kith.store import erasures, interactions, jobs, people
from kith.store.db import Pool, open_pool, view, workspace
from kith.store.migrate import migrate
from kith.store.workspaces import create_workspace
from kith.workers import erase, resolve
from kith.workers.ground import Ground
from kith.workers.runner import Kinds, Runner

WORDS = "the plan for the next release needs a review before monday, says the list of people who care about it"

# Few do much; one act in a thousand names the first person, who does the most.
_FILL = """
    SELECT setseed(0.5);
    INSERT INTO identities (workspace_id, id, network, host, key, kind, name, handle, address)
    SELECT '{home}', md5('person ' || n)::uuid, 'mail', 'mail', 'p' || n, 'person',
        'Person' || n || ' Quillfeather' || n, 'quill_' || n, 'quill' || n || '@moor.example'
    FROM generate_series(0, {people} - 1) AS n;
    INSERT INTO person_identities SELECT workspace_id, id, id FROM identities;
    INSERT INTO interactions (workspace_id, id, kind, actor_id, target_ids, target_kinds, channel_id, network, host,
        key, occurred_at, visibility, version, text)
    SELECT '{home}', md5('act ' || n)::uuid, 'message', md5('person ' || actor)::uuid,
        ARRAY[md5('person ' || (actor + 1 + abs(hashint8(actor * 64 + n % 20)) % ({people} - 1)) % {people})::uuid],
        '{{mention}}', md5('channel ' || actor % 500)::uuid, 'mail', 'mail', n::text,
        now() - make_interval(secs => 1000 * 86400 * random()), 'public', '',
        '{words} ' || n || CASE WHEN n % 1000 = 0 THEN ' Person0 Quillfeather0' ELSE '' END
    FROM (SELECT n, floor({people} * random() ^ 3)::bigint AS actor
          FROM generate_series(1, {interactions}) AS n OFFSET 0) AS acts;
"""


_BUSIEST = "SELECT id FROM people WHERE workspace_id = $1 ORDER BY interactions DESC LIMIT 1"


async def measure(folder: Path, url: str, acts: int, humans: int) -> None:
    await migrate(url)
    home = uuid4()
    owner = await asyncpg.connect(url)
    async with await open_pool(url, statement_seconds=None) as pool:
        async with workspace(pool, home) as db:
            await create_workspace(db, home, "bench")
        await owner.execute(_FILL.format(home=home, people=humans, interactions=acts, words=WORDS))
        await owner.execute("ANALYZE")
        mine = partial(workspace, pool, home)
        async with mine() as db:
            await rebuild.rebuild(db, mine, home, datetime.now(UTC))
        await owner.execute("VACUUM ANALYZE")
        print(f"{acts:,} interactions, {humans:,} people")
        before = await waits(pool, home, asyncio.sleep(5))
        vault = Vault({"bench": bytes(32)})
        ground = Ground(folder, Limits(), vault=vault, journal=folder / "journal", database_url=url)
        kinds: Kinds = {"erase": erase.erase, "erase_files": erase.erase_files, "resolve": resolve.resolve}
        runner = Runner(pool, kinds, {}, ground, 4, 30)
        async with mine() as db:
            busiest = await db.fetchval(_BUSIEST, home)
            erasure_id, job_id = await erasures.ask(db, home, busiest, [], "asked", "bench")
        await stage("first stage", pool, home, before, run(runner, pool, home, job_id))
        async with mine() as db:
            found = await erasures.get_erasure(db, home, erasure_id)
            for job in await jobs.list_jobs(db, home, ("queued",), ("detect",), None, 10):
                await jobs.cancel_job(db, home, job.id)
            resolve_id, job_id = await jobs.ask_resolve(db, home), await jobs.ask_erase_files(db, home)
        print(f"  erased: {found.counts if found else None}")
        await run(runner, pool, home, resolve_id)
        await stage("second stage", pool, home, before, run(runner, pool, home, job_id))
        await runner.stop(1)
    await owner.close()


async def run(runner: Runner, pool: Pool, home: UUID, job_id: UUID) -> None:
    """Run a job to its end, step by step."""
    while True:
        async with workspace(pool, home) as db:
            job = await jobs.get_job(db, home, job_id)
        assert job is not None
        if job.status in ("succeeded", "failed"):
            assert job.status == "succeeded", job.error
            return
        await runner.start(home, job_id)
        await asyncio.sleep(0.2)


async def stage(name: str, pool: Pool, home: UUID, before: list[float], work: Awaitable[Any]) -> None:
    began = time.monotonic()
    during = await waits(pool, home, work)
    ratio = percentile(during) / percentile(before)
    waited = f"others' p99 {percentile(during) * 1000:.1f} ms, {ratio:.1f} x before"
    print(f"{name}: {time.monotonic() - began:.1f} s; {waited}")


async def waits(pool: Pool, home: UUID, work: Awaitable[Any]) -> list[float]:
    """Return what each read took while the work was done, in seconds."""
    doing, found = asyncio.ensure_future(work), list[float]()
    while not doing.done():
        began = time.monotonic()
        async with view(pool, home) as db:
            listed = await people.list_people(db, home, people.PeopleFilter(), None, 50)
            wanted = interactions.InteractionFilter(identity_ids=[listed[-1].id])
            await interactions.list_interactions(db, home, wanted, None, 50)
        found.append(time.monotonic() - began)
        await asyncio.sleep(0.01)
    await doing
    return found


def percentile(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98] if len(times) > 1 else times[0]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--interactions", type=int, default=300_000)
    parser.add_argument("--people", type=int, default=30_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, start_servers(Path(folder) / "home", durable=False) as servers:
        asyncio.run(measure(Path(folder) / "sources", servers.database_url, given.interactions, given.people))


if __name__ == "__main__":
    main()
