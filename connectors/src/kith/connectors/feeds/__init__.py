"""Network ``feed``: what blogs, sites and podcasts publish, and what is said below it.

Reads RSS, Atom and JSON Feed in all their versions, well-formed or not, comment feeds, and lists of feeds (OPML). The
first time it also reads older pages and archives where the feed names them (RFC 5005). After that it asks for news
only (``ETag``, ``Last-Modified``). An entry is a ``post`` by its author, or a ``comment`` where it says what it answers
(``thr:in-reply-to``). An author is known by address, else by page, else by name on this site; a feed without any author
speaks itself. The key is the id that the feed gives, else the link, else a hash; two feeds of one site that give the
same id tell of one post.

Can't: what a podcast says. Entries without a date are dated by when they were first read; beyond 400 of a feed, or in
its archives, they are reported.
Resume and growth: the cursor holds, for each feed, what names its version and its newest entries. An entry that changed
is an edit. A feed shows its newest entries alone: where all that were known have run off its end, the time between is
a gap.
Pushes: with a secret, hubs that feeds name are asked to push (WebSub); what they push has the source read.
Deletions: feeds tell of none; an entry that is no longer shown stays.
Privacy: all is public.
"""

from collections.abc import AsyncIterator, Sequence

import msgspec

from kith.connectors import Connector, Context, Delivery, Page, Pushes, Received, Report, hookimpl
from kith.connectors.feeds.config import FeedsConfig

__all__ = ["FeedsConfig", "FeedsConnector", "kith_connectors"]


class FeedsConnector:
    name = "feeds"
    title = "Feeds"
    description = "Posts and comments of blogs and sites: RSS, Atom, JSON Feed, and lists of them (OPML)."
    version = "1"
    Config = FeedsConfig
    #: A feed may move, or a list name any site.
    egress = ("*",)
    rates = ()
    #: Signed as the hub chooses: receive() verifies.
    pushes = Pushes(None, ("x-hub-signature",), confirms=True)

    async def check(self, config: FeedsConfig, context: Context) -> Report:
        from kith.connectors.feeds.reader import look

        return await look(config, context)

    def pull(self, config: FeedsConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        from kith.connectors.feeds.reader import read

        return read(config, cursor, context)

    async def receive(self, config: FeedsConfig, delivery: Delivery, context: Context) -> Received:
        from kith.connectors.feeds.hubs import receive

        return receive(config, delivery)


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [FeedsConnector()]
