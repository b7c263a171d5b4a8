"""Where a request comes from: the nearest address that no trusted proxy speaks for."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

_KEPT = 10_000  # addresses of which the network is remembered


def address_of(scope: Mapping[str, Any], proxies: Sequence[IPv4Network | IPv6Network]) -> str | None:
    """Return the address of the client; None where the server does not know it, as on a Unix socket.

    Each proxy adds who spoke to it to X-Forwarded-For, so the header is read from its end, and only as far as the
    addresses belong to trusted proxies.
    """
    peer = (scope.get("client") or (None,))[0]
    said = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    hops = [hop.strip() for hop in b",".join(said).decode("latin-1").split(",") if hop.strip()]
    while hops and peer is not None and _within(peer, proxies):
        before = hops.pop()
        if _parse(before) is None:
            break
        peer = before
    return peer


def _within(text: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    address = _parse(text)
    return address is not None and any(address in network for network in networks)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(_KEPT)
def network_of(address: str | None) -> str | None:
    """Return the network that names a household or a firm, and no machine: of IPv4 the first 24 bits, of IPv6 48."""
    return _prefix(address, 24, 48)


@lru_cache(_KEPT)
def site_of(address: str | None) -> str | None:
    """Return what one client has at its disposal: of IPv6 the first 64 bits."""
    return _prefix(address, 32, 64)


def _prefix(text: str | None, four: int, six: int) -> str | None:
    address = _parse(text or "")
    if address is None:
        return None
    return str(ip_network(f"{address}/{four if address.version == 4 else six}", strict=False))
