"""What comes over the wire, byte by byte: an app within the edge, served on this machine's own address."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from typing import Any

import pytest
from litestar import Litestar, asgi
from uvicorn import Config, Server

from kith.api.http import problems, wire
from kith.api.http.cors import Origins
from kith.api.http.edge import Edge

GET = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = b"POST /a HTTP/1.1\r\nHost: a\r\nX: b\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED += b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: u\r\n\r\n"


SENT: dict[str, tuple[list[tuple[bytes, bytes]], list[bytes]]] = {
    "/pieces": ([], [b"abc", b"", b"de"]),
    "/broken": ([(b"x", b"a\r\nSet-Cookie: b"), (b"content-length", b"1")], [b"a"]),
    "/broken-name": ([(b"x: a\r\ny", b"b"), (b"content-length", b"1")], [b"a"]),
    "/bare-lf": ([(b"x", b"a\nb"), (b"content-length", b"1")], [b"a"]),
    "/short": ([(b"content-length", b"5")], [b"abc"]),
    "/long": ([(b"content-length", b"2")], [b"abc"]),
}
"""By path: headers and pieces of a body."""


class App:
    """Says what it got. At /early it does not wait for the body, at /never it waits for the end of the client."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.begun, self.gone = asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["raw_path"].decode()
        self.asked.append(path)
        self.begun.set()
        body, more = b"", path != "/early"
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if path == "/never":
                more = message["type"] != "http.disconnect"
        if path == "/never":
            self.gone.set()
            return
        if path in SENT:
            fields, pieces = SENT[path]
            await send({"type": "http.response.start", "status": 200, "headers": fields})
            for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body"})
            return
        headers = ",".join(name.decode() for name, _ in scope["headers"])
        said = json.dumps([scope["method"], path, headers, body.decode()]).encode()
        length = (b"content-length", str(len(said)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": said})


Answer = tuple[int, dict[str, str], Any]


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, *pieces: bytes, pause: float = 0.0) -> None:
        with suppress(ConnectionError):  # the server may have refused before it read all
            for piece in pieces:
                self.writer.write(piece)
                await self.writer.drain()
                await asyncio.sleep(pause)

    async def answer(self) -> Answer:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return int(first.split()[1]), headers, json.loads(await self.reader.readexactly(int(headers["content-length"])))

    async def rest(self) -> bytes:
        """What comes until the server ends the connection."""
        return await self.reader.read()


class Served:
    def __init__(self, app: App, port: int) -> None:
        self.app, self.port = app, port

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            async with asyncio.timeout(20):
                yield Client(reader, writer)
        finally:
            writer.close()

    async def refusal(self, *pieces: bytes) -> tuple[int, str]:
        """Send what is to be refused and then a hidden request; return the status and the code of the one answer."""
        async with self.client() as client:
            await client.send(*pieces, HIDDEN)
            status, headers, told = await client.answer()
            assert await client.rest() == b"", pieces
        assert headers["connection"] == "close"
        assert headers["content-type"] == "application/problem+json"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["request-id"] == told["request_id"]
        assert told["status"] == status
        assert "/hidden" not in self.app.asked, pieces
        return status, told["code"]


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    app = App()
    within = Litestar(
        [asgi("/", is_mount=True, copy_scope=False)(app)],
        exception_handlers=problems.HANDLERS,
        openapi_config=None,
        logging_config=None,  # otherwise Litestar gives the root logger a handler for the rest of the process
    )
    edge = Edge(within, [], Origins(None), logged=False)
    config = Config(edge, http=wire.Wire, ws="none", lifespan="off", log_config=None, port=0, proxy_headers=False)
    config.load()
    server = Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    yield Served(app, server.servers[0].sockets[0].getsockname()[1])
    await server.shutdown()


#: What is refused as no request at all; whatever follows is not read.
MALFORMED: dict[str, bytes] = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a later version": b"GET /a HTTP/1.7\r\nHost: a\r\n\r\n",
    "HTTP/2 as text": b"GET /a HTTP/2.0\r\nHost: a\r\n\r\n",
    "HTTP/0.9": b"GET /a\r\n\r\n",
    "HTTP/0.9, by LF, with fields": b"GET /a\nHost: a\r\n\r\n",
    "no version": b"GET /a HTTP\r\nHost: a\r\n\r\n",
    "no method": b"G@T /a HTTP/1.1\r\nHost: a\r\n\r\n",
    "a small method": b"get /a HTTP/1.1\r\nHost: a\r\n\r\n",
    "an unknown method": b"BREW /a HTTP/1.1\r\nHost: a\r\n\r\n",
    "for a proxy": b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space in the address": b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "NUL in the address": b"GET /a\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
    "bytes in the address": b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
    "letters in the address": "GET /caf\u00e9 HTTP/1.1\r\nHost: a\r\n\r\n".encode(),
    "LF before all": b"\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n",
    "CR before all": b"\r\rGET /a HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space before the colon": b"GET /a HTTP/1.1\r\nHost : a\r\n\r\n",
    "no colon": b"GET /a HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
    "no name": b"GET /a HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
    "a folded field": b"GET /a HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
    "a field folded by a tab": b"GET /a HTTP/1.1\r\nHost: a\r\nX: a\r\n\tb\r\n\r\n",
    "a fold before fields": b"GET /a HTTP/1.1\r\n X: a\r\nHost: a\r\n\r\n",
    "NUL in a field": b"GET /a HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
    "NUL in a name": b"GET /a HTTP/1.1\r\nHost: a\r\nX\x00: a\r\n\r\n",
    "CR in a field": b"GET /a HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
    "a length below zero": b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\nabc",
    "a length with a sign": b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
    "a hexadecimal length": b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc",
    "no length": b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nabc",
    "a length beyond all": b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nabc",
    "two lengths": b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "a list of lengths": b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc",
    "a length and chunks": CHUNKED.replace(b"X: b", b"Content-Length: 5"),
    "chunks and a length": CHUNKED.replace(b"chunked\r\n", b"chunked\r\nContent-Length: 5\r\n", 1),
    "a length after chunks": CHUNKED.replace(b"T: u", b"Content-Length: 5"),
    "chunks of HTTP/1.0": CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0"),
    "chunks twice": CHUNKED.replace(b": chunked", b": chunked, chunked"),
    "chunks in two fields": CHUNKED.replace(b"X: b", b"Transfer-Encoding: chunked"),
    "a compressed transfer": CHUNKED.replace(b": chunked", b": gzip"),
    "compressed chunks": CHUNKED.replace(b": chunked", b": gzip, chunked"),
    "chunks that are none": CHUNKED.replace(b": chunked", b": xchunked"),
    "chunks by another name": CHUNKED.replace(b": chunked", b": chunked;q=1"),
    "a chunk without a size": CHUNKED.replace(b"3\r\nabc", b"zz\r\nabc"),
    "a chunk beyond all": CHUNKED.replace(b"3\r\nabc", b"fffffffffffffffff\r\nabc"),
    "a chunk longer than it says": CHUNKED.replace(b"3\r\nabc", b"3\r\nabcd"),
    "a chunk shorter than it says": CHUNKED.replace(b"3\r\nabc", b"3\r\nab"),
    "a space after the size": CHUNKED.replace(b"3\r\nabc", b"3 \r\nabc"),
    "no host": b"GET /a HTTP/1.1\r\nConnection: close\r\n\r\n",
    "an empty host": b"GET /a HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n",
    "two hosts": b"GET /a HTTP/1.1\r\nHost: a\r\nHost: a\r\nConnection: close\r\n\r\n",
    "two hosts of HTTP/1.0": b"GET /a HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
    "hosts in a list": b"GET /a HTTP/1.1\r\nHost: a, b\r\nConnection: close\r\n\r\n",
    "a path for a host": b"GET /a HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n",
    "a name for a host": b"GET /a HTTP/1.1\r\nHost: a@b\r\nConnection: close\r\n\r\n",
}

