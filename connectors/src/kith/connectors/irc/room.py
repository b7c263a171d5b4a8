"""Listening to channels: who is there, and what is said from now on."""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import msgspec

from kith.connectors import (
    Context,
    Coverage,
    Fatal,
    Reauthorize,
    Received,
    Record,
    Retry,
    Skip,
    Stream,
    host_and_port,
    items,
)
from kith.connectors.irc.config import IrcConfig
from kith.connectors.irc.formats import Line, What, plain
from kith.connectors.irc.logs import text_of
from kith.connectors.irc.records import Writer

QUIET_SECONDS = 120.0  # after which the server is asked whether it is there
_WELCOME_SECONDS = 60.0
_LINE_BYTES = 16 << 10  # with tags
_CAPABILITIES = ("message-tags", "server-time", "multi-prefix")
_MESSAGE = re.compile(r"(?:@(\S+) +)?(?::([^ ]+) +)?([A-Za-z]+|\d{3})((?: +[^: ][^ ]*)*)(?: +:(.*))?\s*", re.DOTALL)
#: What a server says that ends the connection of those who may not come in, where it says no number.
_REFUSED = re.compile(r"password|access denied|authenticat|authori[sz]", re.IGNORECASE)
_TAKEN = ("432", "433", "436", "437")
_CLOSED = {"403": "it does not exist", "405": "too many", "471": "it is full", "473": "it is for the invited",
           "474": "kith is banned", "475": "it wants a key", "477": "it wants an account"}  # fmt: skip


class Message(msgspec.Struct, frozen=True):
    """One line of the protocol. who: the nick that it comes from."""

    who: str
    word: str
    values: list[str]
    tags: dict[str, str] = {}


def message_of(line: str) -> Message | None:
    """Return what a line of the protocol says; None where it is none."""
    if not (found := _MESSAGE.fullmatch(line)):
        return None
    tags = dict(part.partition("=")[::2] for part in (found[1] or "").split(";") if part)
    values = (found[4] or "").split() + ([found[5]] if found[5] is not None else [])
    return Message((found[2] or "").partition("!")[0], found[3].upper(), values, tags)


async def listen(config: IrcConfig, context: Context) -> AsyncIterator[Received]:
    """Yield what is said in the channels, for as long as the connection holds."""
    host, port = host_and_port(config.server or "")
    async with context.stream(host, port, tls=config.security == "tls") as stream:
        room = _Room(config, context, stream)
        await room.enter()
        while True:
            yield await room.next()


