"""``python -m kith.workers``: one worker process, until it is asked to end."""

import asyncio
import gc
import sys

from kith.runtime.settings import Settings
from kith.workers.process import serve
from kith.workers.worker import Worker


def main() -> int:
    """Run the worker; return the exit status."""
    # Pages are large and hold no cycles: fewer passes of the collector over them.
    gc.set_threshold(50_000, 20, 20)
    # The loop feeds PostgreSQL while a thread prepares the next page: it must not wait 5 ms for each turn.
    sys.setswitchinterval(0.0005)
    return serve(_work)


async def _work(settings: Settings, database_url: str, redis_url: str, stop: asyncio.Event) -> None:
    await Worker(settings, database_url, redis_url).run(stop)


if __name__ == "__main__":
    sys.exit(main())
