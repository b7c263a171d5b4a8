"""Reading calendars: all of them whenever anything in them has changed, and once a day for what has begun meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from functools import partial
from itertools import islice

import msgspec

from kith.connectors import Context, Page, Record, Report, Skip, Sweep, items, load_cursor, save_cursor
from kith.connectors.calendar.config import CalendarConfig
from kith.connectors.calendar.places import Calendar, Found, Window, open_places, window_of
from kith.connectors.calendar.records import KINDS, PEOPLE, Writer

RECORDS = 5000  # of a page


class Cursor(msgspec.Struct, frozen=True):
    """edition: which is being read, or was; until: the moment at which that began; whole: all of it was told.

    calendar, done: how many calendars, and of the next how much; faulty: something of it could not be read.
    """

    edition: str
    until: datetime
    calendar: int = 0
    done: int = 0
    faulty: bool = False
    whole: bool = False


async def look(config: CalendarConfig, context: Context) -> Report:
    """Read the first meetings of each calendar, and tell how they are understood."""
    places = await open_places(config, context)
    window = window_of(config, context.clock.now())
    told, looked, invited, occasions = items.Told(), 0, 0, 0
    for calendar in places.calendars:
        async for batch in calendar.found(0):
            for _, found in batch:
                if found is None:
                    continue
                looked += 1
                reading = _Reading(config, window, calendar)
                await reading.tell(found, told)
                invited += reading.meetings
                occasions += reading.occasions
            break
    warnings = [f"{skip.place}: {skip.reason}" for skip in told.skipped[:3]]
    if not config.came:
        warnings.append("Who accepted is told to have meant to come; that they came is told nowhere (came).")
    names = ", ".join(calendar.name for calendar in places.calendars)[:300]
    detail = f"{names}: the first {looked} events are {invited} meetings with others, of which {occasions} have begun."
    return Report(detail, tuple(warnings))


async def read(config: CalendarConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
    """Yield each calendar within a sweep; no page where nothing has changed and no day has passed."""
    now = context.clock.now()
    places = await open_places(config, context)
    window = window_of(config, now)
    edition = f"{places.edition} {now:%Y-%m-%d} {config.came:d} {window.since:%Y%m%d} {config.timezone or ''}"
    at = load_cursor(cursor, Cursor)
    if at is None or at.edition != edition:
        at = Cursor(edition, now)
    if at.whole:
        return
    window = msgspec.structs.replace(window, until=at.until)
    for number, calendar in enumerate(places.calendars):
        if number < at.calendar:
            continue
        async for page, after in _calendar(_Reading(config, window, calendar), at):
            at = after
            yield page
        at = msgspec.structs.replace(at, calendar=number + 1, done=0, faulty=False)
        yield Page((), save_cursor(at), (), at.calendar, len(places.calendars), "calendars")
    yield Page((), save_cursor(msgspec.structs.replace(at, whole=True)))


async def _calendar(reading: "_Reading", at: Cursor) -> AsyncIterator[tuple[Page, Cursor]]:
    """Yield one calendar from where the cursor stands. What could not be read keeps the sweep from being complete."""
    begun = Sweep("begun", KINDS, reading.calendar.ref, reading.window.since)
    if at.done == 0:
        records = (reading.writer.channel(), begun)
        yield Page(records, save_cursor(at)), at
    async for batch in reading.calendar.found(at.done):
        told, reached = items.Told(), at.done
        for place, found in batch:
            if found is not None:
                await reading.tell(found, told)
            if len(told.records) >= RECORDS:
                faulty = at.faulty or reading.faulty
                for chunk in _chunks(told.records):
                    at = msgspec.structs.replace(at, done=reached, faulty=faulty)
                    yield Page(tuple(chunk), save_cursor(at), tuple(told.skipped)), at
                    told.skipped.clear()
                told.records.clear()
            reached = place
        at = msgspec.structs.replace(at, done=reached, faulty=at.faulty or reading.faulty)
        yield Page(tuple(told.records), save_cursor(at), tuple(told.skipped)), at
    if not at.faulty:
        yield Page((msgspec.structs.replace(begun, phase="complete"),), save_cursor(at)), at


class _Reading:
    """One calendar: what its events tell."""

    def __init__(self, config: CalendarConfig, window: Window, calendar: Calendar) -> None:
        self.window, self.calendar = window, calendar
        self.writer = Writer(calendar.ref, calendar.name, config.visibility, config.came)
        self.meetings = self.occasions = 0
        self.faulty = False
        self._timezone = config.timezone

    async def tell(self, found: Found, told: items.Told) -> None:
        raw = "".join(block.text for block in found.group.blocks).encode(errors="replace")
        records = partial(self._records, found, told)
        self.faulty |= not await asyncio.to_thread(told.keep, records, found.place, raw)

    def _records(self, found: Found, told: items.Told) -> Iterator[Record]:
        meeting = found.meeting(self.window, self._timezone)
        if meeting.cut:
            reason = f"The meeting is kept without the first {meeting.cut:,} of its times."
            told.skipped.append(Skip(found.place, "cut", reason))
        if (most := max((len(one.guests) for one in meeting.occasions), default=0)) > PEOPLE:
            reason = f"Of {most:,} guests, acts of the first {PEOPLE} are told."
            told.skipped.append(Skip(found.place, "cut", reason))
        records = list(self.writer.records(meeting, self.window.until))
        self.meetings += bool(records)
        self.occasions += len(meeting.occasions) if records else 0
        yield from records


def _chunks(records: list[Record]) -> Iterator[list[Record]]:
    rest = iter(records)
    while chunk := list(islice(rest, RECORDS)):
        yield chunk
