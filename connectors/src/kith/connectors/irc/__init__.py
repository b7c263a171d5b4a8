"""Network ``irc``: what is said in channels, from the logs of four clients and as it is said.

Reads the logs of Limnoria (Supybot), ZNC, irssi and WeeChat: messages, actions, who came and went, and renames, as a
claim. Whoever is named before a colon at the start of a line, and has been there before, is addressed by it.

Can't: notices, topics and modes; what a line answers, unless it names somebody.
News: in the channels that it joins it hears what is said from then on, and nothing of what was said while it was not
there. It says nothing itself.
Resume and growth: each series of files is read on from where it stood; a file that was replaced is read again.
Keys: IRC gives none. They are made of all that a line tells, so that a log that is read twice doubles nothing; the logs
of two clients in one channel differ by seconds, and would.
Deletions: there are none.
Privacy: as the settings say; by default channels are public.
"""

from collections.abc import AsyncIterator, Sequence

import msgspec

from kith.connectors import Connector, Context, Page, Partition, Received, Report, hookimpl
from kith.connectors.irc.config import IrcConfig

__all__ = ["IrcConfig", "IrcConnector", "kith_connectors"]


class IrcConnector:
    name = "irc"
    title = "IRC"
    description = "Channels of IRC: as they are, and from log files of Limnoria, ZNC, irssi and WeeChat."
    version = "1"
    Config = IrcConfig
    egress = ()
    rates = ()

    async def check(self, config: IrcConfig, context: Context) -> Report:
        from kith.connectors.irc.reader import look

        return await look(config, context)

    def pull(self, config: IrcConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        from kith.connectors.irc.reader import read

        return read(config, cursor, context)

    def listens(self, config: IrcConfig) -> bool:
        return config.server is not None and bool(config.rooms)

    def live(self, config: IrcConfig, partitions: Sequence[Partition], context: Context) -> AsyncIterator[Received]:
        from kith.connectors.irc.room import listen

        return listen(config, context)


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [IrcConnector()]
