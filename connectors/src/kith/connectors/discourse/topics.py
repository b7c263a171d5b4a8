"""One topic: its posts, whom they answer and mention, and who likes them."""

from collections.abc import AsyncIterator, Sequence
from functools import partial

import msgspec

from kith.connectors import Missing, Refused, Skip, items
from kith.connectors.discourse.client import Client, batches
from kith.connectors.discourse.config import DiscourseConfig
from kith.connectors.discourse.posts import Forum, Writer
from kith.connectors.discourse.shapes import Person, Post


class Reading:
    """Reads a topic. last: the newest post that an earlier run knew; None: it is read for the first time."""

    def __init__(self, config: DiscourseConfig, client: Client, forum: Forum, last: int | None) -> None:
        self._config, self._client, self._forum, self._last = config, client, forum, last
        self.highest = 0

    async def topic(self, id_: int) -> AsyncIterator[items.Told]:
        """Yield what the first posts tell, then what the others do; of a known topic those that are new."""
        topic = await self._client.topic(id_)
        writer = Writer(self._forum, topic)
        for person in (topic.details.participants or ()) if topic.details else ():
            self._forum.people[person.username.lower()] = person.id
        told = await self._posts(writer, topic.post_stream.posts, id_)
        told.records.insert(0, writer.topic())
        yield told
        read = set(writer.numbers.values())
        rest = [post for post in topic.post_stream.stream or () if post not in read and post > (self._last or 0)]
        for ids in batches(rest):
            yield await self._posts(writer, await self._client.posts(id_, ids), id_)

    async def _posts(self, writer: Writer, raws: Sequence[msgspec.Raw], topic: int) -> items.Told:
        told = items.Told()
        posts = told.read_all(raws, Post, f"topic {topic} post")
        writer.numbers |= {post.post_number: post.id for post in posts}
        self.highest = max([self.highest, *(post.id for post in posts)])
        for post in posts:
            if post.username and post.user_id is not None:
                self._forum.people[post.username.lower()] = post.user_id
        for post in posts:
            await self._parent(writer, post)
            mentioned = {name: await self._known(name) for name in post.mentions()}
            named = {name: id_ for name, id_ in mentioned.items() if id_ is not None}
            place = f"topic {topic} post {post.post_number}"
            told.keep(partial(writer.post, post, named), place, post)
            if self._config.likes and post.likes and not post.is_gone:
                await self._likes(told, writer, post)
        return told

    async def _parent(self, writer: Writer, post: Post) -> None:
        """Ask for the post that one answers, where this run has not read it."""
        number = post.reply_to_post_number
        if number and self._last is not None and number not in writer.numbers:
            try:
                writer.numbers[number] = (await self._client.post_at(post.topic_id, number)).id
            except (Missing, Refused):
                writer.numbers[number] = 0  # it is not shown: that the post answers it cannot be said

    async def _known(self, name: str) -> int | None:
        """Return who is called so; None where the forum does not show it, as of a group."""
        if name not in self._forum.people and name not in self._forum.strangers:
            try:
                self._forum.people[name] = await self._client.user(name)
            except (Missing, Refused):
                self._forum.strangers.add(name)
        return self._forum.people.get(name)

    async def _likes(self, told: items.Told, writer: Writer, post: Post) -> None:
        place = f"post {post.id} like"
        try:
            likes = await self._client.likes(post.id)
        except (Missing, Refused) as error:
            told.skipped.append(Skip(place, "not_read", str(error)))
            return
        told.add_all(likes, Person, place, lambda person: writer.like(post, person))
