"""Reading lists of posts: what is new first, then what lies behind, page by page; and who follows whom."""

from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from urllib.parse import quote

import msgspec

from kith.connectors import (
    Channel,
    Context,
    Fatal,
    Page,
    Record,
    Report,
    Sweep,
    items,
    load_cursor,
    save_cursor,
)
from kith.connectors._follows import are_due, told_by
from kith.connectors.mastodon.client import Client, Found
from kith.connectors.mastodon.config import MastodonConfig
from kith.connectors.mastodon.posts import Posts
from kith.connectors.mastodon.statuses import Account, Server

_LISTS = 120  # whose state fits into a cursor
_ADDRESS = 200  # characters of an address that is kept


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a list stands: what asks for newer and for older posts; begun: its newest page has been read."""

    newer: str | None = None
    older: str | None = None
    begun: bool = False


class Cursor(msgspec.Struct, frozen=True):
    """lists: by what they are. follows: when they were read."""

    lists: dict[str, State] = {}
    follows: datetime | None = None
    span: items.Span = items.Span()


class Listed(msgspec.Struct, frozen=True):
    """A list to read: its path, and the channel that it is."""

    name: str
    path: str
    channel: Channel | None = None


async def look(config: MastodonConfig, context: Context) -> Report:
    """Ask the server who it is, and for the accounts."""
    client = Client(config, context)
    domain = await client.domain()
    lists = await _lists(config, client, Server(config, domain))
    return Report(f"{domain or config.server}: {len(lists)} lists of posts.")


async def read(config: MastodonConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
    """Yield what is new in each list, then what is older, then who follows whom."""
    began = context.clock.now()
    client = Client(config, context)
    server = Server(config, await client.domain())
    lists = await _lists(config, client, server)
    reading = _Reading(config, client, server, began, load_cursor(cursor, Cursor) or Cursor())
    for step in (reading.newer, reading.older):
        for number, listed in enumerate(lists, 1):
            async for page in step(listed):
                yield msgspec.structs.replace(page, done=number, total=len(lists), unit="lists")
    if config.follows:
        async for page in reading.follows(began):
            yield page
    yield reading.end(began)


async def _lists(config: MastodonConfig, client: Client, server: Server) -> list[Listed]:
    found = [Listed("local", "/api/v1/timelines/public?local=true", server.place())] if config.local else []
    for name in config.hashtags:
        tag = name.lstrip("#")
        found.append(Listed(f"#{tag}", f"/api/v1/timelines/tag/{quote(tag, safe='')}", server.hashtag(tag)))
    for name in config.accounts:
        account = await client.account(name)
        found.append(Listed(f"@{name.lstrip('@')}", f"/api/v1/accounts/{quote(account.id, safe='')}/statuses"))
    if not found:
        raise Fatal("Name accounts or hashtags, or turn local posts on.")
    if len(found) > _LISTS:
        raise Fatal(f"The source names {len(found)} lists; {_LISTS} are allowed: make several sources of it.")
    return found


class _Reading:
    def __init__(self, config: MastodonConfig, client: Client, server: Server, now: datetime, at: Cursor) -> None:
        self._config, self._client, self._server, self._at = config, client, server, at
        self._now = now
        self._posts = Posts(config, client, server, now)

    async def newer(self, listed: Listed) -> AsyncIterator[Page]:
        """Yield what has come since the last run: each page names the one that is newer still."""
        state = self._at.lists.get(listed.name, State())
        if not state.begun:
            page = await self._client.page(self._client.address(listed.path))
            state = State(_kept(page.newer), _kept(page.older), begun=bool(page.items))
            yield await self._page(listed, page, state)
        seen: set[str] = set()
        while state.newer and state.newer not in seen:
            seen.add(state.newer)
            page = await self._client.page(state.newer)
            if not page.items:
                return
            state = msgspec.structs.replace(state, newer=_kept(page.newer) or state.newer)
            yield await self._page(listed, page, state)

    async def older(self, listed: Listed) -> AsyncIterator[Page]:
        """Yield what lies behind, down to the first post."""
        seen: set[str] = set()
        while (state := self._at.lists.get(listed.name, State())).older:
            if state.older in seen:
                raise Fatal(f"The list {listed.name} goes round in a circle.")
            seen.add(state.older)
            page = await self._client.page(state.older)
            yield await self._page(listed, page, msgspec.structs.replace(state, older=_kept(page.older)))

    async def follows(self, now: datetime) -> AsyncIterator[Page]:
        """Yield who follows the accounts, and whom they follow, once a day."""
        if not are_due(self._at.follows, now):
            return
        whole, look = True, Sweep("begun", ("follow",))
        yield self._told(items.Told([look]))
        for name in self._config.accounts:
            account = await self._client.account(name)
            for way in ("followers", "following"):
                pages = self._client.all(f"/api/v1/accounts/{quote(account.id, safe='')}/{way}")
                async for told in told_by(pages, Account, f"{name} {way}", partial(self._follow, account, way)):
                    whole = whole and not told.skipped
                    yield self._told(told)
        self._at = msgspec.structs.replace(self._at, follows=now)
        if whole:
            yield self._told(items.Told([msgspec.structs.replace(look, phase="complete")]))

    def _follow(self, account: Account, way: str, other: Account) -> list[Record]:
        pair = (other, account) if way == "followers" else (account, other)
        return list(self._server.follow(*pair, self._now))

    def end(self, began: datetime) -> Page:
        """Say what has been read when all lists are through."""
        records, span = self._at.span.read(began)
        self._at = msgspec.structs.replace(self._at, span=span)
        return self._told(items.Told(records))

    async def _page(self, listed: Listed, page: Found, state: State) -> Page:
        channel = listed.channel
        told = await self._posts.read(page.items, f"{listed.name} post")
        if channel is not None:
            told.records.insert(0, channel)
        self._at = msgspec.structs.replace(self._at, lists={**self._at.lists, listed.name: state})
        return self._told(told)

    def _told(self, told: items.Told) -> Page:
        self._at = msgspec.structs.replace(self._at, span=self._at.span.over(told.records))
        return Page(tuple(told.records), save_cursor(self._at), tuple(told.skipped))


def _kept(address: str | None) -> str | None:
    if address and len(address) > _ADDRESS:
        raise Fatal("The server names the next page by an address that is too long to be kept.")
    return address
