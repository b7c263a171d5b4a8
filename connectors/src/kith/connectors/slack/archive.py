"""Reading an export from its first page to its last."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta

import msgspec

from kith.connectors import Context, Coverage, Interaction, Page, Report, Skip, items, load_cursor, save_cursor
from kith.connectors.slack.config import SlackConfig
from kith.connectors.slack.export import Export, Unpacked
from kith.connectors.slack.messages import Writer
from kith.connectors.slack.shapes import Message
from kith.connectors.slack.workspace import Room, User, Workspace

PAGE = 500  # messages or people
_PAGE_BYTES = 4 << 20


class Cursor(msgspec.Struct, frozen=True):
    """digest: of the export. people: those that were told; day, item: the file with messages that comes next.

    since, until: when the first and the last act that was told occurred.
    """

    digest: str
    people: int = 0
    day: int = 0
    item: int = 0
    since: datetime | None = None
    until: datetime | None = None


async def look(path: str, context: Context) -> Report:
    """Read the lists of an export."""
    export = await asyncio.to_thread(Export, path, context.limits)
    try:
        users, rooms = len(export.users()), len(export.rooms())
        return Report(f"An export of {rooms} channels and {users} people, with {len(export.days)} days of messages.")
    finally:
        export.close()


async def read(config: SlackConfig, path: str, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
    """Yield the people and channels, then the messages of one day after another."""
    export = await asyncio.to_thread(Export, path, context.limits)
    try:
        start = load_cursor(cursor, Cursor)
        pages = _Reading(config, export).pages(start if start and start.digest == export.digest else None)
        while (page := await asyncio.to_thread(next, pages, None)) is not None:
            yield page
    finally:
        export.close()


class _Reading:
    def __init__(self, config: SlackConfig, export: Export) -> None:
        self._export = export
        self._workspace = Workspace(export.team(), config.site)
        self._users = export.users()
        self._people = items.Told()
        self._people.add_all(self._users, User, "users.json", self._workspace.meet)
        rooms = export.rooms()
        self._rooms = {
            name: room
            for room in rooms
            if room.is_wanted(config.channels, config.private, config.direct)
            for name in (room.id, room.name)
            if name
        }
        self._others = {name for room in rooms for name in (room.id, room.name)} - self._rooms.keys()

    def pages(self, start: Cursor | None) -> Iterator[Page]:
        at = start or Cursor(self._export.digest)
        if start is None:
            rooms = {room.id: room for room in self._rooms.values()}
            channels = tuple(map(self._workspace.channel, rooms.values()))
            yield self._page(at, items.Told(list(channels), self._people.skipped))
        people = self._people.records
        while at.people < len(people):
            part = people[at.people : at.people + PAGE]
            at = msgspec.structs.replace(at, people=at.people + len(part))
            yield self._page(at, items.Told(list(part)))
        while at.day < len(self._export.days):
            told, at = self._days(at)
            if at.day == len(self._export.days) and at.since and at.until:
                told.records.append(Coverage("read", at.since, at.until + timedelta(microseconds=1)))
            yield self._page(at, told)

    def _days(self, at: Cursor) -> tuple[items.Told, Cursor]:
        """Read days until a page is full; a long day may need several."""
        told, count, size = items.Told(), 0, 0
        for day in range(at.day, len(self._export.days)):
            name = self._export.days[day]
            raws = self._raws(name, told)
            first = at.item if day == at.day else 0
            writer = self._writer(name)
            for number in range(first, len(raws)):
                if count >= PAGE or size > _PAGE_BYTES:
                    return told, self._after(at, told, day, number)
                told.add(bytes(raws[number]), Message, f"{name} {number + 1}", writer.records)
                count, size = count + 1, size + len(bytes(raws[number]))
        return told, self._after(at, told, len(self._export.days), 0)

    def _raws(self, name: str, told: items.Told) -> list[msgspec.Raw]:
        """Return the messages of a day: none where they are not wanted, or cannot be read."""
        folder = self._export.folder(name)
        if folder in self._others:
            return []
        if folder not in self._rooms:
            told.skipped.append(Skip(items.clean(name), "not_read", "The export's lists name no such channel."))
            return []
        try:
            return self._export.raws(name)
        except Unpacked as error:
            told.skipped.append(Skip(items.clean(name), "unreadable_item", items.clean(f"{error}.")))
            return []

    def _writer(self, name: str) -> Writer:
        return Writer(self._workspace, self._rooms.get(self._export.folder(name), Room("none")))

    @staticmethod
    def _after(at: Cursor, told: items.Told, day: int, item: int) -> Cursor:
        moments = [record.occurred_at for record in told.records if isinstance(record, Interaction)]
        since = min((*moments, *([at.since] if at.since else [])), default=None)
        until = max((*moments, *([at.until] if at.until else [])), default=None)
        return Cursor(at.digest, at.people, day, item, since, until)

    def _page(self, at: Cursor, told: items.Told) -> Page:
        total = len(self._export.days)
        return Page(tuple(told.records), save_cursor(at), tuple(told.skipped), at.day, total, "days")
