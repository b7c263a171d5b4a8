"""Tries that are counted and tries that succeed take the rows of account and network in one order."""

import asyncio
from hashlib import sha256

import pytest

from kith.store import sign_in_failures as failures
from kith.store.db import Pool, instance

NETWORK = "network 192.0.2.7"


def row(subject: str) -> bytes:
    return sha256(subject.encode()).digest()


@pytest.mark.parametrize("first", ["account", "network"])
@pytest.mark.parametrize("act", ["count", "succeed"])
async def test_whoever_waits_for_the_first_row_does_not_hold_the_other(pool: Pool, act: str, first: str) -> None:
    """Otherwise a right code beside wrong ones is a deadlock, for about half of all accounts."""
    accounts = (f"second factor {number}" for number in range(100))
    account = next(name for name in accounts if (row(name) < row(NETWORK)) == (first == "account"))

    async def count() -> None:
        async with instance(pool) as db:
            assert await failures.count(db, {account: 5, NETWORK: 30}) == 0

    async def succeed() -> None:
        async with instance(pool) as db:
            await failures.succeeded(db, account, NETWORK)

    await count()
    lower, higher = sorted([row(account), row(NETWORK)])
    async with instance(pool) as db:
        await db.execute("SELECT FROM sign_in_failures WHERE subject = $1 FOR UPDATE", lower)
        trying = asyncio.create_task({"count": count, "succeed": succeed}[act]())
        while not await db.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110 - it calls nobody
            await asyncio.sleep(0.01)
        await db.execute("SELECT FROM sign_in_failures WHERE subject = $1 FOR UPDATE NOWAIT", higher)
    await trying
