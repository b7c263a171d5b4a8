"""Network ``discourse``: what people say in a forum.

Reads topics, posts, whom they answer and mention, likes, which answer was accepted, categories, and who joined which
group. The key of a post is its number in the forum, so that it stays when it is moved to another topic; that of a
person is the account's number, so that it stays when the name changes. A post that names no other answers the first of
its topic. Likes and acceptances have no time of their own: they are dated by their post.

Can't: messages between a few people; edits and likes of a post in the middle of a long topic that is known.
Resume and growth: topics are read from the one that changed last down to those that have not changed since; pinned ones
stand above their time, and do not end that. Of a topic that is known the first posts and the new ones are read.
Deletions: what the forum pushes or shows as deleted. What is merely no longer shown stays.
Privacy: categories that not everybody may read are private; whispers and hidden posts are private.
"""

from collections.abc import AsyncIterator, Sequence

import msgspec

from kith.connectors import (
    Connector,
    Context,
    Delivery,
    Page,
    Pushes,
    Received,
    Report,
    Signature,
    hookimpl,
    read_delivery,
)
from kith.connectors.discourse.client import RATES
from kith.connectors.discourse.config import DiscourseConfig
from kith.connectors.discourse.shapes import Pushed

__all__ = ["DiscourseConfig", "DiscourseConnector", "kith_connectors"]


class DiscourseConnector:
    name = "discourse"
    title = "Discourse"
    description = "Topics, posts, likes, accepted answers and groups of a Discourse forum."
    version = "1"
    Config = DiscourseConfig
    egress = ()
    rates = RATES
    pushes = Pushes(
        Signature("X-Discourse-Event-Signature", "hook_secret", prefix="sha256="),
        ("x-discourse-event-type", "x-discourse-event"),
    )

    async def check(self, config: DiscourseConfig, context: Context) -> Report:
        from kith.connectors.discourse.reader import look

        return await look(config, context)

    def pull(self, config: DiscourseConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        from kith.connectors.discourse.reader import read

        return read(config, cursor, context)

    async def receive(self, config: DiscourseConfig, delivery: Delivery, context: Context) -> Received:
        """Return which post is gone, else that there is news: reading finds it. A ping has none."""
        from kith.connectors.discourse.posts import gone

        event = delivery.headers.get("x-discourse-event", "")
        if event == "post_destroyed" and (told := gone(config, read_delivery(delivery, Pushed))):
            return Received((told,))
        return Received(read=event != "ping" and delivery.headers.get("x-discourse-event-type") != "ping")


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [DiscourseConnector()]
