"""Days: the one count of them, in arrays and in PostgreSQL alike."""

from datetime import UTC, date, datetime

EPOCH = date(2000, 1, 1)
"""Days are counted from it, as in PostgreSQL."""


def day_of(moment: datetime | date) -> int:
    """Return the number of the day (UTC)."""
    return ((moment.astimezone(UTC).date() if isinstance(moment, datetime) else moment) - EPOCH).days


def midnight(now: datetime) -> datetime:
    """Return the beginning of the day (UTC)."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
