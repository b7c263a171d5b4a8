"""Turns: requests take the connections of their process one after the other, and none waits for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import UUID

from kith.store import db as database
from kith.store.db import Db, Pool

HANDOVER_SECONDS = 0.02


class Turns:
    """At most ``size`` requests have a connection at once, first come, first served.

    The pool alone may let the latest come first, and leaves some waiting for ever longer. A third of them keep a
    process busy, and more would only take time from one another: so many work at once, and whoever takes longer than
    HANDOVER_SECONDS lets the next begin beside it. seconds: how long one waits for its turn and for its connection,
    together, at most.
    """

    def __init__(self, pool: Pool, size: int, seconds: float) -> None:
        self.pool, self.seconds = pool, seconds
        self._free = asyncio.Semaphore(size)
        self._begin = asyncio.Semaphore(max(2, size // 3))

    def workspace(self, workspace_id: UUID) -> AbstractAsyncContextManager[Db]:
        """Yield a transaction that sees this workspace alone. Raises TimeoutError where its turn does not come."""
        return self._turn(database.workspace(self.pool, workspace_id))

    def view(self, workspace_id: UUID) -> AbstractAsyncContextManager[Db]:
        """Yield a connection that reads this workspace alone. Raises TimeoutError where its turn does not come."""
        return self._turn(database.view(self.pool, workspace_id))

    def instance(self) -> AbstractAsyncContextManager[Db]:
        """Yield a transaction that sees no workspace yet. Raises TimeoutError where its turn does not come."""
        return self._turn(database.instance(self.pool))

    @asynccontextmanager
    async def _turn(self, connected: AbstractAsyncContextManager[Db]) -> AsyncIterator[Db]:
        waiting = asyncio.timeout(self.seconds)
        try:
            async with waiting, self._free, self._start(), connected as db:
                waiting.reschedule(None)
                yield db
        except TimeoutError as error:
            if waiting.expired():
                raise TimeoutError(f"no connection within {self.seconds:g} s") from error
            raise

    @asynccontextmanager
    async def _start(self) -> AsyncIterator[None]:
        """Be one of those that work at once, for HANDOVER_SECONDS at most."""
        handed_over = False

        def hand_over() -> None:
            nonlocal handed_over
            handed_over = True
            self._begin.release()

        await self._begin.acquire()
        timer = asyncio.get_running_loop().call_later(HANDOVER_SECONDS, hand_over)
        try:
            yield
        finally:
            timer.cancel()
            if not handed_over:
                hand_over()
