"""``/mcp``: where agents call, with a token as anywhere else (streamable HTTP, one JSON answer a request)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from typing import Any

from litestar import Request, Response, post
from litestar.types import Receive, Scope, Send

from kith.api.http.auth import RESOURCES
from kith.api.http.handlers import Streamed

Serve = Callable[[Scope, Receive, Send], Awaitable[None]]


class Door:
    """What serves agents in one process, from the first that comes until the process ends."""

    def __init__(self) -> None:
        self._serving: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[Serve] | None = None

    async def opened(self) -> Serve:
        """Return what answers, once it is there."""
        if self._ready is None:
            self._ready = asyncio.get_running_loop().create_future()
            self._serving = asyncio.create_task(self._serve(self._ready))
        return await asyncio.shield(self._ready)

    async def close(self) -> None:
        """End it, with what it still answers."""
        if self._serving is not None:
            self._serving.cancel()
            with suppress(asyncio.CancelledError):
                await self._serving

    async def _serve(self, ready: asyncio.Future[Serve]) -> None:
        try:
            manager = (await asyncio.to_thread(_load)).manager()
            async with manager.run():
                ready.set_result(manager.handle_request)
                await asyncio.Event().wait()
        except Exception as error:
            self._ready = None  # whoever comes next tries again
            ready.set_exception(error)


def _load() -> Any:
    """Return the module that serves, which takes a second to import and to know its tools."""
    module = import_module("kith.api.mcp.server")
    module.tools.tools()
    module.strangers()
    return module


@asynccontextmanager
async def opened() -> AsyncIterator[Door]:
    """Yield a door that is closed afterwards."""
    door = Door()
    try:
        yield door
    finally:
        await door.close()


class _Served(Streamed):
    def __init__(self, serve: Serve) -> None:
        self._serve = serve

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._serve(scope, receive, send)


@post([*RESOURCES], operation_id="callMcp", scopes=[], hidden=True, raw=True, straight=True, cost=1, status_code=200)
async def call_mcp(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Answer an agent (Model Context Protocol)."""
    return Response(_Served(await request.app.state.agents.opened()))  # type: ignore[arg-type]  # answered as published


ROUTES = [call_mcp]
