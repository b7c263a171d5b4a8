"""From the events of one meeting to who was asked, who accepted, and when it took place."""

import re
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import msgspec
import recurring_ical_events

from kith.connectors import IdentityKind, Ref, items
from kith.connectors.calendar.parts import Block, Group

NETWORK = "calendar"
MOST = 1000  # occasions of one meeting: the last ones

_ANSWERS = {"REPLY", "COUNTER", "REFRESH", "DECLINECOUNTER"}
_TOO_OFTEN = re.compile(r"(?im)^RRULE[^:\n]*:.*FREQ=(SECONDLY|MINUTELY|HOURLY)")
_ROOMS = {"ROOM", "RESOURCE"}
_NOBODY = ("unknownorganizer@calendar.google.com", "@resource.calendar.google.com", "noemail@", "nomail")
_SPAN = timedelta(days=366)
#: The library keeps one table of time zones for the whole process, and one calendar's must not serve another.
_LIBRARY = Lock()


class Guest(msgspec.Struct, frozen=True):
    """Somebody who was asked, or who asks. status: as they answered, in capitals; needed: not only for information."""

    ref: Ref
    name: str | None = None
    address: str | None = None
    kind: IdentityKind = "unknown"
    status: str = ""
    needed: bool = True

    @property
    def accepted(self) -> bool:
        return self.status == "ACCEPTED"


class Occasion(msgspec.Struct, frozen=True):
    """A time at which the meeting is. stamp: which of a series, for ever; empty where there is only one."""

    stamp: str
    start: datetime
    end: datetime
    host: Guest | None
    guests: tuple[Guest, ...]


class Meeting(msgspec.Struct, frozen=True):
    """asked: when the invitation was made; None where nobody was asked. occasions: those that have begun, without
    canceled ones. cut: how many older ones are left out.
    """

    uid: str
    title: str | None
    private: bool
    host: Guest | None
    guests: tuple[Guest, ...]
    asked: datetime | None
    changed: datetime | None
    occasions: tuple[Occasion, ...]
    cut: int = 0


def meeting(group: Group, zones: Sequence[str], zone: tzinfo, since: datetime, until: datetime) -> Meeting:
    """Return what a group of events tells of the time between two moments. Raises ValueError."""
    if any(_TOO_OFTEN.search(block.text) for block in group.blocks):
        raise items.Unreadable("It repeats every hour or more often, as no meeting does.")
    with _LIBRARY, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of guesses at the names of time zones
        icalendar.use_zoneinfo()  # type: ignore[no-untyped-call]  # it has no types
        try:
            return _meeting(group, _events(group.blocks, zones), zone, since, until)
        except items.Unreadable:
            raise
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, ArithmeticError) as error:
            raise items.Unreadable(f"It is not as events are: {str(error) or type(error).__name__}.") from error


def _meeting(group: Group, events: list[tuple[str, Any]], zone: tzinfo, since: datetime, until: datetime) -> Meeting:
    told = _newest([event for method, event in events if method not in _ANSWERS])
    answers = [event for method, event in events if method in _ANSWERS]
    if not (told or answers):
        raise items.Unreadable("It holds no event.")
    main = next((one for one in told if "RECURRENCE-ID" not in one), (told or answers)[0])
    given = _answered(answers, zone)
    host, guests = _host(main), _guests(main, given)
    is_off = str(main.get("STATUS", "")).upper() == "CANCELLED" and "RECURRENCE-ID" not in main
    series = any("RRULE" in one or "RDATE" in one or "RECURRENCE-ID" in one for one in told)
    count, found = 0, deque[Occasion](maxlen=MOST)
    for occasion in () if is_off else _occasions(told or _newest(answers), series, given, zone, since, until):
        found.append(occasion)
        count += 1
    start = _moment(main["DTSTART"].dt, zone)
    asked = min(_date(main, "CREATED", zone) or _date(main, "DTSTAMP", zone) or start, start)
    klass = str(main.get("CLASS", "PUBLIC")).upper()
    return Meeting(
        uid=group.uid or f"{start:%Y%m%dT%H%M%SZ} {main.get('SUMMARY', '')}",
        title=items.line(str(main.get("SUMMARY", ""))),
        private=klass in ("PRIVATE", "CONFIDENTIAL"),
        host=host,
        guests=guests,
        asked=asked if told and guests else None,
        changed=_date(main, "LAST-MODIFIED", zone) or _date(main, "DTSTAMP", zone),
        occasions=tuple(found),
        cut=count - len(found),
    )


def _events(blocks: Sequence[Block], zones: Sequence[str]) -> list[tuple[str, Any]]:
    """Parse events, with the time zones that they name; of each the method."""
    found = []
    for block in blocks:
        text = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:kith", "".join(zones) + block.text])
        ends = "" if re.search(r"(?im)^END:VEVENT", block.text) else "END:VEVENT\r\n"
        try:
            parsed = icalendar.Calendar.from_ical(f"{text}{ends}END:VCALENDAR\r\n")
        except (ValueError, IndexError, KeyError) as error:
            raise items.Unreadable(f"It is no event: {error}.") from error
        for event in parsed.walk("VEVENT"):
            if "DTSTART" not in event:
                raise items.Unreadable("It has no beginning (DTSTART).")
            if block.method == "CANCEL":
                event["STATUS"] = "CANCELLED"
            found.append((block.method, event))
    return found


