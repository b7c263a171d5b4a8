"""What one workspace notices of another that asks five times what the process can answer, or imports a million records.

Run: python -m tests.bench.fairness [--records 1000000]. One API process; ours asks at a steady rate, theirs in an open
loop that waits for no answer. First theirs has units left and only turns are fair; then they are used up and most of
its requests get 429. What floods runs only where nothing else does, as if on a machine of its own. A p99 rests on the
14 slowest of 1,440 reads, in rounds that take turns: of 450 reads, it was what the fifth slowest had met by chance.
Last, a worker reads so many records of theirs and computes what rests on them; it is stopped while ours is alone.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from kith.cli.servers import Servers, start_servers
from kith.domain.scopes import SCOPES
from kith.store.db import Pool, open_pool, workspace
from kith.store.migrate import migrate
from kith.store.tokens import create_token
from tests.bench import ingest
from tests.bench.reads import ask, served
from tests.integration.api import town

PATH = "/v1/people"
STEADY = 60.0  # requests a second of ours
SECONDS = 24.0
ROUNDS = 6
TIMES = 5  # what the process can answer
PLACES = (49, 89, 98)
FLOODING = 100  # connections of theirs
ENOUGH = 20  # refusals: what was left of theirs is used up
RECORDS = 1_000_000
UNANSWERED = 90  # requests of one connection: the server ends those with more than a hundred


async def steady(port: int, token: str, seconds: float) -> list[float]:
    """Ask at a steady rate, whether or not answers have come; return the times in milliseconds."""
    request = f"GET {PATH} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(20):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    times = list[float]()

    async def once() -> None:
        began = time.perf_counter()
        reader, writer = await free.get()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        times.append((time.perf_counter() - began) * 1000)
        free.put_nowait((reader, writer))

    async with asyncio.TaskGroup() as asking:
        began = time.perf_counter()
        for number in range(int(seconds * STEADY)):
            await asyncio.sleep(max(0.0, began + number / STEADY - time.perf_counter()))
            asking.create_task(once())
    while not free.empty():
        free.get_nowait()[1].close()
    return times


async def flood(port: int, token: str, rate: float) -> None:
    """Send at this rate and wait for nothing; connect again where that is ended. A process's work.

    Print each second how many requests were due, and how many answers had which status. What a connection cannot take,
    because the server does not read it, is not sent later.
    """
    request = f"GET {PATH} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    told = Counter[bytes]()

    async def one() -> None:
        while True:
            await until_it_ends()

    async def until_it_ends() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answered = Counter[bytes]()
        reading = asyncio.create_task(count(reader, answered))
        began, sent, asked = time.perf_counter(), 0, 0
        while not reading.done():
            due = int((time.perf_counter() - began) * rate / FLOODING) - sent
            if (more := min(due, UNANSWERED - asked + answered.total())) > 0:
                writer.write(request * more)
                asked += more
            sent += due
            told[b"due"] += due
            await asyncio.sleep(0.02)
        writer.close()

    async def count(reader: asyncio.StreamReader, answered: Counter[bytes]) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(1 << 18):
                found = {b"200": data.count(b"HTTP/1.1 200"), b"429": data.count(b"HTTP/1.1 429")}
                told.update(found)
                answered.update(found)

    async def tell() -> None:
        while True:
            await asyncio.sleep(1)
            print(told[b"due"], told[b"200"], told[b"429"], flush=True)

    await asyncio.gather(tell(), *(one() for _ in range(FLOODING)))


@contextlib.asynccontextmanager
async def flooded(port: int, token: str, rate: float) -> AsyncIterator[list[str]]:
    """Let another process flood; yield what it has said until now."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.fairness", str(port), token, str(rate), stdout=asyncio.subprocess.PIPE
    )
    lines = list[str]()

    async def read() -> None:
        assert process.stdout
        while line := await process.stdout.readline():
            lines.append(line.decode())

    reading = asyncio.create_task(read())
    try:
        yield lines
    finally:
        process.kill()
        await process.wait()
        await reading


def answered(lines: list[str]) -> Counter[str]:
    due, ok, refused = map(int, lines[-1].split())
    return Counter({"due": due, "200": ok, "429": refused})


