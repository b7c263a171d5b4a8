"""The API as it is deployed: processes of its own, over a real socket, with a town in the database."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
import pytest

from kith.cli.servers import Servers
from kith.domain.scopes import SCOPES
from kith.store.db import Pool, open_pool, workspace
from kith.store.tokens import create_token
from tests.integration.api import town
from tests.servers import fresh_database

START_SECONDS = 60.0


@dataclass(frozen=True)
class Served:
    """Where the API listens, and a token that may do everything in its town. pool: of its database."""

    url: str
    token: str
    town: town.Town
    pool: Pool


@pytest.fixture(scope="session")
async def served(database_url: str, servers: Servers) -> AsyncIterator[Served]:
    async with fresh_database(database_url) as url, await open_pool(url) as pool:
        home = await town.build(pool, "served")
        async with workspace(pool, home.workspace_id) as db:
            token = await create_token(db, home.workspace_id, "conformance", SCOPES)
        port = free_port()
        limits = dict.fromkeys(("KITH_RATE_TOKEN", "KITH_RATE_WORKSPACE", "KITH_RATE_ADDRESS"), "1000000")
        settings = {"KITH_DATABASE_URL": url, "KITH_REDIS_URL": servers.redis_url, "KITH_LOG_LEVEL": "error"} | limits
        settings["KITH_PORT"] = str(port)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "kith.cli", "api", env=os.environ | settings
        )
        try:
            await wait_for(f"http://127.0.0.1:{port}/readyz")
            yield Served(f"http://127.0.0.1:{port}", token, home, pool)
        finally:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 10)
            except TimeoutError:
                process.kill()
                await process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def wait_for(url: str) -> None:
    async with asyncio.timeout(START_SECONDS), httpx2.AsyncClient() as http:
        while True:
            try:
                if (await http.get(url)).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.05)
