"""When a source is read again: never too early, never within quiet hours, in any zone and on days of other length."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kith.domain.schedules import QuietHours, Schedule, next_read

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]
TIMES = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))


@pytest.mark.parametrize(
    ("now", "start", "end", "zone", "expected"),
    [
        ("2026-01-01T10:00", "22:00", "06:00", "UTC", "2026-01-01T11:00"),
        ("2026-01-01T21:30", "22:00", "06:00", "UTC", "2026-01-02T06:00"),
        ("2026-01-02T04:30", "22:00", "06:00", "UTC", "2026-01-02T06:00"),
        ("2026-01-02T05:00", "22:00", "06:00", "UTC", "2026-01-02T06:00"),
        ("2026-01-01T20:30", "22:00", "06:00", "Europe/Berlin", "2026-01-02T05:00"),
        ("2026-07-01T20:30", "22:00", "06:00", "Europe/Berlin", "2026-07-02T04:00"),
        ("2026-01-01T11:30", "12:00", "13:00", "UTC", "2026-01-01T13:00"),
        ("2026-01-01T12:30", "12:00", "12:00", "UTC", "2026-01-01T13:30"),
        ("2026-03-29T00:30", "01:00", "03:00", "Europe/Berlin", "2026-03-29T01:30"),
    ],
)
def test_a_run_waits_for_the_end_of_quiet_hours(now: str, start: str, end: str, zone: str, expected: str) -> None:
    schedule = Schedule(60, QuietHours(start, end, zone))
    found = next_read(schedule, datetime.fromisoformat(now).replace(tzinfo=UTC), ZoneInfo(zone))
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@given(st.integers(0, 15 * 365 * 1440), st.integers(5, 10_000), TIMES, TIMES, st.sampled_from(ZONES))
def test_a_run_is_never_early_hardly_a_day_late_and_never_within_quiet_hours(
    offset: int, minutes: int, start: str, end: str, zone: str
) -> None:
    now, where = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=offset), ZoneInfo(zone)
    found = next_read(Schedule(minutes, QuietHours(start, end, zone)), now, where)
    due = now + timedelta(minutes=minutes)
    assert due <= found <= due + timedelta(hours=26)
    clock = f"{found.astimezone(where):%H:%M}"
    quiet = start <= clock < end if start < end else start != end and (clock >= start or clock < end)
    shifted = found.astimezone(where).utcoffset() != (found - timedelta(hours=26)).astimezone(where).utcoffset()
    assert not quiet or shifted


def test_without_quiet_hours_the_pace_is_even() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert next_read(Schedule(30), now) == now + timedelta(minutes=30)
