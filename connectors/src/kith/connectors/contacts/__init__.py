"""Network ``contacts``: address books.

Reads vCards 2.1, 3.0 and 4.0 in a file, CardDAV servers, and tables (CSV) of Google, Outlook, LinkedIn and others:
names, mail addresses, numbers, pages and accounts as identities with claims that they are one, and employers as
affiliations.

Can't: pictures within a card, postal addresses, birthdays, notes, who is related to whom, who is in which group.
Resume and growth: where anything has changed a book is told whole; of a server only what has changed is asked for.
Deletions: what no card says any longer is claimed no longer.
Privacy: a card is of the people who keep the book; it makes nobody's acts, and nothing public.
"""

from collections.abc import AsyncIterator, Sequence

import msgspec

from kith.connectors import Connector, Context, Page, Rate, Report, hookimpl
from kith.connectors.contacts.config import Columns, ContactsConfig

__all__ = ["Columns", "ContactsConfig", "ContactsConnector", "kith_connectors"]


class ContactsConnector:
    name = "contacts"
    title = "Contacts"
    description = "Address books: vCards, CardDAV, tables of Google, Outlook and LinkedIn."
    version = "1"
    Config = ContactsConfig
    egress = ()
    rates = (Rate(300, 60.0, per="source", burst=100),)

    async def check(self, config: ContactsConfig, context: Context) -> Report:
        from kith.connectors.contacts.reader import look

        return await look(config, context)

    def pull(self, config: ContactsConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        from kith.connectors.contacts.reader import read

        return read(config, cursor, context)


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [ContactsConnector()]
