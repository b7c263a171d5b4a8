"""Reading a forum: the topics that changed since the last run, each with its posts; then the groups."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import msgspec

from kith.connectors import (
    Context,
    Coverage,
    Interaction,
    Missing,
    Page,
    Record,
    Refused,
    Report,
    Skip,
    items,
    load_cursor,
    save_cursor,
)
from kith.connectors.discourse.client import Client, Listed
from kith.connectors.discourse.config import DiscourseConfig
from kith.connectors.discourse.groups import memberships
from kith.connectors.discourse.posts import Forum
from kith.connectors.discourse.shapes import Category
from kith.connectors.discourse.topics import Reading

_DAY = timedelta(days=1)


class Cursor(msgspec.Struct, frozen=True):
    """done: when the newest topic of the last whole pass had changed; last: the newest post that it knew.

    top, high: the same of the pass that is not through; page: of the list, and topics: those read of it. groups: when
    they were read. since: the oldest act; until: the coverage so far.
    """

    done: str = ""
    last: int = 0
    top: str = ""
    high: int = 0
    page: int = 0
    topics: tuple[int, ...] = ()
    groups: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None


async def look(config: DiscourseConfig, context: Context) -> Report:
    """Ask for the categories and the newest topics."""
    client = Client(config, context)
    site, topics = await client.site(), await client.topics(0)
    newest = len(topics.topic_list.topics)
    return Report(f"{len(site.categories)} categories; the list of topics begins with {newest}.")


async def read(config: DiscourseConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
    """Yield the categories, each topic that changed, and the groups."""
    began = context.clock.now()
    pages = _Pages(config, Client(config, context), load_cursor(cursor, Cursor) or Cursor(), began)
    yield await pages.categories()
    async for page in pages.topics():
        yield page
    if config.groups:
        async for page in pages.groups(began):
            yield page
    yield pages.end(began)


class _Pages:
    def __init__(self, config: DiscourseConfig, client: Client, at: Cursor, now: datetime) -> None:
        self._config, self._client, self._at, self._now = config, client, at, now
        self._forum = Forum(config.site)

    async def categories(self) -> Page:
        told = items.Told()
        told.add_all((await self._client.site()).categories, Category, "category", self._forum.category)
        return self._page(told.records, told.skipped)

    async def topics(self) -> AsyncIterator[Page]:
        """Walk down the list of topics to those that had not changed since; pinned ones stand above their time."""
        more, circle = True, items.Circle("The list of topics")
        while more:
            answer = (await self._client.topics(self._at.page)).topic_list
            circle.check(*map(bytes, answer.topics))
            told = items.Told()
            listed = told.read_all(answer.topics, Listed, f"page {self._at.page} topic")
            yield self._page([], told.skipped)
            fresh = [topic for topic in listed if not topic.moved_at or topic.moved_at >= self._at.done]
            for topic in fresh:
                if topic.id not in self._at.topics:
                    async for page in self._topic(topic):
                        yield page
            old = [topic for topic in listed if topic not in fresh and not (topic.pinned or topic.pinned_globally)]
            more = bool(answer.topics and answer.more_topics_url and not old)
            if more:
                self._move(page=self._at.page + 1, topics=())
        self._move(done=max(self._at.done, self._at.top), last=max(self._at.last, self._at.high))
        self._move(page=0, topics=(), top="", high=0)

    async def _topic(self, listed: Listed) -> AsyncIterator[Page]:
        """Yield the posts of a topic; the cursor moves with the last of them."""
        reading = Reading(self._config, self._client, self._forum, self._at.last if self._at.done else None)
        rest: list[Record] = []
        skipped: list[Skip] = []
        try:
            async for told in reading.topic(listed.id):
                if len(rest) > 500:
                    yield self._page(rest, skipped)
                    rest, skipped = [], []
                rest, skipped = [*rest, *told.records], [*skipped, *told.skipped]
        except (Missing, Refused) as error:
            skipped.append(Skip(f"topic {listed.id}", "not_read", str(error)))
        self._move(
            top=max(self._at.top, items.newest([listed.moved_at], self._now)),
            high=max(self._at.high, reading.highest),
            topics=(*self._at.topics, listed.id),
        )
        yield self._page(rest, skipped)

    async def groups(self, now: datetime) -> AsyncIterator[Page]:
        """Yield who is in which group, once a day."""
        if self._at.groups is None or now - self._at.groups >= _DAY:
            async for told in memberships(self._client, self._forum):
                yield self._page(told.records, told.skipped)
            self._move(groups=now)

    def end(self, began: datetime) -> Page:
        """Say what has been read when all topics are through."""
        since = self._at.until or self._at.since or began
        self._move(since=None, until=max(began, since))
        return self._page([Coverage("read", since, began)] if since < began else [], [])

    def _move(self, **changes: object) -> None:
        self._at = msgspec.structs.replace(self._at, **changes)

    def _page(self, records: list[Record], skipped: list[Skip]) -> Page:
        moments = [record.occurred_at for record in records if isinstance(record, Interaction)]
        if self._at.until is None and moments:
            self._move(since=min((*moments, *([self._at.since] if self._at.since else []))))
        return Page(tuple(records), save_cursor(self._at), tuple(skipped))
