"""A server on loopback that answers what a test tells it to, faults included."""

import asyncio
import contextlib
import gzip
from collections.abc import AsyncIterator, Callable, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import msgspec

_REASON = {200: "OK", 304: "Not Modified", 404: "Not Found", 429: "Too Many Requests"}


class Asked(msgspec.Struct, frozen=True):
    """A request as it arrived. headers: by lower-case name; query: the last value of a name; queries: all."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    queries: dict[str, list[str]] = {}


class Given(msgspec.Struct, frozen=True):
    """An answer. drip: seconds between its bytes; cut: the line drops after half of the body; packed: by gzip."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}
    drip: float = 0.0
    cut: bool = False
    packed: bool = False


Answering = Callable[[Asked], Given]


def given_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Given:
    """Return an answer in JSON."""
    return Given(status, msgspec.json.encode(value), {"content-type": "application/json", **(headers or {})})


class FaultServer:
    """Answers on ``127.0.0.1`` while its block lasts.

    on: a path with its answers, one after another, the last for ever; or with a function of the request.
    first: answers to the next requests for whatever path, before any other. asked: all requests so far.
    """

    def __init__(self, ssl: Any = None) -> None:
        self.asked: list[Asked] = []
        self._ssl = ssl
        self._first: list[Given] = []
        self._paths: dict[str, Answering | list[Given]] = {}
        self._open: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def url(self, path: str = "/") -> str:
        return f"{'https' if self._ssl else 'http'}://127.0.0.1:{self.port}{path}"

    def on(self, path: str, *answers: Given | Answering) -> None:
        first = answers[0]
        self._paths[path] = (
            [answer for answer in answers if isinstance(answer, Given)] if isinstance(first, Given) else first
        )

    def first(self, *answers: Given) -> None:
        self._first += answers

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._ssl)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.sleep(0)
        await asyncio.gather(*self._open, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async for asked in _requests(reader):
                self.asked.append(asked)
                answer = self._answer(asked)
                await _write(writer, asked, answer)
                if answer.cut:
                    break
        except (OSError, asyncio.IncompleteReadError):
            pass  # the other side has gone
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _answer(self, asked: Asked) -> Given:
        if self._first:
            return self._first.pop(0)
        answers = self._paths.get(asked.path)
        if answers is None:
            return Given(404, b"nothing here")
        if callable(answers):
            return answers(asked)
        return answers.pop(0) if len(answers) > 1 else answers[0]


async def _requests(reader: asyncio.StreamReader) -> AsyncIterator[Asked]:
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:]) if name}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        parts = urlsplit(target)
        queries = parse_qs(parts.query, keep_blank_values=True)
        query = {name: values[-1] for name, values in queries.items()}
        yield Asked(method, parts.path, query, headers, body, queries)


async def _write(writer: asyncio.StreamWriter, asked: Asked, answer: Given) -> None:
    body = gzip.compress(answer.body) if answer.packed else answer.body
    headers = {"content-length": str(len(body))} | dict(answer.headers)
    if answer.packed:
        headers["content-encoding"] = "gzip"
    head = [f"HTTP/1.1 {answer.status} {_REASON.get(answer.status, 'Because')}"]
    writer.write("\r\n".join([*head, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode())
    if asked.method == "HEAD":
        body = b""
    if answer.cut:
        body = body[: len(body) // 2]
    if answer.drip:
        for at in range(len(body)):
            writer.write(body[at : at + 1])
            await writer.drain()
            await asyncio.sleep(answer.drip)
    else:
        writer.write(body)
    await writer.drain()
