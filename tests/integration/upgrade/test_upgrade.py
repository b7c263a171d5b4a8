"""A database that earlier versions filled answers, once it is migrated, as one that this version filled.

One database walks through all migrations in the order in which they were released. Before each step, the rows that the
version of that time wrote of the village join it, as a workspace of their own; see ``dump``.
``make upgrades`` takes each version, ``make test`` every fourth.
"""

import json
import os
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from math import isclose
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
from kith.projections import rebuild
from kith.runtime.settings import Settings
from kith.store import jobs, migrate, sources, tokens
from kith.store.db import Pool, open_pool, workspace
from kith.workers.ground import ANYWHERE, Ground
from kith.workers.kinds import KINDS
from kith.workers.runner import Runner
from tests.integration.api.conftest import running
from tests.integration.api.contract import Contract
from tests.integration.detections import detect_in
from tests.integration.upgrade import dump, village
from tests.paths import shared
from tests.servers import url_of

CASE = "cases/api/upgrade-keeps-answers"
DUMPS = sorted(dump.DUMPS.glob("[0-9]*.zst"))
WALKED = DUMPS if os.environ.get("UPGRADES") == "all" else sorted({*DUMPS[::4], DUMPS[-1]})
pytestmark = pytest.mark.timeout(300)  # the first test waits for all dumps
#: Lists about the installation, its programs and who uses it; and what has to be asked for.
ELSEWHERE = {
    "apps", "audit", "connectors", "events", "grants", "invitations", "jobs", "me", "members", "providers", "search",
    "tokens", "usage", "workspace", "workspaces",
}  # fmt: skip
SEARCHES = ("/v1/interactions?q=garden", "/v1/people?q=birk&sort=name", "/v1/search?q=birk&types=person,channel")
#: What is found, and what a human adds, gets an id of chance.
_BY_CHANCE = re.compile(r"\b(?:aff|com|dec|evt|grp|job|org|run|sug|tok|top|wsp)_\w{26}\b")
#: The village lived in 2024: what is later was when kith learnt something, and no answer about people.
_LATER = re.compile(r"20(?:2[5-9]|[3-9]\d)-\d\d-\d\dT.*")
#: How, from where and in which order kith learnt it.
_LEFT_OUT = {"path", "last_run", "rate", "revision", "next_cursor"}
_OF_A_RULE = {"author", "confidence", "evidence"}
#: What a relationship answers before anything is computed again.
FIRST = ("as_of", "strength", "word")
#: How many of a noun are asked for what belongs to one of them.
FEW = 3


def answer(value: Any) -> Any:
    """Return what an answer says, without what depends on chance, on the moment, or on how kith learnt it."""
    if isinstance(value, str):
        return _LATER.sub("later", _BY_CHANCE.sub("some", value))
    if isinstance(value, dict):
        left_out = _LEFT_OUT | _OF_A_RULE if str(value.get("author")).startswith("rule:") else _LEFT_OUT
        return {name: answer(item) for name, item in value.items() if name not in left_out}
    return [answer(item) for item in in_order(value)] if isinstance(value, list) else value


def in_order(things: list[Any]) -> list[Any]:
    """Return them in their own order, unless ids of chance may stand in it."""
    if _BY_CHANCE.search(json.dumps(things)):
        return sorted(things, key=lambda thing: json.dumps(answer(thing), sort_keys=True))
    return things


def in_force(decisions: Any) -> list[Any]:
    """Return what holds of the ledger: it only grows, and rules learn."""
    return sorted(
        (decision["verdict"], sorted(identity["id"] for identity in decision["identities"]), decision["author"][:4])
        for decision in decisions["data"]
        if decision["verdict"] != "retract" and not decision["retracted_by"]
    )


