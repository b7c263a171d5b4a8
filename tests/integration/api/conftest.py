"""A client of the real application, on a real database. What it answers is held against the published document."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest

from kith.api.app import Kith, create_app
from kith.domain.scopes import SCOPES
from kith.runtime.settings import Settings
from kith.store.db import Pool, open_pool, workspace
from kith.store.tokens import create_token
from tests.integration.api import town
from tests.integration.api.contract import Contract
from tests.servers import fresh_database


@dataclass
class Client:
    """Sends requests with the token of a workspace, as the application's clients do."""

    app: Kith
    pool: Pool
    workspace_id: UUID
    http: httpx2.AsyncClient
    token: str
    contract: Contract

    async def send(self, method: str, path: str, *, token: str | None = "", **options: Any) -> httpx2.Response:
        """Send a request and check that the answer is as published. token: another than the client's; None: none."""
        headers = dict(options.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token or self.token}"
        answer = await self.http.request(method, path, headers=headers, **options)
        self.contract.check(method, answer)
        return answer

    async def get(self, path: str, **options: Any) -> Any:
        """Return the JSON of a successful GET."""
        answer = await self.send("GET", path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def pages(self, path: str) -> list[Any]:
        """Return the items of all pages, following next_cursor; the Link header must say the same."""
        items: list[Any] = []
        cursor = None
        while True:
            answer = await self.send("GET", f"{path}&cursor={cursor}" if cursor else path)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            items += body["data"]
            cursor = body["next_cursor"]
            assert body["has_more"] == (cursor is not None) == ('rel="next"' in answer.headers["link"])
            if cursor is None:
                return items

    async def token_for(self, scopes: Iterable[str], workspace_id: UUID | None = None) -> str:
        home = workspace_id or self.workspace_id
        async with workspace(self.pool, home) as db:
            return await create_token(db, home, "test", scopes)


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract()


@pytest.fixture
async def client(
    fresh_url: str, pool: Pool, workspace_id: UUID, servers: Any, contract: Contract
) -> AsyncIterator[Client]:
    """A client of an empty workspace in a database of its own."""
    async with connected(fresh_url, pool, workspace_id, servers.redis_url, contract) as client:
        yield client


@dataclass
class Square:
    """Two towns, each in its own workspace, alike but for their ids. client: of ours."""

    client: Client
    ours: town.Town
    theirs: town.Town


@pytest.fixture(scope="session")
async def square(database_url: str, servers: Any, contract: Contract) -> AsyncIterator[Square]:
    """Two towns for tests that only read."""
    async with fresh_database(database_url) as url, await open_pool(url) as pool:
        ours, theirs = [await town.build(pool, name) for name in ("ours", "theirs")]
        async with connected(url, pool, ours.workspace_id, servers.redis_url, contract) as client:
            yield Square(client, ours, theirs)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that are sent while the test runs."""
    sent: list[str] = []
    execute = asyncpg.Connection._execute  # type: ignore[attr-defined]  # where fetch, fetchrow, ... all pass

    async def noted(self: Any, query: str, *args: Any, **options: Any) -> Any:
        sent.append(query)
        return await execute(self, query, *args, **options)

    monkeypatch.setattr(asyncpg.Connection, "_execute", noted)
    return sent


RECORDS = Path(__file__).parent / "records" / "people.ndjson"


@asynccontextmanager
async def connected(
    url: str, pool: Pool, workspace_id: UUID, redis_url: str | None, contract: Contract, home: Path = Path(".kith")
) -> AsyncIterator[Client]:
    settings = Settings(
        database_url=url, redis_url=redis_url, pool_size=5, log_level="error", home=home,
        source_roots=f"/srv:{RECORDS.parent}",
        rate_token=10**6, rate_workspace=10**6, rate_address=10**6,
    )  # fmt: skip
    async with workspace(pool, workspace_id) as db:
        token = await create_token(db, workspace_id, "test", SCOPES)
    async with serving(settings) as app:
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://kith.test") as http:
            yield Client(app, pool, workspace_id, http, token, contract)


IDLE: list[Kith] = []
"""Applications that have run and ended in good order: to build the routes takes longer than most tests."""


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Kith]:
    """A running application, for one test at a time."""
    app = IDLE.pop() if IDLE else None
    if app is None:
        app = create_app(settings)
    else:
        app.configure(settings)
    routes = len(app.routes)
    async with running(app):
        yield app
    if len(app.routes) == routes:
        IDLE.append(app)


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
        waiting.cancel()
        await task
