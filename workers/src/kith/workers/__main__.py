"""``python -m kith.workers``: one worker process, until it is asked to end."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable

from kith.runtime import logs
from kith.runtime.settings import Settings, SettingsError, load_settings
from kith.store.db import Unreachable
from kith.workers.worker import Worker

Work = Callable[[Settings, str, str, asyncio.Event], Awaitable[None]]


def main() -> int:
    """Run the worker; return the exit status."""
    # Pages are large and hold no cycles: fewer passes of the collector over them.
    gc.set_threshold(50_000, 20, 20)
    # The loop feeds PostgreSQL while a thread prepares the next page: it must not wait 5 ms for each turn.
    sys.setswitchinterval(0.0005)
    return serve(_work)


def serve(work: Work) -> int:
    """Do the work of one process until it is asked to end; return the exit status."""
    try:
        settings = load_settings(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    if not settings.database_url or not settings.redis_url:
        print("Set KITH_DATABASE_URL and KITH_REDIS_URL, or start 'kith worker' beside 'kith up'.", file=sys.stderr)
        return 2
    logs.configure(settings.log_level)
    try:
        asyncio.run(_until_stopped(work, settings, settings.database_url, settings.redis_url))
    except Unreachable as error:
        print(f"kith: {error}", file=sys.stderr)
        return 1
    return 0


async def _until_stopped(work: Work, settings: Settings, database_url: str, redis_url: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await work(settings, database_url, redis_url, stop)


async def _work(settings: Settings, database_url: str, redis_url: str, stop: asyncio.Event) -> None:
    await Worker(settings, database_url, redis_url).run(stop)


if __name__ == "__main__":
    sys.exit(main())
