"""How long all edges and relationships take from the interactions alone, beside bare sums of the same rows.

Run: python -m tests.bench.relationships --interactions 10000000 --people 1000000. The bare sums are one CREATE TABLE AS
of contact per pair, day and channel: the least that any rebuild has to do.
"""

import argparse
import asyncio
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg

from kith.api.cli.servers import start_servers
from kith.store import ingest, rebuild
from kith.store.db import Pool, open_pool, workspace
from kith.store.migrate import migrate
from kith.store.workspaces import create_workspace

CHANNELS = 500
DAYS = 3 * 365

# Few do much; each meets some dozen others again and again. The indexes on interactions are left out: no rebuild of
# edges reads them, and filling them takes longer than all that is measured here.
_FILL = """
    ALTER TABLE interactions DROP CONSTRAINT interactions_pkey;
    DROP INDEX interactions_by_time, interactions_by_actor, interactions_by_channel, interactions_by_conversation;
    SELECT setseed(0.5);
    INSERT INTO identities (workspace_id, id, network, host, key, kind)
    SELECT '{home}', md5('person ' || n)::uuid, 'mail', 'mail', 'p' || n, 'person'
    FROM generate_series(0, {people} - 1) AS n;
    INSERT INTO person_identities SELECT workspace_id, id, id FROM identities;
    INSERT INTO interactions (workspace_id, id, kind, actor_id, target_ids, target_roles, channel_id, network, host,
        key, occurred_at, visibility, version)
    SELECT '{home}', md5('act ' || n)::uuid, 'reply', md5('person ' || actor)::uuid,
        ARRAY[md5('person ' || (actor + 1 + abs(hashint8(actor * 64 + place)) % ({people} - 1)) % {people})::uuid],
        '{{reply}}', md5('channel ' || actor % {channels})::uuid, 'mail', 'mail', n::text,
        now() - make_interval(secs => {days} * 86400 * random()), 'public', ''
    FROM (SELECT n, floor({people} * random() ^ 3)::bigint AS actor, floor(20 * random() ^ 2)::bigint AS place
          FROM generate_series(1, {interactions}) AS n OFFSET 0) AS acts;
    ANALYZE identities, person_identities, interactions;
"""

_BARE = """
    CREATE TEMPORARY TABLE bare AS
    SELECT actor_id, target_id, occurred_at::date AS day, channel_id, count(*), sum(1000)
    FROM interactions, unnest(target_ids) AS target_id GROUP BY 1, 2, 3, 4
"""


async def measure(url: str, interactions: int, people: int) -> None:
    home = uuid4()
    await migrate(url)
    async with await open_pool(url, statement_seconds=None) as pool:
        async with workspace(pool, home) as db:
            await create_workspace(db, home, "bench")
        owner = await asyncpg.connect(url)
        began = time.perf_counter()
        await owner.execute(
            _FILL.format(home=home, people=people, interactions=interactions, channels=CHANNELS, days=DAYS)
        )
        _say("facts made", began, f"{interactions:,} interactions of {people:,} people")
        began = time.perf_counter()
        await owner.execute(_BARE)
        bare = _say("bare sums of contact", began, "")
        await owner.close()
        async with workspace(pool, home) as db:
            await ingest.lock(db, home, alone=True)
            began = time.perf_counter()
            found = await rebuild.rebuild_relationships(db, home, datetime.now(UTC))
            _say("edges and relationships", began, f"{found['relationships'].missing // 2:,} pairs")
            whole = time.perf_counter() - began
        print(f"{whole / bare:.1f} times the bare sums; {interactions / whole:,.0f} interactions a second")
        print(f"most memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")
        await again(pool, home)


async def again(pool: Pool, home: UUID) -> None:
    """Measure a rebuild that finds everything in place."""
    async with workspace(pool, home) as db:
        began = time.perf_counter()
        found = await rebuild.rebuild_relationships(db, home, datetime.now(UTC))
        assert not any(any(difference) for difference in found.values()), found
        _say("once more, nothing to put right", began, "")


def _say(what: str, began: float, more: str) -> float:
    seconds = time.perf_counter() - began
    print(f"{what:32}{seconds:8.1f} s  {more}", flush=True)
    return seconds


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--interactions", type=int, default=300_000)
    options.add_argument("--people", type=int, default=30_000)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, start_servers(Path(folder), durable=False) as servers:
        asyncio.run(measure(servers.database_url, chosen.interactions, chosen.people))


if __name__ == "__main__":
    main()
