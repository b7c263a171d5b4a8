"""Reading a workspace by the Web API: what is new in each channel, its threads, and what changed recently."""

from collections.abc import AsyncIterator
from datetime import datetime

import msgspec

from kith.connectors import (
    Context,
    Coverage,
    Fatal,
    Interaction,
    Missing,
    Page,
    Record,
    Report,
    Secret,
    Skip,
    items,
    load_cursor,
    save_cursor,
)
from kith.connectors.slack.client import Client
from kith.connectors.slack.config import SlackConfig
from kith.connectors.slack.messages import Writer
from kith.connectors.slack.shapes import Message
from kith.connectors.slack.workspace import Room, User, Workspace

LIMIT = 200  # messages of one request; Slack advises no more
_PEOPLE = 500
_CHANNELS = 1200  # whose state fits into a cursor
_DAY = 86_400


class State(msgspec.Struct, frozen=True, array_like=True):
    """Where a channel stands. done: all up to this message is read; top, at: of a pass that is not through."""

    done: str = ""
    top: str = ""
    at: str = ""


class Cursor(msgspec.Struct, frozen=True):
    """rooms: by id. users: the latest change of a profile that was told. since, read: the coverage so far."""

    rooms: dict[str, State] = {}
    users: float = -1.0
    since: datetime | None = None
    read: datetime | None = None


async def look(config: SlackConfig, token: Secret, context: Context) -> Report:
    """Ask who the token belongs to, and count the channels that it may read."""
    client = Client(config.api, token, context)
    who = await client.one("auth.test")
    rooms, skipped = await _rooms(client, config, items.Told())
    return Report(f"{who.team or who.team_id}: {len(rooms)} channels.", tuple(skip.reason for skip in skipped))


