"""Reading feeds: what is new since the last time, and at the first time what lies before it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from hashlib import blake2b

import msgspec

from kith.connectors import (
    Answer,
    ConnectorError,
    Context,
    Coverage,
    Fatal,
    Missing,
    Page,
    Reauthorize,
    Record,
    Refused,
    Report,
    Retry,
    Skip,
    Validators,
    load_cursor,
    save_cursor,
)
from kith.connectors.feeds.config import FeedsConfig
from kith.connectors.feeds.entries import Entry, Feed, Listed, NoFeed, digest, parse
from kith.connectors.feeds.hubs import Hub, asked, hub_of
from kith.connectors.feeds.records import Site

_ENTRIES = 500  # of one page
_KNOWN = 4  # entries of each feed that are remembered, to see whether the window has moved past all of them
_ETAG = 200  # characters; the cursor has room for no longer one
_ARCHIVES = 1000  # documents before the newest that one run reads; the next goes on
#: Entries without a date that are remembered, for a feed of its own and for one of a list.
_UNDATED, _UNDATED_LISTED = 400, 5
_CURSOR_FEEDS = 150  # whose state fits into a cursor
_PUSHED = 25  # of these, for which hubs are asked to push
_ACCEPT = {"accept": "application/atom+xml, application/rss+xml, application/feed+json, */*;q=0.8"}


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the reading of one feed stands.

    body: a digest of the document as it was last read. known: the newest entries, as digests; newest: when the last of
    them appeared. undated: entries without a date, as digests: they are dated by when they were first read. older: an
    archive still to be read; archived: it has been looked for in a whole document. gone: the server has said so, and
    is not asked again. hub: who pushes what is new.
    """

    validators: Validators = Validators()
    body: str = ""
    known: tuple[str, ...] = ()
    newest: datetime | None = None
    undated: tuple[str, ...] = ()
    older: str | None = None
    archived: bool = False
    gone: bool = False
    hub: Hub | None = None


class Cursor(msgspec.Struct, frozen=True):
    """feeds: by address, those that were read."""

    feeds: dict[str, State] = {}


async def look(config: FeedsConfig, context: Context) -> Report:
    """Read the document once."""
    found = await _parsed(await context.http.get(config.address, headers=_ACCEPT))
    if isinstance(found, Listed):
        return Report(f"A list of {len(found.addresses)} feeds.")
    undated = sum(not (entry.published or entry.updated) for entry in found.entries)
    warnings = (f"{undated} entries have no date: they count as of when they are first read.",) if undated else ()
    return Report(f"{found.title or 'A feed'}: {len(found.entries)} entries.", warnings)


