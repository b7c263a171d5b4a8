"""Operations that end: which since when are deprecated, and from when on they are gone (RFC 9745, RFC 8594).

A route says ``deprecated="2027-01-31"``, ``sunset="2028-01-31"`` and, where there is one, ``successor="/v1/..."``.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import Any

POLICY = "/docs"  # where a client's author reads what to do
_LEAST_DAYS = 365


def headers_of(opt: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """Return the headers that tell how long an operation lives. Raises RuntimeError where it ends too early."""
    if not (since := opt.get("deprecated")):
        return []
    found = [("deprecation", f"@{_at(since).timestamp():.0f}")]
    links = [f'<{POLICY}>; rel="deprecation"']
    if until := opt.get("sunset"):
        if (date.fromisoformat(until) - date.fromisoformat(since)).days < _LEAST_DAYS:
            raise RuntimeError(f"The sunset {until} comes sooner than a year after the deprecation of {since}.")
        found.append(("sunset", format_datetime(_at(until), usegmt=True)))
        links.append(f'<{POLICY}>; rel="sunset"')
    if successor := opt.get("successor"):
        links.append(f'<{successor}>; rel="successor-version"')
    return [(name.encode(), value.encode()) for name, value in [*found, ("link", ", ".join(links))]]


def add(headers: dict[bytes, bytes], told: list[tuple[bytes, bytes]]) -> None:
    """Add what an operation tells of its life; links beside those that are there."""
    for name, value in told:
        headers[name] = b"%s, %s" % (headers[name], value) if name == b"link" and name in headers else value


def _at(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
