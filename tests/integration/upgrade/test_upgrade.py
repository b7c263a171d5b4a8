"""A database that an earlier version filled answers, once it is migrated, as one that this version filled.

Each dump is named after the newest migration of its version and how many it had; it holds the rows alone.
"""

import gzip
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest

from kith.api.app import create_app
from kith.cli.home import DEFAULT_WORKSPACE
from kith.cli.servers import Servers, postgres_program
from kith.connectors.ndjson import NdjsonConnector
from kith.domain.scopes import SCOPES
from kith.runtime.settings import Settings
from kith.store import jobs, migrate, sources, tokens
from kith.store.db import Pool, open_pool, workspace
from kith.workers.ground import ANYWHERE, Ground
from kith.workers.runner import Runner
from tests.integration.api.conftest import running
from tests.integration.upgrade import village
from tests.servers import url_of

DUMPS = sorted((Path(__file__).parent / "dumps").glob("*.sql.gz"))
ASKED = (
    "/v1/people?limit=100", "/v1/relationships?limit=100", "/v1/identities?limit=100", "/v1/channels",
    "/v1/conversations", "/v1/interactions?limit=100", "/v1/interactions?q=garden", "/v1/organizations",
    "/v1/identity-suggestions",
)  # fmt: skip
#: Topics and communities are found, and what is found gets an id of chance.
_FOUND = re.compile(r"\b(?:top|com)_\w{26}\b")
#: When, and in which order, kith learnt something is no answer about people.
_LEFT_OUT = {"learnt_at", "created_at", "updated_at", "computed_at", "next_cursor", "decided_at"}


def answer(value: Any) -> Any:
    """Return what an answer says, without what depends on when kith learnt it."""
    if isinstance(value, str):
        return _FOUND.sub("found", value)
    if isinstance(value, dict):
        return {name: answer(item) for name, item in value.items() if name not in _LEFT_OUT}
    return [answer(item) for item in value] if isinstance(value, list) else value


def rows_of(dump: Path) -> str:
    return gzip.decompress(dump.read_bytes()).decode()


def names_in(dump: str) -> set[str]:
    """Return the migrations that the dump's version had."""
    return set(re.findall(r"^(\d{12}_\w+)\t", dump, re.MULTILINE))


async def restore(servers: Servers, database: str, dump: str) -> str:
    """Make a database as an earlier version left it; return its address."""
    admin = await asyncpg.connect(servers.database_url)
    await admin.execute(f"CREATE DATABASE {database}")
    await admin.close()
    url = url_of(servers.database_url, database)
    had = names_in(dump)
    db = await asyncpg.connect(url)
    await migrate._prepare(db)  # the parts of migrate(): that version granted what this one would not
    for each in migrate.migrations():
        if each.name in had:
            await migrate._apply(db, each)
    await db.execute("TRUNCATE migrations")
    await db.close()
    command = [str(postgres_program("psql")), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={url}"]
    subprocess.run(command, input=dump, text=True, check=True, capture_output=True)  # noqa: ASYNC221 - a short one
    return url


async def settle(pool: Pool, folder: Path) -> None:
    """Do all jobs that are due, as a worker does."""
    runner = Runner(pool, {"ndjson": NdjsonConnector()}, Ground(folder, ANYWHERE), most=1, lease_seconds=30)
    while True:
        async with pool.acquire() as db:
            due = await jobs.due(db, 100)
        if not due:
            break
        for job in due:
            await runner.start(job.workspace_id, job.job_id)
    await runner.stop(1)


async def ask(url: str, servers: Servers, *paths: str) -> dict[str, Any]:
    """Return what the API answers, by path."""
    pool = await open_pool(url)
    async with pool, workspace(pool, DEFAULT_WORKSPACE) as db:
        token = await tokens.create_token(db, DEFAULT_WORKSPACE, f"test {uuid4()}", SCOPES)
    app = create_app(Settings(database_url=url, redis_url=servers.redis_url, log_level="error"))
    transport = httpx2.ASGITransport(app=app)
    found = {}
    async with running(app), httpx2.AsyncClient(transport=transport, base_url="http://kith.test") as http:
        for path in paths:
            said = await http.get(path, headers={"Authorization": f"Bearer {token}"})
            assert said.status_code == 200, said.text
            found[path] = answer(said.json())
    return found


async def read_anew(url: str, old: str, path: Path, folder: Path) -> None:
    """Let this version read the same into a new installation, whose ids are those of the old one."""
    former = await asyncpg.connect(old)
    home = await former.fetchrow("SELECT name, id_key FROM workspaces")
    source_id: UUID = await former.fetchval("SELECT id FROM sources")
    await former.close()
    assert home
    async with await open_pool(url, statement_seconds=None) as pool:
        async with workspace(pool, DEFAULT_WORKSPACE) as db:
            await db.execute("INSERT INTO workspaces VALUES ($1, $2, $3)", DEFAULT_WORKSPACE, *home.values())
            source = await sources.create_source(
                db, DEFAULT_WORKSPACE, "ndjson", "town", {"path": str(path)}, trusted=True
            )
            query = "UPDATE sources SET id = $2 WHERE workspace_id = $1 AND id = $3"
            await db.execute(query, DEFAULT_WORKSPACE, source_id, source.id)
            await jobs.ask_sync(db, DEFAULT_WORKSPACE, source_id)
        await settle(pool, folder)


@pytest.fixture
async def database(servers: Servers) -> AsyncIterator[str]:
    """The name of a database that is yet to be created."""
    name = f"old_{uuid4().hex}"
    yield name
    admin = await asyncpg.connect(servers.database_url)
    await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await admin.close()


def test_there_are_dumps_of_earlier_versions() -> None:
    shipped = {each.name for each in migrate.migrations()}
    had = [names_in(rows_of(dump)) for dump in DUMPS]
    assert len(DUMPS) >= 3
    assert all(names < shipped for names in had)


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.name.partition(".")[0])
async def test_an_upgrade_gives_the_answers_of_a_new_installation(
    dump: Path, servers: Servers, database: str, fresh_url: str, tmp_path: Path
) -> None:
    old = await restore(servers, database, rows_of(dump))
    assert await migrate.migrate(old)
    await read_anew(fresh_url, old, village.write(tmp_path / "data.ndjson"), tmp_path / "kept")
    pair = await pair_of(fresh_url, servers)
    new_one = await ask(fresh_url, servers, *ASKED, pair)
    at_once = await ask(old, servers, pair)  # before any worker has done anything
    for name in ("as_of", "strength", "word"):
        assert at_once[pair][name] == new_one[pair][name]
    async with await open_pool(old, statement_seconds=None) as pool:
        await settle(pool, tmp_path / "kept")
        upgraded = await ask(old, servers, *ASKED, pair)
        for path in (*ASKED, pair):
            assert upgraded[path] == new_one[path], path
        async with workspace(pool, DEFAULT_WORKSPACE) as db:
            job_id = await jobs.ask_rebuild(db, DEFAULT_WORKSPACE)
        await settle(pool, tmp_path / "kept")
        async with workspace(pool, DEFAULT_WORKSPACE) as db:
            job = await jobs.get_job(db, DEFAULT_WORKSPACE, job_id)
    assert job
    assert job.status == "succeeded", job.error
    assert not any(any(counts.values()) for counts in job.result.values()), job.result


async def pair_of(url: str, servers: Servers) -> str:
    """Return the path of the relationship of the two who talk most."""
    (found,) = (await ask(url, servers, "/v1/relationships?limit=1")).values()
    (first,) = found["data"]
    return f"/v1/relationships/{first['person']['id']}/{first['other']['id']}"
