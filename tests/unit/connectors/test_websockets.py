"""``context.websocket`` against a real server of WebSockets on loopback."""

import asyncio
import http
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from kith.connectors import (
    Bearer,
    ConnectorError,
    Egress,
    Fatal,
    Forbidden,
    Limits,
    Manners,
    Missing,
    Reauthorize,
    Refused,
    Retry,
    Secret,
)
from kith.connectors._dialing import Dialer
from kith.connectors._streams import Streams
from kith.connectors._websockets import WebSockets
from tests.unit.connectors.test_streams import HERE, served

SOCKETS = WebSockets(HERE)
Talk = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def serving(talk: Talk, **options: Any) -> AsyncIterator[str]:
    async with serve(talk, "127.0.0.1", 0, **options) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/stream"


async def echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


async def test_messages_go_both_ways_whole_and_of_their_kind() -> None:
    async with serving(echo, max_size=None) as url, SOCKETS(url) as socket:
        for message in ("grüße", b"\x00\xff", "", "x" * 300_000):
            await socket.send(message)
            assert await socket.receive() == message


async def test_parts_of_a_message_are_joined_and_pings_answered_in_between() -> None:
    heard = asyncio.Event()

    async def talk(connection: ServerConnection) -> None:
        await connection.send(iter(["one ", "two ", "three"]))
        await (await connection.ping())
        heard.set()
        await connection.send("later")
        await connection.wait_closed()

    async with serving(talk) as url, SOCKETS(url) as socket:
        assert await socket.receive() == "one two three"
        assert await socket.receive(seconds=5) == "later"
        assert heard.is_set()


async def test_credentials_go_along_and_goodbye_is_said() -> None:
    asked, ended = [], asyncio.get_running_loop().create_future()

    async def talk(connection: ServerConnection) -> None:
        assert connection.request is not None
        asked.append((connection.request.headers["Authorization"], connection.request.headers["User-Agent"]))
        await connection.wait_closed()
        ended.set_result(connection.close_code)

    async with serving(talk) as url:
        async with SOCKETS(url, auth=Bearer(Secret("tok-81f0"))):
            pass
        assert (asked, await ended) == ([("Bearer tok-81f0", "kith/0.1")], 1000)


async def test_silence_and_a_close_end_the_reading() -> None:
    async def talk(connection: ServerConnection) -> None:
        await connection.send("one")
        await connection.recv()
        await connection.send("two")
        await connection.close(1012, "restarting")

    async with serving(talk) as url, SOCKETS(url) as socket:
        assert await socket.receive() == "one"
        with pytest.raises(Retry, match=r"nothing for 0\.1 seconds"):
            await socket.receive(seconds=0.1)
        await socket.send("go on")
        assert await socket.receive() == "two"
        with pytest.raises(Retry, match=r"closed the connection \(1012\)"):
            await socket.receive()


async def test_a_message_beyond_its_bound_ends_the_reading() -> None:
    async def talk(connection: ServerConnection) -> None:
        await connection.send("x" * 2000)
        await connection.wait_closed()

    sockets = WebSockets(HERE, manners=Manners(max_bytes=1000))
    async with serving(talk, compression=None) as url, sockets(url) as socket:
        with pytest.raises(Retry, match=r"\(1009\)"):
            await socket.receive()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, Reauthorize),
        (403, Refused),
        (404, Missing),
        (410, Missing),
        (451, Refused),
        (429, Retry),
        (503, Retry),
        (302, Fatal),
        (200, Fatal),
        (501, Fatal),
    ],
)
async def test_a_refusal_says_what_to_do(status: int, error: type[ConnectorError]) -> None:
    def refuse(connection: ServerConnection, request: Request) -> Response:
        answer = connection.respond(http.HTTPStatus(status), "no")
        if error is Retry:
            answer.headers["Retry-After"] = "7"
        return answer

    async with serving(echo, process_request=refuse) as url:
        with pytest.raises(error, match=f"answers {status}") as caught:
            async with SOCKETS(url, auth=Bearer(Secret("tok-81f0"))):
                pass
        assert "tok-81f0" not in repr(caught.value)
        if isinstance(caught.value, Retry):
            assert caught.value.after == timedelta(seconds=7)


async def test_what_speaks_no_http_is_said_to() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK IMAP ready\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        with pytest.raises(Retry, match="something else than HTTP"):
            async with SOCKETS(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"):
                pass


@pytest.mark.parametrize("url", ["ws://10.0.0.1/", "ws://localhost/", "wss://name:word@example.org/", "https://a.b/"])
async def test_it_goes_where_requests_may_go_and_nowhere_else(url: str) -> None:
    with pytest.raises((Forbidden, Fatal)):
        async with WebSockets(Egress(("*",), Limits(private_addresses=False)))(url):
            pass


async def test_it_is_encrypted_where_the_address_says_so(tmp_path: Path) -> None:
    shown, trust = served(tmp_path)
    for trusted in (True, False):
        streams = Streams(HERE, dial=Dialer(HERE.limits, Manners(), trust if trusted else None))
        async with serving(echo, ssl=shown) as url:
            secure = url.replace("ws://127.0.0.1", "wss://localhost")
            if trusted:
                async with WebSockets(HERE, streams)(secure) as socket:
                    await socket.send("hello")
                    assert await socket.receive() == "hello"
            else:
                with pytest.raises(Fatal, match="certificate"):
                    async with WebSockets(HERE, streams)(secure):
                        pass


def test_the_library_is_imported_when_the_first_is_opened() -> None:
    program = (
        "import sys, kith.connectors\n"
        "from kith.connectors._websockets import WebSockets\nWebSockets()\n"
        "print('websockets' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