def differences(upgraded: Any, new: Any, place: str = "") -> Iterator[str]:
    """Yield where two answers differ, and what each says there."""
    if isinstance(upgraded, dict) and isinstance(new, dict):
        for name in upgraded | new:
            yield from differences(upgraded.get(name), new.get(name), f"{place} {name}")
    elif isinstance(upgraded, list) and isinstance(new, list) and len(upgraded) == len(new):
        for number, pair in enumerate(zip(upgraded, new, strict=True)):
            yield from differences(*pair, f"{place} {number}")
    elif isinstance(upgraded, float) and isinstance(new, float) and isclose(upgraded, new, rel_tol=1e-4):
        return  # some fade by the second
    elif upgraded != new:
        yield f"{place}: {upgraded} instead of {new}"


def lists() -> Iterator[tuple[str, str]]:
    """Yield each path that lists something about a workspace's people, and the path that lists what it belongs to."""
    paths = Contract().document["paths"]
    for path, operations in paths.items():
        above, _, rest = path.removeprefix("/v1/").partition("/")
        said = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        if "application/json" not in said or above in ELSEWHERE or not path.startswith("/v1/"):
            continue
        if not rest:
            yield path, ""
        elif above == "decisions":
            continue  # a list says as much of each
        elif rest.count("{") == 1 and rest.startswith("{") and f"/v1/{above}" in paths:
            yield path, f"/v1/{above}"


@dataclass
class Kith:
    """A database, and this version's API on it."""

    pool: Pool
    http: httpx2.AsyncClient
    folder: Path
    tokens: dict[UUID, str] = field(default_factory=dict)

    async def send(self, home: UUID, method: str, path: str, body: Any = None) -> Any:
        if home not in self.tokens:
            async with workspace(self.pool, home) as db:
                self.tokens[home] = await tokens.create_token(db, home, f"test {uuid4()}", SCOPES)
        said = await self.http.request(
            method, path, json=body, headers={"Authorization": f"Bearer {self.tokens[home]}"}
        )
        assert said.is_success or said.status_code == 404, (path, said.text)
        return said.json() if said.is_success else "none"

    async def get(self, home: UUID, path: str) -> Any:
        return await self.send(home, "GET", path)

    async def answers(self, home: UUID) -> dict[str, Any]:
        """Return what each list answers, and each list of what is listed."""
        found = {path: answer(await self.get(home, path)) for path in SEARCHES}
        listed: dict[str, Any] = {}
        for path, above in lists():
            if not above:
                listed[path] = await self.get(home, path)
                found[path] = in_force(listed[path]) if path == "/v1/decisions" else answer(listed[path])
                continue
            for number, thing in enumerate(in_order(listed[above]["data"])[:FEW]):
                said = await self.get(home, re.sub(r"{\w+}", thing["id"], path))
                found[f"{path} {number}"] = answer(said)
        found["pair"] = answer(await self.pair(home))
        return found

    async def pair(self, home: UUID) -> Any:
        """Return the relationship of Ada and Bea."""
        known = await self.known(home)
        return await self.get(home, f"/v1/relationships/{known['per ada']}/{known['per bea']}")

    async def known(self, home: UUID) -> dict[str, str]:
        return village.names((await self.get(home, "/v1/identities?limit=100"))["data"])

    async def settle(self, home: UUID, *, apart: bool = False) -> None:
        """Do all jobs of a workspace that are due, as a worker does.

        apart: detect in a process of its own, which takes a second to start.
        """
        runner = Runner(
            self.pool, KINDS, {"ndjson": NdjsonConnector()}, Ground(self.folder, ANYWHERE), most=1, lease_seconds=30
        )
        while due := await self._due(home):
            for job_id, kind in due:
                if kind == "detect" and not apart:
                    async with workspace(self.pool, home) as db:
                        await db.execute("DELETE FROM jobs WHERE workspace_id = $1 AND id = $2", home, job_id)
                        await detect_in(db, home, whole=True)
                else:
                    await runner.start(home, job_id)
        await runner.stop(1)

    async def _due(self, home: UUID) -> list[tuple[UUID, str]]:
        query = "SELECT id, kind FROM jobs WHERE workspace_id = $1 AND status = 'queued' AND due_at <= now()"
        async with workspace(self.pool, home) as db:
            return [(row["id"], row["kind"]) for row in await db.fetch(query, home)]

    async def rebuild(self, home: UUID) -> None:
        """Compute everything from the facts; nothing may differ."""
        now = datetime.now(UTC)
        async with workspace(self.pool, home) as db:
            found = await rebuild.rebuild(db, lambda: workspace(self.pool, home), home, now)
            assert not any(any(difference) for difference in found.values()), found

    async def read(self, home: UUID, path: Path, deeds: str) -> None:
        """Let this version read a file into a workspace, and a human do deeds."""
        async with workspace(self.pool, home) as db:
            await db.execute("INSERT INTO workspaces VALUES ($1, 'default', $2)", home, village.KEY)
            source = await sources.create_source(db, home, "ndjson", "town", {"path": str(path)}, trusted=True)
            query = "UPDATE sources SET id = $2 WHERE workspace_id = $1 AND id = $3"
            await db.execute(query, home, village.SOURCE, source.id)
            await jobs.ask_sync(db, home, village.SOURCE)
        await self.settle(home)
        known = await self.known(home)
        for deed in village.DEEDS:
            if deed.name in deeds.split():
                await self.send(home, *village.spelled(deed, known))
        await self.settle(home)
        await self.rebuild(home)
        async with workspace(self.pool, home) as db:
            await detect_in(db, home, whole=True)


