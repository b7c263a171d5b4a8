"""Connections of bytes on the wire: imported when the first is opened."""

import contextlib
import ssl

import httpcore2

from kith.connectors._errors import Fatal, Retry
from kith.connectors._exchange import Manners
from kith.connectors._limits import Limits
from kith.connectors._wire import Guard, system_trust, untrusted

_ALLOWED_PORTS = range(1, 65536)


class Dialer:
    """Opens connections, each to an address that was looked up and checked. trust: by default the system's."""

    def __init__(self, limits: Limits, manners: Manners, trust: ssl.SSLContext | None = None) -> None:
        self._guard = Guard(limits)
        self._manners = manners
        self._trust = trust

    async def __call__(self, host: str, port: int) -> "Connection":
        place = f"{host}:{port}"
        if port not in _ALLOWED_PORTS:
            raise Fatal(f"{place} is no address of a server.")
        try:
            stream = await self._guard.connect_tcp(host, port, self._manners.connect_seconds)
        except (httpcore2.NetworkError, httpcore2.TimeoutException, TimeoutError) as error:
            raise Retry(f"{place} could not be reached: {str(error) or type(error).__name__}.") from error
        return Connection(stream, place, self._manners.connect_seconds, self._trust or system_trust("streams"))


class Connection:
    """One connection, as ``Carrier`` asks."""

    def __init__(
        self, stream: httpcore2.AsyncNetworkStream, place: str, connect_seconds: float, trust: ssl.SSLContext
    ) -> None:
        self._stream = stream
        self._place = place
        self._connect_seconds = connect_seconds
        self._trust = trust

    async def read(self, most: int, seconds: float) -> bytes:
        try:
            return await self._stream.read(most, seconds)
        except httpcore2.ReadTimeout as error:
            raise Retry(f"{self._place} said nothing for {seconds:g} seconds.") from error
        except httpcore2.ReadError as error:
            raise Retry(f"The connection to {self._place} broke off.") from error

    async def write(self, data: bytes, seconds: float) -> None:
        try:
            await self._stream.write(data, seconds)
        except (httpcore2.WriteError, httpcore2.WriteTimeout) as error:
            raise Retry(f"The connection to {self._place} broke off.") from error

    async def start_tls(self, host: str) -> None:
        try:
            self._stream = await self._stream.start_tls(self._trust, host.rstrip("."), self._connect_seconds)
        except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
            if reason := untrusted(error):
                raise Fatal(f"The certificate of {self._place} does not hold: {reason}.") from error
            raise Retry(f"{self._place} does not agree on encryption: {str(error) or type(error).__name__}.") from error

    async def close(self) -> None:
        with contextlib.suppress(httpcore2.NetworkError, OSError):
            await self._stream.aclose()
