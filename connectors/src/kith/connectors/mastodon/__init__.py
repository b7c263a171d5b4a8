"""Network ``fediverse``, by the client API of Mastodon and of servers that speak it.

Reads posts of accounts, under hashtags, or of a whole server; replies and the conversations around them, mentions,
shares, likes, edits, and who follows whom. A post is known by its address in the whole network, an account by name and
domain: what two servers show is the same. Likes have no time of their own and are dated by their post, follows by when
they were first read.

News: with a token, posts under hashtags and local ones are heard as they come, their edits and deletions, too.
Can't: deletions of what was not heard; who no longer likes; replies to a post that come after it was
read, unless they are in a list that is read.
Resume and growth: for each list the cursor holds what the server itself named as newer and older.
Deletions: of posts that were heard; a post that is merely no longer shown stays. Follows are looked through whole once
a day: one that is no longer there has ended.
Privacy: posts for followers are private, posts to a few are direct.
"""

from collections.abc import AsyncIterator, Sequence

import msgspec

from kith.connectors import Connector, Context, Page, Partition, Rate, Received, Report, hookimpl
from kith.connectors.mastodon.config import MastodonConfig
from kith.connectors.mastodon.provider import MASTODON

__all__ = ["MastodonConfig", "MastodonConnector", "kith_connectors"]


class MastodonConnector:
    name = "mastodon"
    title = "Mastodon"
    description = "Posts, conversations, shares, likes and follows, by a server that speaks Mastodon's API."
    version = "1"
    Config = MastodonConfig
    egress = ()
    #: Of one account or address in five minutes.
    rates = (Rate(300, 300.0, per="source", burst=60),)
    provider = MASTODON

    async def check(self, config: MastodonConfig, context: Context) -> Report:
        from kith.connectors.mastodon.reader import look

        return await look(config, context)

    def pull(self, config: MastodonConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        from kith.connectors.mastodon.reader import read

        return read(config, cursor, context)

    def listens(self, config: MastodonConfig) -> bool:
        return config.token is not None and (config.local or bool(config.hashtags))

    async def live(
        self, config: MastodonConfig, partitions: Sequence[Partition], context: Context
    ) -> AsyncIterator[Received]:
        from kith.connectors.mastodon.stream import listen

        if config.token is not None:
            async for told in listen(config, config.token, context):
                yield told


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [MastodonConnector()]
