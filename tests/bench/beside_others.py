"""A page of people through kith, through a bare handler with the same statements, and through FastAPI with SQLAlchemy.

Run: python -m tests.bench.beside_others. All three are processes of uvicorn on one database, and are asked in turn.
The bare handler knows no token, no tenant and no limit; the application of people_by_fastapi has all three, as kith
has. Its packages go into an environment that is gone afterwards.
"""

import asyncio
import pickle
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from kith.cli.servers import start_servers
from kith.domain.scopes import SCOPES
from kith.store.db import open_pool, workspace
from kith.store.migrate import migrate
from kith.store.tokens import create_token
from tests.bench.reads import DATABASE, RECORDED, UNLIMITED, WIDTH, WORKSPACE, ask, build, record, served

PATH = "/v1/people"
ROUNDS = 8
SECONDS = 4.0
HERE = Path(__file__).parent / "people_by_fastapi"


def environment_in(folder: Path) -> Path:
    """Make an environment with the packages of the other application; return its Python."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt"], check=True)
    return python


async def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="kith-bench") as folder,
        start_servers(Path(folder), durable=False) as servers,
    ):
        python = environment_in(Path(folder) / "other")
        url = servers.database_url
        await migrate(url)
        async with await open_pool(url, size=4, statement_seconds=None) as pool:
            workspace_id = await build(pool)
            async with pool.acquire() as db:
                await db.execute("SET ROLE NONE; ANALYZE; SET ROLE kith_app")
            async with workspace(pool, workspace_id) as db:
                token = await create_token(db, workspace_id, "bench", SCOPES)
        recorded = Path(folder) / "recorded"
        recorded.write_bytes(pickle.dumps(await record(url, token, [PATH])))
        environment = {
            RECORDED: str(recorded), DATABASE: url, WORKSPACE: str(workspace_id), "KITH_DATABASE_URL": url,
            "KITH_LOG_LEVEL": "error", "KITH_REDIS_URL": str(servers.redis_url), **UNLIMITED,
        }  # fmt: skip
        async with (
            served("tests.bench.reads:raw_app", environment, protocol="httptools") as bare,
            served("kith.cli.serving:app_of_a_process", environment) as kith,
            served("app:create", environment, protocol="httptools", python=python, folder=HERE) as other,
        ):
            Console(width=WIDTH).print(await measure({"bare": bare, "kith": kith, "FastAPI": other}, token))


async def measure(ports: dict[str, int], token: str) -> Table:
    times: dict[str, list[float]] = {name: [] for name in ports}
    for port in ports.values():
        await ask(port, PATH, token, 1.0)
    for _ in range(ROUNDS):
        for name, port in ports.items():
            times[name] += await ask(port, PATH, token, SECONDS / ROUNDS)
    table = Table("GET " + PATH, "p50 in ms", "p99", "a second", "costs of bare", "of FastAPI's throughput")
    count = {name: len(found) for name, found in times.items()}
    for name, found in times.items():
        cuts = statistics.quantiles(found, n=100)
        table.add_row(
            name, f"{cuts[49]:.2f}", f"{cuts[98]:.2f}", f"{count[name] / SECONDS:.0f}",
            f"{count['bare'] / count[name]:.2f}", f"{count[name] / count['FastAPI']:.2f}",
        )  # fmt: skip
    return table


if __name__ == "__main__":
    asyncio.run(main())
