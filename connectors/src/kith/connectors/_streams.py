"""Connections of bytes for networks that speak no HTTP. No network library is imported before the first is opened."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from kith.connectors._egress import NOWHERE, Egress
from kith.connectors._errors import Fatal, Retry
from kith.connectors._exchange import POLITE, Manners

LINE_BYTES = 1 << 20
_SOME = 64 << 10


class Carrier(Protocol):
    """What carries the bytes of one stream: a connection, or in the kit one that breaks."""

    async def read(self, most: int, seconds: float) -> bytes:
        """Return what has come, at most so many bytes; nothing at the end. Raises Retry."""
        ...

    async def write(self, data: bytes, seconds: float) -> None: ...

    async def start_tls(self, host: str) -> None: ...

    async def close(self) -> None: ...


class Dial(Protocol):
    """Who opens connections: the network, or in the kit one of which some break."""

    async def __call__(self, host: str, port: int) -> Carrier: ...


class Stream:
    """An open connection: bytes in both directions. Whatever goes wrong with it raises Retry, or Fatal for good.

    Each call waits ``seconds`` at most, by default as long as a request may. What is longer than allowed is Fatal.
    """

    def __init__(self, carrier: Carrier, host: str, port: int, manners: Manners) -> None:
        self.place = f"{host}:{port}"
        self.secure = False
        self._carrier = carrier
        self._host = host
        self._seconds = manners.read_seconds
        self._most = manners.max_bytes
        self._read = bytearray()

    async def line(self, *, most: int = LINE_BYTES, seconds: float | None = None) -> bytes:
        """Return the next line without its end, be that CR LF or LF."""
        looked = 0
        while (end := self._read.find(b"\n", looked)) < 0 and len(self._read) <= most:
            looked = len(self._read)
            await self._more(seconds)
        if not 0 <= end <= most:
            raise Fatal(f"{self.place} sent a line of more than the {most:,} bytes that are allowed.")
        return self._take(end + 1).removesuffix(b"\n").removesuffix(b"\r")

    async def exactly(self, count: int, *, most: int | None = None, seconds: float | None = None) -> bytes:
        """Return so many bytes, which a server has announced."""
        if count > (self._most if most is None else most):
            raise Fatal(f"{self.place} wants to send {count:,} bytes at once, which is more than is allowed.")
        while len(self._read) < count:
            await self._more(seconds)
        return self._take(count)

    async def some(self, *, seconds: float | None = None) -> bytes:
        """Return what has come, at least one byte and at most 64 KiB."""
        if not self._read:
            await self._more(seconds)
        return self._take(_SOME)

    async def write(self, data: bytes, *, seconds: float | None = None) -> None:
        await self._carrier.write(data, self._seconds if seconds is None else seconds)

    async def start_tls(self) -> None:
        """Encrypt what follows (STARTTLS). Raises Fatal where the certificate does not hold.

        Raises Fatal, too, where something has come already that would pass for encrypted.
        """
        if self._read:
            raise Fatal(f"{self.place} sent something in plain after it had agreed to encrypt.")
        await self._carrier.start_tls(self._host)
        self.secure = True

    async def _more(self, seconds: float | None) -> None:
        read = await self._carrier.read(_SOME, self._seconds if seconds is None else seconds)
        if not read:
            raise Retry(f"{self.place} ended the connection.")
        self._read += read

    def _take(self, count: int) -> bytes:
        taken = bytes(self._read[:count])
        del self._read[:count]
        return taken


class Streams:
    """How a connector opens connections: ``context.stream``.

    They go to the hosts of the connector's ``egress`` and of the source's settings alone, over addresses that were
    checked, as requests do.
    """

    def __init__(self, egress: Egress = NOWHERE, manners: Manners = POLITE, dial: Dial | None = None) -> None:
        self._egress = egress
        self._manners = manners
        self._dial = dial

    @asynccontextmanager
    async def __call__(self, host: str, port: int, *, tls: bool = True) -> AsyncIterator[Stream]:
        """Connect, encrypted from the first byte unless ``tls`` is False, until the block ends.

        Raises Forbidden, Retry where nobody answers, Fatal where the certificate does not hold. Send no password over a
        stream that is not ``secure``, unless the settings say so: call ``start_tls`` before.
        """
        self._egress.check_host(host)
        carrier = await self._open()(host, port)
        try:
            stream = Stream(carrier, host, port, self._manners)
            if tls:
                await stream.start_tls()
            yield stream
        finally:
            await carrier.close()

    def _open(self) -> Dial:
        if self._dial is None:
            from kith.connectors._dialing import Dialer

            self._dial = Dialer(self._egress.limits, self._manners)
        return self._dial