def _newest(events: list[Any]) -> list[Any]:
    """Return of each occasion, and of the series, the last edition."""
    found: dict[str, Any] = {}
    for event in sorted(events, key=_edition):
        found[_stamp(event["RECURRENCE-ID"].dt) if "RECURRENCE-ID" in event else ""] = event
    return list(found.values())


def _edition(event: Any) -> tuple[int, str]:
    sequence = event.get("SEQUENCE", 0)
    stamp = event.get("DTSTAMP")
    return sequence if isinstance(sequence, int) else 0, stamp.dt.isoformat() if hasattr(stamp, "dt") else ""


def _occasions(
    events: list[Any], series: bool, given: dict[Ref, str], zone: tzinfo, since: datetime, until: datetime
) -> Iterator[Occasion]:
    """Yield the occasions that have begun by ``until``, in their order."""
    calendar = icalendar.Calendar()
    for event in events:
        calendar.add_component(event)
    starts = [_moment(event["DTSTART"].dt, zone) for event in events]
    at, query = max(since, min(starts)), recurring_ical_events.of(calendar)
    seen = set()
    asked: dict[int, tuple[Guest, ...]] = {}  # most occasions share one list of guests
    while at <= until:
        following = min(at + _SPAN, until + timedelta(seconds=1))
        for event in query.between(at, following):
            stamp = _stamp(event["RECURRENCE-ID"].dt) if series and "RECURRENCE-ID" in event else ""
            start = _moment(event["DTSTART"].dt, zone)
            if stamp in seen or not since <= start <= until:
                continue
            seen.add(stamp)
            if str(event.get("STATUS", "")).upper() != "CANCELLED":
                end = _moment(event["DTEND"].dt, zone) if "DTEND" in event else start
                key = id(event.get("ATTENDEE"))
                if key not in asked:
                    asked[key] = _guests(event, given)
                yield Occasion(stamp, start, end, _host(event), asked[key])
        at = following


def _answered(answers: list[Any], zone: tzinfo) -> dict[Ref, str]:
    """Return what people answered in messages of their own, the last of each."""
    found: dict[Ref, str] = {}
    for event in sorted(answers, key=_edition):
        found |= {guest.ref: guest.status for guest in _guests(event, {}) if guest.status}
    return found


def _host(event: Any) -> Guest | None:
    organizer = event.get("ORGANIZER")
    first = organizer[0] if isinstance(organizer, list) and organizer else organizer
    return None if first is None else _guest(first)


def _guests(event: Any, given: dict[Ref, str]) -> tuple[Guest, ...]:
    """Return who was asked, each once, without the one who asks and without rooms."""
    listed = event.get("ATTENDEE", [])
    host = _host(event)
    found: dict[Ref, Guest] = {}
    for one in listed if isinstance(listed, list) else [listed]:
        guest = _guest(one)
        if guest and (host is None or guest.ref != host.ref):
            found[guest.ref] = msgspec.structs.replace(guest, status=given.get(guest.ref, guest.status))
    return tuple(found.values())


def _guest(value: Any) -> Guest | None:
    """Return whom an address names; None for rooms and things, and where it names nobody."""
    said = {name.upper(): str(text) for name, text in getattr(value, "params", {}).items()}
    kind = said.get("CUTYPE", "").upper()
    address = items.clean(str(said.get("EMAIL") or value)).strip()
    scheme, _, rest = address.partition(":")
    plain = rest if scheme.lower() == "mailto" else address
    lower = plain.strip().strip("<>").lower()
    if kind in _ROOMS or not lower or any(word in lower for word in _NOBODY):
        return None
    name = items.line(said.get("CN", "").strip("'\""))
    name = None if name and "@" in name else name
    status, needed = said.get("PARTSTAT", "").upper(), said.get("ROLE", "").upper() != "NON-PARTICIPANT"
    is_group = kind == "GROUP" or lower.endswith("@group.calendar.google.com")
    if "@" in lower and ":" not in lower and " " not in lower:
        return Guest(Ref("mail", items.key(lower)), name, lower, "group" if is_group else "unknown", status, needed)
    return Guest(Ref(NETWORK, items.key(address)), name, None, "group" if is_group else "unknown", status, needed)


def _date(event: Any, name: str, zone: tzinfo) -> datetime | None:
    found = event.get(name)
    found = found[0] if isinstance(found, list) else found
    try:
        return _moment(found.dt, zone) if found is not None else None
    except (ValueError, AttributeError):  # it is no date
        return None


def _moment(value: date | datetime, zone: tzinfo) -> datetime:
    """Return a moment in UTC; a day begins when it does in the calendar's own zone."""
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=zone)
    return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)


def _stamp(value: date | datetime) -> str:
    """Return what names an occasion, whatever becomes of its time."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y%m%dT%H%M%SZ}" if value.tzinfo else f"{value:%Y%m%dT%H%M%S}"
    return f"{value:%Y%m%d}"


def zone_of(*names: str | None) -> tzinfo:
    """Return the first time zone that there is."""
    for name in names:
        if name:
            try:
                return ZoneInfo(name)
            except (ValueError, OSError, KeyError):
                continue
    return UTC
