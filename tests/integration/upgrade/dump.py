"""``python -m tests.integration.upgrade.dump COMMIT...``: what the version of a commit stores of the village.

It reads the village with the code of that commit, on an embedded PostgreSQL, has a human do all deeds that it knows,
and writes the rows into ``dumps``. A dump is due when a migration is released: of the last commit before it.
``COMMIT:FOLDER`` reads the file ``data.ndjson`` of a case instead. What older versions need and this one lacks
(``granian``) is taken from ``PYTHONPATH``. No version with less than six migrations could store anything.
"""

import asyncio
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import zstandard

from kith.cli.home import DEFAULT_WORKSPACE
from kith.cli.servers import Servers, postgres_program, start_servers
from tests.integration.upgrade import village
from tests.paths import ROOT

DUMPS = Path(__file__).parent / "dumps"
PARTS = ("connectors", "api", "workers")
WAIT_SECONDS = 180
#: Of every version: what says nothing about the people of a workspace, and belongs to all of them.
LEFT_OUT = ("tokens", "events", "idempotency_keys", "memberships", "audit_entries", "audit_chains")


def main() -> None:
    for argument in sys.argv[1:]:
        commit, _, case = argument.partition(":")
        with tempfile.TemporaryDirectory() as folder:
            path = dump(commit, Path(folder), Path(case) if case else None)
        print(f"{path.name}: {path.stat().st_size:,} bytes")


def dump(commit: str, folder: Path, case: Path | None) -> Path:
    """Write the dump of a commit; return its path."""
    version_of = _check_out(commit, folder)
    file = case / "data.ndjson" if case else village.write(folder / "village.ndjson")
    with start_servers(folder / "home", durable=False) as servers:
        with _free_port() as port:
            version = Version(version_of, servers, port, folder)
        version.run("migrate")
        asyncio.run(_found(servers))
        token = version.run("token", "create", "maker").strip().split()[-1]
        with version.running():
            version.run("sources", "add", "ndjson", "--path", str(file), "--name", "town")
            asyncio.run(_settled(servers))
            done = [] if case else version.do_all(token)
            asyncio.run(_settled(servers))
        return _write(servers, done, case.name if case else None)


class Version:
    """The programs of a version, as processes of their own."""

    def __init__(self, sources: Path, servers: Servers, port: int, folder: Path) -> None:
        inner = "" if (sources / "api/src/kith/cli").exists() else "api."
        self._program = f"kith.{inner}cli"
        self._url = f"http://127.0.0.1:{port}"
        paths = [str(sources / "names"), *(str(sources / part / "src") for part in PARTS)]
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("KITH_")} | {
            "PYTHONPATH": os.pathsep.join([*paths, os.environ.get("PYTHONPATH", "")]),
            "KITH_HOME": str(folder / "home of the version"), "KITH_PORT": str(port), "KITH_SOURCE_ROOTS": "/",
            "KITH_DATABASE_URL": servers.database_url, "KITH_REDIS_URL": servers.redis_url or "",
        }  # fmt: skip
        self._folder = folder

    def _start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", *arguments], cwd=self._folder, env=self._environment, text=True,
            stdout=subprocess.PIPE, stderr=(self._folder / f"{arguments[0]}.log").open("a"),
        )  # fmt: skip

    def run(self, *arguments: str) -> str:
        """Return what a command of the version prints."""
        command = self._start(self._program, *arguments)
        said, _ = command.communicate(timeout=WAIT_SECONDS)
        if command.returncode:
            raise SystemExit(f"{arguments}: {said}{(self._folder / f'{self._program}.log').read_text()[-3000:]}")
        return said

    @contextmanager
    def running(self) -> Iterator[None]:
        """Keep its API and a worker running."""
        programs = [self._start(self._program, "api"), self._start("kith.workers")]
        try:
            yield
        finally:
            for program in programs:
                program.terminate()
            for program in programs:
                program.wait()

    def do_all(self, token: str) -> list[str]:
        """Do the deeds of humans; return the names of those that the version knows."""
        with httpx2.Client(base_url=self._url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as http:
            for _ in range(100):
                with suppress(httpx2.TransportError):
                    if http.get("/livez").status_code == 200:
                        break
                time.sleep(0.2)
            known = village.names(http.get("/v1/identities", params={"limit": 100}).json()["data"])
            done = []
            for deed in village.DEEDS:
                method, path, body = village.spelled(deed, known)
                answer = http.request(method, path, json=body)
                if answer.is_success:
                    done.append(deed.name)
                elif answer.status_code not in (404, 405):
                    raise SystemExit(f"{deed.name}: {answer.status_code} {answer.text}")
        return done


def _check_out(commit: str, folder: Path) -> Path:
    """Write the code of a commit, and under which names it registers its connectors."""
    sources = folder / "sources"
    sources.mkdir()
    tree = subprocess.run(["git", "archive", commit, *PARTS], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "x"], cwd=sources, input=tree, check=True)
    for part in PARTS:
        project = tomllib.loads((sources / part / "pyproject.toml").read_text())["project"]
        about = sources / "names" / f"kith_{part}-{project['version']}.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: kith-{part}\nVersion: {project['version']}\n")
        lines = []
        for group, entries in project.get("entry-points", {}).items():
            lines += [f"[{group}]", *(f"{name} = {value}" for name, value in entries.items())]
        (about / "entry_points.txt").write_text("\n".join(lines))
    return sources


