"""Listening to a Jetstream: what the accounts write, like, share, follow and take back, as it happens."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime
from functools import partial
from urllib.parse import urlencode

import msgspec

from kith.connectors import (
    Context,
    Ending,
    Identity,
    InteractionRef,
    Missing,
    Received,
    Record,
    Retry,
    Tombstone,
    items,
)
from kith.connectors.bluesky.client import Client
from kith.connectors.bluesky.config import BlueskyConfig
from kith.connectors.bluesky.records import Writer, act_of, follow_of, person, signal_of
from kith.connectors.bluesky.shapes import POST, Post, Profile, Subject, Words

LIKE, REPOST, FOLLOW = "app.bsky.feed.like", "app.bsky.feed.repost", "app.bsky.graph.follow"
_QUIET_SECONDS = 3600.0  # the server asks more often whether anybody is there
_REMEMBERED = 50_000  # likes, shares and follows whose end is understood: it does not say of what


class _Commit(msgspec.Struct, frozen=True):
    operation: str = ""
    collection: str = ""
    rkey: str = ""
    record: msgspec.Raw = msgspec.Raw()


class _Event(msgspec.Struct, frozen=True):
    """time_us: when the server had it, in microseconds since 1970."""

    did: str = ""
    time_us: int = 0
    kind: str = ""
    commit: _Commit | None = None


async def listen(config: BlueskyConfig, context: Context) -> AsyncIterator[Received]:
    """Yield what the accounts do, for as long as the connection holds."""
    accounts = await Client(config, context).profiles([name.strip().lstrip("@").lower() for name in config.accounts])
    if not accounts:
        raise Missing("There is none of the accounts.")
    hearing = Hearing(config, accounts, context.clock.now())
    wanted = [("wantedCollections", name) for name in (POST, LIKE, REPOST, FOLLOW)]
    wanted += [("wantedDids", account.did) for account in accounts]
    url = f"ws{(config.jetstream or '').rstrip('/').removeprefix('http')}/subscribe?{urlencode(wanted)}"
    async with context.websocket(url) as socket:
        yield Received(read=True)
        while True:
            told = hearing.tell(await socket.receive(seconds=_QUIET_SECONDS))
            if told.records or told.skipped:
                yield told


class Hearing:
    """Makes records of events, and remembers what likes, shares and follows are about."""

    def __init__(self, config: BlueskyConfig, accounts: Iterable[Profile], seen: datetime) -> None:
        self._writer, self._seen = Writer(config), seen
        self._accounts = {account.did: account for account in accounts}
        self._known: OrderedDict[str, InteractionRef] = OrderedDict()

    def tell(self, message: str | bytes) -> Received:
        """Return what an event tells. Raises Retry where it is none."""
        try:
            event = msgspec.json.decode(message, type=_Event)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Retry(f"The server sends what is no event: {error}.") from error
        if event.commit is None or not event.did:
            return Received()
        told = items.Told()
        uri = items.clean(f"at://{event.did}/{event.commit.collection}/{event.commit.rkey}")
        told.keep(partial(self._records, event, event.commit, uri), uri, event.commit)
        return Received(tuple(told.records), tuple(told.skipped))

    def _records(self, event: _Event, commit: _Commit, uri: str) -> Iterator[Record]:
        at = items.since_1970(event.time_us / 1_000_000)
        if commit.operation == "delete":
            yield from self._ended(commit.collection, uri, at)
        elif commit.operation == "create" and commit.collection == POST:
            said = msgspec.json.decode(commit.record, type=Words)
            author = self._accounts.get(event.did, Profile(event.did))
            yield from self._writer.post(Post(uri, author, said, at.isoformat()), self._seen)
        elif commit.operation == "create":
            yield from self._begun(event.did, commit, msgspec.json.decode(commit.record, type=Subject), uri, at)

    def _begun(self, did: str, commit: _Commit, said: Subject, uri: str, at: datetime) -> Iterator[Record]:
        when = items.moment(said.created_at)
        if commit.collection == FOLLOW:
            yield Identity(person(said.about))
            act = follow_of(did, said.about, when, at)
        elif commit.collection in (LIKE, REPOST):
            act = signal_of("react" if commit.collection == LIKE else "share", said.about, did, when, at)
        else:
            return
        yield Identity(act.actor)
        yield act
        self._known[uri] = act.ref
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def _ended(self, collection: str, uri: str, at: datetime) -> Iterator[Record]:
        if collection == POST:
            for kind in ("post", "quote"):
                yield Tombstone(act_of(uri, kind), "deleted", at)
        elif (ref := self._known.pop(uri, None)) is not None:
            yield Tombstone(ref, "withdrawn", at) if collection == REPOST else Ending(ref, at)
