"""Network ``fediverse``, by the client API of Mastodon and of servers that speak it.

Reads posts of accounts, under hashtags, or of a whole server; replies and the conversations around them, mentions,
shares, likes, edits, and who follows whom. A post is known by its address in the whole network, an account by name and
domain: what two servers show is the same. Likes have no time of their own and are dated by their post, follows by when
they were first read.

Can't: deletions, which only streams tell; who no longer likes; replies to a post that come after it was
read, unless they are in a list that is read.
Resume and growth: for each list the cursor holds what the server itself named as newer and older.
Deletions: none are told; a post that is merely no longer shown stays. Follows are looked through whole once a day: one
that is no longer there has ended.
Privacy: posts for followers are private, posts to a few are direct.
"""

from collections.abc import AsyncIterator, Sequence

import msgspec

from kith.connectors import Connector, Context, Page, Rate, Report, hookimpl
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


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [MastodonConnector()]
