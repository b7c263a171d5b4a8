"""Rate limits, declared by connectors and kept by kith."""

from typing import Literal, Protocol

import msgspec

from kith.connectors._clock import Clock, SystemClock


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At most so many requests in so many seconds.

    per: what shares the limit: one source, one host, or all that this connector reads. burst: requests that may follow
    one another at once after a pause; by default all of them. paths: the limit holds for paths that begin so.
    """

    requests: int
    seconds: float
    per: Literal["source", "host", "connector"] = "host"
    burst: int | None = None
    paths: str = "/"

    @property
    def interval(self) -> float:
        """Seconds between two requests at this rate."""
        return self.seconds / self.requests

    @property
    def tolerance(self) -> float:
        """Seconds by which requests may be ahead of an even pace."""
        return self.interval * ((self.burst or self.requests) - 1)


class Limiter(Protocol):
    """Keeps rates for all who share it: one process, or all workers."""

    async def take(self, key: str, rate: Rate, longest: float) -> float:
        """Book the next request under ``key``; return how many seconds to wait before it may go out.

        Nothing is booked where that would be longer than ``longest``.
        """
        ...

    async def hold(self, key: str, seconds: float) -> None:
        """Let no request under ``key`` go out for so many seconds: the server has said so."""
        ...


class LocalLimiter:
    """Rates within one process, by the generic cell rate algorithm: one number for each key."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._due: dict[str, float] = {}
        self._held: dict[str, float] = {}

    async def take(self, key: str, rate: Rate, longest: float) -> float:
        now = self._clock.seconds()
        due = max(self._due.get(key, now), now)
        wait = max(due - rate.tolerance, self._held.get(key, now)) - now
        if wait <= longest:
            self._due[key] = max(due, self._held.get(key, now)) + rate.interval
        return max(round(wait, 9), 0.0)  # less than a nanosecond is what sums of floats leave over

    async def hold(self, key: str, seconds: float) -> None:
        until = self._clock.seconds() + seconds
        self._held[key] = max(self._held.get(key, until), until)
