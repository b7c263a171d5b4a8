"""How long all edges and relationships take from the interactions alone, beside bare sums of the same rows.

Run: python -m tests.bench.relationships --interactions 10000000 --people 1000000. The bare sums are one CREATE TABLE AS
of contact per pair, day and channel: the least that any rebuild has to do. Afterwards single interactions arrive; each
has to change its relationship as one more rebuild then would. With --home the facts are kept for the next run.
"""

import argparse
import asyncio
import statistics
import tempfile
import threading
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import psutil

from kith.cli.servers import start_servers
from kith.projections import project, rebuild, resolution
from kith.store import ingest
from kith.store.batch import INTERACTION, Batch
from kith.store.db import Db, Pool, new_id, open_pool, workspace
from kith.store.migrate import migrate
from kith.store.rebuild import Difference
from kith.store.sources import create_source
from kith.store.workspaces import create_workspace

CHANNELS = 500
DAYS = 3 * 365

# Few do much; each meets some dozen others again and again.
_FILL = """
    SELECT setseed(0.5);
    INSERT INTO identities (workspace_id, id, network, host, key, kind)
    SELECT '{home}', md5('person ' || n)::uuid, 'mail', 'mail', 'p' || n, 'person'
    FROM generate_series(0, {people} - 1) AS n;
    INSERT INTO person_identities SELECT workspace_id, id, id FROM identities;
    INSERT INTO interactions (workspace_id, id, kind, actor_id, target_ids, target_kinds, channel_id, network, host,
        key, occurred_at, visibility, version)
    SELECT '{home}', md5('act ' || n)::uuid, 'reply', md5('person ' || actor)::uuid,
        ARRAY[md5('person ' || (actor + 1 + abs(hashint8(actor * 64 + place)) % ({people} - 1)) % {people})::uuid],
        '{{reply}}', md5('channel ' || actor % {channels})::uuid, 'mail', 'mail', n::text,
        now() - make_interval(secs => {days} * 86400 * random()), 'public', ''
    FROM (SELECT n, floor({people} * random() ^ 3)::bigint AS actor, floor(20 * random() ^ 2)::bigint AS place
          FROM generate_series(1, {interactions}) AS n OFFSET 0) AS acts;
"""

# Indexes are made when all rows are there, which is faster.
_INDEXES = """
    SELECT pg_get_indexdef(indexrelid) AS made, format('DROP INDEX %I', relname) AS dropped
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indrelid = 'interactions'::regclass AND NOT indisprimary
"""

_BARE = """
    CREATE TEMPORARY TABLE bare AS
    SELECT actor_id, target_id, occurred_at::date AS day, channel_id, count(*), sum(1000)
    FROM interactions, unnest(target_ids) AS target_id GROUP BY 1, 2, 3, 4
"""


_BUSIEST = "SELECT person_id, other_id FROM relationships WHERE workspace_id = $1 ORDER BY given DESC LIMIT 100"
_ANY = "SELECT person_id, other_id FROM relationships WHERE workspace_id = $1 AND strength > 0.3 LIMIT 20"


async def measure(url: str, interactions: int, people: int) -> None:
    await migrate(url)
    owner = await asyncpg.connect(url)
    name = f"{interactions} of {people}"
    filled = await owner.fetchrow("SELECT workspace_id, name FROM workspaces")
    home = filled["workspace_id"] if filled else uuid4()
    async with await open_pool(url, statement_seconds=None) as pool:
        if filled:
            assert filled["name"] == name, f"the home holds {filled['name']}"
            await owner.execute("TRUNCATE contact_days, activity_days, identity_days, relationships")
        else:
            async with workspace(pool, home) as db:
                await create_workspace(db, home, name)
            await _fill(owner, home, interactions, people)
        await owner.execute("CHECKPOINT")
        began = time.perf_counter()
        await owner.execute(_BARE)
        bare = _say("bare sums of contact", began, "")
        await owner.close()
        began = time.perf_counter()
        with Memory() as memory:
            pairs = (await _rebuild(pool, home))["relationships"].missing // 2
        whole = _say("edges and relationships", began, f"{pairs:,} pairs")
        print(f"{whole / bare:.1f} times the bare sums; {interactions / whole:,.0f} interactions a second; {memory}")
        began = time.perf_counter()
        async with workspace(pool, home) as db:
            await resolution.resolve_all(db, home)  # else the first arrival would wait for it
        _say("identities resolved", began, "")
        arrived = await arrivals(pool, home)
        began = time.perf_counter()
        differences = await _rebuild(pool, home)
        assert not any(any(difference) for difference in differences.values()), differences
        _say("once more, nothing to put right", began, "")
        async with workspace(pool, home) as db:
            for row in arrived:
                assert row == await _relationship(db, home, row["person_id"], row["other_id"]), row


