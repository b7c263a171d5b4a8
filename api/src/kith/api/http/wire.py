"""The wire: HTTP/1.1 as bytes. What is no request, or is too long or too slow, is refused with a problem as all else.

Server: uvicorn; parser: llhttp (httptools), which takes no line that ends without CR. What they leave open is here.
"""

import asyncio
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from kith.api.http.problems import Problem

ADDRESS_BYTES = 16_384
HEAD_BYTES = 65_536  # also between two pieces of a body, and after it
FIELDS = 100
HEAD_SECONDS = 30.0
IDLE_SECONDS = 75.0  # longer than proxies keep connections: 60 is usual
LINGER_SECONDS = 5.0  # in which a client may read the answer to what it is still sending
WAITING = 100  # requests of one connection that wait for the answer before theirs
AT_ONCE = 1_024  # requests that a process answers at once
ADDRESSES = 500  # whose parts a process remembers

_OF_LINES = bytes(byte for byte in range(256) if byte == 9 or (byte >= 32 and byte != 127))
_BODILESS = (204, 304)


class Cycle(RequestResponseCycle):
    """One request and its answer, whose head goes out with the first of the body, in one write."""

    fault: Problem | None = None
    """What is wrong with the rest of the body."""
    head = b""
    """What waits for the first of the body."""
    disconnected = response_started = response_complete = False
    more_body = True

    def __init__(self, wire: "Wire", scope: dict[str, Any], *, keep_alive: bool) -> None:
        self.scope: Any = scope
        self.transport: Any = wire
        self.flow, self.logger, self.default_headers = wire.flow, wire.logger, wire.server_state.default_headers
        self.message_event, self.on_response = asyncio.Event(), wire.on_response_complete
        self.keep_alive, self.waiting_for_100_continue, self.body = keep_alive, wire.expect_100_continue, bytearray()

    async def receive(self) -> Any:
        message = await super().receive()
        if self.fault and message["type"] == "http.request":
            raise self.fault
        return message

    async def send(self, message: Any) -> None:
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if self.response_complete:
            raise RuntimeError("The answer is complete already.")
        if not self.response_started:
            fields = [*self.default_headers, *message.get("headers", ())]
            self.head = self._head(message["status"], message.get("kith.lines", b""), fields)
            self.response_started, self.waiting_for_100_continue = True, False
            if (whole := message.get("kith.body")) is not None:
                self._write(whole, more=False)
            return
        self._write(message.get("body", b""), more=message.get("more_body", False))

    def _write(self, body: bytes, *, more: bool) -> None:
        if piece := self.head + self._piece(body, more):
            self.transport.write(piece)
        self.head = b""
        if not more:
            self.response_complete = True
            self.message_event.set()
            if not self.keep_alive:
                self.transport.close()
            self.on_response()

    def _head(self, status: int, known: bytes, fields: list[tuple[bytes, bytes]]) -> bytes:
        """Return what goes before the body. Names are small letters. Raises RuntimeError where a line would break.

        known: lines of which the application knows that none breaks.
        """
        given = dict(fields)
        if b"close" in given.get(b"connection", b"").lower():
            self.keep_alive = False
        elif not self.keep_alive:
            fields.append((b"connection", b"close"))
        self.chunked_encoding, self.expected_content_length = False, 0
        if (length := given.get(b"content-length")) is not None:
            self.expected_content_length = int(length)
        elif self.scope["method"] != "HEAD" and status not in _BODILESS:
            self.chunked_encoding = True
            fields.append((b"transfer-encoding", b"chunked"))
        lines = b"\r\n".join(map(b": ".join, fields))
        if lines.translate(None, _OF_LINES) != b"\r\n" * (len(fields) - 1):
            raise RuntimeError("A header has a character that it cannot have.")
        return b"%b%b%b\r\n\r\n" % (STATUS_LINE[status], known, lines)

    def _piece(self, body: bytes, more: bool) -> bytes:
        """Return a piece of the body as it is sent. Raises RuntimeError where the length is not as the head says."""
        if self.scope["method"] == "HEAD":
            return b""
        if self.chunked_encoding:
            return (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + (b"" if more else b"0\r\n\r\n")
        self.expected_content_length -= len(body)
        if self.expected_content_length < 0 or (self.expected_content_length and not more):
            raise RuntimeError("The body is not as long as its head says.")
        return body


class Wire(HttpToolsProtocol):
    """One connection. A refusal is a request like others to the application: its scope has ``kith.refused``."""

    cycle: Any  # the newest Cycle; None before the first
    pipeline: Any  # deque of Cycles

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.parser = httptools.HttpRequestParser(self)  # without the leniency that uvicorn asks for
        self.in_head = self.upgrades = self.over = False
        self.size = self.unread = 0
        self.timer: asyncio.TimerHandle | None = None
        self.act: Callable[[], None] | None = None
        self.due = 0.0
        self.last = b""  # byte that came
        self.answered: RequestResponseCycle | None = None
        self.free: tuple[asyncio.Task[None], asyncio.Future[RequestResponseCycle]] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._wait(HEAD_SECONDS, self._end)

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        if self.timer:
            self.timer.cancel()
        if self.answered and not self.answered.response_complete:
            self.answered.disconnected = True
            self.answered.message_event.set()
        if self.free:
            self.free[0].cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.over:
            return
        self.unread += len(data)
        try:
            if data[0] in b"\r\n" and self._is_idle:
                self._check_blank(data)
            self.last = data[-1:]
            self._feed(data)
        except Problem as problem:
            self._refuse(problem)
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            self._refuse(cause if isinstance(cause, Problem) else Problem("malformed_request", str(cause)))
        except httptools.HttpParserError as error:
            self._refuse(Problem("malformed_request", f"This is no HTTP: {error}."))
        else:
            if self.unread > HEAD_BYTES:
                self._refuse(Problem("head_too_large"))
            elif self.in_head and self.act is None:
                self._wait(HEAD_SECONDS, self._give_up)

    def _check_blank(self, data: bytes) -> None:
        """Before a request there may be empty lines, which end with CR and LF too. Raises Problem."""
        blank = data[: len(data) - len(data.lstrip(b"\r\n"))]
        if self.last == b"\r":
            blank = blank.removeprefix(b"\n")
        left = blank.replace(b"\r\n", b"")
        if left and (left != b"\r" or data.strip(b"\r\n")):  # else its LF may follow
            raise Problem("malformed_request", "A line ends without CR.")

    def _feed(self, data: bytes) -> None:
        """Parse. What asks for another protocol is parsed again as if it did not, as RFC 9110 (7.8) allows."""
        while True:
            try:
                return self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                first = b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
                fields = [b"%b: %b" % field for field in self.headers if field[0] != b"upgrade"]
                self.parser = httptools.HttpRequestParser(self)
                data = b"\r\n".join([first, *fields, b"", data[upgrade.args[0] :]])

    def on_message_begin(self) -> None:
        self.url, self.headers, self.size = b"", [], 0
        self.in_head, self.expect_100_continue = True, False
        self._rest()

    def on_url(self, url: bytes) -> None:
        self.url += url
        if len(self.url) > ADDRESS_BYTES:
            raise Problem("address_too_long")

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.in_head:  # trailers say nothing to kith
            return
        self.size += len(name) + len(value)
        if self.size > HEAD_BYTES or len(self.headers) == FIELDS:
            raise Problem("head_too_large")
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        if name == b"transfer-encoding" and (value.lower() != b"chunked" or self.parser.get_http_version() != "1.1"):
            raise Problem("malformed_request", "The only transfer encoding is chunked, of HTTP/1.1.")
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        method, version = self.parser.get_method(), self.parser.get_http_version()
        if version not in ("1.0", "1.1"):
            raise Problem("malformed_request", "This is neither HTTP/1.1 nor HTTP/1.0.")
        if method == b"CONNECT":
            raise Problem("malformed_request", "CONNECT is for proxies.")
        if len(self.pipeline) == WAITING:
            raise Problem("malformed_request", f"More than {WAITING} requests wait for their answers.")
        self.unread = 0
        self.upgrades = self.parser.should_upgrade()
        if self.upgrades:
            return
        self.in_head = False
        self._rest()
        scope = self._scope(method.decode(), *_parts(self.url), version)
        if len(self.tasks) >= AT_ONCE:
            scope["kith.refused"] = Problem("unavailable", headers={"Retry-After": "1"})
        self._take(scope, version == "1.1" and self.parser.should_keep_alive())

    def on_body(self, body: bytes) -> None:
        self.unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.upgrades:
            return
        self.unread = 0
        self.cycle.more_body = False
        if self.cycle.response_complete:
            self._wait(IDLE_SECONDS, self._end)
        else:
            self.cycle.message_event.set()

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.pipeline:
            self._begin(self.pipeline.pop())
            return
        if self.over:
            return
        self.flow.resume_reading()
        if self.cycle.more_body:
            self._wait(LINGER_SECONDS, self._end)
        elif not self.in_head:
            self._wait(IDLE_SECONDS, self._end)

    def _begin(self, cycle: RequestResponseCycle) -> None:
        """Answer a request in a task of the connection that is free: one for each request would take longer."""
        self.answered = cycle
        if self.free:
            (task, turn), self.free = self.free, None
            turn.set_result(cycle)
        else:
            task = self.loop.create_task(self._answer(cycle))
        self.tasks.add(task)

    async def _answer(self, cycle: RequestResponseCycle) -> None:
        """Answer a request, and then those for which this task is called."""
        task: Any = asyncio.current_task()
        while True:
            await cycle.run_asgi(self.app)
            self.tasks.discard(task)
            if self.free or self.transport.is_closing():  # one is enough
                return
            self.free = task, self.loop.create_future()
            cycle = await self.free[1]

    def _scope(self, method: str, path: str, raw_path: bytes, query: bytes, version: str = "1.1") -> dict[str, Any]:
        """Return the ASGI scope of a request."""
        return {
            "type": "http",
            "kith.wire": True,  # a start may hold the whole body, as kith.body, and lines of the head, as kith.lines
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": self.root_path,
            "headers": self.headers,
            "state": self.app_state.copy(),
            "method": method,
            "path": path,
            "raw_path": raw_path,
            "query_string": query,
        }

    def _take(self, scope: dict[str, Any], keep_alive: bool) -> None:
        """Answer a request, after those before it."""
        before = self.cycle
        self.cycle = Cycle(self, scope, keep_alive=keep_alive)
        if before is None or before.response_complete:
            self._begin(self.cycle)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft(self.cycle)

    def _refuse(self, problem: Problem) -> None:
        """Answer with a problem, and read no further: nobody knows where a next request would begin."""
        self.over = True
        self._rest()
        problem.headers["Connection"] = "close"
        if self.cycle and self.cycle.more_body:
            self.cycle.fault, self.cycle.keep_alive = problem, False
            self.cycle.scope["kith.refused"] = problem  # where the application has not begun
            self.cycle.message_event.set()
            if self.cycle.response_complete:
                self.close()
            return
        self.headers, self.expect_100_continue = [], False
        self._take(self._scope("GET", "/", b"/", b"") | {"kith.refused": problem}, keep_alive=False)
        self.cycle.more_body = False

    def _give_up(self) -> None:
        if self.flow.read_paused:  # it may have come, and wait for us
            self._wait(HEAD_SECONDS, self._give_up)
        else:
            self._refuse(Problem("request_timeout", "The head of the request took too long to arrive."))

    @property
    def _is_idle(self) -> bool:
        return not self.in_head and not (self.cycle and self.cycle.more_body)

    def _wait(self, seconds: float, act: Callable[[], None]) -> None:
        """Act in so many seconds, unless the connection rests or waits for something else until then."""
        self.act, self.due = act, self.loop.time() + seconds
        if self.timer is None or self.timer.when() > self.due:
            self._set_timer()

    def _rest(self) -> None:
        """Wait for nothing. The timer stays: to set one again for each request would take longer."""
        self.act = None

    def _set_timer(self) -> None:
        if self.timer:
            self.timer.cancel()
        self.timer = self.loop.call_at(self.due, self._ring)

    def _ring(self) -> None:
        self.timer = None
        if self.act is None:
            return
        if self.due > self.loop.time():
            self._set_timer()
        else:
            self.act()

    def _end(self) -> None:
        self.transport.close()

    # What an answer sees of the transport.

    def write(self, data: bytes) -> None:
        self.transport.write(data)

    def is_closing(self) -> bool:
        return self.transport.is_closing()

    def close(self) -> None:
        """End the connection as RFC 9112 (9.6) has it: say so, and read on while the client reads the answer."""
        self.over = True
        self.pipeline.clear()
        if not self.transport.is_closing():
            self.flow.resume_reading()
            self.transport.write_eof()
            self._wait(LINGER_SECONDS, self._end)


@lru_cache(ADDRESSES)
def _parts(address: bytes) -> tuple[str, bytes, bytes]:
    """Return the path of an address, the same as it was sent, and the query."""
    parts = httptools.parse_url(address)
    path = parts.path or b"/"
    return unquote(path.decode()), path, parts.query or b""
