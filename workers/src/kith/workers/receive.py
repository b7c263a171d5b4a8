"""The job ``receive``: works in what a network has pushed. Reading the source heals what was lost on the way."""

import asyncio
from typing import Any, cast
from uuid import UUID

from kith.connectors import ConnectorError, Context, Delivery, Page, Pushed, Received, Retry, check_locations
from kith.projections.ingest import Ingest, clean
from kith.store import credentials, ingest, jobs, pushes, sources
from kith.store.ingest import REFUSED
from kith.store.pushes import Push
from kith.workers.reading import CHECK_SECONDS, NOWHERE, Fault, Opened, contained, open_source
from kith.workers.work import Failed, Later, Unfinished, Work

AT_ONCE = 100
"""Pushes that are fetched together."""

_REASON = 1000  # characters


async def receive(work: Work) -> dict[str, Any]:
    """Work in all pushes of a source that wait. args: source_id."""
    source_id = UUID(work.job.args["source_id"])
    workspace_id = work.job.workspace_id
    async with work.transaction() as db:
        reading = await sources.to_read(db, workspace_id, source_id)
        if reading is None or reading.status != "active":
            raise jobs.Canceled
        sealed = await credentials.of_source(db, workspace_id, source_id)
        await pushes.forget(db, workspace_id, source_id)
    opened = open_source(work, source_id, reading, sealed)
    if not isinstance(opened.connector, Pushed):
        raise Failed("takes_no_pushes", f"The connector {reading.connector!r} takes no pushes.")
    receiver = Receiver(work, source_id, opened, reading.id_key)
    async with opened.context as context:
        await asyncio.to_thread(check_locations, opened.config, context.limits)
        while waiting := await receiver.waiting():
            for push in waiting:
                await receiver.take(push, context)
                if work.must_rest:
                    raise Unfinished
    return {"received": receiver.received, "added": receiver.added, "failed": receiver.failed}


class Receiver:
    """Works in the pushes of one source, each in a transaction of its own."""

    def __init__(self, work: Work, source_id: UUID, opened: Opened, id_key: bytes) -> None:
        self._work, self._source_id, self._opened, self._id_key = work, source_id, opened, id_key
        self._workspace_id = work.job.workspace_id
        self.received = self.added = self.failed = 0

    async def waiting(self) -> list[Push]:
        async with self._work.transaction() as db:
            return await pushes.waiting(db, self._workspace_id, self._source_id, AT_ONCE)

    async def take(self, push: Push, context: Context) -> None:
        """Work in one push; one that cannot be keeps its body and the reason. Raises Later."""
        self.received += 1
        delivery = Delivery(push.headers, push.body, push.received_at)
        receiving = cast(Pushed, self._opened.connector).receive(self._opened.config, delivery, context)
        try:
            told = await contained(receiving, CHECK_SECONDS, context.http.redact)
            await self._store(push, told, context)
        except Retry as error:
            raise Later(error.code, str(error), error.after.total_seconds() if error.after else None) from error
        except (Fault, ConnectorError, *REFUSED) as error:
            self.failed += 1
            async with self._work.transaction() as db:
                reason = clean(context.http.redact(str(error)))[:_REASON]
                await pushes.end(db, self._workspace_id, self._source_id, push.id, reason)

    async def _store(self, push: Push, told: Received, context: Context) -> None:
        page = Page(tuple(told.records), NOWHERE, tuple(told.skipped))
        batch = await asyncio.to_thread(Ingest(self._id_key, context.http.redact).batch, page)
        batch.cursor = None
        reasons = "; ".join(problem.reason for problem in batch.problems)
        async with self._work.transaction() as db:
            counts = await ingest.apply(db, self._workspace_id, self._source_id, None, batch)
            await pushes.end(db, self._workspace_id, self._source_id, push.id, reasons[:_REASON] or None)
            await self._work.advance(db, self._work.job.done + self.received, None, "pushes")
            if not batch.sealed:
                await jobs.ask_project(db, self._workspace_id)
            if told.read:
                await jobs.ask_sync(db, self._workspace_id, self._source_id)
        self.added += counts.added
        self.failed += bool(reasons)
