"""Which hosts a source may ask."""

from urllib.parse import urlsplit

import msgspec

from kith.connectors._exchange import place_of
from kith.connectors._limits import Forbidden, Limits


class Egress(msgspec.Struct, frozen=True):
    """Which hosts a source may ask. hosts: ``api.example.org``, ``*.example.org`` or ``*``; limits: of the operator."""

    hosts: tuple[str, ...] = ()
    limits: Limits = Limits()

    def check(self, url: str) -> None:
        """Raises Forbidden for an address that this source must not ask; looks nothing up."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").rstrip("."), parts.port
        except ValueError as error:
            raise Forbidden(f"{url!r} is no address: {error}.") from error
        if parts.scheme not in ("http", "https") or not host or port == 0:
            raise Forbidden(f"{place_of(url)!r} is no address of the web.")
        if "@" in parts.netloc:
            raise Forbidden(f"The address at {host} holds a name or password: they belong into settings of their own.")
        self.check_host(host)

    def check_host(self, host: str) -> None:
        """Raises Forbidden for a host that this source must not ask; looks nothing up."""
        host = host.rstrip(".").lower()
        if not any(_fits(host, pattern) for pattern in self.hosts):
            raise Forbidden(f"{host} is none of the hosts that this source may ask: {', '.join(self.hosts) or 'none'}.")
        self.limits.check_host(host)


#: No host may be asked.
NOWHERE = Egress()


def _fits(host: str, pattern: str) -> bool:
    """Whether a host is meant: by its name, below ``*.name``, or as any by ``*``."""
    pattern = pattern.lower().rstrip(".")
    return pattern == "*" or host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:]))
