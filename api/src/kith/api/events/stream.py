"""Events as a stream (SSE). It takes no turn while it waits, and ends when its token does."""

import asyncio
from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.types import Receive, Scope, Send

from kith.api.events.hub import Hub
from kith.api.events.reading import place_after
from kith.api.events.schemas import Event, StreamParams
from kith.api.http.handlers import Streamed
from kith.api.http.known import Tokens
from kith.api.http.turns import Turns
from kith.domain.events import heard_with
from kith.store import events as store
from kith.store.db import ABSENT
from kith.store.tokens import Token

SSE = "text/event-stream"
HEARTBEAT_SECONDS = 15.0
SEND_SECONDS = 30.0  # in which a client must take what is sent
PAGE = 100

_HEAD = [(b"content-type", SSE.encode()), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]


@get(
    "/v1/events/stream",
    operation_id="streamEvents",
    tags=["events"],
    scopes=["events:read"],
    media_type=SSE,
    errors=["events_gone"],
    cost=5,
    endless=True,
)
async def stream_events(
    request: Request[Any, Any, Any], token: NamedDependency[Token], params: NamedDependency[StreamParams]
) -> Response[str]:
    """Stream what happens in kith (SSE).

    `Last-Event-ID`, or `after`, reads on from an event; without either, the stream begins with what comes next. A
    comment every 15 seconds keeps it open. It ends when the token does.
    """
    turns: Turns = request.app.state.turns
    last_id = request.headers.get("last-event-id") or params.after
    async with turns.workspace(token.workspace_id) as db:
        last = await store.number(db, token.workspace_id)
        if last_id:
            last = await place_after(db, token.workspace_id, last_id)
    return Response(_Stream(request, token, heard_with(token.scopes, params.type), last))  # type: ignore[arg-type]  # as published


class _Stream(Streamed):
    def __init__(self, request: Request[Any, Any, Any], token: Token, types: list[str], last: int) -> None:
        state = request.app.state
        self._turns: Turns = state.turns
        self._tokens: Tokens = state.tokens
        self._hub: Hub = state.hub
        self._text = request.headers["authorization"].partition(" ")[2].strip()
        self._token, self._types, self._last = token, types, last
        self._joined = self._hub.joined(token.workspace_id, token.holder)
        self._woken = self._joined.__enter__()  # here, so that one too many is refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("kith.head"):
            self._joined.__exit__(None, None, None)
            await send({"type": "http.response.start", "status": 200, "headers": _HEAD})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        try:
            gone = asyncio.create_task(_gone(receive))
            telling = asyncio.create_task(self._tell(send))
            await asyncio.wait((gone, telling), return_when=asyncio.FIRST_COMPLETED)
            for task in (gone, telling):
                task.cancel()
                with suppress(asyncio.CancelledError, TimeoutError, *ABSENT):
                    await task
        finally:
            self._joined.__exit__(None, None, None)

    async def _tell(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEAD})
        await _send(send, b"retry: 3000\n\n")
        self._woken.set()
        while await self._lives():
            if self._woken.is_set():
                self._woken.clear()
                while body := await self._read():
                    await _send(send, body)
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await self._woken.wait()
            if not self._woken.is_set():
                await _send(send, b": \n\n")
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _lives(self) -> bool:
        """Whether the token still lets in."""
        return (self._tokens.remembered(self._text) or await self._tokens.find(self._text)) is not None

    async def _read(self) -> bytes:
        """Return the next events as they are sent; nothing where there are none."""
        workspace_id: UUID = self._token.workspace_id
        async with self._turns.workspace(workspace_id) as db:
            await store.number(db, workspace_id)
            rows = await store.read_on(db, workspace_id, self._types, self._last, PAGE)
        if rows:
            self._last = rows[-1].seq
        return b"".join(_frame(Event.of(row)) for row in rows)


def _frame(event: Event) -> bytes:
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (event.id.encode(), event.type.encode(), msgspec.json.encode(event))


async def _send(send: Send, body: bytes) -> None:
    """Raises TimeoutError where the client takes nothing."""
    async with asyncio.timeout(SEND_SECONDS):
        await send({"type": "http.response.body", "body": body, "more_body": True})


async def _gone(receive: Receive) -> None:
    """Return when the client is."""
    while (await receive())["type"] != "http.disconnect":
        pass


ROUTES = [stream_events]
