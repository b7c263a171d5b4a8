"""Streams of a test: over certificates that it made, and with faults in between."""

from collections.abc import Callable
from pathlib import Path

from kith.connectors._exchange import POLITE
from kith.connectors._limits import ANYWHERE
from kith.connectors._streams import Carrier, Dial


def trusting(certificate: Path) -> Dial:
    """Return what opens streams to servers of a test that show this certificate, or one that it signed."""
    import ssl

    from kith.connectors._dialing import Dialer

    trust = ssl.create_default_context(cafile=certificate)
    trust.verify_flags &= ~ssl.VERIFY_X509_STRICT  # newer Pythons ask for more than a test needs
    return Dialer(ANYWHERE, POLITE, trust)


class Tapped:
    """Opens streams and counts the reads of all. spoil: what comes in place of the read ``at``, or raises there."""

    def __init__(self, dial: Dial | None = None, at: int = 0, spoil: Callable[[], bytes] | None = None) -> None:
        self._dial = dial
        self._at = at
        self._spoil = spoil
        self.reads = 0

    async def __call__(self, host: str, port: int) -> Carrier:
        if self._dial is None:
            from kith.connectors._dialing import Dialer

            self._dial = Dialer(ANYWHERE, POLITE)
        return _Tap(await self._dial(host, port), self)

    def count(self) -> bytes | None:
        """Return what comes in place of the next read, if anything does."""
        self.reads += 1
        return self._spoil() if self._spoil is not None and self.reads == self._at else None


class _Tap:
    def __init__(self, carrier: Carrier, tapped: Tapped) -> None:
        self._carrier = carrier
        self._tapped = tapped

    async def read(self, most: int, seconds: float) -> bytes:
        instead = self._tapped.count()
        return await self._carrier.read(most, seconds) if instead is None else instead

    async def write(self, data: bytes, seconds: float) -> None:
        await self._carrier.write(data, seconds)

    async def start_tls(self, host: str) -> None:
        await self._carrier.start_tls(host)

    async def close(self) -> None:
        await self._carrier.close()
