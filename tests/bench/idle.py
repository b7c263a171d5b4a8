"""What workspaces cost in which nothing happens: the share of a core that a worker and PostgreSQL take beside them.

    python -m tests.bench.idle --workspaces 10000

The daily jobs of each are noted as done, so that what is measured is waiting alone; the last row shows what the jobs of
a day take, spread over it.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import asyncpg
import psutil

from kith.cli.servers import Servers, start_servers
from kith.store.migrate import migrate

SETTLE, MEASURE = 5.0, 30.0
DAY = 86_400


async def fill(url: str, count: int) -> None:
    db = await asyncpg.connect(url)
    await db.execute(
        "INSERT INTO workspaces (workspace_id, name, id_key)"
        " SELECT gen_random_uuid(), 'idle ' || n, decode(md5(n::text), 'hex') FROM generate_series(1, $1::integer) n",
        count,
    )
    await db.execute("UPDATE workspace_ids SET tended_on = (now() AT TIME ZONE 'UTC')::date")
    await db.close()


def seconds_of(*processes: psutil.Process) -> float:
    times = [each.cpu_times() for process in processes for each in (process, *process.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))


def share(worker: psutil.Process, postgres: psutil.Process) -> float:
    """Return the share of a core that both take while nothing happens."""
    before, began = seconds_of(worker, postgres), time.monotonic()
    time.sleep(MEASURE)
    return (seconds_of(worker, postgres) - before) / (time.monotonic() - began)


def daily(url: str, worker: psutil.Process, postgres: psutil.Process, some: int) -> float:
    """Return the processor seconds that the daily jobs of one workspace take."""

    async def untend() -> None:
        db = await asyncpg.connect(url)
        await db.execute(
            "UPDATE workspace_ids SET tended_on = NULL WHERE workspace_id IN (SELECT workspace_id FROM workspace_ids"
            " LIMIT $1::integer)",
            some,
        )
        await db.close()

    async def done() -> bool:
        db = await asyncpg.connect(url)
        ended: int = await db.fetchval("SELECT count(*) FROM jobs WHERE status = 'succeeded'")
        await db.close()
        return ended >= 3 * some

    before = seconds_of(worker, postgres)
    asyncio.run(untend())
    while not asyncio.run(done()):
        time.sleep(1)
    return (seconds_of(worker, postgres) - before) / some


def measure(servers: Servers, home: Path, count: int) -> None:
    asyncio.run(migrate(servers.database_url))
    env = os.environ | {"KITH_DATABASE_URL": servers.database_url, "KITH_REDIS_URL": servers.redis_url}
    postgres = psutil.Process(int((home / "postgres" / "postmaster.pid").read_text().split()[0]))
    for workspaces in (1, count):
        asyncio.run(fill(servers.database_url, workspaces))
        with subprocess.Popen([sys.executable, "-m", "kith.workers"], env=env, stderr=subprocess.DEVNULL) as worker:
            time.sleep(SETTLE)
            process = psutil.Process(worker.pid)
            print(f"{workspaces:>7,} idle workspaces {share(process, postgres):8.2%} of a core")
            if workspaces == count:
                each = daily(servers.database_url, process, postgres, some=50)
                print(
                    f"        daily jobs {each * 1000:6.1f} ms each, {each * count / DAY:6.2%} of a core over the day"
                )
            worker.terminate()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--workspaces", type=int, default=10_000)
    with tempfile.TemporaryDirectory(prefix="kith-bench-") as folder:
        home = Path(folder) / "home"
        Path(folder).chmod(0o755)
        with start_servers(home, durable=False) as servers:
            measure(servers, home, parser.parse_args().workspaces)


if __name__ == "__main__":
    main()
