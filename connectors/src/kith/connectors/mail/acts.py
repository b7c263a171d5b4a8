"""From mails to records: mails become interactions, their authors and readers identities, lists channels."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from kith.connectors import (
    Channel,
    Conversation,
    Identity,
    Interaction,
    InteractionKind,
    InteractionRef,
    Record,
    Ref,
    Skip,
    Target,
    TargetKind,
    Visibility,
)
from kith.connectors._lists import is_list
from kith.connectors.mail.dates import Arrival
from kith.connectors.mail.headers import ADDRESS, Mailbox
from kith.connectors.mail.machines import is_list_robot, kind_of
from kith.connectors.mail.mails import Mail, read_mails
from kith.connectors.mail.mentions import mentioned
from kith.connectors.mail.threads import Position, Threads

MENTIONS = 20  # addresses in the text of one mail


class Acts:
    """Gathers the records of a page. visibility: of what goes through lists; private mail is always direct.

    copied: a fuller copy of the same mail, from another source, counts.
    """

    def __init__(self, visibility: Visibility, *, copied: bool = False) -> None:
        self._visibility = visibility
        self._copied = copied
        self._clear()

    def __len__(self) -> int:
        return len(self.records) + len(self._identities)

    def read(self, data: bytes, list_address: str | None, arrived: Arrival, where: str) -> list[Interaction]:
        """Add what a mail tells by itself; return its act, or those of the mails that it carries.

        Whom it answers is left to kith, which finds that out from the mail that it names.
        """
        acts = []
        for mail in self.apart(data, list_address, arrived, where):
            place = Threads().place(mail)
            acts.append(self.tell(mail, place._replace(opens=place.root == mail.key), where))
        return [act for act in acts if act]

    def apart(
        self, data: bytes, list_address: str | None, arrived: Arrival, where: str, *, is_known: bool = False
    ) -> list[Mail]:
        """Take a mail apart; tell why where that fails. is_known: it was told before, and its headers are enough."""
        try:
            return read_mails(data, list_address, arrived, whole=not is_known)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            # What the library stumbles over in one stranger's mail must not stop the archive.
            if not is_known:
                self.skip(where, "unreadable_mail", f"{type(error).__name__}: {error}")
            return []

    def skip(self, where: str, code: str, reason: str) -> None:
        self.skipped.append(Skip(where, code, reason[:500]))

    def tell(self, mail: Mail, place: Position, where: str) -> Interaction | None:
        """Add what a mail tells, and return its act; None where it is nobody's."""
        if mail.cut:
            self.skip(where, "cut", f"mail {mail.key} is kept without {mail.cut}")
        if mail.automatic:
            self.skip(where, "automatic", f"mail {mail.key} is {mail.automatic}")
            return None
        if mail.sender is None or mail.sent is None:
            missing = "sender" if mail.sender is None else "date"
            self.skip(where, f"no_{missing}", f"mail {mail.key} names no {missing}")
            return None
        channel = self._channel(mail.list_address) if mail.list_address else None
        conversation = Ref("mail", place.root)
        if place.opens:
            self.records.append(Conversation(conversation, channel, mail.topic or None))
        act = Interaction(
            act_of(mail),
            self._identity(mail.sender, mail.sent),
            mail.sent,
            tuple(self._targets(mail, place, mail.sender, mail.sent, where)),
            channel=channel,
            conversation=conversation,
            reply_to=_answered(mail, place),
            title=mail.topic or None,
            text=mail.text or None,
            visibility=self._visibility if mail.list_address else "direct",
            copied=self._copied,
        )
        self.records.append(act)
        self.characters += len(mail.text or "")
        return act

    def take(self) -> tuple[tuple[Record, ...], tuple[Skip, ...]]:
        """Return what was gathered, and start from scratch."""
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
        taken = (*self._channels.values(), *identities, *self.records), tuple(self.skipped)
        self._clear()
        return taken

    def _targets(self, mail: Mail, place: Position, sender: Mailbox, sent: datetime, where: str) -> Iterator[Target]:
        """Yield whom a mail addresses, each once, by the closest kind; a list is a channel and no target."""
        named = mentioned(mail.text or "", mail.known)
        if left := len(named[MENTIONS:]):
            self.skip(where, "cut", f"mail {mail.key} is kept without {left:,} addresses in its text beyond {MENTIONS}")
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

    def _clear(self) -> None:
        self.records: list[Record] = []
        self.skipped: list[Skip] = []
        self.characters = 0
        self._identities: dict[str, tuple[datetime, str] | None] = {}
        self._channels: dict[str, Channel] = {}


def act_of(mail: Mail) -> InteractionRef:
    return InteractionRef("mail", mail.key, "reply" if mail.is_reply else _opening(mail))


def _answered(mail: Mail, place: Position) -> InteractionRef | None:
    if place.answers is None:
        return None
    return InteractionRef("mail", place.answers, "reply" if place.answers_reply else _opening(mail))


def _opening(mail: Mail) -> InteractionKind:
    return "post" if mail.list_address else "message"