TOO_LONG: dict[str, tuple[bytes, int, str]] = {
    "an address": (b"GET /" + b"a" * wire.ADDRESS_BYTES + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414, "address_too_long"),
    "an address without an end": (b"GET /" + b"a" * 5_000_000, 414, "address_too_long"),
    "a query": (b"GET /a?" + b"a" * wire.ADDRESS_BYTES + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414, "address_too_long"),
    "a field": (GET[:-2] + b"X: " + b"a" * wire.HEAD_BYTES + b"\r\n\r\n", 431, "head_too_large"),
    "a field without an end": (GET[:-2] + b"X: " + b"a" * 5_000_000, 431, "head_too_large"),
    "a name without an end": (GET[:-2] + b"x" * 5_000_000, 431, "head_too_large"),
    "fields": (GET[:-2] + b"X: a\r\n" * wire.FIELDS + b"\r\n", 431, "head_too_large"),
    "fields without an end": (GET[:-2] + (b"X: " + b"a" * 1000 + b"\r\n") * 5_000, 431, "head_too_large"),
    "empty lines": (b"\r\n" * 100_000, 431, "head_too_large"),
    "a trailer": (CHUNKED[:-2] + b"U: " + b"a" * 500_000, 431, "head_too_large"),
    "what a chunk is told by": (CHUNKED.partition(b"3\r\n")[0] + b"3;a=" + b"a" * 500_000, 431, "head_too_large"),
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_what_is_no_request_is_refused_with_a_problem(served: Served, name: str) -> None:
    assert await served.refusal(MALFORMED[name]) == (400, "malformed_request")
    pieces = [MALFORMED[name][at : at + 1] for at in range(len(MALFORMED[name]))]
    assert await served.refusal(*pieces) == (400, "malformed_request")


@pytest.mark.parametrize("name", TOO_LONG)
async def test_what_is_too_long_is_refused_before_it_is_read(served: Served, name: str) -> None:
    request, status, code = TOO_LONG[name]
    assert await served.refusal(request) == (status, code)


@pytest.mark.parametrize("whole", [GET, CHUNKED, GET + CHUNKED])
async def test_every_line_ends_with_cr_and_lf(served: Served, whole: bytes) -> None:
    """Each of them in turn ends with LF alone, with CR alone, or with LF and CR."""
    ends = [at for at in range(len(whole)) if whole[at : at + 2] == b"\r\n" and at > whole.rfind(b"\r\nPOST")]
    for at in ends:
        for end in (b"\n", b"\r", b"\n\r"):
            async with served.client() as client:
                await client.send(whole[:at] + end + whole[at + 2 :] + HIDDEN)
                if whole.startswith(GET + b"POST"):
                    assert (await client.answer())[0] == 200
                status, headers, told = await client.answer()
                assert (status, told["code"], headers["connection"]) == (400, "malformed_request", "close")
                assert await client.rest() == b""
    assert "/hidden" not in served.app.asked


async def test_it_does_not_matter_how_bytes_arrive(served: Served) -> None:
    """A connection of several requests, cut anywhere, gives the same answers in the same order."""
    whole = GET + b"\r\n" + CHUNKED + b"GET http://b/b?c=d HTTP/1.1\r\nHost: a\r\n\r\n" + GET
    chance = random.Random(5)  # no secret is drawn
    for _ in range(30):
        cuts = [0, *sorted(chance.sample(range(1, len(whole)), 5)), len(whole)]
        async with served.client() as client:
            await client.send(*(whole[one:other] for one, other in pairwise(cuts)))
            answers = [await client.answer() for _ in range(4)]
        assert [told for _, _, told in answers] == [
            ["GET", "/a", "host", ""],
            ["POST", "/a", "host,x,transfer-encoding", "abcde"],
            ["GET", "/b", "host", ""],
            ["GET", "/a", "host", ""],
        ]


async def test_an_answer_in_pieces_is_sent_in_chunks(served: Served) -> None:
    async with served.client() as client:
        await client.send(GET.replace(b"/a", b"/pieces") + GET.replace(b"GET /a", b"HEAD /pieces") + GET)
        head, _, rest = (await client.reader.readuntil(b"0\r\n\r\n")).partition(b"3\r\nabc\r\n2\r\nde\r\n")
        assert (head.count(b"transfer-encoding: chunked\r\n"), rest) == (1, b"0\r\n\r\n")
        assert b"chunked" not in await client.reader.readuntil(b"\r\n\r\n")
        assert (await client.answer())[2][1] == "/a"


async def test_an_answer_to_head_or_of_what_the_client_has_is_its_head_alone(served: Served) -> None:
    asked = GET[:-2] + b'If-None-Match: "x"\r\n\r\n'
    async with served.client() as client:
        await client.send(asked)
        tag = (await client.answer())[1]["etag"]
        await client.send(asked.replace(b"GET", b"HEAD"), asked.replace(b'"x"', tag.encode()), asked)
        for status in (b"200", b"304"):
            assert (await client.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 " + status)
        assert (await client.answer())[1]["etag"] == tag


@pytest.mark.parametrize("path", ["/broken", "/broken-name", "/bare-lf"])
async def test_no_header_breaks_a_line(served: Served, path: str) -> None:
    async with served.client() as client:
        await client.send(GET.replace(b"/a", path.encode()))
        said = await client.rest()
    assert said.startswith(b"HTTP/1.1 500 ")
    assert b"et-cookie" not in said.lower()
    assert b"\ny" not in said


@pytest.mark.parametrize("path", ["/short", "/long"])
async def test_a_body_of_another_length_than_told_ends_the_connection(served: Served, path: str) -> None:
    async with served.client() as client:
        await client.send(GET.replace(b"/a", path.encode()) + HIDDEN)
        said = await client.rest()
    length = int(SENT[path][0][0][1])
    assert len(said.partition(b"\r\n\r\n")[2]) != length
    assert "/hidden" not in served.app.asked


async def test_what_follows_an_end_is_not_read(served: Served) -> None:
    for last in (GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), GET.replace(b"1.1", b"1.0")):
        async with served.client() as client:
            await client.send(last + HIDDEN)
            status, headers, _ = await client.answer()
            assert (status, headers["connection"]) == (200, "close")
            assert await client.rest() == b""
    assert "/hidden" not in served.app.asked


async def test_another_protocol_is_declined_and_the_body_still_read(served: Served) -> None:
    """As clients ask that would rather speak HTTP/2, with their first request."""
    asks = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEA\r\n"
    requests = [
        GET[:-2] + asks + b"\r\n",
        b"POST /a HTTP/1.1\r\nHost: a\r\n" + asks + b"Content-Length: 5\r\n\r\nabcde",
        CHUNKED.replace(b"X: b\r\n", asks),
        GET,
    ]
    async with served.client() as client:
        await client.send(b"".join(requests))
        told = [(await client.answer())[2] for _ in requests]
    assert [(method, body) for method, _, _, body in told] == [
        ("GET", ""), ("POST", "abcde"), ("POST", "abcde"), ("GET", ""),
    ]  # fmt: skip


async def test_as_many_wait_for_their_answers_as_may(served: Served) -> None:
    async with served.client() as client:
        await client.send(GET * (wire.WAITING + 2) + HIDDEN)
        for _ in range(wire.WAITING + 1):
            assert (await client.answer())[0] == 200
        status, headers, told = await client.answer()
        assert (status, told["code"], headers["connection"]) == (400, "malformed_request", "close")
        assert await client.rest() == b""
    assert "/hidden" not in served.app.asked


@pytest.mark.parametrize(
    ("head", "more"), [(b"G", b""), (b"GET /a", b"a"), (GET[:-2], b"x"), (GET[:-2], b"X: y\r\n"), (GET + GET[:-1], b"")]
)
async def test_a_head_that_does_not_end_is_not_waited_for(
    served: Served, monkeypatch: pytest.MonkeyPatch, head: bytes, more: bytes
) -> None:
    monkeypatch.setattr(wire, "HEAD_SECONDS", 0.3)
    async with served.client() as client:
        sending = asyncio.create_task(client.send(head, *[more] * 90, pause=0.05))
        if head.startswith(GET):
            assert (await client.answer())[0] == 200
        status, headers, told = await client.answer()
        assert (status, told["code"], headers["connection"]) == (408, "request_timeout", "close")
        assert await client.rest() == b""
        sending.cancel()


async def test_who_says_nothing_is_not_waited_for(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(wire, "IDLE_SECONDS", 0.2)
    async with served.client() as client:
        assert await client.rest() == b""
    async with served.client() as client:
        await client.send(GET)
        await client.answer()
        assert await client.rest() == b""


async def test_who_goes_on_sending_after_the_answer_is_not_waited_for(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "LINGER_SECONDS", 0.3)
    early = CHUNKED.replace(b"/a", b"/early").partition(b"2;x=y")[0]
    async with served.client() as client:
        sending = asyncio.create_task(client.send(early, *[b"1\r\na\r\n"] * 100, pause=0.05))
        assert (await client.answer())[0] == 200
        with suppress(ConnectionResetError):
            assert await client.rest() == b""
        sending.cancel()
    async with served.client() as client:  # in time, the connection stays
        await client.send(early)
        assert (await client.answer())[0] == 200
        await client.send(b"0\r\n\r\n" + GET)
        assert (await client.answer())[2][1] == "/a"


@pytest.mark.parametrize("behind", [b"", GET])
async def test_an_answer_that_takes_long_ends_with_its_client(served: Served, behind: bytes) -> None:
    async with served.client() as client:
        await client.send(GET.replace(b"/a", b"/never") + behind)
        await served.app.begun.wait()
    async with asyncio.timeout(10):
        await served.app.gone.wait()


async def test_what_is_too_much_at_once_is_told_to_come_later(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "AT_ONCE", 1)
    async with served.client() as one, served.client() as other:
        await one.send(GET.replace(b"/a", b"/never"))
        await served.app.begun.wait()
        await other.send(GET)
        status, headers, told = await other.answer()
        assert (status, told["code"], headers["retry-after"]) == (503, "unavailable", "1")
