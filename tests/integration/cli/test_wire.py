"""What comes over the wire for requests that are no HTTP, or hardly: bytes in, bytes out, of a real server."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.integration.cli.test_commands import others, settings
from tests.integration.cli.test_up import free_port
from tests.paths import ROOT

__all__ = ["settings"]

#: What Granian refuses before the application sees it, by the status of its bare answer.
NO_HTTP: dict[bytes, int] = {
    b"\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n": 400,  # TLS
    b"GET /livez\r\n\r\n": 400,
    b"G@T /livez HTTP/1.1\r\nHost: a\r\n\r\n": 400,
    b"GET /livez HTTP/1.7\r\nHost: a\r\n\r\n": 400,
    b"GET /livez x HTTP/1.1\r\nHost: a\r\n\r\n": 400,
    b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n": 400,
    b"GET /livez HTTP/1.1\r\nHost : a\r\n\r\n": 400,
    b"GET /livez HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n": 400,
    b"GET /livez HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n": 400,
    b"GET /livez HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n": 400,
    b"GET /livez HTTP/1.1\nHost: a\nX: a\n b\n\n": 400,
    b"POST /v1/sources HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\nabc": 400,
    b"POST /v1/sources HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd": 400,
    b"POST /v1/sources HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\nabc": 400,
    b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n": 414,
    b"GET /livez HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 5_000_000 + b"\r\n\r\n": 431,
    b"GET /livez HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 300 + b"\r\n": 431,
}

#: What the application sees, and how it answers.
HARDLY_HTTP: dict[bytes, tuple[int, str]] = {
    b"GET /livez HTTP/1.1\r\n\r\n": (400, "malformed_request"),
    b"GET /livez HTTP/1.1\r\nHost:\r\n\r\n": (400, "malformed_request"),
    b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n": (400, "malformed_request"),
    b"GET /livez HTTP/1.1\nHost: a\nHost: b\n\n": (400, "malformed_request"),
    b"GET /v1/me HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n": (401, "unauthenticated"),
    b"GET /nothing HTTP/1.1\nHost: a\n\n": (404, "not_found"),
    b"GET http://b/nothing HTTP/1.1\r\nHost: a\r\n\r\n": (404, "not_found"),
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n": (404, "not_found"),
    b"BREW /livez HTTP/1.1\r\nHost: a\r\n\r\n": (405, "method_not_allowed"),
    b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n": (404, "not_found"),
    "GET /caf\u00e9 HTTP/1.1\r\nHost: a\r\n\r\n".encode(): (404, "not_found"),
}


@pytest.fixture
def port(settings: dict[str, str]) -> Iterator[int]:
    """The port of an API that runs as an operator runs it."""
    command = [sys.executable, "-m", "kith.cli"]
    subprocess.run([*command, "migrate"], cwd=ROOT, env=others() | settings, check=True, capture_output=True)
    found = free_port()
    with subprocess.Popen([*command, "api"], cwd=ROOT, env=others() | settings | {"KITH_PORT": str(found)}) as api:
        try:
            until = time.monotonic() + 60
            while True:
                assert time.monotonic() < until
                try:
                    socket.create_connection(("127.0.0.1", found)).close()
                    break
                except OSError:
                    time.sleep(0.05)
            yield found
        finally:
            api.terminate()


def said(port: int, request: bytes) -> tuple[int, dict[str, str], bytes, bool]:
    """Send bytes; return the status, the headers and the body of the answer, and whether nothing else can come."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
        with suppress(ConnectionError):  # it may have refused before it read all
            wire.sendall(request)
        told = b""
        while b"\r\n\r\n" not in told:
            told += wire.recv(65536)
        head, _, body = told.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        while len(body) < int(headers["content-length"]):
            body += wire.recv(65536)
        if headers.get("connection") != "close":
            return int(first.split()[1]), headers, body, False
        try:
            return int(first.split()[1]), headers, body, wire.recv(1) == b""
        except ConnectionResetError:  # it closed with some of the request unread
            return int(first.split()[1]), headers, body, True


def test_odd_requests_get_answers_that_say_nothing_else(port: int) -> None:
    for request, status in NO_HTTP.items():
        found, headers, body, closed = said(port, request)
        assert (found, body, closed) == (status, b"", True), request[:100]
        assert headers.keys() == {"connection", "content-length", "date"}, request[:100]
    for request, expected in HARDLY_HTTP.items():
        found, headers, body, _ = said(port, request)
        assert (found, headers["content-type"]) == (expected[0], "application/problem+json"), request
        assert json.loads(body)["code"] == expected[1], request
    assert said(port, b"GET /livez HTTP/1.0\r\n\r\n")[0] == 200
    assert said(port, b"GET /livez HTTP/1.1\nHost: a\n\n")[0] == 200


def test_no_second_request_hides_in_a_body(port: int) -> None:
    """Of two lengths the connection ends with the request; a chunk that is none ends it too."""
    hidden = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
    two = b"POST /v1/sources HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    found, headers, _, closed = said(port, two + hidden)
    assert (found, headers["connection"], closed) == (401, "close", True)
    for chunk in (b"zz\r\nabc\r\n", b"3\nabc\n", b"3\r\nabcdef\r\n", b"ffffffffffffffffff\r\nabc\r\n"):
        broken = b"POST /v1/sources HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk
        with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
            wire.sendall(broken + b"0\r\n\r\n" + hidden)
            told = b""
            try:
                while more := wire.recv(65536):
                    told += more
            except ConnectionResetError:
                pass
        assert told.count(b"HTTP/1.1 ") <= 1, (chunk, told)
