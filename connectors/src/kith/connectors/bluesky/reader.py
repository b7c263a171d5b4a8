"""Reading lists of posts: what is new first, then what lies behind, page by page; and who follows whom."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

import msgspec

from kith.connectors import (
    Channel,
    Context,
    Fatal,
    InteractionRef,
    Missing,
    Page,
    Record,
    Refused,
    Report,
    Skip,
    Sweep,
    items,
    load_cursor,
    save_cursor,
)
from kith.connectors._follows import are_due, told_by
from kith.connectors.bluesky.client import AT_ONCE, Client, Found
from kith.connectors.bluesky.config import BlueskyConfig
from kith.connectors.bluesky.posts import Posts
from kith.connectors.bluesky.records import Writer
from kith.connectors.bluesky.shapes import Item, Profile, Strong

_LISTS = 100  # whose state fits into a cursor
_CURSOR = 160  # characters of one that is kept
_DAY = timedelta(days=1)
_OVERLAP = timedelta(minutes=10)  # by which servers may show a post late


class Walk(msgspec.Struct, frozen=True, omit_defaults=True):
    """A way down from the newest post, to be gone on with. until: when it ends; top: the newest moment it has met."""

    at: str | None = None
    until: datetime | None = None
    top: datetime | None = None


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a list stands. top: the newest moment that was read with all behind it; older: what asks for the rest."""

    top: datetime | None = None
    walk: Walk | None = None
    older: str | None = None
    begun: bool = False


class Cursor(msgspec.Struct, frozen=True):
    """lists: by what they are. follows, revisited: when they were read, and young posts read again."""

    lists: dict[str, State] = {}
    follows: datetime | None = None
    revisited: datetime | None = None
    span: items.Span = items.Span()


class Listed(msgspec.Struct, frozen=True):
    """A list to read: how it is asked for, and the channel that it is."""

    name: str
    method: str
    params: tuple[tuple[str, str], ...]
    channel: Channel | None = None


async def look(config: BlueskyConfig, context: Context) -> Report:
    """Ask for the accounts, and for the newest posts of the first list."""
    client = Client(config, context)
    accounts, skipped = await _accounts(config, client)
    lists = _lists(config, accounts, Writer(config))
    if skipped:
        raise Missing(skipped[0].reason)
    await client.page(lists[0].method, lists[0].params)
    return Report(f"{client.host}: {len(lists)} lists of posts.")


