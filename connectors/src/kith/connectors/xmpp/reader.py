"""Reading the archives of rooms on from where the last run ended."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import partial

import msgspec

from kith.connectors import (
    Context,
    Fatal,
    Missing,
    Page,
    Refused,
    Report,
    Skip,
    items,
    load_cursor,
    save_cursor,
)
from kith.connectors.xmpp.archive import BEHIND, Found, Room, Said, page, room_of
from kith.connectors.xmpp.config import XmppConfig
from kith.connectors.xmpp.records import Writer
from kith.connectors.xmpp.session import Session, session

_ROOMS = 100  # whose state fits into a cursor
_ID = 200  # characters of an id that is kept


class State(msgspec.Struct, frozen=True, array_like=True):
    """Where a room stands: what its archive calls the last message, and when that was said."""

    last: str
    at: datetime | None = None


class Cursor(msgspec.Struct, frozen=True):
    rooms: dict[str, State] = {}
    span: items.Span = items.Span()


async def look(config: XmppConfig, context: Context) -> Report:
    """Sign in, and ask what the rooms are."""
    _checked(config)
    warnings: list[str] = []
    async with session(config, context) as there:
        for address in config.rooms:
            room = await room_of(there, address)
            if not room.is_archived:
                warnings.append(f"{address} keeps no archive: only what is heard live is told.")
    return Report(f"{config.address}: {len(config.rooms)} rooms.", tuple(warnings))


async def read(config: XmppConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
    """Yield what the archives hold beyond the cursor, room by room, the oldest first."""
    _checked(config)
    began = context.clock.now()
    reading = _Reading(config, load_cursor(cursor, Cursor) or Cursor())
    async with session(config, context) as there:
        for number, address in enumerate(config.rooms, 1):
            async for told in reading.room(there, address):
                yield msgspec.structs.replace(told, done=number, total=len(config.rooms), unit="rooms")
    yield reading.end(began)


def _checked(config: XmppConfig) -> None:
    if len(config.rooms) > _ROOMS:
        raise Fatal(f"The source names {len(config.rooms)} rooms; {_ROOMS} are allowed: make several sources of it.")


class _Reading:
    def __init__(self, config: XmppConfig, at: Cursor) -> None:
        self._config, self._at, self._is_whole = config, at, True

    async def room(self, there: Session, address: str) -> AsyncIterator[Page]:
        try:
            room = await room_of(there, address)
            async for told in self._archive(there, room):
                yield told
        except (Missing, Refused) as error:
            self._is_whole = False
            yield self._page(items.Told(skipped=[Skip(items.clean(address), "not_read", str(error))]))

    def end(self, began: datetime) -> Page:
        """Say what has been read when all rooms are through, unless one is hidden, or keeps no archive."""
        if not self._is_whole:
            return self._page(items.Told())
        records, span = self._at.span.read(began)
        self._at = msgspec.structs.replace(self._at, span=span)
        return self._page(items.Told(records))

    async def _archive(self, there: Session, room: Room) -> AsyncIterator[Page]:
        self._is_whole = self._is_whole and room.is_archived
        writer = Writer(self._config, room)
        circle = items.Circle(f"The archive of {room.address}")
        while room.is_archived:
            state = self._at.rooms.get(room.address)
            found = await _after(there, room.address, state)
            behind = await _behind(there, room.address, writer, found)
            told = items.Told([writer.channel], found.odd)
            said = [*behind, *found.said]
            for number, one in enumerate(found.said, len(behind)):
                window = said[max(0, number - BEHIND) : number]
                told.keep(partial(writer.records, one, window), f"{room.address} message {one.id}")
            if found.last:
                circle.check(found.last)
                if len(found.last) > _ID:
                    raise Fatal(f"{room.address} calls its messages by names that are too long to be kept.")
                last = found.said[-1].at if found.said else (state.at if state else None)
                rooms = {**self._at.rooms, room.address: State(found.last, last)}
                self._at = msgspec.structs.replace(self._at, rooms=rooms)
            if found.said or found.odd or state is None:
                yield self._page(told)
            if found.is_last or not found.last:
                return

    def _page(self, told: items.Told) -> Page:
        self._at = msgspec.structs.replace(self._at, span=self._at.span.over(told.records))
        return Page(tuple(told.records), save_cursor(self._at), tuple(told.skipped))


async def _after(there: Session, address: str, state: State | None) -> Found:
    """Return what follows; where the archive knows the last message no longer, what was said since then."""
    try:
        return await page(there, address, after=state.last if state else None)
    except Missing:
        if state is None or state.at is None:
            raise
    since = (state.at - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return await page(there, address, since=since)


async def _behind(there: Session, address: str, writer: Writer, found: Found) -> list[Said]:
    """Return what was said right before a page, if anything on it is about that."""
    if not any(writer.is_about_others(one) for one in found.said[:BEHIND]):
        return []
    return (await page(there, address, before=found.said[0].id, limit=BEHIND)).said
