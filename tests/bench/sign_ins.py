"""What reads notice of more sign-ins than argon2 allows, from many addresses at once.

Run: python -m tests.bench.sign_ins. One API process; reads come at a steady rate, and beside them, at five times what
can be judged, attempts with wrong passwords, each for another account and from another address. These come from a
process of their own, which gives way to all that is measured: on the loop that times the reads, they would wait for
what the bench alone had to do.
"""

import asyncio
import contextlib
import random
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

from rich.console import Console
from rich.table import Table

from kith.cli.servers import start_servers
from kith.store.db import open_pool
from kith.store.migrate import migrate
from tests.bench.fairness import PLACES, give_way, steady, tenant
from tests.bench.reads import served

ROUNDS = 8
SECONDS = 24.0
TIMES = 5  # what can be judged
CHANCE = random.Random(7)


class Visitor:
    """A browser that has the form of the sign-in page, and fills it in as somebody else each time."""

    def __init__(self, port: int, cookie: str, key: str) -> None:
        self.port, self.cookie, self.key = port, cookie, key

    @classmethod
    async def of(cls, port: int) -> "Visitor":
        head, body = await said(port, b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        cookies = "; ".join(re.findall(r"(?i)^set-cookie: ([^;]+)", head, re.MULTILINE))
        key = re.search(r'name="form_key" value="([^"]+)"', body)
        assert key, body
        return cls(port, cookies, key[1])

    async def attempt(self) -> int:
        """Return the status of an attempt."""
        given = {"form_key": self.key, "address": f"a{CHANCE.random()}@example.org", "password": "not the password"}
        form, place = urlencode(given), ".".join(str(CHANCE.randrange(1, 255)) for _ in range(4))
        head, _ = await said(
            self.port,
            (
                f"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: {self.cookie}\r\n"
                f"X-Forwarded-For: {place}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                f"Content-Length: {len(form)}\r\n\r\n{form}"
            ).encode(),
        )
        return int(head.split()[1])


async def said(port: int, request: bytes) -> tuple[str, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = (await reader.read()).decode()
    writer.close()
    head, _, body = answer.partition("\r\n\r\n")
    return head, body


async def capacity(visitor: Visitor, seconds: float) -> float:
    """Return how many attempts a second are judged where one waits for the other."""
    began, judged = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        assert await visitor.attempt() == 422
        judged += 1
    return judged / seconds


async def attempt(visitor: Visitor, rate: float) -> None:
    """Attempt at this rate, whether or not answers have come; print each second how many had which status.

    A process's work, of one that asks from elsewhere.
    """
    told, under_way = Counter[int](), set[asyncio.Task[None]]()

    async def once() -> None:
        told[await visitor.attempt()] += 1

    async def tell() -> None:
        while True:
            await asyncio.sleep(1)
            print(told[422], told[429], told.total() - told[422] - told[429], flush=True)

    telling = asyncio.create_task(tell())
    began, number = time.perf_counter(), 0
    while not telling.done():
        number += 1
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        under_way.add(task := asyncio.create_task(once()))
        task.add_done_callback(under_way.discard)


@contextlib.asynccontextmanager
async def attempts(visitor: Visitor, rate: float) -> AsyncIterator[Counter[int]]:
    """Let another process attempt; at the end there is how many had which status, 0 for any other."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.sign_ins", str(visitor.port), visitor.cookie, visitor.key, str(rate),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    told = Counter[int]()
    await process.stdout.readline()
    try:
        yield told
    finally:
        process.kill()
        last = (await process.stdout.read()).rpartition(b"\n")[0].splitlines()[-1]  # without what was cut off
        await process.wait()
        told.update(dict(zip((422, 429, 0), map(int, last.split()), strict=True)))


async def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="kith-bench") as folder,
        start_servers(Path(folder), durable=False) as servers,
    ):
        await migrate(servers.database_url)
        async with await open_pool(servers.database_url, size=4, statement_seconds=None) as pool:
            token = await tenant(pool, "ours")
        environment = {
            "KITH_DATABASE_URL": servers.database_url, "KITH_REDIS_URL": servers.redis_url, "KITH_LOG_LEVEL": "error",
            "KITH_HOME": folder, "KITH_TRUSTED_PROXIES": "127.0.0.1/32", "KITH_RATE_TOKEN": "0",
            "KITH_RATE_WORKSPACE": "0",
        }  # fmt: skip
        async with served("kith.cli.serving:app_of_a_process", environment) as port:
            visitor = await Visitor.of(port)
            able = await capacity(visitor, 3.0)
            alone, beside, told = list[float](), list[float](), Counter[int]()
            for _ in range(ROUNDS):
                alone += await steady(port, token, SECONDS / ROUNDS)
                async with attempts(visitor, able * TIMES) as counted:
                    beside += await steady(port, token, SECONDS / ROUNDS)
                told += counted
        cuts = [statistics.quantiles(times, n=100) for times in (alone, beside)]
        table = Table("reads", "p50 in ms", "p90", "p99")
        table.title = (
            f"{able:.0f} sign-ins a second are judged; of {TIMES} times as many {told[422]} were, {told[429]} got 429, "
            f"{told[0]} anything else"
        )
        for name, cut in zip(("alone", "beside sign-ins"), cuts, strict=True):
            table.add_row(name, *(f"{cut[place]:.1f}" for place in PLACES))
        table.add_row("ratio", *(f"{cuts[1][place] / cuts[0][place]:.2f}" for place in PLACES))
        Console(width=160).print(table)


if __name__ == "__main__":
    if len(sys.argv) == 5:
        give_way()
        asyncio.run(attempt(Visitor(int(sys.argv[1]), sys.argv[2], sys.argv[3]), float(sys.argv[4])))
    else:
        asyncio.run(main())
