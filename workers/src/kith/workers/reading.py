"""Reading a source with its connector. What it raises on purpose says what to do; whatever else is a fault."""

import asyncio
import errno
import traceback
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import structlog

from kith.connectors import (
    Channel,
    Claim,
    Connector,
    ConnectorError,
    Context,
    Conversation,
    Coverage,
    Identity,
    Interaction,
    Page,
    load_config,
)
from kith.projections.ingest import Ingest
from kith.runtime.vault import Unreadable
from kith.store.batch import Batch
from kith.store.credentials import Credential
from kith.store.sources import ToRead
from kith.workers.renewal import renewal_of
from kith.workers.work import Failed, Later, Work

T = TypeVar("T")

#: The cursor of what moves none.
NOWHERE = msgspec.Raw(b"null")

log = structlog.get_logger()

#: How long a connector may take for a page, unless it says ``page_seconds``.
PAGE_SECONDS = 1800.0
CHECK_SECONDS = 120.0
#: Characters, about, of the pages that are read ahead, and then stored as one.
JOINED = 5_000_000
#: How long pages that are fewer wait for more (s).
GATHERING = 0.25
_JOINABLE = frozenset((Channel, Claim, Conversation, Coverage, Identity, Interaction))
#: Of errors of the system: no space left, or none left for this account.
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Fault(Exception):
    """A connector broke: it raised what no connector raises on purpose, or took too long."""


class Opened(msgspec.Struct, frozen=True):
    """A source with all that it takes to read it."""

    connector: Connector
    config: Any
    context: AbstractAsyncContextManager[Context]


def open_source(work: Work, source_id: UUID, reading: ToRead, sealed: Sequence[Credential]) -> Opened:
    """Return what reads a source. Raises Failed where nothing can."""
    connector = work.connectors.get(reading.connector)
    if connector is None:
        raise Failed("unknown_connector", f"No connector named {reading.connector!r} is installed here.")
    try:
        secrets = work.ground.reveal(work.job.workspace_id, sealed)
        config = load_config(connector.Config, {**reading.config, **secrets})
    except Unreadable as error:
        raise Failed("credential_unreadable", f"A credential of the source cannot be read. {error}") from error
    except msgspec.ValidationError as error:
        raise Failed("bad_config", f"The settings of the source do not fit its connector: {error}") from error
    renewal = renewal_of(work, source_id, connector, config, trusted=reading.trusted)
    lend = work.ground.lend
    context = lend(work.job.workspace_id, source_id, connector, config, trusted=reading.trusted, renewal=renewal)
    return Opened(connector, config, context)


async def pages_ahead(
    pages: AsyncIterator[Page], ingest: Ingest, seconds: float | None, redact: Callable[[str], str]
) -> AsyncGenerator[tuple[Page, Batch], None]:
    """Yield pages with their rows; more are read while these are stored.

    Small pages that were read in that time, or shortly after one another, come as one. seconds: how long a page may
    take; None: for ever. Raises Fault.
    """
    ahead = _Ahead(lambda: contained(anext(pages, None), seconds, redact))
    try:
        while taken := await ahead.take():
            page = _joined(taken)
            batch = await asyncio.to_thread(ingest.batch, page)
            batch.pages = len(taken)
            yield page, batch
    finally:
        await ahead.stop()
        if isinstance(pages, AsyncGenerator):
            await contained(pages.aclose(), CHECK_SECONDS, redact)


class _Ahead:
    """Reads pages, up to ``JOINED``, before they are asked for."""

    def __init__(self, following: Callable[[], Awaitable[Page | None]]) -> None:
        self._following = following
        self._read: deque[Page] = deque()
        self._size = 0
        self._some, self._enough, self._room = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._task = asyncio.create_task(self._fill())

    async def take(self) -> list[Page]:
        """Return pages that may be stored as one; none after the last. Raises what reading raised."""
        await self._some.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(GATHERING):
                await self._enough.wait()
        if not self._read:
            await self._task
            return []
        taken = [self._read.popleft()]
        while self._read and _may_be_joined(taken[-1]) and _may_be_joined(self._read[0]):
            taken.append(self._read.popleft())
        self._size -= sum(map(_size, taken))
        self._room.set()
        if not self._read and not self._task.done():
            self._some.clear()
            self._enough.clear()
        return taken

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _fill(self) -> None:
        try:
            while page := await self._following():
                self._read.append(page)
                self._size += _size(page)
                self._some.set()
                if self._size > JOINED or not _may_be_joined(page):
                    self._enough.set()
                while self._size > JOINED:
                    self._room.clear()
                    await self._room.wait()
        finally:
            self._some.set()
            self._enough.set()


def _size(page: Page) -> int:
    """Return about how many characters a page holds."""
    return sum(
        500 + (len(record.text or "") if type(record) is Interaction else 0) for record in page.records
    ) + 500 * len(page.statements)


def _may_be_joined(page: Page) -> bool:
    """Whether another page may be stored with this one, as if they were one: what takes back counts for all of it."""
    return all(type(record) in _JOINABLE for record in page.records)


def _joined(pages: Sequence[Page]) -> Page:
    records = tuple(record for page in pages for record in page.records)
    skipped = tuple(skip for page in pages for skip in page.skipped)
    statements = tuple(statement for page in pages for statement in page.statements)
    return msgspec.structs.replace(pages[-1], records=records, skipped=skipped, statements=statements)


async def contained(doing: Awaitable[T], seconds: float | None, redact: Callable[[str], str]) -> T:
    """Await what a connector does. Raises its ConnectorError, or Fault for whatever else goes wrong in it.

    Where it broke is logged here, without the source's secrets: the fault itself carries no trace of it.
    """
    try:
        async with asyncio.timeout(seconds) as limit:
            return await doing
    except ConnectorError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _FULL:
            raise Later("disk_full", "The worker has no room: free some space on its disk.", None) from None
        log.warning("connector_broke", trace=redact("".join(traceback.format_exception(error))))
        late = isinstance(error, TimeoutError) and limit.expired()
        reason = f"it took longer than {seconds:g} seconds" if late else f"{type(error).__name__}: {error}"
        raise Fault(redact(reason)) from None


def page_seconds(connector: Connector) -> float:
    return float(getattr(connector, "page_seconds", PAGE_SECONDS))
