"""Requests on the wire: the only module that knows the HTTP library, imported when the first request goes out."""

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Iterable, Sequence
from functools import cache
from typing import Any

import httpcore2
import httpx2

from kith.connectors._errors import Fatal, Retry, TooLarge
from kith.connectors._exchange import Dropped, Manners, Reply, Request, place_of
from kith.connectors._guarded import GUARDED
from kith.connectors._limits import Limits

_CONNECTIONS = 8
_IDLE_SECONDS = 15.0
#: Both names of gzip; and zlib, which servers call deflate.
_PACKED = ("gzip", "x-gzip", "deflate")


class Network:
    """Connections of one source. Each goes to an address that was looked up and checked, and to no other."""

    def __init__(self, limits: Limits, manners: Manners, trust: ssl.SSLContext | None = None) -> None:
        self._manners = manners
        self._transport = _Transport(limits, trust or system_trust())

    async def send(self, request: Request) -> Reply:
        """Send one request and read its answer whole. Raises Dropped, Forbidden, TooLarge, Fatal."""
        try:
            async with asyncio.timeout(self._manners.total_seconds):
                return await self._send(request)
        except TimeoutError as error:
            raise Dropped(f"took longer than {self._manners.total_seconds:g} seconds") from error
        except httpx2.ConnectError as error:
            raise _refusal(error, request) or Dropped(f"could not be reached: {error}", sent=False) from error
        except httpx2.TransportError as error:
            raise Dropped(f"broke off: {type(error).__name__} {error}".rstrip()) from error
        except Retry as error:  # the name was not found
            raise Dropped(str(error), sent=False) from error

    async def close(self) -> None:
        await self._transport.aclose()

    async def _send(self, request: Request) -> Reply:
        manners = self._manners
        timeout = dict.fromkeys(("read", "write"), manners.read_seconds)
        timeout |= {"connect": manners.connect_seconds, "pool": manners.total_seconds}
        headers, extensions = list(request.headers), {"timeout": timeout}
        asked = httpx2.Request(
            request.method, request.url, headers=headers, content=request.body, extensions=extensions
        )
        response = await self._transport.handle_async_request(asked)
        try:
            packing = response.headers.get("content-encoding", "identity").strip().lower()
            body = await _body(response.aiter_raw(), packing, request)
        finally:
            await response.aclose()
        answered = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, answered, body)


@cache
def system_trust(_use: str = "requests") -> ssl.SSLContext:
    """Return the certificates of the system, loaded once: that takes as long as many requests.

    One a use: the HTTP library changes what it offers in its own.
    """
    return httpx2.create_ssl_context()


class _Transport(httpx2.AsyncHTTPTransport):
    def __init__(self, limits: Limits, trust: ssl.SSLContext) -> None:
        # The library offers no way to choose the address; its pool does.
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=trust,
            max_connections=_CONNECTIONS,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=Guard(limits),
        )


class Guard(httpcore2.AsyncNetworkBackend):
    """Looks a name up, checks each answer, and connects to what was checked."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._backend = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = await asyncio.wait_for(asyncio.to_thread(self._limits.addresses, host, port), timeout)
        token = GUARDED.set(True)
        try:
            return await self._first(addresses, port, timeout, socket_options)
        finally:
            GUARDED.reset(token)

    async def _first(
        self, addresses: Sequence[str], port: int, seconds: float | None, options: Iterable[Any] | None
    ) -> httpcore2.AsyncNetworkStream:
        for address in addresses[:-1]:
            try:
                return await self._backend.connect_tcp(address, port, seconds, None, options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await self._backend.connect_tcp(addresses[-1], port, seconds, None, options)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def _body(chunks: AsyncIterator[bytes], packing: str, request: Request) -> bytes:
    """Read and unpack a body; what is larger than allowed is never held in memory."""
    if packing not in (*_PACKED, "identity", ""):
        raise Fatal(f"{place_of(request.url)} packs its answer as {packing!r}, for which nobody asked.")
    unpack = _Unpacker() if packing in _PACKED else None
    body = bytearray()
    async for chunk in chunks:
        left = request.max_bytes - len(body)
        body += unpack.some(chunk, left + 1) if unpack else chunk[: left + 1]
        if len(body) > request.max_bytes:
            raise TooLarge(
                f"{place_of(request.url)} answered more than the {request.max_bytes:,} bytes that are allowed."
            )
    if unpack and not unpack.whole:
        raise Dropped("broke off within a packed answer")
    return bytes(body)


class _Unpacker:
    """gzip, in as many members as there are, or zlib."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._used = False

    def some(self, data: bytes, most: int) -> bytes:
        """Unpack, but no more than ``most`` bytes."""
        found = bytearray()
        try:
            while data and len(found) < most:
                if self._member.eof:
                    self._member = zlib.decompressobj(zlib.MAX_WBITS | 32)
                self._used = True
                found += self._member.decompress(data, most - len(found))
                data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        except zlib.error as error:
            raise Dropped(f"sent a body that does not unpack: {error}") from error
        return bytes(found)

    @property
    def whole(self) -> bool:
        return self._member.eof or not self._used


def _refusal(error: BaseException, request: Request) -> Fatal | None:
    """Return what is wrong where trying again is of no use: a certificate that does not hold."""
    reason = untrusted(error)
    return Fatal(f"The certificate of {place_of(request.url)} does not hold: {reason}.") if reason else None


def untrusted(error: BaseException) -> str | None:
    """Return why a certificate does not hold, where that is what went wrong."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
        cause = cause.__cause__ or cause.__context__
    return None
