"""From posts, likes, shares and follows to records. Names change; a DID stays, and is the key of an account."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from kith.connectors import (
    Channel,
    Conversation,
    Identity,
    Interaction,
    InteractionKind,
    InteractionRef,
    Record,
    Ref,
    Target,
    Visibility,
    items,
)
from kith.connectors.bluesky.config import BlueskyConfig
from kith.connectors.bluesky.shapes import POST, Embed, Facet, Post, Profile, Words

NETWORK = "bluesky"
SITE = "https://bsky.app"
_NO_HANDLE = "handle.invalid"  # shown in place of one that no longer leads to the account
_SIGNED_IN = "!no-unauthenticated"


class Writer:
    def __init__(self, config: BlueskyConfig) -> None:
        self._hashtags = {name.lstrip("#").lower() for name in config.hashtags}

    def hashtag(self, name: str) -> Channel:
        tag = items.clean(name).lower()
        url = items.address(f"{SITE}/hashtag/{tag}")
        return Channel(Ref(NETWORK, items.key(f"#{tag}")), "hashtag", f"#{tag}", url, visibility="public")

    def identity(self, profile: Profile, seen: datetime | None) -> Identity:
        """Return an account; without a name where only its DID was told."""
        ref = person(profile.did)
        handle = profile.handle if profile.handle and profile.handle != _NO_HANDLE else None
        if handle is None and profile.display_name is None:
            return Identity(ref)
        return Identity(
            ref, "bot" if _says(profile, "bot") else "unknown", items.line(profile.display_name) or items.line(handle),
            items.line(f"@{handle}") if handle else None, url=items.address(f"{SITE}/profile/{profile.did}"),
            avatar_url=items.address(profile.avatar), seen_at=seen,
        )  # fmt: skip

    def post(self, post: Post, seen: datetime | None) -> Iterator[Record]:
        """Yield a post with its author, and that it quotes another. Raises ValueError."""
        said, author = post.record, self.identity(post.author, seen)
        channel = self._where(said)
        above = _parent(said)
        root = items.key(said.reply.root.uri if said.reply else post.uri)
        yield author
        if above is None:
            yield Conversation(Ref(NETWORK, root), channel)
        act = Interaction(
            act_of(post.uri, "reply" if above else "post"),
            author.ref,
            items.moment(said.created_at),
            tuple(self._targets(said, author.ref)),
            channel=channel,
            conversation=Ref(NETWORK, root),
            reply_to=act_of(above, "post") if above else None,
            text=text_of(said),
            url=items.address(_page(post)),
            visibility=_visibility(post.author),
            arrived_at=items.moment(post.indexed_at) if post.indexed_at else None,
        )
        yield act
        if (quoted := _quoted(said.embed)) and (whom := _author(quoted)):
            yield msgspec.structs.replace(
                act, ref=act_of(post.uri, "quote"), targets=(Target(whom, "author"),) if whom != author.ref else (),
                conversation=None, reply_to=None, text=None, native_kind=items.line(quoted),
            )  # fmt: skip

    def share(self, post: Post, by: Profile, at: str, seen: datetime | None) -> Iterator[Record]:
        """Yield that somebody shares a post, as their own feed tells it."""
        yield self.identity(by, seen)
        yield self._signal("share", post, by, at, at)

    def shared(self, post: Post, by: Profile, seen: datetime) -> Iterator[Record]:
        """Yield that somebody shares a post, as a list tells it: without the time, which is the post's."""
        yield self.identity(by, seen)
        act = self._signal("share", post, by, post.record.created_at, post.indexed_at)
        yield msgspec.structs.replace(act, copied=True)

    def like(self, post: Post, by: Profile, at: str, arrived: str | None, seen: datetime) -> Iterator[Record]:
        yield self.identity(by, seen)
        yield self._signal("react", post, by, at, arrived)

    def follow(self, follower: Profile, followed: Profile, seen: datetime) -> Iterator[Record]:
        """Yield that one follows the other. No list tells since when: by now."""
        yield self.identity(follower, seen)
        yield self.identity(followed, seen)
        yield follow_of(follower.did, followed.did, seen)

    def _signal(self, kind: InteractionKind, post: Post, by: Profile, at: str, arrived: str | None) -> Interaction:
        return signal_of(
            kind, post.uri, by.did, items.moment(at), items.moment(arrived) if arrived else None,
            self._where(post.record), _visibility(by),
        )  # fmt: skip

    def _where(self, said: Words) -> Ref | None:
        """Return the channel of a post: the first of the hashtags that are read."""
        named = {feature.tag.lower() for facet in said.facets or () for feature in facet.features if feature.tag}
        found = sorted(self._hashtags & (named | {tag.lower() for tag in said.tags or ()}))
        return self.hashtag(found[0]).ref if found else None

    def _targets(self, said: Words, author: Ref) -> Iterator[Target]:
        """Yield whom a post answers, also where that is not shown, and whom it names."""
        above = _parent(said)
        answered = _author(above) if above else None
        if answered and answered != author:
            yield Target(answered, "reply")
        for facet in said.facets or ():
            for feature in facet.features:
                if feature.did and (ref := person(feature.did)) not in (author, answered):
                    yield Target(ref, "mention")


