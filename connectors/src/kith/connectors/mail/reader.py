"""One run over an archive: mails become interactions, their authors and readers identities."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

import msgspec

from kith.connectors import ConnectorError, Coverage, Limits, Page, Report, Tombstone, load_cursor, save_cursor
from kith.connectors.mail.acts import Acts, act_of
from kith.connectors.mail.config import MailConfig
from kith.connectors.mail.mailboxes import MAIL_BYTES, Item
from kith.connectors.mail.mails import Mail, content_key
from kith.connectors.mail.opening import Cursors, open_mailbox
from kith.connectors.mail.threads import Threads

PAGE_RECORDS = 5000  # one mail more adds some hundred identities at most
PAGE_CHARACTERS = 4_000_000
LOOKED_AT = 100  # mails, by check
#: Of what is told of a mail: archives read by another version are read again, and what it alone told is taken back.
VERSION = 3


class Cursor(msgspec.Struct, frozen=True):
    """Where the archive stands, and the period of the mails read; covered: that period was told.

    again: another version has read them before.
    """

    archive: Cursors | None = None
    since: datetime | None = None
    until: datetime | None = None
    covered: bool = False
    version: int = 1
    again: bool = False


class Reader:
    """Makes the pages of one run. Blocks: keep it off the event loop; ``close``, from any thread, ends the work."""

    def __init__(self, config: MailConfig, raw: msgspec.Raw | None, limits: Limits) -> None:
        self._list = config.list.lower() if config.list else None
        self._acts = Acts(config.visibility)
        self._cursor = load_cursor(raw, Cursor) or Cursor(version=VERSION)
        if self._cursor.version != VERSION:
            self._cursor = Cursor(None, self._cursor.since, self._cursor.until, version=VERSION, again=True)
        self._archive = open_mailbox(config.path, self._cursor.archive, limits)
        self._threads = Threads()

    def close(self) -> None:
        self._archive.close()

    def pages(self) -> Iterator[Page]:
        try:
            for item in self._archive.items():
                self._take(item)
                if len(self._acts) >= PAGE_RECORDS or self._acts.characters > PAGE_CHARACTERS:
                    yield self._page()
        except ConnectorError:
            if len(self._acts) or self._acts.skipped:
                yield self._page()
            raise
        if self._cursor.archive and not self._cursor.covered:
            self._cursor = msgspec.structs.replace(self._cursor, covered=True, again=False)
            if self._cursor.since and self._cursor.until:
                self._acts.records.append(
                    Coverage("read", self._cursor.since, self._cursor.until + timedelta(seconds=1))
                )
            yield self._page()

    def _take(self, item: Item) -> None:
        if not item.is_old:
            self._cursor = msgspec.structs.replace(self._cursor, archive=item.cursor, covered=False)
        if item.unread:
            if not item.is_old:
                self._acts.skip(item.place, "not_read", item.unread)
            return
        known = item.is_old or item.is_gone
        mails = self._acts.apart(item.data, self._list, item.arrived, item.place, is_known=known)
        if mails and item.is_cut and not item.is_old:
            self._acts.skip(item.place, "cut", f"what lies beyond {MAIL_BYTES >> 20} MB of a mail is not read")
        for mail in mails:
            self._place(item, mail)

    def _place(self, item: Item, mail: Mail) -> None:
        if self._threads.is_other(mail):
            mail = mail._replace(key=content_key(item.data))
        if item.is_gone:
            if not item.is_old:
                self._acts.records.append(Tombstone(act_of(mail)))
            return
        place = self._threads.place(mail)
        act = None if item.is_old else self._acts.tell(mail, place, item.place)
        if act is None and self._cursor.again and not item.is_old:
            self._acts.records.append(Tombstone(act_of(mail), "rewritten"))
        if act:
            self._cursor = msgspec.structs.replace(
                self._cursor,
                since=min(self._cursor.since or act.occurred_at, act.occurred_at),
                until=max(self._cursor.until or act.occurred_at, act.occurred_at),
            )

    def _page(self) -> Page:
        records, skipped = self._acts.take()
        return Page(records, save_cursor(self._cursor), skipped)


def look_at(config: MailConfig, limits: Limits) -> Report:
    archive = open_mailbox(config.path, None, limits)
    try:
        items = [item for item in islice(archive.items(), LOOKED_AT) if not item.unread]
        acts = Acts(config.visibility)
        mails = [mail for item in items for mail in acts.apart(item.data, config.list, item.arrived, item.place)]
    finally:
        archive.close()
    if not mails:
        return Report("There are no mails yet.", ("Nothing to read yet.",))
    lists = sorted({mail.list_address for mail in mails if mail.list_address})
    private = sum(mail.list_address is None for mail in mails)
    detail = f"Of the first {len(mails)} mails, {private} are private"
    return Report(f"{detail}; lists: {', '.join(lists)}."[:1000] if lists else f"{detail}.")
