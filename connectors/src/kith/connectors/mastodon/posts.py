"""The posts of a page, with the conversations that they are part of, and who likes and shares them."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from functools import partial

import msgspec

from kith.connectors import InteractionKind, Missing, Record, Refused, Skip, items
from kith.connectors.mastodon.client import Client
from kith.connectors.mastodon.config import MastodonConfig
from kith.connectors.mastodon.statuses import Account, Server, Status

_REMEMBERED = 20_000  # posts of conversations


class Posts:
    """Reads posts for one run: what it has seen of a conversation it does not ask for again."""

    def __init__(self, config: MastodonConfig, client: Client, server: Server, now: datetime) -> None:
        self._config, self._client, self._server, self._now = config, client, server, now
        self._known: dict[str, Status] = {}

    async def read(self, raws: Sequence[msgspec.Raw], place: str) -> items.Told:
        told = items.Told()
        listed = told.read_all(raws, Status, place)
        originals = [status.reblog or status for status in listed]
        found = {status.id: status for status in listed}
        if self._config.conversations:
            for status in originals:
                found = {one.id: one for one in await self._thread(status, told)} | found
        for status in found.values():
            make = partial(self._server.status, status, self._known, self._now)
            told.keep(make, f"post {status.id}", status)
        if self._config.likes:
            for status in originals:
                await self._signals(status, told)
        return told

    async def _thread(self, status: Status, told: items.Told) -> list[Status]:
        """Return what a post answers and what answers it, unless another post of this run has told it."""
        if status.id in self._known or not (status.in_reply_to_id or status.replies_count):
            return []
        place = items.clean(f"post {status.id} conversation")
        try:
            thread = await self._client.thread(status.id)
        except (Missing, Refused) as error:
            told.skipped.append(Skip(place, "not_read", str(error)))
            return []
        found = told.read_all((*thread.ancestors, *thread.descendants), Status, place)
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        self._known |= {one.id: one for one in (status, *found)}
        return found

    async def _signals(self, status: Status, told: items.Told) -> None:
        kinds: list[tuple[InteractionKind, AsyncIterator[list[msgspec.Raw]]]] = []
        if status.likes:
            kinds.append(("react", self._client.likes(status.id)))
        if status.reblogs_count:
            kinds.append(("share", self._client.shares(status.id)))
        for kind, pages in kinds:
            place = items.clean(f"post {status.id} {kind}")
            try:
                async for raws in pages:
                    told.add_all(raws, Account, place, partial(self._signal, kind, status))
            except (Missing, Refused) as error:
                told.skipped.append(Skip(place, "not_read", str(error)))

    def _signal(self, kind: InteractionKind, status: Status, account: Account) -> Iterator[Record]:
        return self._server.signal(kind, status, account, self._now)
