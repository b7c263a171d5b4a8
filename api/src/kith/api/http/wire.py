"""The wire: HTTP/1.1 as bytes. What is no request, or is too long or too slow, is refused with a problem as all else.

Server: uvicorn; parser: llhttp (httptools), which takes no line that ends without CR. What they leave open is here.
"""

import asyncio
from typing import Any, cast
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from kith.api.http.problems import Problem

ADDRESS_BYTES = 16_384
HEAD_BYTES = 65_536  # also between two pieces of a body, and after it
FIELDS = 100
HEAD_SECONDS = 30.0
IDLE_SECONDS = 75.0  # longer than proxies keep connections: 60 is usual
LINGER_SECONDS = 5.0  # in which a client may read the answer to what it is still sending
WAITING = 100  # requests of one connection that wait for the answer before theirs
AT_ONCE = 1_024  # requests that a process answers at once


class Cycle(RequestResponseCycle):
    """One request and its answer."""

    fault: Problem | None = None
    """What is wrong with the rest of the body."""

    async def receive(self) -> Any:
        message = await super().receive()
        if self.fault and message["type"] == "http.request":
            raise self.fault
        return message


class Wire(HttpToolsProtocol):
    """One connection. A refusal is a request like others to the application: its scope has ``kith.refused``."""

    cycle: Any  # the newest Cycle; None before the first

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.parser = httptools.HttpRequestParser(self)  # without the leniency that uvicorn asks for
        self.in_head = self.over = False
        self.size = self.unread = 0
        self.last = b""  # byte that came
        self.answered: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._wait(HEAD_SECONDS, self._end)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unset_keepalive_if_required()
        if self.answered and not self.answered.response_complete:
            self.answered.disconnected = True
            self.answered.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.over:
            return
        self.unread += len(data)
        try:
            if self._is_idle and data[:1] in b"\r\n":
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
        super().on_message_begin()
        self.in_head, self.size = True, 0
        self._wait(HEAD_SECONDS, self._give_up)

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
        method, version = self.parser.get_method().decode(), self.parser.get_http_version()
        if version not in ("1.0", "1.1"):
            raise Problem("malformed_request", "This is neither HTTP/1.1 nor HTTP/1.0.")
        if method == "CONNECT":
            raise Problem("malformed_request", "CONNECT is for proxies.")
        if len(self.pipeline) == WAITING:
            raise Problem("malformed_request", f"More than {WAITING} requests wait for their answers.")
        self.unread = 0
        if self.parser.should_upgrade():
            return
        self.in_head = False
        self._unset_keepalive_if_required()
        address = httptools.parse_url(self.url)
        path = address.path or b"/"
        scope: dict[str, Any] = cast("dict[str, Any]", self.scope)
        scope |= {"method": method, "http_version": version, "query_string": address.query or b""}
        scope |= {"path": unquote(path.decode()), "raw_path": path}
        if len(self.tasks) >= AT_ONCE:
            scope["kith.refused"] = Problem("unavailable", headers={"Retry-After": "1"})
        self._take(version == "1.1" and self.parser.should_keep_alive())

    def on_body(self, body: bytes) -> None:
        self.unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self.unread = 0
        super().on_message_complete()
        if self.cycle.response_complete:
            self.cycle.more_body = False
            self._wait(IDLE_SECONDS, self._end)

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        if self.over:
            return
        self.flow.resume_reading()
        if self.cycle.more_body:
            self._wait(LINGER_SECONDS, self._end)
        elif not self.in_head:
            self._wait(IDLE_SECONDS, self._end)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self.answered = cycle
        super()._start_asgi_task(cycle, app)

    def _take(self, keep_alive: bool) -> None:
        """Answer the request whose scope is there, after those before it."""
        before = self.cycle
        self.cycle = Cycle(
            scope=self.scope,
            transport=cast("asyncio.Transport", self),
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=keep_alive,
            on_response=self.on_response_complete,
        )
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def _refuse(self, problem: Problem) -> None:
        """Answer with a problem, and read no further: nobody knows where a next request would begin."""
        self.over = True
        self._unset_keepalive_if_required()
        problem.headers["Connection"] = "close"
        if self.cycle and self.cycle.more_body:
            self.cycle.fault, self.cycle.keep_alive = problem, False
            self.cycle.scope["kith.refused"] = problem  # where the application has not begun
            self.cycle.message_event.set()
            if self.cycle.response_complete:
                self.close()
            return
        super().on_message_begin()
        scope: dict[str, Any] = cast("dict[str, Any]", self.scope)
        scope |= {"method": "GET", "path": "/", "raw_path": b"/", "query_string": b"", "kith.refused": problem}
        self._take(keep_alive=False)
        self.cycle.more_body = False

    def _give_up(self) -> None:
        if self.flow.read_paused:  # it may have come, and wait for us
            self._wait(HEAD_SECONDS, self._give_up)
        else:
            self._refuse(Problem("request_timeout", "The head of the request took too long to arrive."))

    @property
    def _is_idle(self) -> bool:
        return not self.in_head and not (self.cycle and self.cycle.more_body)

    def _wait(self, seconds: float, act: Any) -> None:
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(seconds, act)

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
