"""When a source is read again by itself."""

from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Annotated

import msgspec
from msgspec import Meta

Clock = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="A time of day.", examples=["22:00"])]


class QuietHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hours of each day in which nothing is asked; they may pass midnight."""

    start: Clock
    end: Clock
    time_zone: Annotated[
        str, Meta(description="Whose clock it is, by its IANA name.", max_length=100, examples=["Europe/Berlin"])
    ] = "UTC"


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often a source is read by itself."""

    every_minutes: Annotated[
        int, Meta(ge=5, le=525_600, description="From the beginning of one run to that of the next.", examples=[60])
    ]
    quiet: Annotated[QuietHours | None, Meta(description="Hours in which nothing is asked; null: none.")] = None


def next_read(schedule: Schedule, now: datetime, zone: tzinfo = UTC) -> datetime:
    """Return when the next run begins. zone: that of the quiet hours."""
    due = now + timedelta(minutes=schedule.every_minutes)
    if schedule.quiet is None or schedule.quiet.start == schedule.quiet.end:
        return due
    start, end = time.fromisoformat(schedule.quiet.start), time.fromisoformat(schedule.quiet.end)
    local = due.astimezone(zone)
    clock = local.time()
    if not (start <= clock < end if start < end else clock >= start or clock < end):
        return due
    day = local.date() + timedelta(days=1) * (clock >= end)
    return datetime.combine(day, end, zone).astimezone(UTC)
