"""Reading rooms: what is new in all of them at once, then what lies behind in each."""

from collections.abc import AsyncIterator, Sequence
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
    Visibility,
    items,
    load_cursor,
    save_cursor,
)
from kith.connectors.matrix.client import Client, Joined
from kith.connectors.matrix.config import MatrixConfig
from kith.connectors.matrix.events import Content, Event
from kith.connectors.matrix.records import Room, Writer

_ROOMS = 300  # whose state fits into a cursor
_FEW = 10  # people in a room of direct messages


class State(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """What is known of a room. parts: those still to be read, from a place down to another one, or to its beginning."""

    name: str
    visibility: Visibility
    parts: tuple[tuple[str, str | None], ...] = ()


class Cursor(msgspec.Struct, frozen=True):
    """since: where all rooms were read up to."""

    since: str | None = None
    rooms: dict[str, State] = {}
    span: items.Span = items.Span()


class _Direct(msgspec.Struct, frozen=True):
    type: str
    content: msgspec.Raw


async def look(config: MatrixConfig, context: Context) -> Report:
    """Ask whose token it is, and for the rooms."""
    client = Client(config, context)
    me, sync = await client.me(), await client.sync(None)
    return Report(f"{me} has joined {len(sync.rooms.join)} rooms.")


async def read(config: MatrixConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
    """Yield what is new, then what is older."""
    began = context.clock.now()
    reading = _Reading(config, Client(config, context), load_cursor(cursor, Cursor) or Cursor())
    async for page in reading.newer():
        yield page
    for number, room in enumerate(sorted(reading.at.rooms), 1):
        async for page in reading.older(room):
            yield msgspec.structs.replace(page, done=number, total=len(reading.at.rooms), unit="rooms")
    records, span = reading.at.span.read(began)
    reading.at = msgspec.structs.replace(reading.at, span=span)
    yield reading.page(items.Told(records))


class _Reading:
    def __init__(self, config: MatrixConfig, client: Client, at: Cursor) -> None:
        self._config, self._client, self.at = config, client, at
        self._fetched: dict[str, Event | None] = {}
        self._writers: dict[str, Writer] = {}

    async def newer(self) -> AsyncIterator[Page]:
        """Yield what has come since the last run. What is more than the server gives at once is read with the older."""
        circle = items.Circle("The sync")
        while True:
            sync = await self._client.sync(self.at.since)
            circle.check(self.at.since or "")
            direct = _direct(sync.account_data.events)
            rooms = dict(self.at.rooms)
            told = items.Told()
            for id_, joined in sorted(sync.rooms.join.items()):
                state = self._state(id_, joined, rooms.get(id_), id_ in direct)
                if state is None:
                    continue
                rooms[id_] = state
                self.at = msgspec.structs.replace(self.at, rooms={**self.at.rooms, id_: state})
                writer = await self._writer(id_, fresh=True)
                told.records.append(writer.channel())
                await self._events(id_, writer, [*joined.state.events, *joined.timeline.events], told)
            if len(rooms) > _ROOMS:
                raise Fatal(f"The account has joined {len(rooms)} rooms; {_ROOMS} are allowed: name fewer in `rooms`.")
            self.at = msgspec.structs.replace(self.at, rooms=rooms, since=sync.next_batch)
            yield self.page(told)
            if not sync.rooms.join:
                return

    async def older(self, room: str) -> AsyncIterator[Page]:
        """Yield what lies before, part by part."""
        circle = items.Circle(f"The room {room}")
        while parts := self.at.rooms[room].parts:
            start, stop = parts[-1]
            circle.check(start, " ", stop or "")
            told = items.Told()
            left = parts[:-1]
            try:
                found = await self._client.before(room, start, stop)
                await self._events(room, await self._writer(room), found.chunk[::-1], told)
                if found.chunk and found.end and found.end not in (start, stop):
                    left = (*left, (found.end, stop))
            except (Missing, Refused) as error:  # the account has left the room meanwhile
                told.skipped.append(Skip(items.clean(self.at.rooms[room].name), "not_read", str(error)))
                left = ()
            state = msgspec.structs.replace(self.at.rooms[room], parts=left)
            self.at = msgspec.structs.replace(self.at, rooms={**self.at.rooms, room: state})
            yield self.page(told)

    def _state(self, id_: str, joined: Joined, known: State | None, is_direct: bool) -> State | None:
        """Return a room as it stands after a sync; None where the settings do not mean it."""
        content = _content([*joined.state.events, *joined.timeline.events])
        alias = content.alias or ""
        name = content.name or alias or (known.name if known else "") or id_
        visibility: Visibility = known.visibility if known else "private"
        if content.join_rule:
            visibility = "public" if content.join_rule == "public" else "private"
        if is_direct or visibility == "direct":
            visibility = "direct"
        named = self._config.rooms
        unwanted = bool(named) and not {id_, name, alias} & set(named)
        hidden = (visibility == "private" and not self._config.private) or (
            visibility == "direct" and not self._config.direct
        )
        if known is None and (unwanted or hidden):
            return None
        parts = known.parts if known else ()
        if joined.timeline.prev_batch and (known is None or joined.timeline.limited):
            parts = (*parts, (joined.timeline.prev_batch, self.at.since if known else None))
        return State(items.clean(name), visibility, parts)

    async def _writer(self, id_: str, *, fresh: bool = False) -> Writer:
        if fresh or id_ not in self._writers:
            state = self.at.rooms[id_]
            others = await self._client.members(id_) if state.visibility == "direct" else ()
            room = Room(id_, state.name, state.visibility, others if len(others) <= _FEW else ())
            self._writers[id_] = Writer(room, self._config.bots)
        return self._writers[id_]

    async def _events(self, room: str, writer: Writer, raws: Sequence[msgspec.Raw], told: items.Told) -> None:
        """Tell of events, the oldest first."""
        events = told.read_all(raws, Event, f"{self.at.rooms[room].name} event")
        known = {event.event_id: event for event in events}
        for event in events:
            edit, senders = None, {}
            if (other := event.relation.event_id) and (event.is_edit or event.type == "m.reaction"):
                original = known.get(other) or await self._original(room, other)
                if original is not None:
                    senders[other] = original.sender
                    if event.is_edit:
                        event, edit = original, event
            make = partial(writer.records, event, senders, edit)
            told.keep(make, f"event {event.event_id}", event)

    async def _original(self, room: str, id_: str) -> Event | None:
        """Return an event that another one is about; None where it is not shown."""
        if id_ not in self._fetched:
            try:
                self._fetched[id_] = await self._client.event(room, id_)
            except (Missing, Refused):
                self._fetched[id_] = None
        return self._fetched[id_]

    def page(self, told: items.Told) -> Page:
        self.at = msgspec.structs.replace(self.at, span=self.at.span.over(told.records))
        return Page(tuple(told.records), save_cursor(self.at), tuple(told.skipped))


def _content(raws: Sequence[msgspec.Raw]) -> Content:
    """Return name, alias and rule of a room, of the newest events that tell them."""
    name = alias = rule = None
    for event in items.Told().read_all(raws, Event, ""):
        name = event.content.name or name if event.type == "m.room.name" else name
        alias = event.content.alias or alias if event.type == "m.room.canonical_alias" else alias
        rule = event.content.join_rule or rule if event.type == "m.room.join_rules" else rule
    return Content(name=name, alias=alias, join_rule=rule)


def _direct(raws: Sequence[msgspec.Raw]) -> set[str]:
    """Return the rooms that the account says are direct messages."""
    found: set[str] = set()
    for event in items.Told().read_all(raws, _Direct, ""):
        if event.type == "m.direct":
            told = items.Told()
            for rooms in told.read_all([event.content], dict[str, list[str]], ""):
                found.update(room for some in rooms.values() for room in some)
    return found
