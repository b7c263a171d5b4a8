"""Reads through the API beside a bare ASGI handler that sends the very same statements and encodes the bare rows.

Run: python -m tests.bench.reads. Both are served by one uvicorn process, on one database, and asked in turn. The bare
handler is behind the protocol that uvicorn brings, as anybody would have it: what kith's own costs is kith's.
"""

import asyncio
import os
import pickle
import random
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import msgspec
from rich.console import Console
from rich.table import Column, Table

from kith.api.app import create_app
from kith.cli.servers import start_servers
from kith.connectors import Channel, Conversation, Identity, Interaction, InteractionRef, Page, Record, Ref, Target
from kith.domain import ids
from kith.domain.scopes import SCOPES
from kith.projections import project
from kith.projections.ingest import Ingest
from kith.runtime.settings import Settings
from kith.store import ingest
from kith.store.db import Pool, open_pool, view, workspace
from kith.store.migrate import migrate
from kith.store.sources import create_source
from kith.store.tokens import create_token
from kith.store.workspaces import create_workspace

PEOPLE = 3_000
INTERACTIONS = 100_000
CHANNELS = 40
PAGE = 10_000
CLIENTS = 8
SECONDS = 2.0
START_SECONDS = 120  # that a server may take on a machine with much else to do
WIDTH = 160  # whatever the terminal: no path is cut
ROUNDS = 8
STATEMENT_SECONDS = 60.0  # a busy machine makes nobody give up
RECORDED = "BENCH_RECORDED"
DATABASE = "BENCH_DATABASE"
WORKSPACE = "BENCH_WORKSPACE"
WIRE = "kith.api.http.wire:Wire"
#: Units are counted as always, and never used up.
UNLIMITED = {"KITH_RATE_TOKEN": "1000000000", "KITH_RATE_WORKSPACE": "1000000000"}


def person(number: int) -> Ref:
    return Ref("git", f"person-{number}@example.org")


def act(chance: random.Random, number: int, now: datetime) -> Interaction:
    """One review among people of whom few do much."""
    actor, target = (min(int(chance.paretovariate(0.7)) - 1, PEOPLE - 1) for _ in range(2))
    channel = Ref("git", f"area-{number % CHANNELS}")
    return Interaction(
        InteractionRef("git", f"commit-{number}", "review"),
        person(actor),
        now - timedelta(minutes=chance.randrange(3 * 365 * 24 * 60)),
        (Target(person(target if target != actor else (actor + 1) % PEOPLE)),),
        channel,
        conversation=Ref("git", f"thread-{number // 10}"),
        title=f"change {number} of the {chance.choice(['index', 'transport', 'lantern', 'merge'])} code",
        visibility="public",
    )


