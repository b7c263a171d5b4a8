"""What a serving process has in use, counted every few seconds where metrics are on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from kith.api.events.hub import Hub
from kith.api.http.turns import Turns
from kith.runtime import metrics

SECONDS = 1.0


@asynccontextmanager
async def counted(state: Any) -> AsyncIterator[None]:
    """Count in the block, if the settings say so."""
    if not state.settings.metrics_port:
        yield
        return
    counting = asyncio.create_task(_count(metrics.count(), state.turns, state.hub))
    try:
        yield
    finally:
        counting.cancel()
        with suppress(asyncio.CancelledError):
            await counting


async def _count(counters: metrics.Metrics, turns: Turns, hub: Hub) -> None:
    while True:
        open_ = turns.pool.get_size()
        counters.connections.set(open_)
        counters.connections_used.set(open_ - turns.pool.get_idle_size())
        counters.turns_waiting.set(turns.free.waiting)
        counters.streams.set(hub.streams)
        await asyncio.sleep(SECONDS)
