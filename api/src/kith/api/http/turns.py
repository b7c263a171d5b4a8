"""Turns: requests take the connections of their process one after the other, and none waits for ever."""

import asyncio
from collections.abc import Hashable
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

from kith.api.http.fair import Crowded, Fair
from kith.api.http.problems import Problem
from kith.store import db as database
from kith.store.db import Db, Pool

HANDOVER_SECONDS = 0.02
LINE = 20  # times the connections: how many requests of one workspace wait at most


class Turns:
    """At most ``size`` requests have a connection at once; workspaces come one after the other, each with its first.

    The pool alone may let the latest come first, and leaves some waiting for ever longer. One workspace has seven
    eighths of the connections at most, so that others need not wait for its slow questions. Two thirds of them keep a
    process busy, and more would only take time from one another: so many work at once, and whoever takes longer than
    HANDOVER_SECONDS lets the next begin beside it. seconds: how long one waits for its turn and for its connection,
    together, at most.
    """

    def __init__(self, pool: Pool, size: int, seconds: float) -> None:
        self.pool, self.seconds = pool, seconds
        self.free = Fair(size, each=size - size // 8, line=LINE * size)
        self.begin = Fair(max(2, 2 * size // 3), each=size, line=LINE * size, beside=max(1, size // 4))

    def workspace(self, workspace_id: UUID, *, blind: bool = False) -> AbstractAsyncContextManager[Db]:
        """Yield a transaction that sees this workspace alone. Raises TimeoutError where its turn does not come.

        blind: as for ``kith.store.db.workspace``.
        """
        return _Turn(self, database.workspace(self.pool, workspace_id, blind=blind), workspace_id)

    def view(
        self, workspace_id: UUID, rows: str | None = None, *, sealed: bool = False, words: bool = True
    ) -> AbstractAsyncContextManager[Db]:
        """Yield a connection that reads this workspace alone. Raises TimeoutError where its turn does not come.

        rows, sealed, words: as for ``kith.store.db.view``.
        """
        return _Turn(self, database.view(self.pool, workspace_id, rows, sealed=sealed, words=words), workspace_id)

    def instance(self) -> AbstractAsyncContextManager[Db]:
        """Yield a transaction that sees no workspace yet. Raises TimeoutError where its turn does not come."""
        return _Turn(self, database.instance(self.pool), "")

    def single(self, workspace_id: UUID | None) -> AbstractAsyncContextManager[Db]:
        """Yield a connection whose statements are transactions of their own. Raises TimeoutError as the others do.

        workspace_id: as for ``kith.store.db.single``.
        """
        return _Turn(self, database.single(self.pool, workspace_id), workspace_id or "")


class _Turn:
    """One turn, from the wait for it to its end. No generator: every read takes a turn, and that would take longer."""

    __slots__ = ("begun", "connected", "key", "timer", "turns")

    def __init__(self, turns: Turns, connected: AbstractAsyncContextManager[Db], key: Hashable) -> None:
        self.turns, self.connected, self.key = turns, connected, key
        self.begun = False

    async def __aenter__(self) -> Db:
        turns, waiting = self.turns, asyncio.timeout(self.turns.seconds)
        try:
            async with waiting:
                await turns.free.acquire(self.key)
                try:
                    await self._begin()
                    return await self.connected.__aenter__()
                except BaseException:
                    self._end()
                    raise
        except Crowded as error:
            detail = "Too many requests of this workspace wait already."
            raise Problem("rate_limited", detail, headers={"Retry-After": "1"}) from error
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
        await self.turns.begin.acquire(self.key)
        self.begun = True
        self.timer = asyncio.get_running_loop().call_later(HANDOVER_SECONDS, self._hand_over)

    def _hand_over(self) -> None:
        if self.begun:
            self.begun = False
            self.turns.begin.release(self.key)

    def _end(self) -> None:
        if self.begun:
            self.timer.cancel()
            self._hand_over()
        self.turns.free.release(self.key)
