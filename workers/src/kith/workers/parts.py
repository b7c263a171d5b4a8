"""Reading a source part by part: which partitions there are, what is fresh in each, and behind it their history."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import msgspec

from kith.connectors import HISTORY_SHARE, Context, Historied, Missing, Page, Partition, Partitioned, Refused
from kith.projections.ingest import Ingest, clean
from kith.store import locks, suppressions
from kith.store import partitions as store
from kith.store.locks import Lock
from kith.store.partitions import Ended, Found, Place, Stand, ToRead
from kith.workers.reading import Opened, contained, page_seconds, pages_ahead
from kith.workers.storing import Storing
from kith.workers.work import Unfinished, Work

MOST = 100_000
"""Partitions of a source; what a connector names beyond is not read."""

AT_ONCE = 200
"""Partitions that are fetched together, and after which the run's place is kept."""

LEAST_FRESH = timedelta(minutes=10)
"""While history is read, what is fresh goes first again after this time, or after four times as long as it took."""

_NAME, _KIND = 1000, 63
_WORDS = ("public", "unlisted", "members", "private", "direct")


class Parts:
    """Reads the partitions of one source in one step of a run."""

    def __init__(self, work: Work, source_id: UUID, run_id: UUID | None, opened: Opened, context: Context) -> None:
        self._work, self._source_id, self._run_id = work, source_id, run_id
        self._opened, self._context = opened, context
        self._seconds, self._redact = page_seconds(opened.connector), context.http.redact
        self._done = work.job.done

    async def read(self, storing: Storing, ingest: Ingest) -> None:
        """Read on from where the run stands. Raises Unfinished where the step ends before all is read."""
        place = await self._place()
        if place is None:
            await self.discover()
            place = Place("fresh")
        while True:
            began = datetime.now(UTC)
            if not await self._phase(place, storing, ingest):
                await self.discover()
                place = Place("fresh")
                continue
            if place.phase == "history" or not isinstance(self._opened.connector, Historied):
                return
            now = datetime.now(UTC)
            place = Place("history", again_at=now + max(LEAST_FRESH, 4 * (now - began)))

    async def discover(self) -> int:
        """Ask the connector which partitions there are; return how many."""
        connector = cast(Partitioned, self._opened.connector)
        rows: dict[str, Found] = {}
        naming: Any = connector.discover(self._opened.config, self._context)
        async with aclosing(naming) as each:
            while len(rows) < MOST:
                partition = await contained(anext(each, None), self._seconds, self._redact)
                if partition is None:
                    break
                rows.setdefault(partition.key, _row(partition))
        workspace_id = self._work.job.workspace_id
        async with self._work.transaction() as db:
            await locks.hold(db, workspace_id, Lock.FACTS, shared=True)  # no erasure reads these names meanwhile
            redact = await suppressions.redactor(db, workspace_id)
            found = [row._replace(name=redact(row.name)) for row in rows.values()]
            await store.found(db, workspace_id, self._source_id, found)
        return len(rows)

    async def _phase(self, place: Place, storing: Storing, ingest: Ingest) -> bool:
        """Read all partitions of a phase; return False where fresh things go first again. Raises Unfinished."""
        while batch := await self._next(place):
            ended: list[Ended] = []
            after, whole = place.after, True
            try:
                for part in batch:
                    end = await self._one(part, place, storing, ingest)
                    if end is None:
                        whole = False
                        break
                    after = part.key
                    ended += [end] if _is_news(end, part, place) else []
            finally:
                await storing.settle()
                place = msgspec.structs.replace(place, after=after)
                await self._keep(place, ended)
            if self._work.must_rest:
                raise Unfinished
            if not whole:
                return False
        return True

    async def _one(self, part: ToRead, place: Place, storing: Storing, ingest: Ingest) -> Ended | None:
        """Read one partition; None where its end was not reached."""
        stand = Stand(part.key, place.phase)
        try:
            async with aclosing(pages_ahead(self._pages(part, place), ingest, self._seconds, self._redact)) as batches:
                async for page, batch in batches:
                    if page.records or page.skipped or batch.cursor != part.cursor:
                        batch.stand = stand
                        self._done += len(page.records)
                        shown = msgspec.structs.replace(page, done=None, total=None, unit="records")
                        await storing.put(shown, batch, self._done)
                    if self._work.must_rest or (place.again_at and place.again_at <= datetime.now(UTC)):
                        return None
        except (Missing, Refused) as error:
            return Ended(stand, None, clean(str(error))[:_NAME])
        return Ended(stand, part.mark, None)

    def _pages(self, part: ToRead, place: Place) -> AsyncIterator[Page]:
        """Have the connector read; history is asked for with a share of each rate."""
        cursor = None if part.cursor is None else msgspec.Raw(part.cursor.encode())
        partition = Partition(
            part.key, part.name, part.kind, cast(Any, part.visibility), part.size, part.seconds, part.mark
        )
        config, connector = self._opened.config, self._opened.connector
        if place.phase == "fresh":
            return cast(Partitioned, connector).read(config, partition, cursor, self._context)
        behind = msgspec.structs.replace(self._context, http=self._context.http.sharing(HISTORY_SHARE))
        return cast(Historied, connector).read_history(config, partition, cursor, behind)

    async def _place(self) -> Place | None:
        async with self._work.transaction() as db:
            return await store.place_of(db, self._work.job.workspace_id, cast(UUID, self._run_id))

    async def _next(self, place: Place) -> list[ToRead]:
        async with self._work.transaction() as db:
            return await store.to_read(db, self._work.job.workspace_id, self._source_id, place, AT_ONCE)

    async def _keep(self, place: Place, ended: list[Ended]) -> None:
        async with self._work.transaction() as db:
            workspace_id = self._work.job.workspace_id
            await store.finish(db, workspace_id, self._source_id, ended)
            await store.keep_place(db, workspace_id, cast(UUID, self._run_id), place)


def _is_news(end: Ended, part: ToRead, place: Place) -> bool:
    """Whether anything is to be noted: of a partition with nothing new, nothing is."""
    return end.problem != part.problem or part.mark is not None or place.phase == "history"


def _row(partition: Partition) -> Found:
    if partition.visibility not in _WORDS:
        raise ValueError(f"visibility {partition.visibility!r} of a partition is none that the SDK allows")
    name, kind, mark = clean(partition.name)[:_NAME], partition.kind[:_KIND], partition.mark
    size = partition.size if partition.size is not None and 0 <= partition.size < 1 << 62 else None
    key = partition.key
    if not 0 < len(key) <= _NAME or "\0" in key:
        raise ValueError("the key of a partition has 1 to 1000 characters, without NUL")
    return Found(key, name, kind, partition.visibility, size, partition.seconds, mark and clean(mark)[:_NAME])
