"""Network ``bluesky``: what people say on the AT Protocol, by a server that shows it.

Reads posts of accounts, of lists of accounts, or under hashtags; replies and the conversations around them, mentions,
quotes, shares, likes, and who follows whom. An account is known by its DID, which stays while its handle changes, a
post by its address in the whole network: what two servers show is the same. Shares that a list tells have no time of
their own and are dated by their post, follows by when they were first read.

News: from a Jetstream, what the accounts write, like, share, follow and take back is heard as it happens.
Can't: direct messages; likes that were taken back while nobody listened; posts that their authors dated far back.
Resume and growth: each list is read down from its newest post to where the last run began; an interrupted way down is
gone on with. Posts of the last days are read again once a day.
Deletions: of posts that were heard; by audit of all others; a post that a conversation says is not there is gone.
Follows are looked through whole once a day: one that is no longer there has ended.
Privacy: all is public; what accounts show only to those who are signed in is for members.
"""

from collections.abc import AsyncIterator, Collection, Sequence

import msgspec

from kith.connectors import (
    Connector,
    Context,
    InteractionRef,
    Page,
    Partition,
    Rate,
    Received,
    Report,
    hookimpl,
)
from kith.connectors.bluesky.config import BlueskyConfig

__all__ = ["BlueskyConfig", "BlueskyConnector", "kith_connectors"]


class BlueskyConnector:
    name = "bluesky"
    title = "Bluesky"
    description = "Posts, conversations, quotes, shares, likes and follows on the AT Protocol."
    version = "1"
    Config = BlueskyConfig
    egress = ()
    #: Of one address in five minutes; and sessions of one account in a day.
    rates = (
        Rate(3000, 300.0, burst=300),
        Rate(300, 86_400.0, per="source", burst=30, paths="/xrpc/com.atproto.server.createSession"),
    )

    async def check(self, config: BlueskyConfig, context: Context) -> Report:
        from kith.connectors.bluesky.reader import look

        return await look(config, context)

    def pull(self, config: BlueskyConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        from kith.connectors.bluesky.reader import read

        return read(config, cursor, context)

    def listens(self, config: BlueskyConfig) -> bool:
        return config.jetstream is not None and bool(config.accounts)

    def live(self, config: BlueskyConfig, partitions: Sequence[Partition], context: Context) -> AsyncIterator[Received]:
        from kith.connectors.bluesky.stream import listen

        return listen(config, context)

    async def gone(
        self, config: BlueskyConfig, refs: Sequence[InteractionRef], context: Context
    ) -> Collection[InteractionRef]:
        from kith.connectors.bluesky.reader import gone

        return await gone(config, refs, context)


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [BlueskyConnector()]
