"""Rates that all workers share, in a real Valkey; and without it."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from kith.connectors import Rate
from kith.workers.limiter import SharedLimiter

RATE = Rate(5, 1.0, burst=2)


@pytest.fixture
async def valkey(valkey_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(valkey_url) as valkey:
        yield valkey


async def test_two_workers_keep_one_rate(valkey: Redis) -> None:
    workers = [SharedLimiter(valkey), SharedLimiter(valkey)]
    sent: list[float] = []

    async def work(limiter: SharedLimiter) -> None:
        for _ in range(5):
            await asyncio.sleep(await limiter.take("host", RATE, 60))
            sent.append(time.monotonic())

    await asyncio.gather(*map(work, workers))
    sent.sort()
    assert sent[-1] - sent[0] >= 1.55, "ten requests, two of them at once, at five a second"
    assert sent[-1] - sent[0] < 3


async def test_what_would_take_too_long_is_not_booked(valkey: Redis) -> None:
    limiter = SharedLimiter(valkey)
    waits = [await limiter.take("host", Rate(1, 100, burst=1), 50) for _ in range(3)]
    assert waits[0] == 0
    assert waits[1] == pytest.approx(100, abs=1)
    assert waits[2] == pytest.approx(100, abs=1)


async def test_a_pause_holds_for_every_worker_and_only_for_its_key(valkey: Redis) -> None:
    await SharedLimiter(valkey).hold("host", 30)
    await SharedLimiter(valkey).hold("host", 10)
    assert await SharedLimiter(valkey).take("host", RATE, 5) == pytest.approx(30, abs=1)
    assert await SharedLimiter(valkey).take("other", RATE, 5) == 0
    assert 0 < await valkey.pttl("kith:rate:host") <= 31_000, "nothing stays for ever"


async def test_without_valkey_a_worker_keeps_the_rate_by_itself() -> None:
    limiter = SharedLimiter(Redis.from_url("redis://127.0.0.1:9"))
    await limiter.hold("other", 30)
    assert await limiter.take("other", RATE, 5) == pytest.approx(30, abs=1)
    waits = [await limiter.take("host", RATE, 60) for _ in range(3)]
    assert waits[:2] == [0, 0]
    assert waits[2] == pytest.approx(0.2, abs=0.05)
