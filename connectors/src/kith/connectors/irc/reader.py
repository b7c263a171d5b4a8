"""Reading logs: what each series has grown by."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from zoneinfo import ZoneInfo

import msgspec

from kith.connectors import Context, Fatal, Limits, Page, Report, Skip, host_and_port, items, load_cursor, save_cursor
from kith.connectors._files import open_file
from kith.connectors.irc.config import IrcConfig
from kith.connectors.irc.formats import Parser, day_of
from kith.connectors.irc.logs import Log, channel_of, lines, logs, mark, text_of
from kith.connectors.irc.records import Writer

LINES = 1000  # of one page
_SERIES = 400  # whose state fits into a cursor


class State(msgspec.Struct, frozen=True, array_like=True):
    """Where a series stands: the file, the place in it, and what tells it from one that took its place."""

    name: str
    offset: int
    mark: str


class Cursor(msgspec.Struct, frozen=True):
    series: dict[str, State] = {}


async def look(config: IrcConfig, context: Context) -> Report:
    """List the files, or see whether somebody answers."""
    zone_of(config)
    if config.path is None:
        return await _answers(config, context)
    found = await asyncio.to_thread(logs, config.path, context.limits)
    nameless = [log.name for log in found if not (config.channel or channel_of(log))]
    warnings = (f"{len(nameless)} files name no channel, {nameless[0]} for one: set it.",) if nameless else ()
    return Report(f"{len(found)} logs.", warnings)


async def read(config: IrcConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
    """Yield the lines that were not read yet."""
    zone_of(config)
    if config.path is None:
        return
    found = await asyncio.to_thread(logs, config.path, context.limits)
    reading = _Reading(config, context.limits, load_cursor(cursor, Cursor) or Cursor())
    if len({log.series for log in found}) > _SERIES:
        raise Fatal(f"The folder holds more than {_SERIES} series of logs: make several sources of it.")
    for number, log in enumerate(found, 1):
        pages = reading.log(log)
        while (page := await asyncio.to_thread(next, pages, None)) is not None:
            yield msgspec.structs.replace(page, done=number, total=len(found), unit="logs")


def zone_of(config: IrcConfig) -> ZoneInfo:
    """Return the time zone. Raises Fatal."""
    try:
        return ZoneInfo(config.zone)
    except (ValueError, OSError, KeyError) as error:
        raise Fatal(f"{config.zone!r} is no time zone: write it as Europe/Berlin.") from error


async def _answers(config: IrcConfig, context: Context) -> Report:
    if config.server is None or not config.rooms:
        raise Fatal("Name logs to read (path), or a server and channels to listen to (server, rooms).")
    host, port = host_and_port(config.server)
    async with context.stream(host, port, tls=config.security == "tls"):
        return Report(f"{config.server} answers; {len(config.rooms)} channels are listened to.")


class _Reading:
    def __init__(self, config: IrcConfig, limits: Limits, at: Cursor) -> None:
        self._config, self._limits, self._at = config, limits, at

    def log(self, log: Log) -> Iterator[Page]:
        """Yield what a file has grown by; nothing of one that an earlier run has gone beyond."""
        state = self._at.series.get(log.series)
        if state is not None and log.name < state.name:
            return
        begun = state.offset if state and state.name == log.name else 0
        if begun and (state is None or mark(log, begun, self._limits) != state.mark):
            begun = 0  # another file is in its place
        channel = self._config.channel or channel_of(log)
        if channel is None:
            skip = Skip(items.clean(log.name), "not_read", "Neither the file's name nor the settings name its channel.")
            yield Page((), save_cursor(self._at), (skip,))
            return
        yield from self._lines(log, begun, Writer(self._config, channel))

    def _lines(self, log: Log, begun: int, writer: Writer) -> Iterator[Page]:
        parser, told, count, offset, last = Parser(zone_of(self._config), day_of(log.name)), items.Told(), 0, 0, None
        with open_file(log.path, self._limits) as file:
            if file.seek(0, 2) <= begun:
                return
            file.seek(0)
            for behind, raw in lines(file):
                if not raw.endswith(b"\n"):
                    reason = "The last line has no end: it is read when it has."
                    told.skipped.append(Skip(items.clean(log.name), "incomplete_line", reason, items.shown(raw)))
                    break
                earlier = items.Told()
                place = items.clean(f"{log.name} before byte {behind}")
                line = None
                try:
                    line = parser.line(text_of(raw))
                except ValueError as error:
                    earlier.skipped.append(Skip(place, "unreadable_item", items.clean(str(error)), items.shown(raw)))
                if count >= LINES and line and line.at != last:  # equal lines of one moment stay on one page
                    yield self._page(log, offset, told)
                    told, count = items.Told(), 0
                if line:
                    last = line.at
                    earlier.keep(partial(writer.records, line), place, raw)
                offset = behind
                if behind > begun:
                    if not told.records and not count:
                        told.records.append(writer.channel)
                    told.records += earlier.records
                    told.skipped += earlier.skipped
                    count += 1
        if told.records or told.skipped or count:
            yield self._page(log, offset, told)

    def _page(self, log: Log, offset: int, told: items.Told) -> Page:
        state = State(log.name, offset, mark(log, offset, self._limits))
        self._at = Cursor({**self._at.series, log.series: state})
        return Page(tuple(told.records), save_cursor(self._at), tuple(told.skipped))
