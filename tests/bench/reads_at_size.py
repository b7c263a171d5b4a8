"""Lists of relationships, and of trust, as the community grows: asked by many clients, beside the bare handler.

Run: python -m tests.bench.reads_at_size --interactions 10000000 --people 1000000. Clients, API and PostgreSQL share the
machine. "at once": each client asks again as soon as it is answered, so that the rate decides how long each waits.
"paced": each asks PACE times a second on average, at random moments.
"""

import argparse
import asyncio
import pickle
import random
import tempfile
import time
from hashlib import md5
from pathlib import Path
from statistics import median, quantiles
from typing import cast
from uuid import UUID, uuid4

import asyncpg
from rich.console import Console
from rich.table import Table

from kith.cli.servers import start_servers
from kith.domain import ids
from kith.domain.scopes import SCOPES
from kith.store.db import Pool, open_pool, workspace
from kith.store.migrate import migrate
from kith.store.sources import create_source
from kith.store.tokens import create_token
from kith.store.workspaces import create_workspace
from tests.bench.reads import DATABASE, RECORDED, UNLIMITED, WORKSPACE, record, served
from tests.bench.relationships import DAYS
from tests.bench.relationships import _fill as facts
from tests.bench.relationships import _rebuild as rebuilt

SMALL = (100_000, 10_000)
CLIENTS = 50
PACE = 10.0
SECONDS = 6.0
ASKED = 300  # people

_HUB = """
    INSERT INTO interactions (workspace_id, id, kind, actor_id, target_ids, target_kinds, channel_id, network, host,
        key, occurred_at, visibility, version)
    SELECT '{home}', md5('hub ' || n)::uuid, 'reply', md5('person 0')::uuid, ARRAY[md5('person ' || n)::uuid],
        '{{reply}}', md5('channel 0')::uuid, 'mail', 'mail', 'hub ' || n,
        now() - make_interval(secs => {days} * 86400 * random()), 'public', ''
    FROM generate_series(1, {people} / 10) AS n;
"""
_PEOPLE = """
    INSERT INTO people (workspace_id, id, name, kind, networks, identities, interactions, first_seen, last_seen)
    SELECT workspace_id, id, 'Person ' || key, kind, ARRAY[network], 1, 1, now(), now() FROM identities
"""


async def fill(url: str, interactions: int, people: int) -> tuple[UUID, str]:
    """Make facts in the database itself, and of them what lists read; return the workspace and a token."""
    home = uuid4()
    await migrate(url)
    async with await open_pool(url, statement_seconds=None) as pool:
        async with workspace(pool, home) as db:
            await create_workspace(db, home, "bench")
            await create_source(db, home, "ndjson", "bench", {"path": "/nowhere"})
            token = await create_token(db, home, "bench", SCOPES)
        owner = await asyncpg.connect(url)
        await facts(owner, home, interactions, people)
        await owner.execute((_HUB + _PEOPLE).format(home=home, people=people, days=DAYS))
        await rebuilt(pool, home)
        for rest in ("VACUUM ANALYZE", "CHECKPOINT"):  # what PostgreSQL would else do behind the questions
            await owner.execute(rest)
        await owner.close()
    return home, token


async def paths(pool: Pool, home: UUID) -> dict[str, list[str]]:
    """Return what is asked, by what it is called: people drawn by chance (ids are hashes), the hub, and all."""
    hub = UUID(md5(b"person 0", usedforsecurity=False).hexdigest())
    async with workspace(pool, home) as db:
        drawn = await db.fetch(
            """
            SELECT id FROM people p WHERE workspace_id = $1
                AND EXISTS (SELECT FROM relationships r WHERE r.workspace_id = $1 AND r.person_id = p.id)
            ORDER BY id LIMIT $2
            """,
            home, ASKED,
        )  # fmt: skip
        known = await db.fetchval(
            "SELECT count(*) FROM relationships WHERE workspace_id = $1 AND person_id = $2", home, hub
        )

    def path(person_id: UUID, rest: str) -> str:
        return f"/v1/people/{ids.encode('person', person_id)}/{rest}"

    return {
        "/people/{id}/relationships": [path(row["id"], "relationships") for row in drawn],
        f"the same, of one with {known:,}": [path(hub, "relationships")],
        "/people/{id}/trust": [path(row["id"], "trust") for row in drawn],
        f"the same, of one who only talks with {known:,}": [path(hub, "trust")],
        "/relationships": ["/v1/relationships"],
    }


