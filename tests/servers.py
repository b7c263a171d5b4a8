"""Real servers for tests: an embedded PostgreSQL and Valkey a test process, a fresh database a test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg

from kith.store.migrate import migrate

TEMPLATE = "template_kith"


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
