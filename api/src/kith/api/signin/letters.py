"""Letters: sent once the answer is on its way, so that how long that takes says nothing."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog
from litestar.connection import Request
from litestar.datastructures import State

from kith.runtime import mail
from kith.runtime.settings import Settings

LAST_SECONDS = 5.0  # that letters on their way may still take when the process ends

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@asynccontextmanager
async def opened(state: State) -> AsyncIterator[None]:
    """Let a process send letters; what is on its way when it ends is sent first."""
    state.letters = set[asyncio.Task[None]]()
    try:
        yield
    finally:
        if state.letters:
            await asyncio.wait(state.letters, timeout=LAST_SECONDS)


def post_later(request: Request[Any, Any, Any], sending: Coroutine[Any, Any, None]) -> None:
    """Do what sends a letter once the answer is on its way."""
    tasks: set[asyncio.Task[None]] = request.app.state.letters
    task = asyncio.create_task(sending)
    tasks.add(task)
    task.add_done_callback(tasks.discard)


async def deliver(settings: Settings, to: str, subject: str, text: str) -> None:
    """Send a letter; what hinders it is logged without the letter."""
    try:
        await asyncio.to_thread(mail.send, settings, to, subject, text)
    except mail.NotSent as error:
        log.warning("mail_not_sent", reason=str(error))
