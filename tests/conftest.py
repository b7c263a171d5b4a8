"""Fixtures that all tests share. The servers start only for tests that ask for them."""

import logging
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from kith.cli.servers import Servers, start_servers
from tests import statements
from tests.servers import place_of_servers
from tests.skips import pytest_sessionfinish  # noqa: F401 -- a hook

if TYPE_CHECKING:
    from kith.store.db import Pool


def pytest_configure() -> None:
    if os.environ.get("STATEMENTS"):
        statements.record()


@pytest.fixture(autouse=True)
def same_handlers() -> Iterator[None]:
    """No test leaves a handler on the root logger: the tests after it would print all that they and others log."""
    before = logging.getLogger().handlers[:]
    yield
    assert [handler for handler in logging.getLogger().handlers if handler not in before] == []


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """An embedded PostgreSQL 18 and Valkey 9 of this test process, without care for power cuts."""
    folder = tmp_path_factory.mktemp("kith")
    with place_of_servers(folder) as home:
        with start_servers(home, durable=False) as servers:
            yield servers
        if home != folder:
            shutil.copytree(home / "log", folder / "log")  # where the last check of a run looks for secrets


@pytest.fixture(scope="session")
async def database_url(servers: Servers) -> str:
    """The migrated database that others are cloned from. Do not write to it."""
    from tests.servers import create_template

    return await create_template(servers.database_url)


@pytest.fixture
async def fresh_url(database_url: str) -> AsyncIterator[str]:
    """A new, migrated, empty database; its login user is the owner."""
    from tests.servers import fresh_database

    async with fresh_database(database_url) as url:
        yield url


@pytest.fixture
async def pool(fresh_url: str) -> AsyncIterator["Pool"]:
    """Connections as the application makes them, to a new database, but patient: tests may share their machine."""
    from kith.store.db import open_pool

    async with await open_pool(fresh_url, statement_seconds=60) as pool:
        yield pool


@pytest.fixture
async def workspace_id(pool: "Pool") -> UUID:
    """A workspace with a random key."""
    return await new_workspace(pool)


async def new_workspace(pool: "Pool") -> UUID:
    from kith.store.db import workspace

    workspace_id = uuid4()
    async with workspace(pool, workspace_id) as db:
        await db.execute(
            "INSERT INTO workspaces (workspace_id, name, id_key) VALUES ($1, $2, $3)",
            workspace_id,
            f"test {workspace_id}",
            secrets.token_bytes(32),
        )
    return workspace_id


@pytest.fixture
def valkey_url(servers: Servers) -> str:
    """An empty Valkey."""
    from redis import Redis

    with Redis.from_url(servers.redis_url) as valkey:
        valkey.flushall()
    return servers.redis_url
