"""Observations: which of two descriptions of an identity or a channel is kept."""

from collections.abc import Sequence
from datetime import UTC, datetime

_EARLIEST = datetime.min.replace(tzinfo=UTC)

Rank = tuple[datetime, bool, tuple[str, ...]]


def rank(kind: str, columns: Sequence[object], seen_at: datetime | None) -> Rank:
    """Return what two observations are compared by: the greater stays, whole, whatever the order of reading.

    The later wins; among equally late ones, one that knows the kind; then the greater text. ``columns`` are all that
    the observation says but ``seen_at``, the kind first. ``kith.store.observations`` has the same rule in SQL.
    """
    return seen_at or _EARLIEST, kind != "unknown", tuple(map(_sql_text, columns))


def _sql_text(value: object) -> str:
    """Return what PostgreSQL makes of a value cast to text."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