class _Room:
    def __init__(self, config: IrcConfig, context: Context, stream: Stream) -> None:
        self._config, self._clock, self._stream = config, context.clock, stream
        self._nick, self._is_in = config.nick, False
        self._writers = {name.lower(): Writer(config, name) for name in config.rooms}
        self._there: dict[str, set[str]] = defaultdict(set)
        self._covered = context.clock.now()

    async def enter(self) -> None:
        """Introduce ourselves and join the channels. Raises Retry, Reauthorize or Fatal."""
        await self._send("CAP LS 302")
        if self._config.password:
            await self._send(f"PASS :{self._config.password.reveal()}")
        await self._send(f"NICK {self._nick}")
        await self._send(f"USER {self._nick} 0 * :kith reads along in these channels")
        try:
            async with asyncio.timeout(_WELCOME_SECONDS):
                while (message := await self._message()).word != "001":
                    await self._greeted(message)
        except TimeoutError as error:
            raise Retry("The server lets nobody in within a minute.") from error
        self._covered, self._is_in = self._clock.now(), True
        for name in self._config.rooms:
            await self._send(f"JOIN {name}")

    async def next(self) -> Received:
        """Return what the next line tells that tells anything."""
        while True:
            message = await self._message()
            if (why := _CLOSED.get(message.word)) and len(message.values) > 1:
                place = items.clean(message.values[1])
                return Received(skipped=(Skip(place, "not_read", f"The channel cannot be joined: {why}."),))
            if records := list(self._records(message)):
                now, since = self._clock.now(), self._covered
                self._covered = now
                return Received((*records, *([Coverage("read", since, now)] if since < now else ())))

    async def _message(self) -> Message:
        """Return the next line, and answer what asks whether we are there."""
        asked = False
        while True:
            try:
                async with asyncio.timeout(QUIET_SECONDS):
                    line = text_of(await self._stream.line(most=_LINE_BYTES, seconds=2 * QUIET_SECONDS))
            except TimeoutError as error:
                if asked:
                    raise Retry("The server has gone silent.") from error
                asked = True
                await self._send("PING :kith")
                continue
            asked = False
            message = message_of(line)
            if message is None or message.word == "PONG":
                continue
            if message.word == "ERROR":
                said = items.clean(" ".join(message.values))[:300]
                if not self._is_in and _REFUSED.search(said):
                    raise Reauthorize(f"The server lets kith not in: {said}")
                raise Retry(f"The server ends the connection: {said}")
            if message.word != "PING":
                return message
            await self._send(f"PONG :{' '.join(message.values)}")

    async def _greeted(self, message: Message) -> None:
        """Answer what comes before we are let in."""
        said = items.clean(" ".join(message.values[1:]))[:300]
        if message.word == "CAP" and "LS" in message.values[:2]:
            offered = {word.partition("=")[0] for word in message.values[-1].split()}
            if wanted := [word for word in _CAPABILITIES if word in offered]:
                await self._send(f"CAP REQ :{' '.join(wanted)}")
            else:
                await self._send("CAP END")
        elif message.word == "CAP":
            await self._send("CAP END")
        elif message.word in _TAKEN:
            if len(self._nick) > len(self._config.nick) + 2:
                raise Retry(f"The nick {self._config.nick} is taken.")
            self._nick += "_"
            await self._send(f"NICK {self._nick}")
        elif message.word in ("464", "465"):
            raise Reauthorize(f"The server lets kith not in: {said}")
        elif message.word in ("451", "461"):
            raise Fatal(f"The server refuses: {said}")

    async def _send(self, line: str) -> None:
        await self._stream.write(line.replace("\r", " ").replace("\n", " ").encode() + b"\r\n")

    def _records(self, message: Message) -> Iterator[Record]:
        """Yield what a line tells of the channels that we are in, and note who is there."""
        at, who, values = self._moment(message), message.who, message.values
        if message.word == "353" and len(values) == 4:
            for nick in values[3].split():
                self._enters(values[2], nick.lstrip("~&@%+"))
        elif message.word == "PRIVMSG" and len(values) == 2:
            yield from self._said(at, who, values[0], values[1])
        elif message.word == "JOIN" and values:
            self._enters(values[0], who)
            yield from self._line(Line(at, "join", who), values[0])
        elif message.word in ("PART", "KICK") and values:
            gone = values[1] if message.word == "KICK" and len(values) > 1 else who
            yield from self._leaves(Line(at, "leave", gone), values[0])
        elif message.word == "QUIT":
            for channel in self._of(who):
                yield from self._leaves(Line(at, "leave", who), channel)
        elif message.word == "NICK" and values:
            yield from self._renamed(Line(at, "nick", who, values[0]))

    def _said(self, at: datetime, who: str, channel: str, text: str) -> Iterator[Record]:
        what: What = "message"
        if text.startswith("\1"):
            if not text.startswith("\1ACTION "):
                return
            what, text = "action", text.removeprefix("\1ACTION ").rstrip("\1")
        self._enters(channel, who)
        yield from self._line(Line(at, what, who, plain(text)), channel)

    def _renamed(self, line: Line) -> Iterator[Record]:
        if line.nick.lower() == self._nick.lower():
            self._nick = line.text
        for channel in self._of(line.nick):
            self._there[channel].discard(line.nick.lower())
            self._enters(channel, line.text)
            yield from self._line(line, channel)

    def _enters(self, channel: str, nick: str) -> None:
        if writer := self._writers.get(channel.lower()):
            self._there[channel.lower()].add(nick.lower())
            writer.see(nick)

    def _leaves(self, line: Line, channel: str) -> Iterator[Record]:
        self._there[channel.lower()].discard(line.nick.lower())
        yield from self._line(line, channel)

    def _of(self, nick: str) -> list[str]:
        """Return the channels in which somebody is."""
        return [channel for channel, there in self._there.items() if nick.lower() in there]

    def _line(self, line: Line, channel: str) -> Iterator[Record]:
        """Yield what a line of a channel tells; nothing of one that we did not join, and nothing of ourselves."""
        writer = self._writers.get(channel.lower())
        if writer is not None and line.nick.lower() != self._nick.lower():
            yield writer.channel
            yield from writer.records(line)

    def _moment(self, message: Message) -> datetime:
        """Return when a line was said, to the second, as logs have it: as the server says, else now."""
        now = self._clock.now()
        try:
            said = datetime.fromisoformat(message.tags["time"]).astimezone(UTC)
        except (KeyError, ValueError):
            said = now
        return min(said, now).replace(microsecond=0)
