"""The API over the wire as an operator runs it: bytes in, bytes out, and clients of processes that end."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import psutil
import pytest

from tests.integration.cli.test_commands import others, settings
from tests.integration.cli.test_up import free_port
from tests.paths import ROOT

__all__ = ["settings"]

#: What the application is not asked about; tests/unit/api/test_wire.py has many more.
REFUSED: dict[bytes, tuple[int, str]] = {
    b"\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n": (400, "malformed_request"),
    b"GET /livez HTTP/1.1\nHost: a\r\n\r\n": (400, "malformed_request"),
    b"GET /livez HTTP/1.1\r\nHost: a\n\r\n": (400, "malformed_request"),
    b"GET /livez HTTP/1.1\r\nHost: a\r\n\n": (400, "malformed_request"),
    b"POST /v1/sources HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n": (400, "malformed_request"),
    b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n": (414, "address_too_long"),
    b"GET /livez HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 5_000_000 + b"\r\n\r\n": (431, "head_too_large"),
    b"GET /livez HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 300 + b"\r\n": (431, "head_too_large"),
}

#: What the application sees, and how it answers.
HARDLY_HTTP: dict[bytes, tuple[int, str]] = {
    b"GET /livez HTTP/1.1\r\n\r\n": (400, "malformed_request"),
    b"GET /livez HTTP/1.1\r\nHost:\r\n\r\n": (400, "malformed_request"),
    b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n": (400, "malformed_request"),
    b"GET /v1/me HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n": (401, "unauthenticated"),
    b"GET http://b/nothing HTTP/1.1\r\nHost: a\r\n\r\n": (404, "not_found"),
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n": (404, "not_found"),
    b"TRACE /livez HTTP/1.1\r\nHost: a\r\n\r\n": (405, "method_not_allowed"),
    b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n": (404, "not_found"),
    b"GET /%00%ff HTTP/1.1\r\nHost: a\r\n\r\n": (404, "not_found"),
}


class Api:
    """What serves, and where."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kith.cli", "api", "--processes", "2"],
            cwd=ROOT, env=others() | settings | {"KITH_PORT": str(self.port)},
        )  # fmt: skip

    def serving(self) -> list[int]:
        return sorted(
            child.pid for child in psutil.Process(self.process.pid).children() if "spawn_main" in str(child.cmdline())
        )


@pytest.fixture
def api(settings: dict[str, str]) -> Iterator[Api]:
    """An API that runs as an operator runs it, with two processes."""
    command = [sys.executable, "-m", "kith.cli", "migrate"]
    subprocess.run(command, cwd=ROOT, env=others() | settings, check=True, capture_output=True)
    api = Api(settings)
    until = time.monotonic() + 60
    while True:
        assert time.monotonic() < until
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", api.port)).close()
            break
        time.sleep(0.05)
    yield api
    api.process.terminate()
    api.process.wait(60)


def said(port: int, request: bytes) -> tuple[int, dict[str, str], bytes, bool]:
    """Send bytes; return the status, the headers and the body of the answer, and whether nothing else can come."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as wire:
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
        closed = headers.get("connection") == "close" and wire.recv(1) == b""
    return int(first.split()[1]), headers, body, closed


def test_odd_requests_get_problems(api: Api) -> None:
    for request, expected in (REFUSED | HARDLY_HTTP).items():
        status, headers, body, closed = said(api.port, request)
        told = json.loads(body)
        assert (status, told["code"], told["status"]) == (*expected, status), request[:100]
        assert headers["content-type"] == "application/problem+json"
        assert headers["request-id"] == told["request_id"]
        assert "server" not in headers
        assert closed == (request in REFUSED), request[:100]
    assert said(api.port, b"GET /livez HTTP/1.0\r\n\r\n")[0] == 200
    assert said(api.port, b"\r\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\n")[0] == 200


def test_a_process_that_dies_is_replaced_and_nobody_is_refused(api: Api) -> None:
    said(api.port, b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
    for _ in range(2):
        first, second = api.serving()
        for dies in (first, second):
            os.kill(dies, signal.SIGKILL)
        assert said(api.port, b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")[0] == 200
        until = time.monotonic() + 60
        while len(set(api.serving()) - {first, second}) < 2:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_what_is_being_answered_is_answered_before_the_end(api: Api) -> None:
    """A body that is still coming when the operator stops the API; another connection waits for its next request."""
    said(api.port, b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
    idle = socket.create_connection(("127.0.0.1", api.port))
    with socket.create_connection(("127.0.0.1", api.port), timeout=60) as wire:
        wire.sendall(b"POST /oauth/token HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n")
        wire.sendall(b"Content-Type: application/x-www-form-urlencoded\r\n\r\na")
        time.sleep(0.5)
        api.process.terminate()
        threading.Timer(1.0, wire.sendall, (b"=b",)).start()
        assert wire.recv(65536).startswith(b"HTTP/1.1 4")
    assert api.process.wait(60) == 0
    assert idle.recv(1) == b""
    idle.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", api.port))


def test_the_api_ends_with_who_started_it(api: Api) -> None:
    said(api.port, b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
    serving = [psutil.Process(pid) for pid in api.serving()]
    api.process.kill()
    assert psutil.wait_procs(serving, timeout=60)[1] == []
