"""Turns are fair: whoever asks much waits behind its own requests, not before those of others."""

import asyncio
from collections.abc import Hashable

import pytest

from kith.api.http import fair as fair_module
from kith.api.http.fair import Crowded, Fair


async def ask(fair: Fair, key: Hashable, order: list[Hashable]) -> None:
    await fair.acquire(key)
    order.append(key)
    await asyncio.sleep(0)
    fair.release(key)


async def test_workspaces_come_one_after_the_other() -> None:
    fair, order = Fair(1, each=1, line=100), list[Hashable]()
    await fair.acquire("first")
    waiting = [asyncio.create_task(ask(fair, key, order)) for key in "aaaaaabbc"]
    await asyncio.sleep(0)
    fair.release("first")
    await asyncio.gather(*waiting)
    assert "".join(map(str, order)) == "abcabaaaa"


async def test_one_workspace_never_has_all() -> None:
    fair = Fair(4, each=3, line=100)
    for _ in range(3):
        await fair.acquire("a")
    waiting = asyncio.create_task(fair.acquire("a"))
    await asyncio.sleep(0)
    assert not waiting.done()
    await asyncio.wait_for(fair.acquire("b"), 1)
    fair.release("a")
    await asyncio.wait_for(waiting, 1)


async def test_one_workspace_has_less_while_another_asks_too(monkeypatch: pytest.MonkeyPatch) -> None:
    order = list[Hashable]()
    fair = Fair(4, each=4, beside=1, line=100)
    await fair.acquire("a")
    await fair.acquire("a")
    await asyncio.wait_for(fair.acquire("b"), 1)
    waiting = asyncio.create_task(ask(fair, "a", order))
    await asyncio.sleep(0)
    fair.release("a")
    await asyncio.sleep(0)
    assert order == [], "one of it is in"
    monkeypatch.setattr(fair_module, "BESIDE_SECONDS", 0.0)
    fair.release("b")
    await asyncio.wait_for(fair.acquire("b"), 1)
    fair.release("b")
    await asyncio.wait_for(waiting, 1)
    assert order == ["a"], "the other has not asked for long"


async def test_who_waits_longest_within_what_it_may_have_comes_first() -> None:
    fair, order = Fair(2, each=1, line=100), list[Hashable]()
    await fair.acquire("a")
    await fair.acquire("b")
    waiting = [asyncio.create_task(ask(fair, key, order)) for key in "abc"]
    await asyncio.sleep(0)
    fair.release("b")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert order[0] == "b", "a has all that it may have"
    fair.release("a")
    await asyncio.gather(*waiting)


async def test_a_line_has_an_end() -> None:
    fair = Fair(1, each=1, line=2)
    await fair.acquire("a")
    waiting = [asyncio.create_task(fair.acquire("a")) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Crowded):
        await fair.acquire("a")
    other = asyncio.create_task(fair.acquire("b"))
    await asyncio.sleep(0)
    for task in (*waiting, other):
        task.cancel()
    await asyncio.gather(*waiting, other, return_exceptions=True)


async def test_nothing_is_lost_when_waiting_requests_go_away() -> None:
    fair = Fair(3, each=2, line=1000)

    async def request(key: int, ticks: int) -> None:
        await fair.acquire(key)
        try:
            for _ in range(ticks):
                await asyncio.sleep(0)
        finally:
            fair.release(key)

    for round_ in range(30):
        tasks = [asyncio.create_task(request(number % 4, number % 3)) for number in range(40)]
        for _ in range(round_):
            await asyncio.sleep(0)
        for number, task in enumerate(tasks):
            if number % 3 == round_ % 3:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (fair._free, fair._held, fair._waiting) == (3, {}, {})
