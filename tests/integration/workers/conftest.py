"""A runner of jobs in this process, and a connector whose pages a test writes down."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import pytest

from kith.connectors import Connector, Context, Limits, Page, Record, Report
from kith.store import jobs
from kith.store.db import Pool, workspace
from kith.workers.ground import ANYWHERE, Ground
from kith.workers.kinds import KINDS
from kith.workers.runner import Runner, _ending
from tests.integration.store.facts import Store, add_source

Script = list[Page | Exception | Callable[[], Any]]


class NoConfig(msgspec.Struct, frozen=True):
    """Nothing to set."""


class Scripted:
    """A connector that yields what a test wrote down, from where the cursor stands; an exception is raised once."""

    name: ClassVar[str] = "scripted"
    title: ClassVar[str] = "Scripted"
    description: ClassVar[str] = "Pages of a test."
    version: ClassVar[str] = "1"
    Config: ClassVar[type[msgspec.Struct]] = NoConfig

    def __init__(self) -> None:
        self.script: Script = []

    async def check(self, config: msgspec.Struct, context: Context) -> Report:
        return Report("as written")

    async def pull(self, config: Any, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        start = 0 if cursor is None else msgspec.json.decode(cursor)
        for number, step in enumerate(self.script[start:], start + 1):
            if isinstance(step, Exception):
                self.script[number - 1] = Page((), cursor_of(number))
                raise step
            if isinstance(step, Page):
                yield msgspec.structs.replace(step, cursor=cursor_of(number))
            else:
                await step()


def cursor_of(number: int) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(number))


def page(*records: Record) -> Page:
    return Page(records, cursor_of(0))


class Office:
    """A source read by a scripted connector, and a runner of its jobs."""

    def __init__(self, store: Store, connector: Scripted, folder: Path, limits: Limits = ANYWHERE) -> None:
        self.store = store
        self.connector = connector
        connectors: dict[str, Connector] = {"scripted": connector}
        self.runner = Runner(store.pool, KINDS, connectors, Ground(folder, limits), most=4, lease_seconds=30)

    async def enqueue(self, kind: jobs.Kind = "sync", **options: Any) -> UUID:
        async with workspace(self.store.pool, self.store.workspace_id) as db:
            args = {"source_id": str(self.store.source_id)}
            job_id, _ = await jobs.enqueue(db, self.store.workspace_id, kind, args, **options)
        return job_id

    async def run(self, job_id: UUID) -> Any:
        """Run one step of the job; return its row."""
        await self.runner.start(self.store.workspace_id, job_id)
        return await self.row(job_id)

    async def end(self, job_id: UUID, error: Exception) -> Any:
        """Claim the job and let its step end with this error; return its row."""
        async with workspace(self.store.pool, self.store.workspace_id) as db:
            job = await jobs.claim(db, self.store.workspace_id, job_id, 30)
        assert job is not None
        ending = _ending(job, error, None, 1.0)
        assert ending is not None
        async with workspace(self.store.pool, self.store.workspace_id) as db:
            await ending(db)
        return await self.row(job_id)

    async def row(self, job_id: UUID) -> Any:
        return await self.value("SELECT to_jsonb(j) FROM jobs j WHERE workspace_id = $1 AND id = $2", job_id)

    async def value(self, query: str, *values: Any) -> Any:
        async with workspace(self.store.pool, self.store.workspace_id) as db:
            return await db.fetchval(query, self.store.workspace_id, *values)

    async def stored(self, interactions: int) -> None:
        """Wait until so many interactions are committed."""
        while await self.store.count("interactions") < interactions:  # noqa: ASYNC110 - the database rings no bell
            await asyncio.sleep(0.01)

    async def make_due(self, job_id: UUID) -> None:
        await self.value("UPDATE jobs SET due_at = now() WHERE workspace_id = $1 AND id = $2", job_id)

    async def set_status(self, status: str) -> None:
        await self.value("UPDATE sources SET status = $2 WHERE workspace_id = $1", status)


@pytest.fixture
async def office(pool: Pool, workspace_id: UUID, tmp_path: Path) -> AsyncIterator[Office]:
    store = await Store.open(pool, workspace_id)
    store.source_id = await add_source(pool, workspace_id, "scripted")
    office = Office(store, Scripted(), tmp_path)
    yield office
    await office.runner.stop(1)
    assert not asyncio.current_task().cancelling()  # type: ignore[union-attr] # a fixture runs in a task
