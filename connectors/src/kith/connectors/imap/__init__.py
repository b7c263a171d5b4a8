"""Network ``mail``, over IMAP: who writes to whom, in the folders of one account.

Reads what the connector ``mail`` reads of an archive, and tells it by the same keys: a mail that lies in a mailbox and
in the archive of a list is one act. Each folder is a partition, and none is read unless a human includes it. Whom a
mail answers follows from the Message-IDs that it names.

Can't: threads that subjects alone hold together; what lies beyond the first 256 KiB of a mail; folders of drafts, junk
and trash; encrypted text, attachments.
Resume and growth: by the numbers that the server gives to mails (UIDVALIDITY, UID). Where those have changed a folder
is read again, which doubles nothing.
News: the server tells of changes to five folders at most (IDLE), which are then read.
Deletions: as the server tells them (QRESYNC), else by comparing the numbers. A mail that was moved to another folder
stays. The ids of mails are kept in the source's folder for that. An audit asks for single mails.
Privacy: private mail is always ``direct``. Without ``bodies`` no word of a mail leaves the server.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any

import msgspec

from kith.connectors import Connector, Context, InteractionRef, Page, Partition, Provider, Received, Report, hookimpl
from kith.connectors.imap.config import ImapConfig
from kith.connectors.imap.provider import GOOGLE, MICROSOFT, PROVIDERS

__all__ = ["ImapConfig", "ImapConnector", "kith_connectors"]


class ImapConnector:
    name = "imap"
    title = "Mailbox (IMAP)"
    description = "Mails in the folders of an account: private ones, and those of lists."
    version = "1"
    Config = ImapConfig
    egress = ()
    rates = ()
    providers = (GOOGLE, MICROSOFT)

    def provider_of(self, config: Mapping[str, Any] | msgspec.Struct) -> Provider | None:
        server = config.get("server") if isinstance(config, Mapping) else getattr(config, "server", "")
        return PROVIDERS.get(str(server or "").lower().partition(":")[0])

    async def check(self, config: ImapConfig, context: Context) -> Report:
        from kith.connectors.imap.reader import look

        return await look(config, context)

    def pull(self, config: ImapConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        from kith.connectors.imap.reader import ended

        return ended(config, cursor, context)

    def discover(self, config: ImapConfig, context: Context) -> AsyncIterator[Partition]:
        from kith.connectors.imap.reader import discover

        return discover(config, context)

    def read(
        self, config: ImapConfig, partition: Partition, cursor: msgspec.Raw | None, context: Context
    ) -> AsyncIterator[Page]:
        from kith.connectors.imap.reader import read

        return read(config, partition, cursor, context)

    def listens(self, config: ImapConfig) -> bool:
        return True

    def live(self, config: ImapConfig, partitions: Sequence[Partition], context: Context) -> AsyncIterator[Received]:
        from kith.connectors.imap.idle import listen

        return listen(config, partitions, context)

    async def gone(
        self, config: ImapConfig, refs: Sequence[InteractionRef], context: Context
    ) -> Collection[InteractionRef]:
        from kith.connectors.imap.reader import gone

        return await gone(config, refs, context)


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [ImapConnector()]