def signal_of(
    kind: InteractionKind,
    uri: str,
    did: str,
    at: datetime,
    arrived: datetime | None,
    channel: Ref | None = None,
    visibility: Visibility = "public",
) -> Interaction:
    """Return that somebody likes or shares the post of an address."""
    who, author = person(did), _author(uri)
    return Interaction(
        msgspec.structs.replace(act_of(uri, kind), actor=who), who, at,
        (Target(author, "author"),) if author and author != who else (),
        channel=channel, visibility=visibility, arrived_at=arrived,
    )  # fmt: skip


def follow_of(follower: str, followed: str, at: datetime, arrived: datetime | None = None) -> Interaction:
    who, whom = person(follower), person(followed)
    return Interaction(
        InteractionRef(NETWORK, whom.key, "follow", actor=who), who, at, (Target(whom),), visibility="public",
        arrived_at=arrived,
    )  # fmt: skip


def person(did: str) -> Ref:
    return Ref(NETWORK, items.key(did))


def act_of(uri: str, kind: InteractionKind) -> InteractionRef:
    return InteractionRef(NETWORK, items.key(uri), kind)


def text_of(said: Words) -> str | None:
    """Return the text of a post, with its links as they lead, and the one that is shown as a card behind it."""
    raw, at, parts = (said.text or "").encode(errors="replace"), 0, list[bytes]()
    for facet in sorted(said.facets or (), key=_first):
        start, end = facet.index.byte_start, facet.index.byte_end
        link = next((feature.uri for feature in facet.features if feature.uri), None)
        if link is None or not at <= start < end <= len(raw):
            continue
        parts += [raw[at:start], _shown(raw[start:end].decode(errors="replace"), link).encode(errors="replace")]
        at = end
    text = b"".join([*parts, raw[at:]]).decode(errors="replace")
    card = _card(said.embed)
    return items.body(f"{text}\n\n{card}" if card and card not in text else text)


def _first(facet: Facet) -> int:
    return facet.index.byte_start


def _shown(words: str, link: str) -> str:
    """Return a link in place of its words, where these are only the beginning of it, else behind them."""
    beginning = words.rstrip(".…")
    return link if beginning in link else f"{words} ({link})"


def _card(embed: Embed | None) -> str | None:
    if embed is None:
        return None
    return embed.external.uri if embed.external else _card(embed.media)


def _parent(said: Words) -> str | None:
    return (said.reply.parent.uri or None) if said.reply else None


def _quoted(embed: Embed | None) -> str | None:
    """Return the address of the post that is quoted, if one is; lists and feeds are none."""
    if embed is None or embed.record is None:
        return None
    uri = embed.record.record.uri if embed.record.record else embed.record.uri
    return uri if uri and is_post(uri) else None


def is_post(uri: str) -> bool:
    return f"/{POST}/" in uri


def _author(uri: str) -> Ref | None:
    """Return whose an address ``at://did/collection/key`` is; None where it names them otherwise."""
    did = uri.removeprefix("at://").partition("/")[0]
    return person(did) if did.startswith("did:") else None


def _page(post: Post) -> str:
    return f"{SITE}/profile/{post.author.did}/post/{post.uri.rpartition('/')[2]}"


def _says(profile: Profile, word: str) -> bool:
    """Whether an account says this of itself."""
    return any(label.val == word and label.src == profile.did and not label.neg for label in profile.labels or ())


def _visibility(profile: Profile) -> Visibility:
    """Return who may read what an account writes: all, or, where it asks for that, those who are signed in."""
    return "members" if _says(profile, _SIGNED_IN) else "public"
