"""What a forum answers, as far as it is read."""

import re
from urllib.parse import unquote

import msgspec

LIKE = 2
#: Posts of people; 3 are notes of the forum on what was done with a topic.
REGULAR, MODERATOR, WHISPER = 1, 2, 4
_MENTION = re.compile(r'<a\b[^>]*\bclass="mention"[^>]*\bhref="[^"]*/(?:u|users)/([^"/?#]+)"', re.IGNORECASE)


class Category(msgspec.Struct, frozen=True):
    id: int
    name: str
    slug: str | None = None
    parent_category_id: int | None = None
    read_restricted: bool | None = False


class Done(msgspec.Struct, frozen=True):
    """How often something was done to a post."""

    id: int
    count: int | None = 0


class Person(msgspec.Struct, frozen=True):
    """Somebody in a list: who likes a post, who is in a group."""

    id: int
    username: str
    name: str | None = None
    added_at: str | None = None
    avatar_template: str | None = None


class Post(msgspec.Struct, frozen=True):
    id: int
    post_number: int
    created_at: str
    topic_id: int
    user_id: int | None = None
    username: str | None = None
    name: str | None = None
    avatar_template: str | None = None
    cooked: str | None = None
    post_type: int = REGULAR
    version: int | None = 1
    updated_at: str | None = None
    reply_to_post_number: int | None = None
    actions_summary: tuple[Done, ...] | None = ()
    accepted_answer: bool | None = False
    user_deleted: bool | None = False
    deleted_at: str | None = None
    hidden: bool | None = False

    @property
    def is_gone(self) -> bool:
        return bool(self.deleted_at or self.user_deleted)

    @property
    def likes(self) -> int:
        return sum(done.count or 0 for done in self.actions_summary or () if done.id == LIKE)

    def mentions(self) -> list[str]:
        """Return the names of those whom it mentions, in lower case."""
        found = (unquote(name).lower() for name in _MENTION.findall(self.cooked or ""))
        return list(dict.fromkeys(found))


class Accepted(msgspec.Struct, frozen=True):
    accepter_username: str | None = None


class Details(msgspec.Struct, frozen=True):
    participants: tuple[Person, ...] | None = ()


class Stream(msgspec.Struct, frozen=True):
    """posts: the first of a topic, or those asked for. stream: the ids of all."""

    posts: list[msgspec.Raw] = []
    stream: tuple[int, ...] | None = ()


class Topic(msgspec.Struct, frozen=True):
    id: int
    post_stream: Stream
    title: str | None = None
    slug: str | None = None
    category_id: int | None = None
    user_id: int | None = None
    accepted_answer: Accepted | bool | None = None
    details: Details | None = None


class Pushed(msgspec.Struct, frozen=True):
    """What a webhook pushes, as far as a deletion tells it."""

    post: Post | None = None