async def read(config: SlackConfig, token: Secret, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
    """Yield the people, then each channel from its newest message down to what is known."""
    began = context.clock.now()
    client = Client(config.api, token, context)
    who = await client.one("auth.test")
    workspace = Workspace(who.team_id or "", config.site)
    reading = _Reading(config, client, workspace, load_cursor(cursor, Cursor) or Cursor(), began)
    async for page in reading.people():
        yield page
    told = items.Told()
    rooms, skipped = await _rooms(client, config, told)
    if len(rooms) > _CHANNELS:
        raise Fatal(f"The source has {len(rooms):,} channels; {_CHANNELS:,} are allowed: name fewer in `channels`.")
    yield reading.begin(rooms, (*skipped, *told.skipped))
    for number, room in enumerate(rooms, 1):
        async for page in reading.room(room):
            yield msgspec.structs.replace(page, done=number, total=len(rooms), unit="channels")
    yield reading.end(began)


async def _rooms(client: Client, config: SlackConfig, told: items.Told) -> tuple[list[Room], list[Skip]]:
    """Return the channels to read, and what is to be said of those that the app was not asked into."""
    kinds = ["public_channel"] + ["private_channel"] * config.private + ["mpim", "im"] * config.direct
    found: list[Room] = []
    async for answer in client.all("conversations.list", types=",".join(kinds), limit=LIMIT):
        found += told.add_all(answer.channels, Room, "channel", lambda room: ())
    wanted = [room for room in found if room.is_wanted(config.channels, config.private, config.direct)]
    rooms = [room for room in wanted if room.is_member is not False]
    skipped = []
    if len(rooms) < len(wanted):
        names = ", ".join(sorted(room.name or room.id for room in wanted if room.is_member is False)[:20])
        reason = f"{len(wanted) - len(rooms)} channels are not read, for the app was not invited: {names}."
        skipped.append(Skip("channels", "not_read", items.clean(reason)))
    return sorted(rooms, key=lambda room: room.id), skipped


class _Reading:
    def __init__(self, config: SlackConfig, client: Client, workspace: Workspace, at: Cursor, began: datetime) -> None:
        self._client, self._workspace, self._at = client, workspace, at
        self._behind = config.days * _DAY
        self._latest = f"{began.timestamp() + _DAY:.6f}"

    async def people(self) -> AsyncIterator[Page]:
        """Yield those whose profile has changed; all are remembered, for the messages name them by id."""
        latest = self._at.users
        async for answer in self._client.all("users.list", limit=_PEOPLE):
            told = items.Told()
            fresh: list[Record] = []

            for raw in answer.members:
                before = len(told.records)
                user = told.add(bytes(raw), User, "user", self._workspace.meet)
                if user and (user.updated or 0) > self._at.users:
                    fresh += told.records[before:]
                latest = max(latest, (user.updated or 0) if user else 0)
            if fresh or told.skipped:
                yield self._page(fresh, told.skipped)
        self._at = msgspec.structs.replace(self._at, users=latest)

    def begin(self, rooms: list[Room], skipped: tuple[Skip, ...]) -> Page:
        """Return the channels; those that are no longer there are forgotten."""
        states = {room.id: self._at.rooms.get(room.id, State()) for room in rooms}
        self._at = msgspec.structs.replace(self._at, rooms=states)
        return self._page(list(map(self._workspace.channel, rooms)), list(skipped))

    async def room(self, room: Room) -> AsyncIterator[Page]:
        """Yield what a channel says, page by page; a channel that has gone meanwhile is told."""
        try:
            if room.is_mpim:
                answer = await self._client.one("conversations.members", channel=room.id, limit=LIMIT)
                ids = tuple(msgspec.json.decode(raw, type=str) for raw in answer.members)
                room = msgspec.structs.replace(room, members=ids)
            async for page in self._pages(room, Writer(self._workspace, room)):
                yield page
        except Missing as error:
            yield self._page([], [Skip(items.clean(room.name or room.id), "not_read", str(error))])

    async def _pages(self, room: Room, writer: Writer) -> AsyncIterator[Page]:
        more = True
        while more:
            state = self._at.rooms[room.id]
            params: dict[str, str | int] = {"channel": room.id, "limit": LIMIT}
            if state.done:
                params["oldest"] = _before(state.done, self._behind)
            if state.at:
                params["latest"] = state.at
            answer = await self._client.one("conversations.history", **params)
            told = items.Told()
            messages = told.add_all(
                answer.messages, Message, f"{room.name or room.id} below {state.at or 'now'}", writer.records
            )
            for message in messages:
                if message.reply_count and (message.latest_reply or "9") > state.done:
                    async for page in self._thread(room, message.ts, writer):
                        yield page
            stamps = [message.ts for message in messages if message.ts < self._latest]
            top = max(state.top, *stamps, state.done) if stamps else max(state.top, state.done)
            lowest = min(stamps, default="")
            more = bool(answer.has_more and lowest and (not state.at or lowest < state.at))
            if answer.has_more and not more:
                told.skipped.append(
                    Skip(items.clean(room.name or room.id), "not_read", "Older messages are not given.")
                )
            after = State(state.done, top, lowest) if more else State(top)
            self._at = msgspec.structs.replace(self._at, rooms={**self._at.rooms, room.id: after})
            self._reach(told.records)
            yield self._page(told.records, told.skipped)

    async def _thread(self, room: Room, root: str, writer: Writer) -> AsyncIterator[Page]:
        """Yield a thread, whole. The cursor stays until the page that named it is done."""
        try:
            async for answer in self._client.all("conversations.replies", channel=room.id, ts=root, limit=LIMIT):
                told = items.Told()
                told.add_all(answer.messages, Message, f"{room.name or room.id} thread {root}", writer.records)
                yield self._page(told.records, told.skipped)
        except Missing as error:
            yield self._page([], [Skip(items.clean(f"{room.name or room.id} thread {root}"), "not_read", str(error))])

    def end(self, began: datetime) -> Page:
        """Say what has been read when all channels are through."""
        since = self._at.read or self._at.since or began
        self._at = msgspec.structs.replace(self._at, since=None, read=max(began, since))
        return self._page([Coverage("read", since, max(began, since))] if since < began else [], [])

    def _reach(self, records: list[Record]) -> None:
        moments = [record.occurred_at for record in records if isinstance(record, Interaction)]
        if self._at.read is None and moments:
            since = min((*moments, *([self._at.since] if self._at.since else [])))
            self._at = msgspec.structs.replace(self._at, since=since)

    def _page(self, records: list[Record], skipped: list[Skip]) -> Page:
        return Page(tuple(records), save_cursor(self._at), tuple(skipped))


def _before(ts: str, seconds: int) -> str:
    whole, _, rest = ts.partition(".")
    return f"{max(int(whole) - seconds, 0)}.{rest}"
