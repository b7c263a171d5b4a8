"""Turns: requests take the connections of their process one after the other, and none waits for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from kith.store import db as database
from kith.store.db import Db, Pool


class Turns:
    """At most ``size`` transactions at once, first come, first served.

    The pool alone may let the latest come first, and leaves some waiting for ever longer. seconds: how long one waits
    for its turn and for its connection, together, at most.
    """

    def __init__(self, pool: Pool, size: int, seconds: float) -> None:
        self.pool, self.seconds = pool, seconds
        self._free = asyncio.Semaphore(size)

    @asynccontextmanager
    async def workspace(self, workspace_id: UUID) -> AsyncIterator[Db]:
        """Yield a transaction that sees this workspace alone. Raises TimeoutError where its turn does not come."""
        waiting = asyncio.timeout(self.seconds)
        try:
            async with waiting, self._free, database.workspace(self.pool, workspace_id) as db:
                waiting.reschedule(None)
                yield db
        except TimeoutError as error:
            if waiting.expired():
                raise TimeoutError(f"no connection within {self.seconds:g} s") from error
            raise
