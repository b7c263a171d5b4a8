"""A client of the real application, on a real database."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import httpx2
import pytest

from kith.api.app import Kith, create_app
from kith.api.auth import SCOPES
from kith.store.db import Pool, workspace
from kith.store.settings import Settings
from kith.store.tokens import create_token


@dataclass
class Client:
    """Sends requests as the application's clients do. http: without a token."""

    app: Kith
    pool: Pool
    workspace_id: UUID
    http: httpx2.AsyncClient

    async def token(self, scopes: Iterable[str] = SCOPES, workspace_id: UUID | None = None) -> str:
        home = workspace_id or self.workspace_id
        async with workspace(self.pool, home) as db:
            return await create_token(db, home, "test", scopes)


@pytest.fixture
async def client(fresh_url: str, pool: Pool, workspace_id: UUID, valkey_url: str) -> AsyncIterator[Client]:
    app = create_app(Settings(database_url=fresh_url, redis_url=valkey_url, pool_size=4, log_level="error"))
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with running(app), httpx2.AsyncClient(transport=transport, base_url="http://kith.test") as http:
        yield Client(app, pool, workspace_id, http)


@asynccontextmanager
async def running(app: Kith) -> AsyncIterator[None]:
    """Keep the lifespan in one task: its cancel scopes must end where they began, and fixtures do not."""
    started, ended = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            started.set()
            await ended.wait()

    task = asyncio.create_task(live())
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
    try:
        yield
    finally:
        ended.set()
        await task
