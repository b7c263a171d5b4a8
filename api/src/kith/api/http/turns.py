"""Turns: requests take the connections of their process one after the other, and none waits for ever."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

from kith.store import db as database
from kith.store.db import Db, Pool

HANDOVER_SECONDS = 0.02


class Turns:
    """At most ``size`` requests have a connection at once, first come, first served.

    The pool alone may let the latest come first, and leaves some waiting for ever longer. Two thirds of them keep a
    process busy, and more would only take time from one another: so many work at once, and whoever takes longer than
    HANDOVER_SECONDS lets the next begin beside it. seconds: how long one waits for its turn and for its connection,
    together, at most.
    """

    def __init__(self, pool: Pool, size: int, seconds: float) -> None:
        self.pool, self.seconds = pool, seconds
        self.free = asyncio.Semaphore(size)
        self.begin = asyncio.Semaphore(max(2, 2 * size // 3))

    def workspace(self, workspace_id: UUID) -> AbstractAsyncContextManager[Db]:
        """Yield a transaction that sees this workspace alone. Raises TimeoutError where its turn does not come."""
        return self._turn(database.workspace(self.pool, workspace_id))

    def view(self, workspace_id: UUID) -> AbstractAsyncContextManager[Db]:
        """Yield a connection that reads this workspace alone. Raises TimeoutError where its turn does not come."""
        return self._turn(database.view(self.pool, workspace_id))

    def instance(self) -> AbstractAsyncContextManager[Db]:
        """Yield a transaction that sees no workspace yet. Raises TimeoutError where its turn does not come."""
        return self._turn(database.instance(self.pool))

    def _turn(self, connected: AbstractAsyncContextManager[Db]) -> AbstractAsyncContextManager[Db]:
        return _Turn(self, connected)


class _Turn:
    """One turn, from the wait for it to its end. No generator: every read takes a turn, and that would take longer."""

    __slots__ = ("begun", "connected", "timer", "turns")

    def __init__(self, turns: Turns, connected: AbstractAsyncContextManager[Db]) -> None:
        self.turns, self.connected = turns, connected
        self.begun = False

    async def __aenter__(self) -> Db:
        turns, waiting = self.turns, asyncio.timeout(self.turns.seconds)
        try:
            async with waiting:
                await turns.free.acquire()
                try:
                    await self._begin()
                    return await self.connected.__aenter__()
                except BaseException:
                    self._end()
                    raise
        except TimeoutError as error:
            if waiting.expired():
                raise TimeoutError(f"no connection within {turns.seconds:g} s") from error
            raise

    async def __aexit__(self, *raised: Any) -> bool | None:
        try:
            return await self.connected.__aexit__(*raised)
        finally:
            self._end()

    async def _begin(self) -> None:
        """Be one of those that work at once, for HANDOVER_SECONDS at most."""
        await self.turns.begin.acquire()
        self.begun = True
        self.timer = asyncio.get_running_loop().call_later(HANDOVER_SECONDS, self._hand_over)

    def _hand_over(self) -> None:
        if self.begun:
            self.begun = False
            self.turns.begin.release()

    def _end(self) -> None:
        if self.begun:
            self.timer.cancel()
            self._hand_over()
        self.turns.free.release()
