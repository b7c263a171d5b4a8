"""Network ``irc``: what was said in channels, from the logs of four clients.

Reads the logs of Limnoria (Supybot), ZNC, irssi and WeeChat: messages, actions, who came and went, and renames, as a
claim. Whoever is named before a colon at the start of a line, and has been there before, is addressed by it.

Can't: notices, topics and modes; what a line answers, unless it names somebody.
Resume and growth: each series of files is read on from where it stood; a file that was replaced is read again.
Keys: IRC gives none. They are made of all that a line tells, so that a log that is read twice doubles nothing; the logs
of two clients in one channel differ by seconds, and would.
Deletions: there are none.
Privacy: as the settings say; by default channels are public.
"""

from collections.abc import AsyncIterator, Sequence

import msgspec

from kith.connectors import Connector, Context, Page, Report, hookimpl
from kith.connectors.irc.config import IrcConfig

__all__ = ["IrcConfig", "IrcConnector", "kith_connectors"]


class IrcConnector:
    name = "irc"
    title = "IRC"
    description = "Channels of IRC, from log files of Limnoria, ZNC, irssi and WeeChat."
    version = "1"
    Config = IrcConfig

    async def check(self, config: IrcConfig, context: Context) -> Report:
        from kith.connectors.irc.reader import look

        return await look(config, context)

    def pull(self, config: IrcConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        from kith.connectors.irc.reader import read

        return read(config, cursor, context)


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [IrcConnector()]