@contextmanager
def _free_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


async def _found(servers: Servers) -> None:
    """Create the workspace, with the key of the village."""
    db = await asyncpg.connect(servers.database_url)
    query = "INSERT INTO workspaces (workspace_id, name, id_key) VALUES ($1, 'default', $2)"
    await db.execute(query, DEFAULT_WORKSPACE, village.KEY)
    await db.close()


async def _settled(servers: Servers) -> None:
    """Wait until no job is open, and none is asked for any more."""
    db = await asyncpg.connect(servers.database_url)
    quiet, end = 0, time.monotonic() + WAIT_SECONDS
    while quiet < 3:
        if time.monotonic() > end:
            raise SystemExit(str(await db.fetch("SELECT kind, status, error FROM jobs")))
        open_ = await db.fetchval(
            """
            SELECT (SELECT count(*) FROM touches)
                + (SELECT count(*) FROM jobs
                   WHERE status IN ('queued', 'running') AND due_at < now() + interval '1 minute')
            """
        )
        quiet = 0 if open_ else quiet + 1
        await asyncio.sleep(0.3)
    failed = await db.fetch("SELECT kind, error FROM jobs WHERE status = 'failed'")
    await db.close()
    if failed:
        raise SystemExit(str(failed))


def _write(servers: Servers, done: list[str], name: str | None) -> Path:
    names, source = asyncio.run(_of(servers))
    command: list[Any] = [
        postgres_program("pg_dump"), f"--dbname={servers.database_url}", "--data-only", "--disable-triggers",
        "--no-owner", *(f"--exclude-table-data={table}" for table in LEFT_OUT),
    ]  # fmt: skip
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    said = said.replace(source, str(village.SOURCE))
    kept = [line for line in said.splitlines() if not re.match(r"--|\\(un)?restrict|$", line)]
    path = DUMPS / f"{name or f'{len(names):03}-{names[-1]}'}.sql.zst"
    path.parent.mkdir(exist_ok=True)
    written = "\n".join([f"-- deeds: {' '.join(done)}", *kept, ""]).encode()
    path.write_bytes(zstandard.ZstdCompressor(22, dict_data=_likeness(path)).compress(written))
    return path


def read(path: Path) -> str:
    """Return the statements of a dump."""
    return zstandard.ZstdDecompressor(dict_data=_likeness(path)).decompress(path.read_bytes()).decode()


def _likeness(path: Path) -> zstandard.ZstdCompressionDict | None:
    """Return the oldest dump: all others are much like it."""
    oldest = min([*DUMPS.glob("*.zst"), path])
    if path == oldest:
        return None
    return zstandard.ZstdCompressionDict(read(oldest).encode(), dict_type=zstandard.DICT_TYPE_RAWCONTENT)


async def _of(servers: Servers) -> tuple[list[str], str]:
    """Return the migrations that a database has, in the order of their names, and the id of its source."""
    db = await asyncpg.connect(servers.database_url)
    names = [row["name"] for row in await db.fetch("SELECT name FROM migrations ORDER BY name")]
    source = await db.fetchval("SELECT id FROM sources")
    await db.close()
    return names, str(source)


if __name__ == "__main__":
    main()
