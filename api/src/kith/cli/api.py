"""``kith api``: the API in the foreground."""

import asyncio
import multiprocessing
import os
import signal
import socket
import threading
from pathlib import Path

import structlog

from kith.cli import metrics
from kith.cli.home import current_settings, running_addresses, warn_of_unknown_settings
from kith.cli.launch import end_with
from kith.cli.processes import listen
from kith.runtime import logs
from kith.runtime.settings import Settings
from kith.store.db import Away, open_pool

WAIT_SECONDS = 1.0  # between two looks whether PostgreSQL is there, and whether the serving processes are
END_SECONDS = 20  # in which a serving process ends; answers under way have less

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
    with listen(settings.host, settings.port) as listener:
        counts = _count(settings, found.database_url) if settings.metrics_port else None
        _keep_serving(processes, listener, found.database_url, counts)


def _count(settings: Settings, database_url: str) -> Path:
    """Have the serving processes count, and show what they do; return the folder in which they count."""
    folder = settings.home.absolute() / "metrics"
    os.environ |= metrics.prepare(folder)
    metrics.listen(settings.host, settings.metrics_port or 0, folder, database_url)
    return folder


def _keep_serving(processes: int, listener: socket.socket, database_url: str, counts: Path | None) -> None:
    """Run the serving processes until SIGINT or SIGTERM; one that dies is started again.

    counts: the folder in which they count, if they do.

    The listener stays open here: clients of a dead one wait for the next instead of being refused.
    """
    stopped = threading.Event()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wanted, lambda *_: stopped.set())
    context = multiprocessing.get_context("spawn")

    def start() -> multiprocessing.process.BaseProcess:
        process = context.Process(target=_serve, args=(listener, database_url))
        process.start()
        return process

    serving = [start() for _ in range(processes)]
    while not stopped.wait(WAIT_SECONDS):
        for number, process in enumerate(serving):
            if not process.is_alive():
                log.warning("api_died", exit_code=process.exitcode)
                if counts and process.pid:
                    metrics.forget(process.pid, counts)
                serving[number] = start()
    for process in serving:
        process.terminate()
    for process in serving:
        process.join(END_SECONDS)
        process.kill()


def _serve(listener: socket.socket, database_url: str) -> None:
    """Serve in this process, which ends with the one that started it, and begins when PostgreSQL is there."""
    starter = multiprocessing.parent_process()
    if starter and starter.pid:
        end_with(starter.pid, signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # on a terminal it comes to all; the starter sends SIGTERM
    asyncio.run(_reach(database_url))
    from kith.cli.serving import serve  # what keeps the serving processes has no need of the application

    serve(listener)


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
