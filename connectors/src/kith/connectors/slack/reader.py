"""Reading a workspace by the Web API: its people, then of each channel what is new, and behind it what is old."""

from collections.abc import AsyncIterator, Iterable
from hashlib import blake2b

import msgspec

from kith.connectors import (
    Context,
    Coverage,
    Missing,
    Page,
    Partition,
    Record,
    Report,
    Secret,
    Skip,
    items,
    load_cursor,
    save_cursor,
)
from kith.connectors.slack.client import Answer, Client
from kith.connectors.slack.config import SlackConfig
from kith.connectors.slack.messages import Writer, moment
from kith.connectors.slack.people import keep, kept
from kith.connectors.slack.shapes import Message
from kith.connectors.slack.workspace import Room, User, Workspace

LIMIT = 200  # messages of one request; Slack advises no more
_PEOPLE = 500
_DAY = 86_400


class Cursor(msgspec.Struct, frozen=True):
    """users: the latest change of a profile that was told."""

    users: float = -1.0


class State(msgspec.Struct, frozen=True):
    """Where a channel stands. done: all from its first read up to this message is read; top, at: of a pass that is not
    through. seen: names what the last pass was given at once.
    """

    done: str = ""
    top: str = ""
    at: str = ""
    seen: str = ""
    span: items.Span = items.Span()


class Older(msgspec.Struct, frozen=True):
    """Where the history of a channel stands. top: its newest message; at: the oldest that was read; whole: all is."""

    top: str = ""
    at: str = ""
    whole: bool = False


async def look(config: SlackConfig, token: Secret, context: Context) -> Report:
    """Ask who the token belongs to, and count the channels that it may read."""
    client = Client(config.api, token, context)
    who = await client.one("auth.test")
    rooms = [room async for room in _rooms(client, config)]
    strange = sorted(room.name or room.id for room in rooms if room.is_member is False)
    warnings: tuple[str, ...] = ()
    if strange:
        names = items.clean(", ".join(strange[:20]))
        warnings = (f"{len(strange)} channels are not read, for the app was not invited: {names}.",)
    return Report(f"{who.team or who.team_id}: {len(rooms) - len(strange)} channels.", warnings)


async def read_people(
    config: SlackConfig, token: Secret, cursor: msgspec.Raw | None, context: Context
) -> AsyncIterator[Page]:
    """Yield those whose profile has changed; all are kept, for the messages name them by id."""
    client, at = Client(config.api, token, context), load_cursor(cursor, Cursor) or Cursor()
    workspace, latest = Workspace((await client.one("auth.test")).team_id or "", config.site), at.users
    raws: list[msgspec.Raw] = []
    async for answer in client.all("users.list", limit=_PEOPLE):
        told, fresh = items.Told(), list[Record]()
        for raw in answer.members:
            before = len(told.records)
            user = told.add(bytes(raw), User, "user", workspace.meet)
            if user and (user.updated or 0) > at.users:
                fresh += told.records[before:]
            latest = max(latest, (user.updated or 0) if user else 0)
        raws += answer.members
        if fresh or told.skipped:
            yield Page(tuple(fresh), save_cursor(at), tuple(told.skipped))
    await keep(context.folder, workspace.team, raws)
    if latest != at.users:
        yield Page((), save_cursor(Cursor(latest)))


async def discover(config: SlackConfig, token: Secret, context: Context) -> AsyncIterator[Partition]:
    """Yield the channels that the app was asked into."""
    async for room in _rooms(Client(config.api, token, context), config):
        if room.is_member is not False:
            kind = "direct" if room.visibility == "direct" else "channel"
            yield Partition(room.id, items.clean(room.name or room.user or room.id), kind, room.visibility)


async def read(
    config: SlackConfig, token: Secret, partition: Partition, cursor: msgspec.Raw | None, context: Context
) -> AsyncIterator[Page]:
    """Yield what a channel says, from its newest message down to what is known; at first only the newest."""
    channel = await _channel(config, token, partition, context)
    async for page in channel.fresh(load_cursor(cursor, State) or State(), config.days * _DAY):
        yield page


async def read_history(
    config: SlackConfig, token: Secret, partition: Partition, cursor: msgspec.Raw | None, context: Context
) -> AsyncIterator[Page]:
    """Yield what a channel said, from its newest message down to its first."""
    channel = await _channel(config, token, partition, context)
    async for page in channel.history(load_cursor(cursor, Older) or Older()):
        yield page


async def _rooms(client: Client, config: SlackConfig) -> AsyncIterator[Room]:
    """Yield the channels that the settings mean."""
    kinds = ["public_channel"] + ["private_channel"] * config.private + ["mpim", "im"] * config.direct
    async for answer in client.all("conversations.list", types=",".join(kinds), limit=LIMIT):
        for room in items.Told().read_all(answer.channels, Room, "channel"):
            if room.is_wanted(config.channels, config.private, config.direct):
                yield room


async def _channel(config: SlackConfig, token: Secret, partition: Partition, context: Context) -> "_Channel":
    client = Client(config.api, token, context)
    workspace = await kept(context.folder, config.site)
    if workspace is None:  # the folder may be lost at any time
        async for _ in read_people(config, token, None, context):
            pass
        workspace = await kept(context.folder, config.site) or Workspace("", config.site)
    return _Channel(client, workspace, partition, context)


