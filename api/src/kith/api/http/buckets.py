"""Buckets of units that fill again as time passes. Valkey keeps them for all processes, which take units in advance.

A process takes a fiftieth of the quota at a time, and the next before that is used up: a request waits for Valkey only
when a bucket is first used. While Valkey is unavailable, each process keeps buckets of its own, with what was left.
"""

import asyncio
import math
import time
from collections.abc import Coroutine
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log: structlog.stdlib.BoundLogger = structlog.get_logger()

PREFIX = "kith:limit:"
PART = 50  # of the quota, what a process takes at once
ANSWER_SECONDS = 0.25
PAUSE_SECONDS = 1.0  # between two looks whether Valkey is back

_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local quota, rate, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local kept = redis.call('HMGET', KEYS[1], 'units', 'at')
local units = quota
if kept[1] then units = math.min(quota, kept[1] + math.max(0, now - kept[2]) * rate) end
local given = math.min(math.floor(units), wanted)
units = units - given
redis.call('HSET', KEYS[1], 'units', units, 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil((quota - units) / rate) + 1000)
return {given, tostring(units)}
"""


class Bucket:
    """What this process has taken of one bucket.

    quota: what it holds. rate: units that come back in a second. units: to be used here, a new part of them when fewer
    than ``low`` are left. rest: left in the shared bucket, ``at`` which moment. refused_at: when the last refusal is
    sent.
    """

    __slots__ = (
        "at", "key", "low", "name", "own", "own_at", "part", "quota", "rate", "refilling", "refused_at", "rest",
        "units",
    )  # fmt: skip

    def __init__(self, name: str, key: str, quota: int, seconds: float) -> None:
        self.name, self.key, self.quota, self.rate = name, f"{PREFIX}{name}:{key}", quota, quota / seconds
        self.part = math.ceil(quota / PART)
        self.low = self.part // 2
        self.units, self.rest, self.at = 0, float(quota), time.monotonic()
        self.own, self.own_at = self.rest, self.at
        self.refused_at = 0.0
        self.refilling: asyncio.Task[None] | None = None

    def left(self, now: float) -> int:
        """Return how many units there are, as far as this process knows."""
        left = int(self.units + self.rest + (now - self.at) * self.rate)
        return left if left < self.quota else self.quota

    def wait(self, cost: int) -> float:
        """Return in how many seconds so many units are there."""
        filled = min(self.quota, self.units + self.rest + (time.monotonic() - self.at) * self.rate)
        return max(0.0, cost - filled) / self.rate

    def take_own(self, wanted: int) -> None:
        """Take units of this process's own bucket."""
        now = time.monotonic()
        self.own = min(self.quota, self.own + (now - self.own_at) * self.rate)
        given = min(int(self.own), wanted)
        self.own, self.own_at = self.own - given, now
        self.units, self.rest, self.at = self.units + given, self.own, now


class Buckets:
    """The buckets of all processes. valkey: None for those of this process alone."""

    def __init__(self, valkey: Redis | None) -> None:
        self._valkey = valkey
        self._take = valkey.register_script(_TAKE) if valkey else None
        self._away = valkey is None
        self._tasks = set[asyncio.Task[None]]()

    async def take(self, bucket: Bucket, cost: int) -> bool:
        """Take ``cost`` units; False where there are not so many."""
        while bucket.units < cost:  # a part that is under way may be too small, and others may take it first
            if not bucket.refilling and bucket.wait(cost):
                return False
            await asyncio.shield(self._refill(bucket, cost))
        bucket.units -= cost
        if bucket.units < bucket.low and not bucket.refilling and not bucket.wait(bucket.units + 1):
            self._refill(bucket, 1)
        return True

    async def close(self) -> None:
        for task in (tasks := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._valkey:
            await self._valkey.aclose()

    def _refill(self, bucket: Bucket, least: int) -> asyncio.Task[None]:
        """Begin to take more units, unless that is under way."""
        if bucket.refilling is None:
            bucket.refilling = self._begin(self._take_more(bucket, max(least, bucket.part)))
        return bucket.refilling

    async def _take_more(self, bucket: Bucket, wanted: int) -> None:
        try:
            if self._take is None or self._away:
                bucket.take_own(wanted)
                return
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    given, rest = await self._take([bucket.key], [bucket.quota, bucket.rate / 1000, wanted])
            except (RedisError, OSError, TimeoutError) as error:
                self._lose(error)
                bucket.take_own(wanted)
                return
            bucket.units, bucket.rest, bucket.at = bucket.units + int(given), float(rest), time.monotonic()
            bucket.own, bucket.own_at = bucket.rest, bucket.at
        finally:
            bucket.refilling = None

    def _lose(self, error: Exception) -> None:
        if not self._away:
            log.warning("limits_are_local", error=str(error) or type(error).__name__)
            self._away = True
            self._begin(self._probe())

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _probe(self) -> None:
        """Look until Valkey is back."""
        while self._away and self._valkey:
            await asyncio.sleep(PAUSE_SECONDS)
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self._valkey.ping()
            except (RedisError, OSError, TimeoutError):
                continue
            self._away = False
            log.info("limits_are_shared")
