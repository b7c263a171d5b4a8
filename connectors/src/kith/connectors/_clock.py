"""Time as connectors know it, so that tests need not wait for it to pass."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the time is, and how to let it pass."""

    def now(self) -> datetime:
        """Return the time of day, in UTC."""
        ...

    def seconds(self) -> float:
        """Return seconds that only grow, from any start."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def seconds(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        import asyncio  # a quarter of what importing the SDK would take, and unknown to connectors that read files

        await asyncio.sleep(seconds)


class FakeClock:
    """A clock for tests: sleeping takes no time and moves it on. slept: each wait so far, in seconds.

    still: the time of day stays, however long one sleeps.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC), *, still: bool = False) -> None:
        self._start = start
        self._still = still
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=0 if self._still else self.seconds())

    def seconds(self) -> float:
        return sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(max(seconds, 0.0))
        import asyncio

        await asyncio.sleep(0)