async def read(config: BlueskyConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
    """Yield what is new in each list, then what is older, then who follows whom."""
    began = context.clock.now()
    client, writer = Client(config, context), Writer(config)
    accounts, skipped = await _accounts(config, client)
    lists = _lists(config, accounts, writer)
    reading = _Reading(config, client, writer, began, load_cursor(cursor, Cursor) or Cursor())
    if skipped:
        yield reading.skipped(skipped)
    for step in (reading.newer, reading.older):
        for number, listed in enumerate(lists, 1):
            try:
                async for page in step(listed):
                    yield msgspec.structs.replace(page, done=number, total=len(lists), unit="lists")
            except (Missing, Refused) as error:
                yield reading.hidden(listed, error)
    if config.follows and accounts:
        async for page in reading.follows(accounts):
            yield page
    yield reading.end()


async def gone(config: BlueskyConfig, refs: Sequence[InteractionRef], context: Context) -> list[InteractionRef]:
    """Return which of some posts the server says are not there: those that it does not show it is asked for by one."""
    client = Client(config, context)
    posts = [ref for ref in refs if ref.kind in ("post", "reply", "quote") and ref.key.startswith("at://")]
    lost: list[InteractionRef] = []
    for start in range(0, len(posts), AT_ONCE):
        some = posts[start : start + AT_ONCE]
        shown = {
            msgspec.json.decode(raw, type=Strong).uri
            for raw in await client.posts(dict.fromkeys(ref.key for ref in some))
        }
        for ref in some:
            if ref.key not in shown:
                try:
                    await client.thread(ref.key, below=0)
                except Missing:
                    lost.append(ref)
                except Refused:
                    continue  # hidden, which is not gone
    return lost


async def _accounts(config: BlueskyConfig, client: Client) -> tuple[list[Profile], list[Skip]]:
    """Return the accounts, and which of them there are not."""
    names = list(dict.fromkeys(name.strip().lstrip("@").lower() for name in config.accounts))
    found = await client.profiles(names) if names else []
    known = {name for one in found for name in (one.did.lower(), (one.handle or "").lower())}
    lost = [name for name in names if name not in known]
    if names and not found:
        raise Missing(f"{client.host} knows no account {lost[0]}.")
    return found, [
        Skip(items.clean(f"@{name}"), "not_read", f"There is no account {items.clean(name)}.") for name in lost
    ]


def _lists(config: BlueskyConfig, accounts: Iterable[Profile], writer: Writer) -> list[Listed]:
    found = []
    for name in config.hashtags:
        tag = name.lstrip("#")
        asked = (("q", f"#{tag}"), ("tag", tag), ("sort", "latest"))
        found.append(Listed(f"#{tag}", "app.bsky.feed.searchPosts", asked, writer.hashtag(tag)))
    found += [Listed(uri, "app.bsky.feed.getListFeed", (("list", uri),)) for uri in config.lists]
    found += [Listed(one.did, "app.bsky.feed.getAuthorFeed", (("actor", one.did),)) for one in accounts]
    if not found:
        raise Fatal("Name accounts, lists or hashtags.")
    if len(found) > _LISTS:
        raise Fatal(f"The source names {len(found)} lists; {_LISTS} are allowed: make several sources of it.")
    return found


class _Reading:
    def __init__(self, config: BlueskyConfig, client: Client, writer: Writer, now: datetime, at: Cursor) -> None:
        self._config, self._client, self._writer, self._now, self._at = config, client, writer, now, at
        self._posts = Posts(config, client, writer, now)
        self._is_whole = True
        self._is_again = bool(config.revisit) and (at.revisited is None or now - at.revisited >= _DAY)

    async def newer(self, listed: Listed) -> AsyncIterator[Page]:
        """Yield what has come since the last run, from the newest down to where that began."""
        state = self._state(listed)
        circle = items.Circle(f"The list {listed.name}")
        walk = state.walk or Walk(until=self._until(state))
        while True:
            found = await self._page(listed, walk.at)
            told, listing = await self._posts.read(found.items, f"{listed.name} post")
            moments = [moment for item in listing if (moment := _moment(item)) is not None]
            top = max([*moments, *([walk.top] if walk.top else []), *([state.top] if state.top else [])], default=None)
            is_done = walk.until is None or not found.older or bool(moments and moments[-1] < walk.until)
            if is_done:
                older = state.older if state.begun else _kept(found.older)
                state = State(top, None, older, begun=state.begun or bool(found.items))
            else:
                circle.check(found.older or "")
                walk = Walk(_kept(found.older), walk.until, top)
                state = msgspec.structs.replace(state, walk=walk)
            yield self._told(listed, state, told)
            if is_done:
                return

    async def older(self, listed: Listed) -> AsyncIterator[Page]:
        """Yield what lies behind, down to the first post."""
        circle = items.Circle(f"The list {listed.name}")
        while (state := self._state(listed)).older:
            circle.check(state.older)
            found = await self._page(listed, state.older)
            told, _ = await self._posts.read(found.items, f"{listed.name} post")
            yield self._told(listed, msgspec.structs.replace(state, older=_kept(found.older)), told)

    async def follows(self, accounts: Iterable[Profile]) -> AsyncIterator[Page]:
        """Yield who follows the accounts, and whom they follow, once a day."""
        if not are_due(self._at.follows, self._now):
            return
        whole, look = True, Sweep("begun", ("follow",))
        yield self._page_of(items.Told([look]))
        for account in accounts:
            for way in ("Followers", "Follows"):
                pages = self._client.all(f"app.bsky.graph.get{way}", [("actor", account.did)])
                make = partial(self._follow, account, way)
                async for told in told_by(pages, Profile, f"{account.did} {way}", make):
                    whole = whole and not told.skipped
                    yield self._page_of(told)
        self._at = msgspec.structs.replace(self._at, follows=self._now)
        yield self._page_of(items.Told([msgspec.structs.replace(look, phase="complete")] if whole else []))

    def end(self) -> Page:
        """Say what has been read when all lists are through, unless one was hidden."""
        if not self._is_whole:
            return self._page_of(items.Told())
        records, span = self._at.span.read(self._now)
        revisited = self._now if self._is_again else self._at.revisited
        self._at = msgspec.structs.replace(self._at, span=span, revisited=revisited)
        return self._page_of(items.Told(records))

    def hidden(self, listed: Listed, error: Missing | Refused) -> Page:
        self._is_whole = False
        return self.skipped([Skip(items.clean(listed.name), "not_read", str(error))])

    def skipped(self, skipped: list[Skip]) -> Page:
        return self._page_of(items.Told(skipped=skipped))

    def _until(self, state: State) -> datetime | None:
        """Return where a new walk ends; None: behind its first page, where there is nothing yet to meet."""
        if state.top is None:
            return None
        young = self._now - timedelta(days=self._config.revisit)
        return min(state.top - _OVERLAP, young) if self._is_again else state.top - _OVERLAP

    def _follow(self, account: Profile, way: str, other: Profile) -> list[Record]:
        pair = (other, account) if way == "Followers" else (account, other)
        return list(self._writer.follow(*pair, self._now))

    def _state(self, listed: Listed) -> State:
        return self._at.lists.get(listed.name, State())

    async def _page(self, listed: Listed, cursor: str | None) -> Found:
        found = await self._client.page(listed.method, listed.params, cursor)
        if listed.method.endswith("searchPosts"):
            return Found([msgspec.Raw(b'{"post":' + bytes(raw) + b"}") for raw in found.items], found.older)
        return found

    def _told(self, listed: Listed, state: State, told: items.Told) -> Page:
        if listed.channel is not None:
            told.records.insert(0, listed.channel)
        self._at = msgspec.structs.replace(self._at, lists={**self._at.lists, listed.name: state})
        return self._page_of(told)

    def _page_of(self, told: items.Told) -> Page:
        self._at = msgspec.structs.replace(self._at, span=self._at.span.over(told.records))
        return Page(tuple(told.records), save_cursor(self._at), tuple(told.skipped))


def _moment(item: Item) -> datetime | None:
    try:
        return items.moment(item.at)
    except (ValueError, OverflowError):
        return None


def _kept(cursor: str | None) -> str | None:
    if cursor and len(cursor) > _CURSOR:
        raise Fatal("The server names the next page by words that are too long to be kept.")
    return cursor
