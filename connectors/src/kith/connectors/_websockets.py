"""WebSockets for connectors. Their library, the extra ``websocket``, is imported when the first is opened."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from kith.connectors._egress import NOWHERE, Egress
from kith.connectors._errors import ConnectorError, Fatal, Retry, error_of
from kith.connectors._exchange import POLITE, Manners, place_of
from kith.connectors._secrets import Auth
from kith.connectors._streams import Stream, Streams
from kith.connectors._waits import is_passing, wait_of

if TYPE_CHECKING:
    from websockets.client import ClientProtocol
    from websockets.frames import Frame
    from websockets.http11 import Response

_PORTS = {"ws": 80, "wss": 443}
_GOODBYE_SECONDS = 2.0


class WebSocket:
    """An open WebSocket. Whatever goes wrong with it raises Retry, or what a refusal asks for."""

    def __init__(self, stream: Stream, protocol: "ClientProtocol", place: str) -> None:
        self._stream = stream
        self._protocol = protocol
        self._place = place
        self._frames: list[Frame] = []
        self._parts = bytearray()
        self._is_text = False

    async def receive(self, *, seconds: float | None = None) -> str | bytes:
        """Return the next message, and answer what asks whether anybody is there.

        Raises Retry where nothing comes for ``seconds``, 30 unless told otherwise, and where the other side closes.
        """
        while True:
            while self._frames:
                if (message := self._taken(self._frames.pop(0))) is not None:
                    return message
            if self._protocol.close_expected():
                raise Retry(f"{self._place} closed the connection{self._reason()}.")
            self._protocol.receive_data(await self._stream.some(seconds=seconds))
            self._frames += cast("list[Frame]", self._protocol.events_received())
            await self._flush()

    async def send(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self._protocol.send_text(message.encode())
        else:
            self._protocol.send_binary(message)
        await self._flush()

    async def open(self, headers: Iterable[tuple[str, str]]) -> None:
        """Ask the server for a WebSocket. Raises Retry, Reauthorize, Refused, Missing or Fatal where it gives none."""
        asked = self._protocol.connect()
        for name, value in headers:
            asked.headers[name] = value
        self._protocol.send_request(asked)
        await self._flush()
        while not (events := self._protocol.events_received()) and self._protocol.handshake_exc is None:
            try:
                self._protocol.receive_data(await self._stream.some())
            except Retry:  # the body of a refusal may last until the end
                self._protocol.receive_eof()
        if self._protocol.handshake_exc is not None:
            answer = cast("Response | None", next(iter(events), None))
            raise _refusal(self._place, answer) from self._protocol.handshake_exc
        self._frames += cast("list[Frame]", events[1:])  # what came right behind the answer
        await self._flush()

    async def close(self) -> None:
        """Say goodbye, without waiting for an answer."""
        with suppress(ConnectorError):
            if not self._protocol.close_expected():
                self._protocol.send_close(1000)
            await self._flush(_GOODBYE_SECONDS)

    async def _flush(self, seconds: float | None = None) -> None:
        for data in self._protocol.data_to_send():
            await self._stream.write(data, seconds=seconds)

    def _taken(self, frame: "Frame") -> str | bytes | None:
        """Return the message that a frame completes, if it does."""
        from websockets.frames import Opcode

        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return None
        if frame.opcode is not Opcode.CONT:
            self._is_text = frame.opcode is Opcode.TEXT
        self._parts += frame.data
        if not frame.fin:
            return None
        message = bytes(self._parts)
        self._parts.clear()
        try:
            return message.decode() if self._is_text else message
        except UnicodeDecodeError as error:
            raise Retry(f"{self._place} sent a text that is no text.") from error

    def _reason(self) -> str:
        closed = self._protocol.close_rcvd or self._protocol.close_sent
        return f" ({closed.code})" if closed else ""


class WebSockets:
    """How a connector opens WebSockets: ``context.websocket``. They go where its requests may go."""

    def __init__(self, egress: Egress = NOWHERE, streams: Streams | None = None, manners: Manners = POLITE) -> None:
        self._egress = egress
        self._streams = streams or Streams(egress)
        self._manners = manners

    @asynccontextmanager
    async def __call__(
        self, url: str, *, headers: Mapping[str, str] | None = None, auth: Auth | None = None
    ) -> AsyncIterator[WebSocket]:
        """Open ``wss://host/path`` until the block ends. It follows no redirect.

        Raises Forbidden for an address that this source must not ask, and what a refusal asks for, as requests do.
        """
        scheme, _, rest = url.partition("://")
        if scheme not in _PORTS:
            raise Fatal(f"{place_of(url)} is no address of a WebSocket: ws://... or wss://....")
        self._egress.check(f"http{scheme[2:]}://{rest}")
        from websockets.client import ClientProtocol
        from websockets.uri import parse_uri

        parts = urlsplit(url)
        port = parts.port or _PORTS[scheme]
        given = {"User-Agent": self._manners.agent} | dict(headers or {})
        async with self._streams(parts.hostname or "", port, tls=scheme == "wss") as stream:
            protocol = ClientProtocol(parse_uri(url), max_size=self._manners.max_bytes)
            socket = WebSocket(stream, protocol, place_of(url))
            await socket.open([*given.items(), *(auth.headers() if auth else ())])
            try:
                yield socket
            finally:
                await socket.close()


def _refusal(place: str, answer: "Response | None") -> ConnectorError:
    """Return what to do after a server gave no WebSocket."""
    if answer is None:
        return Retry(f"{place} answers something else than HTTP.")
    status, headers = answer.status_code, {name.lower(): value for name, value in answer.headers.raw_items()}
    said, body = f"{place} answers {status}, and opens no WebSocket.", bytes(answer.body or b"")
    if is_passing(status, headers, body):
        wait = wait_of(headers, body, datetime.now(UTC))
        return Retry(said, after=None if wait is None else timedelta(seconds=wait))
    return error_of(status)(said)
