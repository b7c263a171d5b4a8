"""Real servers for tests: an embedded PostgreSQL and Valkey a test process, a fresh database a test."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import psutil

from kith.store.migrate import migrate

TEMPLATE = "template_kith"
MEMORY = Path("/dev/shm")
ROOM = 4 << 30
"""Bytes that must be free in memory to keep the data of a test process there."""


@contextmanager
def place_of_servers(folder: Path) -> Iterator[Path]:
    """Where servers keep their data: in memory, where a database is cloned in a seventh of the time, or in a folder.

    In memory it goes with this process; what killed ones left there goes now.
    """
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOM:
        yield folder
        return
    for left in MEMORY.glob("kith-tests-*"):
        if not psutil.pid_exists(int(left.name.rpartition("-")[2])):
            shutil.rmtree(left, ignore_errors=True)
    home = MEMORY / f"kith-tests-{os.getpid()}"
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def url_of(server_url: str, database: str) -> str:
    """The address of another database on the server of ``server_url``."""
    before, _, query = server_url.partition("?")
    return f"{before.rpartition('/')[0]}/{database}?{query}"


async def create_template(server_url: str) -> str:
    """Migrate one database that all tests of this process clone; return its address."""
    await _execute(server_url, f"CREATE DATABASE {TEMPLATE}")
    url = url_of(server_url, TEMPLATE)
    await migrate(url)
    return url


@asynccontextmanager
async def fresh_database(template_url: str) -> AsyncIterator[str]:
    """The address of a new database, as migrated; it is dropped afterwards, whoever is still connected."""
    name = f"test_{uuid4().hex}"
    server_url = url_of(template_url, "postgres")
    await _execute(server_url, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy")
    try:
        yield url_of(template_url, name)
    finally:
        await _execute(server_url, f"DROP DATABASE {name} WITH (FORCE)")


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
