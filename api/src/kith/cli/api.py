"""``kith api``: the API in the foreground."""

import asyncio
import gc
import multiprocessing
import os
import signal

import structlog
from granian import Granian
from granian.constants import Interfaces

from kith.api.app import Kith, create_app
from kith.cli.home import current_settings, running_addresses, warn_of_unknown_settings
from kith.cli.launch import end_with
from kith.runtime import logs
from kith.store.db import Away, open_pool

WAIT_SECONDS = 1.0  # between two looks whether PostgreSQL is there

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def api(*, processes: int = 1) -> None:
    """Serve the API on KITH_HOST and KITH_PORT, beside the servers of kith up or the configured ones.

    Args:
        processes: How many processes serve it.
    """
    settings = current_settings()
    warn_of_unknown_settings()
    found = running_addresses(settings)
    logs.configure(settings.log_level)
    asyncio.run(_reach(found.database_url))
    os.environ |= found.environment()
    Granian(
        f"{__name__}:app_of_a_process",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        websockets=False,  # what asks for one is a request like any other, and answered by the application
        workers=processes,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        log_access=False,
    ).serve()


async def _reach(url: str) -> None:
    """Wait until PostgreSQL is there. Raises Unreachable, before the serving processes fail at length."""
    told = False
    while True:
        try:
            return await (await open_pool(url, size=1)).close()
        except Away as error:
            if not told:
                log.warning("waiting_for_database", error=str(error))
            told = True
        await asyncio.sleep(WAIT_SECONDS)


def app_of_a_process() -> Kith:
    """Return the application for one serving process, which ends with the one that started it and frees the port.

    Looking for cycles among all that the application is made of would hold every answer up for a tenth of a second.
    """
    starter = multiprocessing.parent_process()
    if starter and starter.pid:
        end_with(starter.pid, signal.SIGTERM)
    app = create_app()
    gc.collect()
    gc.freeze()
    return app