@asynccontextmanager
async def database(servers: Servers) -> AsyncIterator[str]:
    """Yield the address of a database in which nothing is."""
    name = f"old_{uuid4().hex}"
    admin = await asyncpg.connect(servers.database_url)
    await admin.execute(f"CREATE DATABASE {name}")
    try:
        yield url_of(servers.database_url, name)
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


@asynccontextmanager
async def opened(url: str, servers: Servers, folder: Path) -> AsyncIterator[Kith]:
    settings = Settings(
        database_url=url, redis_url=servers.redis_url, log_level="error", rate_token=10**6, rate_workspace=10**6,
        rate_address=10**6,
    )  # fmt: skip
    app = create_app(settings)
    transport = httpx2.ASGITransport(app=app)
    async with (
        await open_pool(url, statement_seconds=None) as pool,
        running(app),
        httpx2.AsyncClient(transport=transport, base_url="http://kith.test") as http,
    ):
        yield Kith(pool, http, folder)


def migrations_of(rows: str) -> dict[str, str]:
    """Return the migrations that the dump's version had, and when it applied each."""
    return dict(re.findall(r"^(\d{12}_\w+)\t\w+\t(.+)$", rows, re.MULTILINE))


def deeds_of(rows: str) -> str:
    """Return the names of what humans had done, with blanks between."""
    return rows.partition("\n")[0].removeprefix("-- deeds:").strip()


