"""One run over an archive: mails become interactions, their authors and readers identities."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

import msgspec

from kith.connectors import (
    Channel,
    ConnectorError,
    Conversation,
    Coverage,
    Identity,
    Interaction,
    InteractionKind,
    InteractionRef,
    Limits,
    Page,
    Record,
    Ref,
    Report,
    Skip,
    Target,
    TargetKind,
    Tombstone,
    load_cursor,
    save_cursor,
)
from kith.connectors.mail.config import MailConfig
from kith.connectors.mail.headers import ADDRESS, Mailbox
from kith.connectors.mail.machines import is_list, is_list_robot, kind_of
from kith.connectors.mail.mailboxes import MAIL_BYTES, Item
from kith.connectors.mail.mails import Mail, content_key, read_mails
from kith.connectors.mail.mentions import mentioned
from kith.connectors.mail.opening import Cursors, open_mailbox
from kith.connectors.mail.threads import Position, Threads

PAGE_RECORDS = 5000  # one mail more adds some hundred identities at most
PAGE_CHARACTERS = 4_000_000
LOOKED_AT = 100  # mails, by check
MENTIONS = 20  # addresses in the text of one mail


class Cursor(msgspec.Struct, frozen=True):
    """Where the archive stands, and the period of the mails read; covered: that period was told."""

    archive: Cursors | None = None
    since: datetime | None = None
    until: datetime | None = None
    covered: bool = False


class Reader:
    """Makes the pages of one run. Blocks: keep it off the event loop; ``close``, from any thread, ends the work."""

    def __init__(self, config: MailConfig, raw: msgspec.Raw | None, limits: Limits) -> None:
        self._list = config.list.lower() if config.list else None
        self._visibility = config.visibility
        self._cursor = load_cursor(raw, Cursor) or Cursor()
        self._archive = open_mailbox(config.path, self._cursor.archive, limits)
        self._threads = Threads()
        self._clear()

    def close(self) -> None:
        self._archive.close()

    def pages(self) -> Iterator[Page]:
        try:
            for item in self._archive.items():
                self._take(item)
                if len(self._records) + len(self._identities) >= PAGE_RECORDS or self._characters > PAGE_CHARACTERS:
                    yield self._page()
        except ConnectorError:
            if self._records or self._skipped:
                yield self._page()
            raise
        if self._cursor.archive and not self._cursor.covered:
            self._cursor = msgspec.structs.replace(self._cursor, covered=True)
            if self._cursor.since and self._cursor.until:
                self._records.append(Coverage("read", self._cursor.since, self._cursor.until + timedelta(seconds=1)))
            yield self._page()

    def _take(self, item: Item) -> None:
        if not item.is_old:
            self._cursor = msgspec.structs.replace(self._cursor, archive=item.cursor, covered=False)
        if item.unread and not item.is_old:
            self._skipped.append(Skip(item.place, "not_read", item.unread))
        if item.unread:
            return
        try:
            mails = read_mails(item.data, self._list, item.arrived, whole=not (item.is_old or item.is_gone))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            # What the library stumbles over in one stranger's mail must not stop the archive.
            if not item.is_old:
                self._skipped.append(Skip(item.place, "unreadable_mail", f"{type(error).__name__}: {error}"[:500]))
            return
        if item.is_cut and not item.is_old:
            self._skipped.append(
                Skip(item.place, "cut", f"what lies beyond {MAIL_BYTES >> 20} MB of a mail is not read")
            )
        for mail in mails:
            self._place(item, mail)

    def _place(self, item: Item, mail: Mail) -> None:
        if self._threads.is_other(mail):
            mail = mail._replace(key=content_key(item.data))
        if item.is_gone:
            if not item.is_old:
                self._records.append(Tombstone(self._ref(mail)))
            return
        place = self._threads.place(mail)
        if item.is_old:
            return
        if mail.cut:
            self._skipped.append(Skip(item.place, "cut", f"mail {mail.key} is kept without {mail.cut}"[:500]))
        if mail.automatic:
            self._skipped.append(Skip(item.place, "automatic", f"mail {mail.key} is {mail.automatic}"[:500]))
        else:
            self._send(mail, place, item.place)

    def _send(self, mail: Mail, place: Position, where: str) -> None:
        if mail.sender is None or mail.sent is None:
            missing = "sender" if mail.sender is None else "date"
            self._skipped.append(Skip(where, f"no_{missing}", f"mail {mail.key} names no {missing}"[:500]))
            return
        channel = self._channel(mail.list_address) if mail.list_address else None
        conversation = Ref("mail", place.root)
        if place.opens:
            self._records.append(Conversation(conversation, channel, mail.topic or None))
        self._records.append(
            Interaction(
                self._ref(mail),
                self._identity(mail.sender, mail.sent),
                mail.sent,
                tuple(self._targets(mail, place, mail.sender, mail.sent, where)),
                channel=channel,
                conversation=conversation,
                reply_to=self._answered(mail, place),
                title=mail.topic or None,
                text=mail.text or None,
                visibility=self._visibility if mail.list_address else "direct",
            )
        )
        self._characters += len(mail.text or "")
        self._cursor = msgspec.structs.replace(
            self._cursor,
            since=min(self._cursor.since or mail.sent, mail.sent),
            until=max(self._cursor.until or mail.sent, mail.sent),
        )

    def _targets(self, mail: Mail, place: Position, sender: Mailbox, sent: datetime, where: str) -> Iterator[Target]:
        """Yield whom a mail addresses, each once, by the closest kind; a list is a channel and no target."""
        named = mentioned(mail.text or "")
        if left := len(named[MENTIONS:]):
            reason = f"mail {mail.key} is kept without {left:,} addresses in its text beyond {MENTIONS}"
            self._skipped.append(Skip(where, "cut", reason[:500]))
        addressed: tuple[tuple[TargetKind, Iterable[Mailbox]], ...] = (
            ("reply", [place.author] if place.author else []),
            ("to", mail.to),
            ("cc", mail.cc),
            ("mention", [Mailbox(address, "") for address in named[:MENTIONS]]),
        )
        seen = {sender.address, mail.list_address}
        for kind, mailboxes in addressed:
            for mailbox in mailboxes:
                if not (mailbox.address in seen or is_list(mailbox.address) or is_list_robot(mailbox.address)):
                    seen.add(mailbox.address)
                    yield Target(self._identity(mailbox, sent), kind)

    def _ref(self, mail: Mail) -> InteractionRef:
        return InteractionRef("mail", mail.key, "reply" if mail.is_reply else _opening(mail))

    def _answered(self, mail: Mail, place: Position) -> InteractionRef | None:
        if place.answers is None:
            return None
        return InteractionRef("mail", place.answers, "reply" if place.answers_reply else _opening(mail))

    def _channel(self, address: str) -> Ref:
        ref = Ref("mail", address)
        self._channels[address] = Channel(ref, "list", address, visibility=self._visibility)
        return ref

    def _identity(self, mailbox: Mailbox, seen_at: datetime) -> Ref:
        """Note a sighting; the newest with a name is sent. A bare address says nothing about the name: no sighting."""
        seen = (seen_at, mailbox.name) if mailbox.name else None
        earlier = self._identities.get(mailbox.address)
        self._identities[mailbox.address] = max(seen, earlier) if seen and earlier else seen or earlier
        return Ref("mail", mailbox.address)

    def _page(self) -> Page:
        identities = [
            Identity(
                Ref("mail", address),
                kind=kind_of(Mailbox(address, seen[1] if seen else "")),
                name=seen[1] if seen else None,
                address=address if ADDRESS.fullmatch(address) else None,
                seen_at=seen[0] if seen else None,
            )
            for address, seen in self._identities.items()
        ]
        records = (*self._channels.values(), *identities, *self._records)
        page = Page(records, save_cursor(self._cursor), tuple(self._skipped))
        self._clear()
        return page

    def _clear(self) -> None:
        self._records: list[Record] = []
        self._identities: dict[str, tuple[datetime, str] | None] = {}
        self._channels: dict[str, Channel] = {}
        self._skipped: list[Skip] = []
        self._characters = 0


def look_at(config: MailConfig, limits: Limits) -> Report:
    archive = open_mailbox(config.path, None, limits)
    try:
        items = [item for item in islice(archive.items(), LOOKED_AT) if not item.unread]
        mails = [mail for item in items for mail in read_mails(item.data, config.list, item.arrived)]
    finally:
        archive.close()
    if not mails:
        return Report("There are no mails yet.", ("Nothing to read yet.",))
    lists = sorted({mail.list_address for mail in mails if mail.list_address})
    private = sum(mail.list_address is None for mail in mails)
    detail = f"Of the first {len(mails)} mails, {private} are private"
    return Report(f"{detail}; lists: {', '.join(lists)}."[:1000] if lists else f"{detail}.")


def _opening(mail: Mail) -> InteractionKind:
    return "post" if mail.list_address else "message"
