"""The hub: wakes the streams of a process when their workspace has new events, and counts how many there are."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from uuid import UUID

import asyncpg

from kith.api.http.problems import Problem
from kith.api.http.wire import AT_ONCE
from kith.store.db import ABSENT, ROLE
from kith.store.events import ADDED

EACH = 10  # streams of one token
ALL = AT_ONCE // 2  # streams of a process
AGAIN_SECONDS = 1.0  # between two tries to listen


class Hub:
    def __init__(self) -> None:
        self._waiting: dict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._open: Counter[UUID] = Counter()

    @property
    def streams(self) -> int:
        """How many streams are open."""
        return self._open.total()

    @contextmanager
    def joined(self, workspace_id: UUID, holder: UUID) -> Iterator[asyncio.Event]:
        """Yield what is set whenever the workspace may have new events. Raises Problem where there are too many."""
        if self._open[holder] >= EACH or self._open.total() >= ALL:
            raise Problem("rate_limited", "Too many streams are open already.", headers={"Retry-After": "15"})
        woken = asyncio.Event()
        self._waiting[workspace_id].add(woken)
        self._open[holder] += 1
        try:
            yield woken
        finally:
            self._open[holder] -= 1
            self._open += Counter()  # forgets who has none
            self._waiting[workspace_id].discard(woken)
            if not self._waiting[workspace_id]:
                del self._waiting[workspace_id]

    @asynccontextmanager
    async def listening(self, url: str) -> AsyncIterator[None]:
        """Hear of new events while the block runs."""
        task = asyncio.create_task(self._listen(url))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _listen(self, url: str) -> None:
        while True:
            with suppress(*ABSENT, TimeoutError):
                await self._listen_once(url)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _listen_once(self, url: str) -> None:
        settings = {"role": ROLE, "application_name": "kith events"}
        db = await asyncpg.connect(url, server_settings=settings, timeout=5)
        lost = asyncio.Event()
        db.add_termination_listener(lambda _: lost.set())
        try:
            await db.add_listener(ADDED, lambda *heard: self._wake(UUID(str(heard[3]))))
            for workspace_id in list(self._waiting):  # what was told while nobody listened
                self._wake(workspace_id)
            await lost.wait()
        finally:
            db.terminate()

    def _wake(self, workspace_id: UUID) -> None:
        for woken in self._waiting.get(workspace_id, ()):
            woken.set()
