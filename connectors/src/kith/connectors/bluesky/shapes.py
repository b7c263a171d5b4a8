"""What the network's own API answers: accounts, posts as they are shown, and the records that people wrote."""

from typing import Any

import msgspec

NOT_FOUND = ("app.bsky.feed.defs#notFoundPost", "app.bsky.embed.record#viewNotFound")
POST = "app.bsky.feed.post"
REPOST = "app.bsky.feed.defs#reasonRepost"


class _Shape(msgspec.Struct, frozen=True, rename="camel"):
    """Fields that are not read are left out."""


class Label(_Shape, frozen=True):
    """What somebody says of an account or a post. src: who says so."""

    val: str = ""
    src: str = ""
    neg: bool | None = False


class Profile(_Shape, frozen=True):
    did: str
    handle: str | None = None
    display_name: str | None = None
    avatar: str | None = None
    labels: tuple[Label, ...] | None = ()


class Strong(_Shape, frozen=True):
    uri: str


class Answered(_Shape, frozen=True):
    root: Strong
    parent: Strong


class Feature(_Shape, frozen=True):
    """did: who is named; uri: where it leads; tag: without its #."""

    did: str | None = None
    uri: str | None = None
    tag: str | None = None


class Place(_Shape, frozen=True):
    """Bytes of the text in UTF-8, half open."""

    byte_start: int
    byte_end: int


class Facet(_Shape, frozen=True):
    index: Place
    features: tuple[Feature, ...] = ()


class External(_Shape, frozen=True):
    uri: str | None = None


class Quoted(_Shape, frozen=True):
    """What is quoted: by its address, or, where media stand beside it, one level below."""

    uri: str | None = None
    record: Strong | None = None


class Embed(_Shape, frozen=True):
    record: Quoted | None = None
    external: External | None = None
    media: "Embed | None" = None


class Words(_Shape, frozen=True):
    """A post as its author wrote it (``app.bsky.feed.post``)."""

    created_at: str
    text: str | None = None
    reply: Answered | None = None
    facets: tuple[Facet, ...] | None = ()
    tags: tuple[str, ...] | None = ()
    embed: Embed | None = None


class Inner(_Shape, frozen=True):
    """What a post quotes, as a server shows it: a post, or, where media stand beside it, one level below."""

    type: str = msgspec.field(name="$type", default="")
    uri: str = ""
    author: Profile | None = None
    value: msgspec.Raw = msgspec.Raw()
    indexed_at: str | None = None
    record: "Inner | None" = None


class View(_Shape, frozen=True):
    record: Inner | None = None


class Post(_Shape, frozen=True):
    """A post as a server shows it. uri: its name in the whole network; embed: a ``View``."""

    uri: str
    author: Profile
    record: Words
    indexed_at: str | None = None
    embed: msgspec.Raw = msgspec.Raw()
    reply_count: int | None = 0
    repost_count: int | None = 0
    like_count: int | None = 0
    quote_count: int | None = 0


class Reason(_Shape, frozen=True):
    """Why a feed shows a post. by: who shared it."""

    type: str = msgspec.field(name="$type", default="")
    by: Profile | None = None
    indexed_at: str | None = None


class Above(_Shape, frozen=True):
    """What a post of a feed answers: posts, or that they cannot be shown; empty where nothing is said."""

    root: msgspec.Raw = msgspec.Raw()
    parent: msgspec.Raw = msgspec.Raw()


class Item(_Shape, frozen=True):
    """One line of a feed."""

    post: Post
    reply: Above | None = None
    reason: Reason | None = None

    @property
    def at(self) -> str:
        """When the feed has it, by which it is sorted."""
        return (self.reason.indexed_at if self.reason else None) or self.post.indexed_at or self.post.record.created_at


class Shown(_Shape, frozen=True):
    """A post of a conversation, or that it cannot be shown."""

    type: str = msgspec.field(name="$type", default="")
    uri: str | None = None


class Node(_Shape, frozen=True):
    """A post with what answers it and what it answers."""

    type: str = msgspec.field(name="$type", default="")
    uri: str | None = None
    post: msgspec.Raw = msgspec.Raw()
    parent: "Node | None" = None
    replies: "tuple[Node, ...] | None" = ()


class Like(_Shape, frozen=True):
    actor: Profile
    created_at: str
    indexed_at: str | None = None


class Subject(_Shape, frozen=True):
    """A like, a repost or a follow as a person's repository holds it. subject: an address, or whom one follows."""

    created_at: str
    subject: Any = None

    @property
    def about(self) -> str:
        found = self.subject.get("uri") if isinstance(self.subject, dict) else self.subject
        return found if isinstance(found, str) else ""
