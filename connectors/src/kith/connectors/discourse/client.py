"""The answers of a forum's own API."""

from collections.abc import Iterator, Sequence
from typing import TypeVar
from urllib.parse import quote

import msgspec

from kith.connectors import Answer, Context, KeyHeader, Rate
from kith.connectors.discourse.config import DiscourseConfig
from kith.connectors.discourse.shapes import Post, Topic

T = TypeVar("T")

#: What a forum allows a key unless its owner says otherwise.
RATES = (Rate(60, 60.0, per="host", burst=20),)
BATCH = 20  # posts that one request may name


class Listed(msgspec.Struct, frozen=True):
    """A topic in a list. Any of its dates may be missing."""

    id: int
    pinned: bool | None = False
    pinned_globally: bool | None = False
    bumped_at: str | None = None
    last_posted_at: str | None = None
    created_at: str | None = None

    @property
    def moved_at(self) -> str:
        return self.bumped_at or self.last_posted_at or self.created_at or ""


class _List(msgspec.Struct, frozen=True):
    topics: list[msgspec.Raw]
    more_topics_url: str | None = None


class TopicList(msgspec.Struct, frozen=True):
    topic_list: _List


class Site(msgspec.Struct, frozen=True):
    categories: list[msgspec.Raw]


class _Posts(msgspec.Struct, frozen=True):
    posts: list[msgspec.Raw]


class Posts(msgspec.Struct, frozen=True):
    post_stream: _Posts


class Likes(msgspec.Struct, frozen=True):
    post_action_users: list[msgspec.Raw]


class Group(msgspec.Struct, frozen=True):
    id: int
    name: str
    full_name: str | None = None
    automatic: bool | None = False
    visibility_level: int | None = 0


class Groups(msgspec.Struct, frozen=True):
    groups: list[msgspec.Raw]


class Members(msgspec.Struct, frozen=True):
    members: list[msgspec.Raw]


class _User(msgspec.Struct, frozen=True):
    id: int


class _Profile(msgspec.Struct, frozen=True):
    user: _User


class Client:
    def __init__(self, config: DiscourseConfig, context: Context) -> None:
        self._site, self._http = config.site.rstrip("/"), context.http
        self._auth = KeyHeader("api-key", config.key) if config.key else None
        self._headers = {"accept": "application/json"} | ({"api-username": config.username} if config.key else {})

    async def site(self) -> Site:
        return await self._get("/site.json", Site)

    async def topics(self, page: int) -> TopicList:
        """Return topics, those that changed last first."""
        return await self._get("/latest.json", TopicList, page=page, no_definitions="true")

    async def topic(self, id_: int) -> Topic:
        return await self._get(f"/t/{id_}.json", Topic)

    async def posts(self, topic: int, ids: Sequence[int]) -> list[msgspec.Raw]:
        """Return posts of a topic by their ids, at most BATCH."""
        named = [("post_ids[]", str(id_)) for id_ in ids]
        answer = await self._ask(f"/t/{topic}/posts.json", named)
        found: Posts = answer.json(Posts)
        return found.post_stream.posts

    async def post_at(self, topic: int, number: int) -> Post:
        return await self._get(f"/posts/by_number/{topic}/{number}.json", Post)

    async def likes(self, post: int) -> list[msgspec.Raw]:
        """Return who likes a post."""
        return (await self._get("/post_action_users.json", Likes, id=post, post_action_type_id=2)).post_action_users

    async def user(self, name: str) -> int:
        """Return the id behind a name."""
        return (await self._get(f"/u/{quote(name, safe='')}.json", _Profile)).user.id

    async def groups(self, page: int) -> list[msgspec.Raw]:
        return (await self._get("/groups.json", Groups, page=page)).groups

    async def members(self, group: str, offset: int) -> list[msgspec.Raw]:
        return (
            await self._get(f"/groups/{quote(group, safe='')}/members.json", Members, offset=offset, limit=50)
        ).members

    async def _get(self, path: str, kind: type[T], **params: str | int) -> T:
        found: T = (await self._ask(path, [(name, str(value)) for name, value in params.items()])).json(kind)
        return found

    async def _ask(self, path: str, params: Sequence[tuple[str, str]]) -> Answer:
        return await self._http.get(f"{self._site}{path}", params=params, headers=self._headers, auth=self._auth)


def batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Cut ids into what one request may name."""
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))