async def main(records: int) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="kith-bench") as folder,
        start_servers(Path(folder), durable=False) as servers,
    ):
        await migrate(servers.database_url)
        async with await open_pool(servers.database_url, size=4, statement_seconds=None) as pool:
            ours, theirs = [await tenant(pool, name) for name in ("ours", "theirs")]
        environment = {
            "KITH_DATABASE_URL": servers.database_url, "KITH_REDIS_URL": servers.redis_url, "KITH_LOG_LEVEL": "error",
        }  # fmt: skip
        unlimited = {"KITH_RATE_TOKEN": "0", "KITH_RATE_WORKSPACE": "0"}
        async with served("kith.cli.serving:app_of_a_process", environment | unlimited) as port:
            capacity = len(await ask(port, PATH, ours, 3.0)) / 3.0
            heads = ["alone p50", "p90", "p99", "beside p50", "p90", "p99", "ratio of p50", "p90", "p99"]
            table = Table("theirs", *heads, "due", "answered", "429")
            table.title = (
                f"ours at {STEADY:.0f}/s; the process answers {capacity:.0f}/s; theirs sends {TIMES} times that"
            )
            await compare(table, "no limits: fair turns alone", port, ours, theirs, capacity, limited=False)
        limited = {"KITH_RATE_TOKEN": str(int(capacity * 60 / 10)), "KITH_RATE_WORKSPACE": "0"}
        async with served("kith.cli.serving:app_of_a_process", environment | limited) as port:
            await ask_until_refused(port, theirs)
            await compare(table, "limited to a tenth", port, ours, theirs, capacity, limited=True)
            await compare_with_import(table, port, ours, servers, Path(folder), records)
        Console(width=160).print(table)


async def compare(
    table: Table, name: str, port: int, ours: str, theirs: str, capacity: float, *, limited: bool
) -> None:
    alone, beside, told = list[float](), list[float](), Counter[str]()
    for _ in range(ROUNDS):
        alone += await steady(port, ours, SECONDS / ROUNDS)
        async with flooded(port, theirs, capacity * TIMES) as lines:
            while len(lines) < 2 or (limited and answered(lines)["429"] < ENOUGH):  # noqa: ASYNC110  # it tells
                await asyncio.sleep(0.1)
            before = answered(lines)
            beside += await steady(port, ours, SECONDS / ROUNDS)
            await asyncio.sleep(1)
            told += answered(lines) - before
        await asyncio.sleep(1)
    add_row(table, name, alone, beside, *(str(told[kind]) for kind in ("due", "200", "429")))


async def compare_with_import(table: Table, port: int, ours: str, servers: Servers, home: Path, records: int) -> None:
    """Compare while a worker reads and computes; where it has less to do than rounds take, there are fewer rounds."""
    ingest.write(home / "in.ndjson", records)
    alone, beside = list[float](), list[float]()
    async with await open_pool(servers.database_url, size=2, statement_seconds=None) as pool:
        begun = await ingest.begin(servers, pool, ingest.Source("ndjson", {"path": str(home / "in.ndjson")}))
        worker = await ingest.start_worker(begun, home)
        work = asyncio.create_task(ingest.follow(pool, begun.workspace_id, begun.project, worker.pid))
        try:
            await asyncio.sleep(5)  # it has begun
            for _ in range(ROUNDS):
                worker.send_signal(signal.SIGSTOP)
                await asyncio.sleep(1)  # PostgreSQL does what it was asked last
                quiet = await steady(port, ours, SECONDS / ROUNDS)
                worker.send_signal(signal.SIGCONT)
                busy = await steady(port, ours, SECONDS / ROUNDS)
                if work.done():
                    break
                alone, beside = alone + quiet, beside + busy
        finally:
            work.cancel()
            worker.kill()
            await worker.wait()
        if not beside:
            raise SystemExit(f"{records:,} records are imported sooner than they can be measured: ask for more.")
        async with workspace(pool, begun.workspace_id) as db:
            read = await db.fetchval("SELECT count(*) FROM interactions WHERE workspace_id = $1", begun.workspace_id)
    add_row(table, f"imports: {read:,} of {records:,}", alone, beside, "", "", "")


def add_row(table: Table, name: str, alone: list[float], beside: list[float], *more: str) -> None:
    cuts = [statistics.quantiles(times, n=100) for times in (alone, beside)]
    cells = [f"{cut[place]:.1f}" for cut in cuts for place in PLACES]
    ratios = [f"{cuts[1][place] / cuts[0][place]:.2f}" for place in PLACES]
    table.add_row(name, *cells, *ratios, *more)


async def ask_until_refused(port: int, token: str) -> None:
    """Use up what a bucket holds for a burst."""
    with contextlib.suppress(AssertionError, ExceptionGroup):
        while True:
            await ask(port, "/v1/me", token, 5.0)


def give_way() -> None:
    """Have this process run where nothing else does: what one asks with takes no core of what is asked."""
    if sys.platform == "linux":
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.nice(19)


async def tenant(pool: Pool, name: str) -> str:
    """Return the token of a workspace with a small town."""
    built = await town.build(pool, name)
    async with workspace(pool, built.workspace_id) as db:
        return await create_token(db, built.workspace_id, "bench", SCOPES)


if __name__ == "__main__":
    if len(sys.argv) == 4:
        give_way()
        with contextlib.suppress(ConnectionError):
            asyncio.run(flood(int(sys.argv[1]), sys.argv[2], float(sys.argv[3])))
    else:
        parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
        parser.add_argument("--records", type=int, default=RECORDS, help="that theirs imports")
        asyncio.run(main(parser.parse_args().records))
