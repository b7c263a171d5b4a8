"""A network of rooms with cursors of their own, and the connector that reads it over HTTP."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import msgspec

from kith.connectors import (
    Context,
    Interaction,
    Page,
    Partition,
    Report,
    Url,
    Validators,
    Visibility,
    load_cursor,
    save_cursor,
)
from kith.connectors.testing import Asked, FaultServer, Given, given_json
from tests.integration.store.facts import DAY, act_ref, who

PAGE = 2
NAMED = 1000


class RoomsConfig(msgspec.Struct, frozen=True):
    site: Url


class Cursor(msgspec.Struct, frozen=True):
    """last: number of the message read last. first: of history, the least number read."""

    last: int = 0
    etag: str | None = None


Named = tuple[str, Visibility, int]


class Messages(msgspec.Struct, frozen=True):
    numbers: list[int]
    count: int


class Town:
    """The server: rooms by key with visibility and how many messages each has; messages are numbered from 1."""

    def __init__(self, server: FaultServer, rooms: dict[str, tuple[str, int]], *, marks: bool = False) -> None:
        self.rooms = rooms
        self.marks = marks
        self.closed: set[str] = set()
        server.on("/rooms", self._name)
        server.on("/messages", self._read)

    def _name(self, asked: Asked) -> Given:
        first = int(asked.query["from"])
        shown = list(self.rooms.items())[first : first + NAMED]
        return given_json([[key, visibility, count] for key, (visibility, count) in shown])

    def _read(self, asked: Asked) -> Given:
        room, after = asked.query["room"], int(asked.query.get("after", "0"))
        before = int(asked.query.get("before", "0"))
        if room in self.closed:
            return Given(403)
        count = self.rooms[room][1]
        if asked.headers.get("if-none-match") == f'"{count}"':
            return Given(304)
        numbers: Sequence[int] = range(after + 1, count + 1)[:PAGE] if not before else range(before)[1:][-PAGE:]
        return given_json({"numbers": list(numbers), "count": count}, headers={"etag": f'"{count}"'})


class Rooms:
    """Reads each room forwards; all that there is."""

    name: ClassVar[str] = "rooms"
    title: ClassVar[str] = "Rooms"
    description: ClassVar[str] = "Rooms of a town."
    version: ClassVar[str] = "1"
    Config: ClassVar[type[msgspec.Struct]] = RoomsConfig
    egress: ClassVar[tuple[str, ...]] = ()
    rates: ClassVar[tuple[Any, ...]] = ()
    marks = False

    async def check(self, config: RoomsConfig, context: Context) -> Report:
        return Report("rooms")

    async def pull(self, config: RoomsConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        return
        yield

    async def discover(self, config: RoomsConfig, context: Context) -> AsyncIterator[Partition]:
        first = 0
        while named := (await context.http.get(f"{config.site}/rooms", params={"from": first})).json(list[Named]):
            for key, visibility, count in named:
                yield Partition(key, key, "room", visibility, count, count / 10, str(count) if self.marks else None)
            first += len(named)

    async def read(
        self, config: RoomsConfig, partition: Partition, cursor: msgspec.Raw | None, context: Context
    ) -> AsyncIterator[Page]:
        stand = load_cursor(cursor, Cursor) or self._start(partition)
        while True:
            answer = await context.http.get(
                f"{config.site}/messages",
                params={"room": partition.key, "after": stand.last},
                since=Validators(stand.etag),
            )
            if answer.unchanged:
                return
            found = answer.json(Messages)
            if not (numbers := found.numbers):
                return
            whole = answer.validators.etag if numbers[-1] == found.count else None
            stand = Cursor(numbers[-1], whole)
            yield Page(tuple(message(partition.key, number) for number in numbers), save_cursor(stand))
            if whole:
                return

    def _start(self, partition: Partition) -> Cursor:
        return Cursor()


class OldRooms(Rooms):
    """Reads the newest first, and the history behind it."""

    def _start(self, partition: Partition) -> Cursor:
        return Cursor(max((partition.size or 0) - PAGE, 0))

    async def read_history(
        self, config: RoomsConfig, partition: Partition, cursor: msgspec.Raw | None, context: Context
    ) -> AsyncIterator[Page]:
        stand = load_cursor(cursor, Cursor) or Cursor(max((partition.size or 0) - PAGE, 0) + 1)
        while stand.last > 1:
            params = {"room": partition.key, "before": stand.last}
            numbers = (await context.http.get(f"{config.site}/messages", params=params)).json(Messages).numbers
            stand = Cursor(numbers[0])
            yield Page(tuple(message(partition.key, number) for number in numbers), save_cursor(stand))


def message(room: str, number: int) -> Interaction:
    return Interaction(act_ref(f"{room}-{number}"), who("ada"), DAY + timedelta(minutes=number), visibility="public")