async def read(config: FeedsConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
    """Yield what is new in each feed, then what lies before it."""
    reading = _Reading(config, context, load_cursor(cursor, Cursor) or Cursor())
    addresses = await reading.addresses()
    if len(addresses) > _CURSOR_FEEDS:
        raise Fatal(f"The list names {len(addresses)} feeds; {_CURSOR_FEEDS} are allowed for one source: split it.")
    for number, address in enumerate(addresses, 1):
        async for page in reading.feed(address, alone=len(addresses) == 1):
            yield msgspec.structs.replace(page, done=number, total=len(addresses), unit="feeds")
    for address in addresses:
        async for page in reading.hub(address):
            yield page
    for address in addresses:
        async for page in reading.archives(address):
            yield page


class _Reading:
    """One run: what the cursor says, and how it moves on."""

    def __init__(self, config: FeedsConfig, context: Context, cursor: Cursor) -> None:
        self._config, self._context = config, context
        self._http = context.http
        self._clock = context.clock
        self._feeds = dict(cursor.feeds)
        self._first: Answer | None = None

    async def addresses(self) -> tuple[str, ...]:
        """Return the feeds: those of a list, or the one that the address is."""
        address = self._config.address
        if address in self._feeds:
            return (address,)
        answer = await self._http.get(address, headers=_ACCEPT)
        found = await _parsed(answer)
        if isinstance(found, Listed):
            return found.addresses
        self._first = answer  # it need not be asked for again
        return (address,)

    async def feed(self, address: str, *, alone: bool) -> AsyncIterator[Page]:
        """Yield what a feed shows now, if it has changed. alone: what is wrong with it is wrong with the source."""
        state = self._feeds.get(address, State())
        if state.gone:
            return
        try:
            answer = await self._fetch(address, state)
            if answer.unchanged or _body(answer) == state.body:
                return
            found = await _parsed(answer)
        except (Retry, Fatal, Reauthorize) as error:
            if alone:
                raise
            if isinstance(error, Missing):
                self._feeds[address] = msgspec.structs.replace(state, gone=True)
            yield self._page((), (_skip(address, error),))
            return
        if isinstance(found, Listed):
            yield self._page((), (Skip(address, "a_list", "The list names another list."),))
            return
        site = Site(address, found)
        found, undated = self._dated(found, site, state, _UNDATED if alone else _UNDATED_LISTED)
        hub = hub_of(answer, found, state.hub) if self._may_be_pushed(state) else None
        after = msgspec.structs.replace(_after(state, site, found, answer), undated=undated, hub=hub)
        if self._config.archives and not state.archived and (found.older or found.whole):
            after = msgspec.structs.replace(after, older=found.older, archived=True)
        first = [*site.records(), *_coverage(state, site, found, self._clock.now())]
        async for page in self._entries(site, found, first, address, after):
            yield page

    async def hub(self, address: str) -> AsyncIterator[Page]:
        """Ask the hub of a feed to push what is new, from time to time."""
        state = self._feeds.get(address, State())
        if state.hub is None:
            return
        hub, skip = await asked(state.hub, self._config, self._context)
        if hub != state.hub:
            self._feeds[address] = msgspec.structs.replace(state, hub=hub)
            yield self._page((), (skip,) if skip else ())

    def _may_be_pushed(self, state: State) -> bool:
        """Whether a hub may be asked for a feed: of a long list, the cursor holds the hubs of some."""
        pushed = sum(one.hub is not None for one in self._feeds.values())
        return self._config.hook_secret is not None and (state.hub is not None or pushed < _PUSHED)

    async def archives(self, address: str) -> AsyncIterator[Page]:
        """Yield the pages before the newest, one after another, until there is none or one comes up again."""
        seen: set[str] = set()
        while (state := self._feeds.get(address, State())).older is not None and len(seen) < _ARCHIVES:
            seen.add(state.older)
            try:
                found = await _parsed(await self._http.get(state.older, headers=_ACCEPT))
            except (Missing, Refused) as error:
                found = None
                skipped = (_skip(state.older, error),)
            following = found.older if isinstance(found, Feed) else None
            after = msgspec.structs.replace(state, older=None if following in seen else following)
            if isinstance(found, Feed):
                dates = _dates(found)
                first: list[Record] = [Coverage("read", min(dates), max(dates))] if dates else []
                async for page in self._entries(Site(address, found), found, first, address, after):
                    yield page
                if not found.whole:
                    yield self._page(
                        (), (Skip(state.older[:200], "ill_formed", "Entries of this archive may be missing."),)
                    )
            else:
                self._feeds[address] = after
                yield self._page((), skipped)

    def _dated(self, feed: Feed, site: Site, state: State, most: int) -> tuple[Feed, tuple[str, ...]]:
        """Date entries without a date by their first sight, and leave out those that were seen before."""
        now = self._clock.now().replace(microsecond=0)
        entries: list[Entry] = []
        seen: list[str] = []
        for entry in feed.entries:
            if not entry.published and not entry.updated and not entry.cut and len(seen) < most:
                seen.append(name := digest((site.key(entry),)))
                if name in state.undated:
                    continue
                entry = msgspec.structs.replace(entry, published=now)
            entries.append(entry)
        return msgspec.structs.replace(feed, entries=tuple(entries)), tuple(seen)

    async def _fetch(self, address: str, state: State) -> Answer:
        if self._first is not None and address == self._config.address:
            return self._first
        return await self._http.get(address, headers=_ACCEPT, since=state.validators)

    async def _entries(
        self, site: Site, feed: Feed, first: list[Record], address: str, after: State
    ) -> AsyncIterator[Page]:
        """Yield the entries of a document in pages; the cursor moves with the last of them."""
        entries = feed.entries
        for start in range(0, max(len(entries), 1), _ENTRIES):
            part = entries[start : start + _ENTRIES]
            records, skipped = await asyncio.to_thread(_records, site, part)
            if feed.shortened and start == 0:
                reason = f"{feed.shortened:,} words of more than 400 characters are kept without their ends"
                skipped = (Skip(address[:200], "cut", reason), *skipped)
            if start + _ENTRIES >= len(entries):
                self._feeds[address] = after
            yield self._page((*(first if start == 0 else ()), *records), skipped)

    def _page(self, records: tuple[Record, ...], skipped: tuple[Skip, ...]) -> Page:
        return Page(records, save_cursor(Cursor(self._feeds)), skipped)


async def _parsed(answer: Answer) -> Feed | Listed:
    try:
        return await asyncio.to_thread(parse, answer)
    except NoFeed as error:
        raise Fatal(str(error)) from error


def _records(site: Site, entries: tuple[Entry, ...]) -> tuple[tuple[Record, ...], tuple[Skip, ...]]:
    found = [one for entry in entries for one in site.entry(entry)]
    records = tuple(one for one in found if not isinstance(one, Skip))
    return records, tuple(one for one in found if isinstance(one, Skip))


def _after(state: State, site: Site, feed: Feed, answer: Answer) -> State:
    dated = sorted(
        ((moment, site.key(entry)) for entry in feed.entries if (moment := entry.published or entry.updated)),
        reverse=True,
    )
    newest = max((moment for moment in (state.newest, dated[0][0] if dated else None) if moment), default=None)
    known = tuple(digest((key,)) for _, key in dated[:_KNOWN]) or state.known
    validators = answer.validators if len(answer.validators.etag or "") <= _ETAG else Validators()
    return State(validators, _body(answer), known, newest, older=state.older, archived=state.archived)


def _coverage(state: State, site: Site, feed: Feed, now: datetime) -> Iterator[Coverage]:
    """Say what the document covers, and what was missed where none of the entries that were known is shown any more."""
    dates = _dates(feed)
    if not dates:
        return
    since = min(dates) if state.newest is None else min(state.newest, max(dates))
    shown = {digest((site.key(entry),)) for entry in feed.entries}
    if state.newest and state.newest < min(dates) and not shown.intersection(state.known):
        since = min(dates)
        yield Coverage("gap", state.newest, since, "These entries were no longer shown when the feed was read.")
    yield Coverage("read", since, max(now, since))


def _dates(feed: Feed) -> list[datetime]:
    return [moment for entry in feed.entries if (moment := entry.published or entry.updated)]


def _body(answer: Answer) -> str:
    return blake2b(answer.body, digest_size=8).hexdigest()


def _skip(address: str, error: ConnectorError) -> Skip:
    return Skip(address[:200], error.code, str(error))
