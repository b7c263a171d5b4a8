"""The posts of a page, with the conversations that they are part of, and who likes, shares and quotes them."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import datetime
from functools import partial

import msgspec

from kith.connectors import Missing, Record, Refused, Skip, Tombstone, items
from kith.connectors.bluesky.client import Client
from kith.connectors.bluesky.config import BlueskyConfig
from kith.connectors.bluesky.records import Writer, act_of, is_post
from kith.connectors.bluesky.shapes import NOT_FOUND, REPOST, Item, Like, Node, Post, Profile, Shown, View, Words

_REMEMBERED = 20_000  # conversations


class Posts:
    """Reads posts for one run: a conversation that it has read it does not ask for again."""

    def __init__(self, config: BlueskyConfig, client: Client, writer: Writer, now: datetime) -> None:
        self._config, self._client, self._writer, self._now = config, client, writer, now
        self._read: set[str] = set()

    async def read(self, raws: Sequence[msgspec.Raw], place: str) -> tuple[items.Told, list[Item]]:
        """Return what the items of a page tell, and those that could be read."""
        told = items.Told()
        listed = told.read_all(raws, Item, place)
        for item in listed:
            told.keep(partial(self._item, item), f"post {item.post.uri}", item.post)
            self._quoted(item.post, told)
        for item in listed:
            if self._config.conversations:
                await self._conversation(item.post, told)
            if item.reply is not None:
                self._shown(item.reply.root, told)
                self._shown(item.reply.parent, told)
        if self._config.likes:
            for post in {item.post.uri: item.post for item in listed}.values():
                await self._signals(post, told)
        return told, listed

    def _item(self, item: Item) -> Iterator[Record]:
        yield from self._writer.post(item.post, self._now)
        reason = item.reason
        if reason is not None and reason.type == REPOST and reason.by is not None:
            yield from self._writer.share(item.post, reason.by, item.at, self._now)

    def _shown(self, raw: msgspec.Raw, told: items.Told) -> None:
        """Tell what a post answers, if it is shown; or that it is gone, if that is said."""
        if not bytes(raw) or (seen := told.read(raw, Shown, "answered post")) is None:
            return
        if seen.type in NOT_FOUND:
            self._gone(seen.uri, told)
        elif not seen.type.endswith("blockedPost"):
            self._post(raw, "answered post", told)

    def _post(self, raw: msgspec.Raw, place: str, told: items.Told) -> None:
        post = told.add(bytes(raw), Post, place, lambda post: self._writer.post(post, self._now))
        if post is not None:
            self._quoted(post, told)

    def _quoted(self, post: Post, told: items.Told) -> None:
        """Tell the post that another quotes, as it is shown within that."""
        place = f"post {post.uri} quotation"
        if not bytes(post.embed) or (view := told.read(post.embed, View, place)) is None or view.record is None:
            return
        inner = view.record.record or view.record
        if inner.type in NOT_FOUND:
            self._gone(inner.uri, told)
        elif inner.author is not None and is_post(inner.uri) and (said := told.read(inner.value, Words, place)):
            quoted = Post(inner.uri, inner.author, said, inner.indexed_at)
            told.keep(lambda: self._writer.post(quoted, self._now), place, quoted)

    def _gone(self, uri: str | None, told: items.Told) -> None:
        if uri and is_post(uri):
            told.records.append(Tombstone(act_of(uri, "post"), "gone"))

    async def _conversation(self, post: Post, told: items.Told) -> None:
        """Tell all of what a post is part of, from its first post on, unless this run has done so."""
        said = post.record.reply
        if said is None and not post.reply_count:
            return
        root = said.root.uri if said else post.uri
        if root in self._read:
            return
        if len(self._read) > _REMEMBERED:
            self._read.clear()
        self._read.add(root)
        place = items.clean(f"post {post.uri} conversation")
        try:
            try:
                node = await self._client.thread(root)
            except Missing:
                if root == post.uri:
                    raise
                self._gone(root, told)
                node = await self._client.thread(post.uri, above=80)
        except (Missing, Refused) as error:
            told.skipped.append(Skip(place, "not_read", str(error)))
            return
        self._node(node, place, told)

    def _node(self, first: Node, place: str, told: items.Told) -> None:
        """Tell the posts of a conversation, those that are answered before their answers."""
        chain = [first]
        while (above := chain[-1].parent) is not None:
            chain.append(above)
        waiting = chain
        while waiting:
            node = waiting.pop()
            if node.type in NOT_FOUND:
                self._gone(node.uri, told)
            elif bytes(node.post):
                self._post(node.post, place, told)
            waiting += reversed(node.replies or ())

    async def _signals(self, post: Post, told: items.Told) -> None:
        if post.like_count:
            await self._signal(post, "getLikes", told, partial(self._likes, post))
        if post.repost_count:
            await self._signal(post, "getRepostedBy", told, partial(self._shares, post))
        if post.quote_count:
            await self._signal(post, "getQuotes", told, self._quotes)

    async def _signal(
        self, post: Post, method: str, told: items.Told, tell: Callable[[list[msgspec.Raw], str, items.Told], object]
    ) -> None:
        place = items.clean(f"post {post.uri} {method}")
        pages: AsyncIterator[list[msgspec.Raw]] = self._client.all(f"app.bsky.feed.{method}", [("uri", post.uri)])
        try:
            async for raws in pages:
                tell(raws, place, told)
        except (Missing, Refused) as error:
            told.skipped.append(Skip(place, "not_read", str(error)))

    def _likes(self, post: Post, raws: list[msgspec.Raw], place: str, told: items.Told) -> None:
        def make(like: Like) -> Iterator[Record]:
            return self._writer.like(post, like.actor, like.created_at, like.indexed_at, self._now)

        told.add_all(raws, Like, place, make)

    def _shares(self, post: Post, raws: list[msgspec.Raw], place: str, told: items.Told) -> None:
        told.add_all(raws, Profile, place, lambda profile: self._writer.shared(post, profile, self._now))

    def _quotes(self, raws: list[msgspec.Raw], place: str, told: items.Told) -> None:
        for raw in raws:
            self._post(raw, place, told)
