"""Network ``xmpp``: what is said in rooms (MUC), from their archives and as it is said.

Reads messages, answers, mentions, reactions, corrections, and what was taken back by its author or a moderator. Keys
are the names that the room itself gives to its messages. People are known by their nicks in a room; where it shows
their own addresses, these are claimed.

News: in rooms that it enters it hears what is said, who comes and goes, and renames. It says nothing itself.
Can't: encrypted messages, files, conversations of two; rooms that keep no archive, unless it listens to them.
Resume and growth: each archive is read on from its last message.
Deletions: of messages that were taken back, as the room tells it; what merely left an archive stays.
Privacy: rooms for members, or with a password, are private, others public.
"""

from collections.abc import AsyncIterator, Sequence

import msgspec

from kith.connectors import Connector, Context, Page, Partition, Received, Report, hookimpl
from kith.connectors.xmpp.config import XmppConfig

__all__ = ["XmppConfig", "XmppConnector", "kith_connectors"]


class XmppConnector:
    name = "xmpp"
    title = "XMPP"
    description = "Rooms of XMPP: their archives, and what is said in them as it is said."
    version = "1"
    Config = XmppConfig
    egress = ()
    rates = ()

    async def check(self, config: XmppConfig, context: Context) -> Report:
        from kith.connectors.xmpp.reader import look

        return await look(config, context)

    def pull(self, config: XmppConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        from kith.connectors.xmpp.reader import read

        return read(config, cursor, context)

    def listens(self, config: XmppConfig) -> bool:
        return config.live

    def live(self, config: XmppConfig, partitions: Sequence[Partition], context: Context) -> AsyncIterator[Received]:
        from kith.connectors.xmpp.room import listen

        return listen(config, context)


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [XmppConnector()]