class Client(asyncio.Protocol):
    """Asks on one connection until ``until``, and notes how long each answer took, in milliseconds."""

    def __init__(self, requests: list[bytes], until: float, pace: float | None, times: list[float]) -> None:
        self.requests, self.until, self.pace, self.times = requests, until, pace, times
        self.loop, self.chance, self.left = asyncio.get_running_loop(), random.Random(), 0
        self.ended = self.loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.rest()

    def rest(self) -> None:
        if time.perf_counter() >= self.until:
            self.ended.set_result(None)
            self.transport.close()
        elif self.pace is None:
            self.ask()
        else:
            self.loop.call_later(self.chance.expovariate(self.pace), self.ask)

    def ask(self) -> None:
        self.began = time.perf_counter()
        self.transport.write(self.chance.choice(self.requests))

    def data_received(self, data: bytes) -> None:
        if not self.left:
            head, _, body = data.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            self.left = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            data = body
        self.left -= len(data)
        if not self.left:
            self.times.append((time.perf_counter() - self.began) * 1000)
            self.rest()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(error or ConnectionResetError())


async def ask(port: int, asked: list[str], token: str, pace: float | None, seconds: float) -> list[float]:
    """Ask for some seconds by CLIENTS at once; return the times in milliseconds."""
    requests = [f"GET {path} HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer {token}\r\n\r\n".encode() for path in asked]
    until, times, loop = time.perf_counter() + seconds, list[float](), asyncio.get_running_loop()

    async def client() -> None:
        _, one = await loop.create_connection(lambda: Client(requests, until, pace, times), "127.0.0.1", port)
        await one.ended

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return times


async def measure(url: str, home: UUID, token: str, processes: int) -> dict[str, list[list[float]]]:
    """Return for each question the times of the bare handler at once, of kith at once, and of kith paced."""
    async with await open_pool(url, size=1, statement_seconds=None) as pool:
        questions = await paths(pool, home)
    with tempfile.TemporaryDirectory() as folder:
        every = [path for asked in questions.values() for path in asked]
        recorded = Path(folder) / "recorded"
        recorded.write_bytes(pickle.dumps(await record(url, token, every)))
        environment = {
            RECORDED: str(recorded), DATABASE: url, WORKSPACE: str(home), "KITH_DATABASE_URL": url,
            "KITH_LOG_LEVEL": "error", **UNLIMITED,
        }  # fmt: skip
        async with (
            served("tests.bench.reads:raw_app", environment, processes) as raw,
            served("kith.cli.serving:app_of_a_process", environment, processes) as api,
        ):
            times = {}
            for name, asked in questions.items():
                for port in (raw, api):
                    await ask(port, asked, token, None, 1)
                times[name] = [
                    await ask(port, asked, token, pace, SECONDS)
                    for port, pace in ((raw, None), (api, None), (api, PACE))
                ]
    return times


def show(interactions: int, people: int, processes: int, times: dict[str, list[list[float]]]) -> Table:
    columns = [word for kind in ("raw", "kith", "paced") for word in (f"{kind} p50", "p99", "req/s")]
    size = f"{interactions:,} interactions, {people:,} people"
    table = Table("GET", *columns, title=f"{size}; {CLIENTS} clients, {processes} processes; ms")
    for name, measured in times.items():
        cells = []
        for each in measured:
            cuts = quantiles(each, n=100)
            cells += [f"{cuts[49]:.1f}", f"{cuts[98]:.1f}", f"{len(each) / SECONDS:.0f}"]
        table.add_row(name, *cells)
    return table


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--interactions", type=int, default=300_000)
    options.add_argument("--people", type=int, default=30_000)
    options.add_argument("--processes", type=int, default=2)
    chosen = options.parse_args()
    console, medians = Console(width=140), []
    for interactions, people in (SMALL, (chosen.interactions, chosen.people)):
        with tempfile.TemporaryDirectory() as folder, start_servers(Path(folder)) as servers:
            url = servers.database_url
            times = asyncio.run(measure(url, *asyncio.run(fill(url, interactions, people)), chosen.processes))
        console.print(show(interactions, people, chosen.processes, times))
        medians.append([median(measured[1]) for measured in times.values()])
    for name, small, large in zip(times, *medians, strict=True):
        console.print(f"{name}: the median of the larger is {large / small:.2f} times that of the smaller")


if __name__ == "__main__":
    main()
