"""Network ``mail``, from the archives of lists: what people say on a mailing list, and who is on it.

Reads public-inbox over HTTP, pipermail, HyperKitty and newsgroups (NNTP), and the members of a list of Mailman 3. A
mail is told as the connector ``mail`` tells it, by the same keys: in an archive and in a mailbox it is one act.

Can't: threads that subjects alone hold together; mails that an archive holds back; the addresses that pipermail leaves
out (To and Cc).
Resume and growth: by the time at which mails came (public-inbox) or are dated of (HyperKitty), by files (pipermail), by
numbers (NNTP). A portion that was not read to its end is read again.
Deletions: archives tell of none; an audit finds them in public-inbox and on news servers. Whoever is no longer a
member has left.
Privacy: what is said on the list has the visibility of the settings, private by default.
"""

from collections.abc import AsyncIterator, Collection, Sequence

import msgspec

from kith.connectors import Connector, Context, InteractionRef, Page, Rate, Report, hookimpl
from kith.connectors.lists.config import ListsConfig

__all__ = ["ListsConfig", "ListsConnector", "kith_connectors"]


class ListsConnector:
    name = "lists"
    title = "Mailing list"
    description = "A mailing list or newsgroup by its archive, and its members."
    version = "1"
    Config = ListsConfig
    egress = ()
    rates = (Rate(60, 60.0, per="host", burst=20),)

    async def check(self, config: ListsConfig, context: Context) -> Report:
        from kith.connectors.lists.reader import look

        return await look(config, context)

    def pull(self, config: ListsConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        from kith.connectors.lists.reader import read

        return read(config, cursor, context)

    async def gone(
        self, config: ListsConfig, refs: Sequence[InteractionRef], context: Context
    ) -> Collection[InteractionRef]:
        from kith.connectors.lists.reader import gone

        return await gone(config, refs, context)


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [ListsConnector()]
