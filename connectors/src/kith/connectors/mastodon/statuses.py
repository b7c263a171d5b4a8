"""Accounts and posts of a server, and the records that follow from them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from kith.connectors import (
    Channel,
    Conversation,
    Identity,
    IdentityKind,
    Interaction,
    InteractionKind,
    InteractionRef,
    Record,
    Ref,
    Target,
    Visibility,
    items,
)
from kith.connectors.mastodon.config import MastodonConfig
from kith.connectors.mastodon.words import LIKES

NETWORK = "fediverse"
_VISIBLE: dict[str, Visibility] = {"public": "public", "unlisted": "unlisted", "direct": "direct"}


class Account(msgspec.Struct, frozen=True):
    """acct: without a domain where it is one of this server."""

    id: str
    acct: str
    display_name: str | None = None
    url: str | None = None
    avatar: str | None = None
    bot: bool | None = False
    group: bool | None = False


class Mention(msgspec.Struct, frozen=True):
    id: str
    acct: str


class Tag(msgspec.Struct, frozen=True):
    name: str


class Status(msgspec.Struct, frozen=True):
    """A post. uri: its name in the whole network; id: the one that this server gave it."""

    id: str
    uri: str
    account: Account
    created_at: str
    content: str | None = None
    spoiler_text: str | None = None
    url: str | None = None
    visibility: str | None = None
    edited_at: str | None = None
    in_reply_to_id: str | None = None
    in_reply_to_account_id: str | None = None
    replies_count: int | None = 0
    reblogs_count: int | None = 0
    likes: int | None = msgspec.field(name=LIKES, default=0)
    mentions: tuple[Mention, ...] | None = ()
    tags: tuple[Tag, ...] | None = ()
    reblog: "Status | None" = None


class Server:
    """One server, by whose eyes the network is seen."""

    def __init__(self, config: MastodonConfig, domain: str) -> None:
        self.domain = items.clean(domain or urlsplit(config.server).hostname).lower()
        self._hashtags = {name.lstrip("#").lower() for name in config.hashtags}
        self._local = config.local

    def person(self, acct: str) -> Ref:
        """Return the key of an account: name and domain, the same on every server."""
        name = acct.strip().lstrip("@").lower()
        return Ref(NETWORK, items.key(name if "@" in name else f"{name}@{self.domain}"))

    def hashtag(self, name: str) -> Channel:
        return Channel(Ref(NETWORK, f"#{items.key(name.lower())}"), "hashtag", f"#{name}", visibility="public")

    def place(self) -> Channel:
        url = items.address(f"https://{self.domain}")
        return Channel(Ref(NETWORK, "local", self.domain), "server", self.domain, url, visibility="public")

    def _where(self, status: Status) -> Ref | None:
        """Return the channel of a post: the first of the hashtags that are read, else this server if it is its own."""
        for tag in sorted(tag.name.lower() for tag in status.tags or ()):
            if tag in self._hashtags:
                return self.hashtag(tag).ref
        is_own = self._local and "@" not in status.account.acct and status.visibility == "public"
        return self.place().ref if is_own else None

    def identity(self, account: Account, seen: datetime | None) -> Identity:
        kind: IdentityKind = "bot" if account.bot else "group" if account.group else "unknown"
        ref = self.person(account.acct)
        name = items.line(account.display_name) or ref.key.partition("@")[0]
        return Identity(
            ref, kind, name, f"@{ref.key}"[: items.NAME], url=items.address(account.url),
            avatar_url=items.address(account.avatar), seen_at=seen,
        )  # fmt: skip

    def status(self, status: Status, above: Mapping[str, Status], seen: datetime) -> list[Record]:
        """Return a post with its author. above: posts of conversations, by their ids here. Raises ValueError."""
        if status.reblog is not None:
            return self._share(status, status.reblog, above, seen)
        author, channel = self.identity(status.account, seen), self._where(status)
        root, thread = status, {status.id}
        while (parent := above.get(root.in_reply_to_id or "")) is not None and parent.id not in thread:
            root = parent
            thread.add(root.id)
        parent = above.get(status.in_reply_to_id or "")
        conversation = Ref(NETWORK, items.key(root.uri))
        act = Interaction(
            act_of(status),
            author.ref,
            items.moment(status.created_at),
            tuple(self._targets(status, author.ref, parent is None)),
            channel=channel,
            conversation=conversation if root.in_reply_to_id is None else None,
            reply_to=_act(parent, "post") if parent else None,
            title=items.line(status.spoiler_text),
            text=items.own_words(status.content),
            url=items.address(status.url),
            visibility=_VISIBLE.get(status.visibility or "", "private"),
            edited_at=items.moment(status.edited_at) if status.edited_at else None,
        )
        return [author, act, *([Conversation(conversation, channel)] if root is status else [])]

    def _targets(self, status: Status, author: Ref, orphaned: bool) -> Iterator[Target]:
        """Yield whom a post names; where what it answers is not shown, also whom it answers."""
        for mention in status.mentions or ():
            ref = self.person(mention.acct)
            answered = orphaned and status.in_reply_to_id and mention.id == status.in_reply_to_account_id
            if ref != author:
                yield Target(ref, "reply" if answered else "mention")

    def _share(self, status: Status, shared: Status, above: Mapping[str, Status], seen: datetime) -> list[Record]:
        inner = self.status(msgspec.structs.replace(shared, reblog=None), above, seen)
        act = self._signal("share", shared, status.account, items.moment(status.created_at))
        return [*inner, self.identity(status.account, seen), act]

    def signal(self, kind: InteractionKind, status: Status, account: Account, seen: datetime) -> Iterator[Record]:
        """Yield that somebody likes or shares a post, as a list tells it: without the time, which is the post's."""
        yield self.identity(account, seen)
        act = self._signal(kind, status, account, items.moment(status.created_at))
        yield msgspec.structs.replace(act, copied=kind == "share")

    def _signal(self, kind: InteractionKind, status: Status, account: Account, when: datetime) -> Interaction:
        who, author = self.person(account.acct), self.person(status.account.acct)
        return Interaction(
            msgspec.structs.replace(_act(status, kind), actor=who),
            who,
            when,
            (Target(author, "author"),) if author != who else (),
            channel=self._where(status),
            visibility=_VISIBLE.get(status.visibility or "", "private"),
        )

    def follow(self, follower: Account, followed: Account, seen: datetime) -> Iterator[Record]:
        """Yield that one follows the other. No server tells since when: by now."""
        yield self.identity(follower, seen)
        yield self.identity(followed, seen)
        who, whom = self.person(follower.acct), self.person(followed.acct)
        yield Interaction(
            InteractionRef(NETWORK, whom.key, "follow", actor=who), who, seen, (Target(whom),), visibility="public"
        )


def act_of(status: Status) -> InteractionRef:
    """Return the act that a post by somebody's own words is."""
    return _act(status, "reply" if status.in_reply_to_id else "post")


def _act(status: Status, kind: InteractionKind) -> InteractionRef:
    return InteractionRef(NETWORK, items.key(status.uri), kind)
