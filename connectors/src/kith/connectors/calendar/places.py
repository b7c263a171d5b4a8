"""Where calendars are: a file, or a server."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

import msgspec

from kith.connectors import Basic, Context, Fatal, Limits, Ref
from kith.connectors._texts import look
from kith.connectors.calendar.config import CalendarConfig
from kith.connectors.calendar.meetings import NETWORK, Meeting, meeting, zone_of
from kith.connectors.calendar.parts import Group, Parts, cut
from kith.connectors.dav import BATCH, Collection, Dav, Entry

BYTES = 256 << 20  # of a file
PAGE = 200  # meetings that are cut out of a file at once
_YEARS = timedelta(days=3653)
_EITHER = "Name either a file (path) or a server (url), and not both."


class Window(msgspec.Struct, frozen=True):
    """Of what time meetings are read: of occasions, those that have begun in it."""

    since: datetime
    until: datetime


class Found(NamedTuple):
    """An event with all its exceptions, as it came."""

    place: str
    group: Group
    zones: Sequence[str]
    zone: str

    def meeting(self, window: Window, timezone: str | None) -> Meeting:
        """Parse it. Raises ValueError."""
        zone = zone_of(self.zone, timezone)
        return meeting(self.group, self.zones, zone, window.since, window.until)


class Calendar(Protocol):
    @property
    def ref(self) -> Ref: ...
    @property
    def name(self) -> str: ...
    def found(self, start: int) -> AsyncIterator[list[tuple[int, Found | None]]]:
        """Yield what is in it from a place on, each with the place behind it; None where there is no meeting."""
        ...


class Places(NamedTuple):
    """edition: changes whenever anything in the calendars does."""

    edition: str
    calendars: Sequence[Calendar]


def window_of(config: CalendarConfig, now: datetime) -> Window:
    """Return the time that is read: from the beginning of a day on, so that two runs of a day read the same."""
    first = datetime.combine(config.since or (now - _YEARS).date(), time(), UTC)
    return Window(first, now)


async def open_places(config: CalendarConfig, context: Context) -> Places:
    """Look at a source. Raises Fatal where it is none."""
    if config.timezone and zone_of(config.timezone) is UTC and config.timezone.upper() not in ("UTC", "ETC/UTC"):
        raise Fatal(f"{config.timezone!r} is no time zone (timezone): name one such as Europe/Berlin.")
    if config.path is not None and config.url is None:
        return await asyncio.to_thread(_open_file, config.path, context.limits)
    if config.url is None or config.path is not None:
        raise Fatal(_EITHER)
    auth = Basic(config.user or "", config.password) if config.password else None
    dav = Dav(context.http, "calendar", auth, context.folder)
    listed, edition = await dav.survey(config.url)
    return Places(edition, [ServedCalendar(dav, *one) for one in listed])


class CalendarFile:
    def __init__(self, parts: Parts, path: str) -> None:
        stem = path.rpartition("/")[2]
        self.name = parts.name or stem
        self.ref = Ref(NETWORK, stem)
        self._parts = parts

    async def found(self, start: int) -> AsyncIterator[list[tuple[int, Found | None]]]:
        groups = self._parts.groups
        for first in range(start, len(groups), PAGE):
            batch = enumerate(groups[first : first + PAGE], first + 1)
            yield [(number, _found(f"line {group.line}", self._parts, group)) for number, group in batch]


class ServedCalendar:
    def __init__(self, dav: Dav, collection: Collection, entries: list[Entry] | None) -> None:
        parts = urlsplit(collection.url)
        self.name = collection.name or parts.path
        self.ref = Ref(NETWORK, parts.path, parts.hostname or "")
        self._dav, self._collection, self._entries = dav, collection, entries

    async def found(self, start: int) -> AsyncIterator[list[tuple[int, Found | None]]]:
        entries = await self._dav.entries(self._collection) if self._entries is None else self._entries
        for first in range(start, len(entries), BATCH):
            asked = entries[first : first + BATCH]
            batch: list[tuple[int, Found | None]] = []
            for one in await self._dav.objects(self._collection, asked):
                parts = cut(one.data.encode(errors="replace"))
                path = urlsplit(one.url).path
                batch += [(first, _found(path, parts, group)) for group in parts.groups]
            yield [*batch, (first + len(asked), None)]


def _open_file(path: str, limits: Limits) -> Places:
    text = look(path, limits)
    if text.size > BYTES:
        raise Fatal(f"{path} has {text.size:,} bytes; a calendar of {BYTES:,} is read at most.")
    if text.encoding.startswith("utf-16"):
        with text.open(limits) as decoded:
            data = decoded.read().encode(errors="replace")
    else:
        with text.open_bytes(limits) as file:
            data = file.read()
    if b"BEGIN:VCALENDAR" not in data[: 1 << 16].upper():
        raise Fatal(f"{path} is no iCalendar file: it does not begin with BEGIN:VCALENDAR.")
    return Places(text.digest, (CalendarFile(cut(data), path),))


def _found(place: str, parts: Parts, group: Group) -> Found:
    return Found(place, group, parts.zones_of(group), parts.timezone)