async def load(url: str, path: Path, home: UUID) -> None:
    """Have a database go the steps of the dump's version that it has not gone; add its rows as a workspace."""
    rows = dump.read(path)
    had = migrations_of(rows)
    db = await asyncpg.connect(url)
    await migrate._prepare(db)  # the parts of migrate(): that version granted what this one would not
    gone = {row["name"] for row in await db.fetch("SELECT name FROM migrations")}
    for each in migrate.migrations():
        if each.name in had.keys() - gone:
            await migrate._apply(db, each)
            query = "UPDATE migrations SET applied_at = $2::text::timestamptz WHERE name = $1"
            await db.execute(query, each.name, had[each.name])
    await db.close()
    kept = re.sub(r"^COPY public\.migrations .*?^\\\.$", "", rows, flags=re.MULTILINE | re.DOTALL)
    command = [str(postgres_program("psql")), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={url}"]
    kept = kept.replace(str(DEFAULT_WORKSPACE), str(home))
    done = subprocess.run(command, input=kept, text=True, check=False, capture_output=True)  # noqa: ASYNC221 - a short one
    assert done.returncode == 0, (path, done.stderr)


@dataclass
class Walked:
    """Workspaces that earlier versions filled, by the name of their dump; what new ones answer, by the deeds there."""

    kith: Kith
    homes: dict[str, UUID]
    new: dict[str, Any]


@pytest.fixture(scope="module")
async def walked(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Walked]:
    folder = tmp_path_factory.mktemp("village")
    file = village.write(folder / "village.ndjson")
    homes = {path.name: UUID(int=100 + number) for number, path in enumerate(WALKED)}
    async with database(servers) as url:
        for path in WALKED:
            await load(url, path, homes[path.name])
        await migrate.migrate(url)
        async with opened(url, servers, folder / "kept") as kith:
            new: dict[str, Any] = {}
            for deeds in sorted({deeds_of(dump.read(path)) for path in WALKED}):
                home = UUID(int=500 + len(new))
                await kith.read(home, file, deeds)
                new[deeds] = await kith.answers(home)
            yield Walked(kith, homes, new)


def test_there_are_dumps_of_earlier_versions() -> None:
    """Of each step: what a dump has beyond the one before is one release of migrations."""
    had = [migrations_of(dump.read(path)).keys() for path in DUMPS]
    assert [path.name[:3] for path in DUMPS] == [f"{len(names):03}" for names in had]
    assert all(one < other and len(other - one) <= 2 for one, other in pairwise(had))
    assert had[-1] < {each.name for each in migrate.migrations()}


@pytest.mark.parametrize("name", [path.name for path in WALKED])
async def test_an_upgrade_gives_the_answers_of_a_new_installation(walked: Walked, name: str) -> None:
    kith, home = walked.kith, walked.homes[name]
    new = walked.new[deeds_of(dump.read(dump.DUMPS / name))]
    at_once = answer(await kith.pair(home))  # before any worker has done anything
    assert [at_once[name] for name in FIRST] == [new["pair"][name] for name in FIRST]
    await kith.settle(home)
    assert not list(differences(await kith.answers(home), new))
    await kith.rebuild(home)


async def test_all_steps_at_once_give_the_same(servers: Servers, walked: Walked, tmp_path: Path) -> None:
    """From the oldest version to this one, in the order of the names."""
    async with database(servers) as url:
        await load(url, DUMPS[0], DEFAULT_WORKSPACE)
        await migrate.migrate(url)
        async with opened(url, servers, tmp_path) as kith:
            await kith.settle(DEFAULT_WORKSPACE, apart=True)
            upgraded = await kith.answers(DEFAULT_WORKSPACE)
    assert not list(differences(upgraded, walked.new[deeds_of(dump.read(DUMPS[0]))]))


async def test_what_the_oldest_version_read_without_coverage_is_not_dormant(servers: Servers, tmp_path: Path) -> None:
    """The case as it was found: the upgraded pair was spoken of as of today."""
    file, home = shared(f"{CASE}/data.ndjson"), UUID(int=500)
    async with database(servers) as url:
        await load(url, dump.DUMPS / f"{Path(CASE).name}.sql.zst", DEFAULT_WORKSPACE)
        await migrate.migrate(url)
        async with opened(url, servers, tmp_path) as kith:
            await kith.read(home, file, "")
            at_once = answer(await kith.pair(DEFAULT_WORKSPACE))
            await kith.settle(DEFAULT_WORKSPACE)
            upgraded, new = await kith.answers(DEFAULT_WORKSPACE), await kith.answers(home)
            await kith.rebuild(DEFAULT_WORKSPACE)
    assert not list(differences(upgraded, new))
    for pair in (at_once, upgraded["pair"]):
        assert pair["as_of"] == "2024-02-04"
        assert [pair[name] for name in FIRST] == [new["pair"][name] for name in FIRST]
    assert pair["days"] == 12
