"""Storing: the pages of one sync on their way into the store, two at a time, and yet as if each came alone."""

import asyncio
from collections import deque
from types import TracebackType
from uuid import UUID

import msgspec

from kith.connectors import Page
from kith.projections.ingest import Ingest, find_refused
from kith.runtime import metrics
from kith.store import ingest, jobs, sources
from kith.store.batch import Batch, Problem
from kith.store.ingest import REFUSED
from kith.store.sweeps import Outcome
from kith.workers.work import Unfinished, Work

#: Pages under way at most: one is copied and added while the one before is accounted for.
AT_ONCE = 2
#: Characters in the pages under way, beyond which the next has to wait.
CHARACTERS = 8_000_000


class _Step:
    """A page under way.

    added: its facts are in, and only its own transaction is still to end. ended: so it has; whole: with all of the
    page, so that pages that were read ahead in that belief may follow.
    """

    def __init__(self, page: Page, batch: Batch, done: int) -> None:
        self.page = page
        self.batch = batch
        self.done = done
        self.added = asyncio.Event()
        self.ended = asyncio.Event()
        self.whole = False
        self.task: asyncio.Task[None]


class Storing:
    """Stores each page in one transaction with its cursor, in the order in which they were put.

    A page is copied while the one before is being added, and added while that one is being accounted for; it commits
    after that one or not at all. When the block ends, everything put is stored, or what went wrong is raised.
    """

    def __init__(self, work: Work, source_id: UUID, run_id: UUID | None, id_key: bytes) -> None:
        self._work = work
        self._source_id = source_id
        self._run_id = run_id
        self._id_key = id_key
        self._steps: deque[_Step] = deque()
        self._failed = False

    async def __aenter__(self) -> "Storing":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            while self._steps and not self._failed and not isinstance(error, asyncio.CancelledError):
                await self._settle()
        finally:
            for step in self._steps:
                step.task.cancel()
            await asyncio.gather(*(step.task for step in self._steps), return_exceptions=True)

    async def put(self, page: Page, batch: Batch, done: int) -> None:
        """Begin to store a page; wait while too much is under way. Raises what storing a page before raised."""
        step = _Step(page, batch, done)
        step.task = asyncio.create_task(self._store(step, self._steps[-1] if self._steps else None))
        self._steps.append(step)
        while len(self._steps) >= AT_ONCE or sum(step.batch.characters for step in self._steps) > CHARACTERS:
            await self._settle()

    async def settle(self) -> None:
        """Wait until everything put is stored. Raises what storing raised."""
        while self._steps and not self._failed:
            await self._settle()

    async def _settle(self) -> None:
        """Wait until the first page under way is stored; then have it worked into the projections."""
        step = self._steps[0]
        self._failed = True
        await step.task
        if metrics.counting:
            metrics.counting.records(step.batch.records)
        if not step.batch.sealed:
            async with self._work.transaction() as db:
                await jobs.ask_project(db, self._work.job.workspace_id)
        if not step.whole:
            raise Unfinished
        self._failed = False
        self._steps.popleft()

    async def _store(self, step: _Step, before: _Step | None) -> None:
        try:
            await self._transact(step, before)
            step.whole = True
        except REFUSED:
            step.ended.set()  # what follows gives way, and is read again
            await _end(before)
            step.batch = await self._without_refused(step.page, step.batch)
            await self._transact(step, None)
        finally:
            step.added.set()
            step.ended.set()

    async def _transact(self, step: _Step, before: _Step | None) -> None:
        work, batch = self._work, step.batch
        workspace_id = work.job.workspace_id
        async with work.transaction() as db:
            await ingest.stage(db, batch)
            # In their order: a page that waits for this one's commit must not hold a key that this one wants.
            if before is not None:
                await before.added.wait()
            if await sources.status_of(db, workspace_id, self._source_id) != "active":
                raise jobs.Canceled
            counts = await ingest.add(db, workspace_id, self._source_id, batch)
            batch.problems += [_refused(outcome) for outcome in batch.swept if outcome.is_refused]
            step.added.set()
            await _end(before)
            await ingest.account(db, workspace_id, self._source_id, self._run_id, batch, counts)
            await work.advance(db, step.done, step.page.total, step.page.unit)

    async def _without_refused(self, page: Page, whole: Batch) -> Batch:
        """Return the page without the records that PostgreSQL refuses; they are among its problems."""
        async with self._work.transaction() as db:
            refused = await find_refused(db, self._work.job.workspace_id, self._source_id, self._id_key, page.records)
        numbers = {problem.number for problem in refused}
        kept = tuple(record for number, record in enumerate(page.records) if number not in numbers)
        batch = Ingest(self._id_key, statements=bool(whole.said)).batch(msgspec.structs.replace(page, records=kept))
        batch.pages, batch.records, batch.stand = whole.pages, whole.records, whole.stand
        batch.problems += refused
        return batch


def _refused(outcome: Outcome) -> Problem:
    """Tell that a sweep deleted nothing."""
    lost = len(outcome.gone) + len(outcome.ended)
    reason = f"It would take away {lost:,} of {outcome.total:,} acts; nothing was deleted."
    if not outcome.known:
        reason = "Its beginning was never told; nothing was deleted."
    return Problem(f"sweep of {', '.join(outcome.sweep.kinds)}"[:200], "sweep_refused", reason)


async def _end(before: _Step | None) -> None:
    """Wait for the commit of the page before. Raises Unfinished where not all of it was stored."""
    if before is not None:
        await before.ended.wait()
        if not before.whole:
            raise Unfinished