class _Channel:
    def __init__(self, client: Client, workspace: Workspace, partition: Partition, context: Context) -> None:
        self._client, self._workspace, self._began = client, workspace, context.clock.now()
        direct, private = partition.visibility == "direct", partition.visibility == "private"
        self._room = Room(partition.key, None if direct else partition.name, is_mpim=direct, is_private=private)
        self._name = items.clean(partition.name)
        self._latest = f"{self._began.timestamp() + _DAY:.6f}"

    async def fresh(self, state: State, behind: int) -> AsyncIterator[Page]:
        """Yield down to ``behind`` seconds before what is known; nothing where that is as it was."""
        first, writer = not state.done, None
        more = True
        while more:
            answer = await self._given(oldest=_before(state.done, behind) if state.done else "", latest=state.at)
            if not state.at:
                seen = "" if answer.has_more else _digest(answer.messages)
                if not answer.messages or (seen and seen == state.seen):
                    return
                state = msgspec.structs.replace(state, seen=seen)
            writer = writer or await self._writer()
            told, messages = self._told(writer, answer, state.at)
            async for records, skipped in self._threads(writer, messages, state.done):
                yield Page(tuple(records), save_cursor(msgspec.structs.replace(state, seen="")), tuple(skipped))
            stamps = self._stamps(messages)
            lowest, top = min(stamps, default=""), max(state.top, state.done, *stamps)
            more = bool(not first and answer.has_more and lowest and (not state.at or lowest < state.at))
            if answer.has_more and not more and not first:
                told.skipped.append(Skip(self._name, "not_read", "Older messages are not given."))
            span = state.span.over(told.records)
            if more:
                state = State(state.done, top, lowest, "", span)
            else:
                covered, span = span.read(self._began)
                told.records += covered
                state = State(top, seen=state.seen if not first else "", span=span)
            yield Page(tuple(told.records), save_cursor(state), tuple(told.skipped))

    async def history(self, state: Older) -> AsyncIterator[Page]:
        writer = None
        while not state.whole:
            answer = await self._given(latest=state.at)
            writer = writer or await self._writer()
            told, messages = self._told(writer, answer, state.at)
            async for records, skipped in self._threads(writer, messages, ""):
                yield Page(tuple(records), save_cursor(state), tuple(skipped))
            stamps = self._stamps(messages)
            lowest, top = min(stamps, default=""), max(state.top, *stamps, "")
            more = bool(answer.has_more and lowest and (not state.at or lowest < state.at))
            if answer.has_more and not more:
                told.skipped.append(Skip(self._name, "not_read", "Older messages are not given."))
            state = Older(top, lowest or state.at, not more)
            if state.whole and state.at < state.top:
                told.records.append(Coverage("read", moment(state.at), moment(state.top)))
            yield Page(tuple(told.records), save_cursor(state), tuple(told.skipped))

    async def _given(self, **edges: str) -> Answer:
        asked = {name: value for name, value in edges.items() if value}
        return await self._client.one("conversations.history", channel=self._room.id, limit=LIMIT, **asked)

    async def _writer(self) -> Writer:
        if self._room.is_mpim:
            answer = await self._client.one("conversations.members", channel=self._room.id, limit=LIMIT)
            ids = tuple(msgspec.json.decode(raw, type=str) for raw in answer.members)
            self._room = msgspec.structs.replace(self._room, members=ids)
        return Writer(self._workspace, self._room)

    def _told(self, writer: Writer, answer: Answer, below: str) -> tuple[items.Told, list[Message]]:
        told = items.Told([self._workspace.channel(self._room)])
        place = f"{self._name} below {below or 'now'}"
        return told, told.add_all(answer.messages, Message, place, writer.records)

    async def _threads(
        self, writer: Writer, messages: Iterable[Message], known: str
    ) -> AsyncIterator[tuple[list[Record], list[Skip]]]:
        """Yield the threads with something new, whole. The cursor stays until the page that named them is done."""
        for message in messages:
            if not message.reply_count or (message.latest_reply or "9") <= known:
                continue
            place = items.clean(f"{self._name} thread {message.ts}")
            asked = {"channel": self._room.id, "ts": message.ts}
            try:
                async for answer in self._client.all("conversations.replies", limit=LIMIT, **asked):
                    told = items.Told()
                    told.add_all(answer.messages, Message, place, writer.records)
                    yield told.records, told.skipped
            except Missing as error:
                yield [], [Skip(place, "not_read", str(error))]

    def _stamps(self, messages: Iterable[Message]) -> list[str]:
        """Return the times of messages, without those that lie ahead."""
        return [message.ts for message in messages if message.ts < self._latest]


def _digest(raws: Iterable[msgspec.Raw]) -> str:
    digest = blake2b(digest_size=8)
    for raw in raws:
        digest.update(raw)
    return digest.hexdigest()


def _before(ts: str, seconds: int) -> str:
    whole, _, rest = ts.partition(".")
    return f"{max(int(whole) - seconds, 0)}.{rest}"
