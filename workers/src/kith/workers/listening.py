"""The job ``listen``: keeps a connection to a network and stores what it tells, for as long as the source is active."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import aclosing, suppress
from typing import Any, cast
from uuid import UUID

import structlog

from kith.connectors import Context, Live, Page, Partition, Partitioned, check_locations
from kith.projections.ingest import Ingest
from kith.store import credentials, jobs, partitions, sources
from kith.store.sources import ToRead
from kith.workers.judging import judged
from kith.workers.reading import NOWHERE, Opened, open_source, pages_ahead
from kith.workers.storing import Storing
from kith.workers.work import Unfinished, Work

MOST = 200
"""Partitions of a source that are listened to."""

LOOK_SECONDS = 5.0
"""How often it is looked whether the source has changed."""

READ_SECONDS = 1.0
"""Between two reads that are asked for, at least."""

STEADY_SECONDS = 60.0
"""How long it goes well until failures before are forgotten."""

log = structlog.get_logger()


async def listen(work: Work) -> dict[str, Any]:
    """Listen to a source until it changes, the connection ends or the process does. args: source_id."""
    source_id = UUID(work.job.args["source_id"])
    async with work.transaction() as db:
        reading = await sources.to_read(db, work.job.workspace_id, source_id)
        if reading is None or reading.status != "active":
            raise jobs.Canceled
        sealed = await credentials.of_source(db, work.job.workspace_id, source_id)
    async with judged(work, source_id):
        opened = open_source(work, source_id, reading, sealed)
        if not isinstance(opened.connector, Live) or not opened.connector.listens(opened.config):
            return {"told": 0}
        return {"told": await _Listener(work, source_id, reading, opened).run()}


class _Listener:
    def __init__(self, work: Work, source_id: UUID, reading: ToRead, opened: Opened) -> None:
        self._work, self._source_id, self._reading, self._opened = work, source_id, reading, opened
        self._done = work.job.done
        self._news = asyncio.Event()
        self._parts: list[Partition] = []

    async def run(self) -> int:
        """Return how many records were told until the network ended it. Raises Unfinished where something else did."""
        self._parts = await self._chosen()
        async with self._opened.context as context:
            await asyncio.to_thread(check_locations, self._opened.config, context.limits)
            await _first_of(self._listen(context), self._watch(), self._have_read())
        return self._done

    async def _listen(self, context: Context) -> None:
        redact = context.http.redact
        ingest = Ingest(self._reading.id_key, redact)
        async with (
            Storing(self._work, self._source_id, None, self._reading.id_key) as storing,
            aclosing(pages_ahead(self._pages(context), ingest, None, redact)) as batches,
        ):
            async for page, batch in batches:
                batch.cursor = None
                for problem in batch.problems:
                    log.warning("not_stored", source=str(self._source_id), code=problem.code, reason=problem.reason)
                self._done += len(page.records)
                await storing.put(page, batch, self._done)
                await storing.settle()

    async def _pages(self, context: Context) -> AsyncIterator[Page]:
        telling = cast(Live, self._opened.connector).live(self._opened.config, self._parts, context)
        async for told in telling:
            if told.read:
                self._news.set()
            if told.records or told.skipped:
                yield Page(tuple(told.records), NOWHERE, tuple(told.skipped))

    async def _have_read(self) -> None:
        """Have the source read when there is news that only reading tells."""
        while True:
            await self._news.wait()
            self._news.clear()
            async with self._work.transaction() as db:
                await jobs.ask_sync(db, self._work.job.workspace_id, self._source_id)
            await asyncio.sleep(READ_SECONDS)

    async def _watch(self) -> None:
        """End it where the process ends or the source changes. Raises Unfinished."""
        steady = False
        while not self._work.stopping.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._work.stopping.wait()
            async with self._work.transaction() as db:
                now = await sources.to_read(db, self._work.job.workspace_id, self._source_id)
                if now is None or now.revision != self._reading.revision:
                    raise Unfinished
                if not steady and self._work.seconds > STEADY_SECONDS:
                    steady = True
                    await self._work.advance(db, self._done, None, "records")
            if await self._chosen() != self._parts:
                raise Unfinished
        raise Unfinished

    async def _chosen(self) -> list[Partition]:
        """Return the partitions that are read."""
        if not isinstance(self._opened.connector, Partitioned):
            return []
        async with self._work.transaction() as db:
            rows = await partitions.chosen(db, self._work.job.workspace_id, self._source_id, MOST)
        return [Partition(row.key, row.name, row.kind, cast(Any, row.visibility)) for row in rows]


async def _first_of(*doing: Coroutine[Any, Any, None]) -> None:
    """Do all until the first ends, as it ends; the others are canceled."""
    tasks = [asyncio.create_task(one) for one in doing]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
