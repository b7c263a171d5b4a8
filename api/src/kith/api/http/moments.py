"""Moments and days as clients give them: either form, of the calendar's years 1 to 9999, in UTC from here on.

Each type says what a day, or a moment, stands for where the other is meant.
"""

from datetime import UTC, date, datetime, time
from typing import Any, TypeVar

import msgspec

_DAY = len("2026-05-04")

Read = TypeVar("Read", "Bound", "Until", "Moment", "Day")


class Bound(datetime):
    """Where a range begins or ends. A day stands for its beginning."""

    day_is = time.min


class Until(datetime):
    """The last moment that counts. A day counts as a whole."""

    day_is = time.max


class Moment(datetime):
    """A moment; a day would not be exact enough."""

    day_is = None


class Day(date):
    """A day. A moment stands for the day in which it lies."""


def read(kind: type[Read], given: object) -> Read:
    """Return what a client gave as ``kind``; the decoding hook of parameters and bodies. Raises ValueError."""
    if not isinstance(given, str):
        raise ValueError("Expected `str`")  # noqa: TRY004  # msgspec tells the place of a ValueError
    if issubclass(kind, Day):
        day = _day(given) if len(given) == _DAY else _utc(given).date()
        return kind(day.year, day.month, day.day)
    if len(given) == _DAY and kind.day_is is not None:
        return kind.combine(_day(given), kind.day_is, UTC)
    found = _utc(given)
    return kind.combine(found.date(), found.timetz())


def schema(kind: type[Any]) -> dict[str, Any]:
    """Return the JSON schema of a type of this module: of the form that every generator of clients knows."""
    return {"type": "string", "format": "date" if issubclass(kind, Day) else "date-time"}


def _day(text: str) -> date:
    try:
        return msgspec.convert(text, date)
    except msgspec.ValidationError as error:
        raise ValueError("Expected a day such as 2026-05-04, or a moment such as 2026-05-04T09:30:00Z") from error


def _utc(text: str) -> datetime:
    try:
        found = msgspec.convert(text, datetime)
    except msgspec.ValidationError as error:
        raise ValueError("Expected a moment such as 2026-05-04T09:30:00Z, or a day such as 2026-05-04") from error
    if found.tzinfo is None:
        raise ValueError("Expected a moment with its offset from UTC, such as 2026-05-04T09:30:00Z")
    try:
        return found.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("Expected a moment of the years 1 to 9999, in UTC") from error
