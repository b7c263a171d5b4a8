"""Network ``mail``: who writes to whom, on mailing lists and in private.

Reads: mbox (also with unquoted ``From `` lines, with separators without a date; plain, gzip, Zstandard), Maildir with
its subfolders, MH, ``.eml`` and ``.emlx`` files (also compressed), folders of all these, and public-inbox archives
(version 1, version 2 with its epochs); a digest, and a mail that a list wrapped, are taken apart. A mail that opens a
thread on a list is a ``post``, in private a ``message``; one that answers is a ``reply``, by its References,
In-Reply-To or the prefix of its subject. Whom it answers, To and Cc are targets, and addresses that stand as such in
its new words are mentions; lists and their robots are never targets. A thread is named after its first mail: by any
mail that References name and that was read, else by the first of them, else (subjects alone) the newest thread of the
same subject on the same list that was alive within 30 days. Text is what the author adds.
The key is the Message-ID, so that a mail on two lists is one interaction seen in two channels; a mail without one, or
with that of an earlier mail of another hour or sender, by a hash of From, Date, Subject and the head of its text.
Broken dates, and those that cannot be true, give way to the newest Received, then to the archive's own date. Text and
headers in no known charset, or in another than their label says, are read as UTF-8, as the mail's text says of
itself, else as Windows' Latin-1. Where a list, a forwarder or a code host puts itself into From, the author is looked
up.

Can't: encrypted text, attachments, mails without a sender or any date; more than 100,000 characters of a text, 1,000
recipients of a header or 20 addresses in a text; automatic answers, reports of delivery and calendars' answers, which
are nobody's acts. Each is reported.
Subjects alone join no thread across lists.
Resume and growth: the cursor holds, for an mbox, the bytes read and a hash of the first and the last of them; for a
folder, the newest file, a hash of the names up to it, and the places of its mboxes; for a public-inbox, the last
commit of each epoch. The headers of the last 60,000 mails are read again, because subjects alone need them. An
archive that changed in what was read is read again, which changes nothing in kith.
Deletions: as a public-inbox records them; a mail that vanishes from an mbox or a folder stays in kith.
Privacy: private mail is always ``direct``; the words of mails are stored, so take in private archives only of people
who agree.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence

import msgspec

from kith.connectors import Connector, Context, Page, Report, hookimpl
from kith.connectors.mail.config import MailConfig

__all__ = ["MailConfig", "MailConnector", "kith_connectors"]


class MailConnector:
    name = "mail"
    title = "Mail archive"
    description = "Mailing lists and mailboxes: mbox, Maildir, MH, .eml files, folders of these, public-inbox."
    version = "1"
    Config = MailConfig
    programs = ("git",)

    async def check(self, config: MailConfig, context: Context) -> Report:
        from kith.connectors.mail.reader import look_at

        return await asyncio.to_thread(look_at, config, context.limits)

    async def pull(self, config: MailConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        from kith.connectors.mail.reader import Reader

        reader = await asyncio.to_thread(Reader, config, cursor, context.limits)
        pages = reader.pages()
        try:
            while page := await asyncio.to_thread(next, pages, None):
                yield page
        finally:
            reader.close()


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [MailConnector()]
