"""One request and its answer, as they pass between the parts of the HTTP client."""

from typing import Protocol
from urllib.parse import urlsplit

import msgspec

MAX_BYTES = 16 << 20


class Manners(msgspec.Struct, frozen=True):
    """How patient and how polite requests are.

    total_seconds: for one request with its whole answer. patience: seconds that one request may wait for limits and
    repeats before the run ends with Retry, to be taken up later by a worker that is free.
    """

    connect_seconds: float = 5.0
    read_seconds: float = 30.0
    total_seconds: float = 120.0
    max_bytes: int = MAX_BYTES
    tries: int = 6
    patience: float = 60.0
    redirects: int = 5
    agent: str = "kith/0.1"


POLITE = Manners()


class Request(msgspec.Struct, frozen=True):
    """max_bytes: of the answer's body, unpacked."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    max_bytes: int = MAX_BYTES


class Reply(msgspec.Struct, frozen=True):
    """An answer of any status. headers: by lower-case name."""

    status: int
    headers: dict[str, str]
    body: bytes


class Dropped(Exception):
    """No whole answer came. sent: whether the request may have reached the server."""

    def __init__(self, reason: str, *, sent: bool = True) -> None:
        super().__init__(reason)
        self.sent = sent


class Wire(Protocol):
    """What carries requests: the network, or a recording of it."""

    async def send(self, request: Request) -> Reply: ...
    async def close(self) -> None: ...


def place_of(url: str) -> str:
    """Return an address as it may be shown: without query, fragment, name and password."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address that is none"
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
