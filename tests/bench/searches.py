"""The list of interactions by words and by every other filter, as the community grows.

Run: python -m tests.bench.searches --interactions 10000000 --people 1000000. One asks at a time. Each word is planted:
one stands in every text, one in a thousandth of them, one in three, one in none.
"""

import argparse
import asyncio
import tempfile
import time
from datetime import UTC, datetime, timedelta
from hashlib import md5
from pathlib import Path
from statistics import median
from uuid import UUID, uuid4

import asyncpg

from kith.cli.servers import start_servers
from kith.store.db import open_pool, workspace
from kith.store.interactions import InteractionFilter, list_interactions
from kith.store.migrate import migrate
from kith.store.workspaces import create_workspace
from tests.bench.communities import analyze
from tests.bench.relationships import _INDEXES as INDEXES
from tests.bench.relationships import CHANNELS, DAYS

SMALL = (100_000, 10_000)
WORDS = 30_000
PAGE = 50
TIMES = 5

_FILL = """
    SELECT setseed(0.5);
    INSERT INTO identities (workspace_id, id, network, host, key, kind)
    SELECT '{home}', md5('person ' || n)::uuid, 'mail', 'mail', 'p' || n, 'person'
    FROM generate_series(0, {people} - 1) AS n;
    INSERT INTO person_identities SELECT workspace_id, id, id FROM identities;
    INSERT INTO interactions (workspace_id, id, kind, actor_id, target_ids, target_kinds, channel_id, network, host,
        key, occurred_at, visibility, version, text)
    SELECT '{home}', md5('act ' || n)::uuid, CASE WHEN n % 100000 = 7 THEN 'review' ELSE 'reply' END,
        md5('person ' || actor)::uuid, ARRAY[md5('person ' || (actor + 1) % {people})::uuid], '{{reply}}',
        md5('channel ' || actor % {channels})::uuid, 'mail', 'mail', n::text,
        timestamptz '2026-01-01' - make_interval(secs => {days} * 86400 * random()), 'public', '',
        'everyday word' || n % {words} || CASE WHEN n % 1000 = 3 THEN ' seldom' ELSE '' END
            || CASE WHEN n * 4 % {interactions} < 4 AND n < {interactions} THEN ' rare' ELSE '' END
    FROM (SELECT n, floor({people} * random() ^ 3)::bigint AS actor FROM generate_series(1, {interactions}) AS n
          OFFSET 0) AS acts;
"""


async def fill(url: str, interactions: int, people: int) -> UUID:
    """Make the facts in the database itself; return the workspace."""
    home = uuid4()
    await migrate(url)
    async with await open_pool(url, statement_seconds=None) as pool, workspace(pool, home) as db:
        await create_workspace(db, home, "bench")
    owner = await asyncpg.connect(url)
    indexes = await owner.fetch(INDEXES)
    for index in indexes:
        await owner.execute(index["dropped"])
    filled = _FILL.format(
        home=home, people=people, interactions=interactions, channels=CHANNELS, days=DAYS, words=WORDS
    )
    await owner.execute(filled)
    await owner.execute("SET maintenance_work_mem = '1GB'")
    for index in indexes:
        await owner.execute(index["made"])
    await owner.close()
    await analyze(url)
    return home


def questions() -> dict[str, InteractionFilter]:
    """Return what is asked, by what it is called."""
    busy, quiet = (UUID(md5(f"person {n}".encode(), usedforsecurity=False).hexdigest()) for n in (0, 9_000))
    channel = UUID(md5(b"channel 0", usedforsecurity=False).hexdigest())
    nowhere, last = uuid4(), datetime(2026, 1, 1, tzinfo=UTC)
    words = {"in every text": "everyday", "in a thousandth": "seldom", "in four": "rare", "in none": "absent"}
    found = {f"q {where}": InteractionFilter(words=word) for where, word in words.items()}
    found |= {
        "q of two words": InteractionFilter(words="everyday word77"),
        "q in every text, in a channel": InteractionFilter(words="everyday", channel_id=channel),
        "q in four, in a channel": InteractionFilter(words="rare", channel_id=channel),
        "q in four, of the busiest": InteractionFilter(words="rare", identity_ids=[busy]),
        "q in none, of a rare kind": InteractionFilter(words="absent", kinds=("review",)),
        "no filter": InteractionFilter(),
        "of the busiest": InteractionFilter(identity_ids=[busy]),
        "of one who does little": InteractionFilter(identity_ids=[quiet]),
        "of nobody": InteractionFilter(identity_ids=[nowhere]),
        "in a channel": InteractionFilter(channel_id=channel),
        "in an empty channel": InteractionFilter(channel_id=nowhere),
        "of a common kind": InteractionFilter(kinds=("reply",)),
        "of a rare kind": InteractionFilter(kinds=("review",)),
        "of an absent kind": InteractionFilter(kinds=("call",)),
        "of one day": InteractionFilter(since=last - timedelta(days=400), before=last - timedelta(days=399)),
    }
    return found


async def measure(url: str, home: UUID) -> dict[str, float]:
    """Return the median of each question, in milliseconds."""
    medians = {}
    async with await open_pool(url, size=1, statement_seconds=None) as pool:
        for name, wanted in questions().items():
            times = []
            for _ in range(TIMES):
                async with workspace(pool, home) as db:
                    began = time.perf_counter()
                    await list_interactions(db, home, wanted, None, PAGE)
                    times.append((time.perf_counter() - began) * 1000)
            medians[name] = median(times)
    return medians


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--interactions", type=int, default=1_000_000)
    options.add_argument("--people", type=int, default=100_000)
    chosen = options.parse_args()
    found = []
    for interactions, people in (SMALL, (chosen.interactions, chosen.people)):
        with tempfile.TemporaryDirectory() as home:
            Path(home).chmod(0o711)  # the account of PostgreSQL has to pass through
            with start_servers(Path(home) / "kith", durable=False) as servers:
                began = time.perf_counter()
                filled = asyncio.run(fill(servers.database_url, interactions, people))
                print(f"{interactions:,} interactions made in {time.perf_counter() - began:.0f} s", flush=True)
                found.append(asyncio.run(measure(servers.database_url, filled)))
    print("| interactions | ms | to the smaller's |\n|---|---|---|")
    small, large = found
    for name, milliseconds in large.items():
        print(f"| {name} | {milliseconds:.1f} | {milliseconds / small[name]:.2f} |", flush=True)


if __name__ == "__main__":
    main()
