"""Waiting for changes: a connection a folder, on which the server tells of them (IDLE)."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from kith.connectors import Context, Partition, Received
from kith.connectors.imap.client import connected
from kith.connectors.imap.config import ImapConfig

#: Folders that are waited for; servers allow some ten connections of one account.
FOLDERS = 5
#: After which the server is asked again: a connection on which nothing happens is forgotten on the way.
SECONDS = 540.0


async def listen(config: ImapConfig, partitions: Sequence[Partition], context: Context) -> AsyncIterator[Received]:
    """Yield whenever a folder has changed. Ends where the server tells nothing by itself."""
    changed = asyncio.Event()
    folders = [asyncio.create_task(_wait(config, part.key, context, changed)) for part in partitions[:FOLDERS]]
    try:
        while folders:
            news = asyncio.create_task(changed.wait())
            try:
                await asyncio.wait((*folders, news), return_when=asyncio.FIRST_COMPLETED)
            finally:
                news.cancel()
            for task in [one for one in folders if one.done()]:
                folders.remove(task)
                task.result()
            if changed.is_set():
                changed.clear()
                yield Received(read=True)
    finally:
        for task in folders:
            task.cancel()
        await asyncio.gather(*folders, return_exceptions=True)


async def _wait(config: ImapConfig, folder: str, context: Context, changed: asyncio.Event) -> None:
    """Note each change of a folder, and that it is being waited for: something may have come before."""
    async with connected(config, context) as client:
        if not client.can_idle:
            return
        await client.open(folder, 0, 0)
        changed.set()
        while True:
            if await client.idle(SECONDS):
                changed.set()