async def _fill(owner: Db, home: UUID, interactions: int, people: int) -> None:
    began = time.perf_counter()
    indexes = await owner.fetch(_INDEXES)
    await owner.execute("ALTER TABLE interactions DROP CONSTRAINT interactions_pkey")
    for index in indexes:
        await owner.execute(index["dropped"])
    await owner.execute(_FILL.format(home=home, people=people, interactions=interactions, channels=CHANNELS, days=DAYS))
    await owner.execute("SET maintenance_work_mem = '1GB'; ALTER TABLE interactions ADD PRIMARY KEY (workspace_id, id)")
    for index in indexes:
        await owner.execute(index["made"])
    await owner.execute("VACUUM ANALYZE")
    _say("facts made", began, f"{interactions:,} interactions of {people:,} people")


async def _rebuild(pool: Pool, home: UUID) -> dict[str, Difference]:
    async with workspace(pool, home) as db:
        await ingest.lock(db, home, alone=True)
        return await rebuild.rebuild_relationships(db, partial(workspace, pool, home), home, datetime.now(UTC))


async def arrivals(pool: Pool, home: UUID) -> list[asyncpg.Record]:
    """Let single interactions arrive, of the busiest people and of any; return the relationships that they made."""
    async with workspace(pool, home) as db:
        source = await create_source(db, home, "ndjson", str(new_id()), {"path": "/nowhere"})
        pairs = [*await db.fetch(_BUSIEST, home), *await db.fetch(_ANY, home)]
    found, times, met = [], [], set[UUID]()
    for person_id, other_id in pairs:
        if met & {person_id, other_id}:
            continue  # else the second arrival would change the people of the first
        met |= {person_id, other_id}
        began = time.perf_counter()
        async with workspace(pool, home) as db:
            await ingest.apply(db, home, source.id, None, Batch(interactions=[[_act(person_id, other_id)]]))
        async with workspace(pool, home) as db:
            await project.project(db, home, datetime.now(UTC))
        times.append(1000 * (time.perf_counter() - began))
        async with workspace(pool, home) as db:
            found.append(await _relationship(db, home, person_id, other_id))
    print(f"one of {len(times)} arrivals, until its relationship is stored: median {statistics.median(times):.0f} ms, "
          f"longest {max(times):.0f} ms")  # fmt: skip
    return found


def _act(actor_id: UUID, target_id: UUID) -> tuple[Any, ...]:
    values = dict.fromkeys(INTERACTION) | {
        "id": uuid4(), "kind": "reply", "actor_id": actor_id, "target_ids": [target_id], "target_kinds": ["reply"],
        "network": "mail", "host": "mail", "key": str(uuid4()), "occurred_at": datetime.now(UTC),
        "visibility": "public", "copied": False, "version": b"",
    }  # fmt: skip
    return tuple(values[name] for name in INTERACTION)


async def _relationship(db: Db, home: UUID, person_id: UUID, other_id: UUID) -> asyncpg.Record:
    row = await db.fetchrow(
        "SELECT * FROM relationships WHERE workspace_id = $1 AND person_id = $2 AND other_id = $3",
        home, person_id, other_id,
    )  # fmt: skip
    assert row
    return row


class Memory:
    """The most memory that this process and PostgreSQL's own take together, beside what PostgreSQL's share."""

    def __enter__(self) -> "Memory":
        self.most = dict.fromkeys(("Python", "PostgreSQL"), 0)
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._look)
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watch.join()

    def __str__(self) -> str:
        return "most memory: " + ", ".join(f"{name} {size >> 20:,} MB" for name, size in self.most.items())

    def _look(self) -> None:
        me = psutil.Process()
        while not self._ended.wait(0.25):
            servers = [info.rss - info.shared for child in me.children(recursive=True)
                       if (info := child.memory_info()) and child.name() == "postgres"]  # fmt: skip
            for name, size in (("Python", me.memory_info().rss), ("PostgreSQL", sum(servers))):
                self.most[name] = max(self.most[name], size)


def _say(what: str, began: float, more: str) -> float:
    seconds = time.perf_counter() - began
    print(f"{what:32}{seconds:8.1f} s  {more}", flush=True)
    return seconds


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--interactions", type=int, default=300_000)
    options.add_argument("--people", type=int, default=30_000)
    options.add_argument("--home", type=Path, help="folder of the database, kept")
    chosen = options.parse_args()
    place = nullcontext(chosen.home) if chosen.home else tempfile.TemporaryDirectory()
    with place as folder, start_servers(Path(folder)) as servers:
        asyncio.run(measure(servers.database_url, chosen.interactions, chosen.people))


if __name__ == "__main__":
    main()