async def build(pool: Pool) -> UUID:
    """Store the people and their interactions as a source would; return the workspace."""
    chance, now, workspace_id = random.Random(7), datetime.now(UTC), uuid4()  # no secret is drawn
    async with workspace(pool, workspace_id) as db:
        home = await create_workspace(db, workspace_id, "bench")
        source = await create_source(db, workspace_id, "ndjson", "bench", {"path": "/nowhere"})
    records: list[Record] = [Identity(person(n), "person", name=f"Person {n}", seen_at=now) for n in range(PEOPLE)]
    records += [Channel(Ref("git", f"area-{n}"), "area", f"area {n}", visibility="public") for n in range(CHANNELS)]
    records += [Conversation(Ref("git", f"thread-{n}"), title=f"thread {n}") for n in range(INTERACTIONS // 10)]
    records += [act(chance, n, now) for n in range(INTERACTIONS)]
    worker = Ingest(home.id_key)
    for start in range(0, len(records), PAGE):
        batch = worker.batch(Page(tuple(records[start : start + PAGE]), msgspec.Raw(b"{}")))
        async with workspace(pool, workspace_id) as db:
            await ingest.apply(db, workspace_id, source.id, None, batch)
    left = 1
    while left:
        async with workspace(pool, workspace_id) as db:
            _, left = await project.project(db, workspace_id, now)
    return workspace_id


async def paths(pool: Pool, workspace_id: UUID) -> list[str]:
    """Return what is asked: lists, and details of the busiest pair."""
    async with workspace(pool, workspace_id) as db:
        row = await db.fetchrow(
            """
            SELECT person_id, other_id FROM relationships WHERE workspace_id = $1
            ORDER BY strength DESC NULLS LAST LIMIT 1
            """,
            workspace_id,
        )
    assert row
    one, other = (ids.encode("person", row[name]) for name in ("person_id", "other_id"))
    return [
        "/v1/me",
        "/v1/people",
        f"/v1/people/{one}",
        f"/v1/people/{one}/timeline",
        f"/v1/people/{one}/relationships",
        "/v1/relationships",
        f"/v1/relationships/{one}/{other}",
        "/v1/conversations",
        "/v1/interactions",
        "/v1/interactions?q=lantern",
        "/v1/search?q=lantern%20code",
    ]


async def record(url: str, token: str, asked: list[str]) -> dict[str, list[tuple[str, tuple[Any, ...]]]]:
    """Return the statements that the API sends for each path, with their values."""
    sent: list[tuple[str, tuple[Any, ...]]] = []
    execute = asyncpg.Connection._execute  # type: ignore[attr-defined]  # where fetch, fetchrow, ... all pass

    async def noted(self: Any, query: str, args: Any, *rest: Any, **options: Any) -> Any:
        sent.append((query, tuple(args)))
        return await execute(self, query, args, *rest, **options)

    found = {}
    app = create_app(Settings(database_url=url, pool_size=2, log_level="error"))
    transport = httpx2.ASGITransport(app=app)
    async with app.lifespan(), httpx2.AsyncClient(transport=transport, base_url="http://kith") as http:
        headers = {"Authorization": f"Bearer {token}"}
        (await http.get("/v1/me", headers=headers)).raise_for_status()
        asyncpg.Connection._execute = noted  # type: ignore[attr-defined]  # see above
        for path in asked:
            sent.clear()
            (await http.get(path, headers=headers)).raise_for_status()
            found[path] = list(sent)
        asyncpg.Connection._execute = execute  # type: ignore[attr-defined]  # see above
    return found


def raw_app() -> Callable[..., Any]:
    """The bare handler: the same statements, the rows as JSON. The server imports it."""
    recorded = pickle.loads(Path(os.environ[RECORDED]).read_bytes())  # written by this very script
    workspace_id = UUID(os.environ[WORKSPACE])
    pool: Pool | None = None

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal pool
        if scope["type"] == "lifespan":
            await receive()
            pool = await open_pool(os.environ[DATABASE], size=10, statement_seconds=STATEMENT_SECONDS)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await pool.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        assert pool
        query = scope["query_string"].decode()
        rows: list[list[dict[str, Any]]] = []
        if statements := recorded[f"{scope['path']}?{query}" if query else scope["path"]]:
            async with view(pool, workspace_id) as db:
                rows = [[dict(row) for row in await db.fetch(text, *values)] for text, values in statements]
        body = msgspec.json.encode(rows)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


@asynccontextmanager
async def served(
    target: str,
    environment: dict[str, str],
    processes: int = 1,
    protocol: str = WIRE,
    *,
    python: Path = Path(sys.executable),
    folder: Path | None = None,
) -> AsyncIterator[int]:
    """Serve an application as kith api does; yield its port. python, folder: another's."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        python, "-m", "uvicorn", "--factory", "--http", protocol, "--ws", "none",
        "--interface", "asgi3", "--no-access-log", "--log-level", "warning", "--no-proxy-headers", "--no-server-header",
        "--workers", str(processes), "--host", "127.0.0.1", "--port", str(port), target,
        env=os.environ | environment, cwd=folder,
    )  # fmt: skip
    try:
        async with asyncio.timeout(START_SECONDS):
            while True:
                try:
                    (await asyncio.open_connection("127.0.0.1", port))[1].close()
                    break
                except OSError:
                    await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
        yield port
    finally:
        process.terminate()
        await process.wait()


async def ask(port: int, path: str, token: str, seconds: float) -> list[float]:
    """Ask again and again by CLIENTS at once; return the times in milliseconds."""
    request = f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    until, times = time.perf_counter() + seconds, list[float]()

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (began := time.perf_counter()) < until:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            times.append((time.perf_counter() - began) * 1000)
        writer.close()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return times


async def main() -> None:
    console = Console(width=WIDTH)
    with (
        tempfile.TemporaryDirectory(prefix="kith-bench") as folder,
        start_servers(Path(folder), durable=False) as servers,
    ):
        url = servers.database_url
        await migrate(url)
        async with await open_pool(url, size=4, statement_seconds=None) as pool:
            began = time.perf_counter()
            workspace_id = await build(pool)
            async with pool.acquire() as db:
                await db.execute("SET ROLE NONE; ANALYZE; SET ROLE kith_app")
            console.print(f"{INTERACTIONS:,} interactions of {PEOPLE:,} people in {time.perf_counter() - began:.0f} s")
            async with workspace(pool, workspace_id) as db:
                token = await create_token(db, workspace_id, "bench", SCOPES)
            asked = await paths(pool, workspace_id)
        recorded = Path(folder) / "recorded"
        recorded.write_bytes(pickle.dumps(await record(url, token, asked)))
        environment = {
            RECORDED: str(recorded), DATABASE: url, WORKSPACE: str(workspace_id), "KITH_DATABASE_URL": url,
            "KITH_LOG_LEVEL": "error", "KITH_REDIS_URL": servers.redis_url,
            "KITH_STATEMENT_SECONDS": str(STATEMENT_SECONDS), **UNLIMITED,
        }  # fmt: skip
        async with (
            served("tests.bench.reads:raw_app", environment, protocol="httptools") as raw,
            served("kith.cli.serving:app_of_a_process", environment) as api,
        ):
            console.print(await measure(raw, api, asked, token))


async def measure(raw: int, api: int, asked: list[str], token: str) -> Table:
    whole = Column(no_wrap=True)
    title = f"{CLIENTS} clients; times in ms; of raw: requests per second of kith, as a share of those of raw"
    table = Table(whole, "raw p50", "p99", "req/s", "kith p50", "p99", "req/s", "of raw", title=title)
    for path in asked:
        times: dict[int, list[float]] = {raw: [], api: []}
        for port in times:
            await ask(port, path, token, 0.3)
        for _ in range(ROUNDS):
            for port in times:
                times[port] += await ask(port, path, token, SECONDS / ROUNDS)
        cells = []
        for port in (raw, api):
            cuts = statistics.quantiles(times[port], n=100)
            cells += [f"{cuts[49]:.2f}", f"{cuts[98]:.2f}", f"{len(times[port]) / SECONDS:.0f}"]
        name = "/".join("{id}" if part[3:4] == "_" else part for part in path.split("/"))
        table.add_row(f"GET {name}", *cells, f"{len(times[api]) / len(times[raw]):.2f}")
    return table


if __name__ == "__main__":
    asyncio.run(main())
