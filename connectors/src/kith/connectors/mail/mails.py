"""One mail taken apart, as far as its bytes allow: who, when, to whom, in which conversation, with which new words."""

import email.policy
import re
from datetime import datetime
from email.parser import BytesHeaderParser, BytesParser
from hashlib import blake2b
from typing import NamedTuple

from kith.connectors.html import CHARACTERS as HTML_CHARACTERS
from kith.connectors.mail.dates import Arrival, moment, sent_at
from kith.connectors.mail.headers import HEADER_CHARACTERS, HEADERS, RECIPIENTS, Headers, Mailbox, words
from kith.connectors.mail.machines import automatic, is_list_robot
from kith.connectors.mail.mbox import BLANK
from kith.connectors.mail.parts import body, carried
from kith.connectors.mail.senders import list_of, sender_of
from kith.connectors.mail.texts import CHARACTERS, READ_CHARACTERS, new_text

_REPLY = re.compile(
    r"\s*(re|aw|antw|sv|vs|vá|vl|ref|rif|res|odp|ynt|atb|r|回复|回覆|答复|답장|ha|на|отв|απ)"
    r"\s*(\[\d+\]|\(\d+\)|\^\d+|\*\d+)?\s*[:：]\s*",
    re.IGNORECASE,
)
_TAG = re.compile(r"\s*\[([^\]]{1,80})\]\s*")
#: How the keys end of mails that no Message-ID names.
NAMELESS = "@no-message-id.invalid"
_SUBJECT_CHARACTERS = 1000
_NO_BODY = BytesHeaderParser(policy=email.policy.compat32)
_WHOLE = BytesParser(policy=email.policy.compat32)
_MAY_CARRY = re.compile(rb"message/rfc822|multipart/digest|digest", re.IGNORECASE)


class Mail(NamedTuple):
    """What a mail says. key: its Message-ID, else a hash. answers: what it may answer, the likeliest first.

    references: the mails of its thread that it names, the oldest first.

    sender is None where there is no From. sent is None where no header holds a date. text is None if only the header
    was read. automatic: why it is nobody's act, None where a human or a robot wrote it. cut: what of it is left out.
    known: the addresses that its headers name as somebody's.
    """

    key: str
    sender: Mailbox | None
    sent: datetime | None
    subject: str
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    answers: tuple[str, ...]
    references: tuple[str, ...]
    list_address: str | None
    text: str | None
    automatic: str | None = None
    cut: str | None = None
    known: frozenset[str] = frozenset()

    @property
    def is_reply(self) -> bool:
        """By the mail's own words alone, so that every archive that holds it says the same."""
        return bool(self.answers) or _REPLY.match(_TAG.sub("", self.subject, count=1)) is not None

    @property
    def topic(self) -> str:
        """The subject without reply prefixes and the list's tag: what a thread's mails have in common."""
        subject, before = self.subject, None
        while subject != before:
            before = subject
            subject = _REPLY.sub("", subject, count=1) if _REPLY.match(subject) else subject
            tag = _TAG.match(subject)
            if tag and self.list_address and _letters(tag[1]) == _letters(self.list_address.partition("@")[0]):
                subject = subject[tag.end() :]
        return subject.strip()


def read_mails(data: bytes, list_address: str | None, arrived: Arrival, *, whole: bool = True) -> list[Mail]:
    """Take a mail apart, or those that it only carries: of a digest, or the one that a list wrapped."""
    if not _MAY_CARRY.search(data):
        return [read_mail(data, list_address, arrived, whole=whole)]
    message = _WHOLE.parsebytes(data.lstrip(BLANK))
    headers = Headers(message)
    through = list_address or list_of(headers)
    shown = next(iter(headers.mailboxes("from")), None)
    is_lists = shown is not None and (
        shown.address == through or is_list_robot(shown.address) or _is_via(headers, shown)
    )
    inner = carried(message, is_lists=is_lists, key=_key(headers, data))
    if not inner:
        return [read_mail(data, list_address, arrived, whole=whole)]
    return [read_mail(each, through, arrived, whole=whole) for each in inner]


def read_mail(data: bytes, list_address: str | None, arrived: Arrival, *, whole: bool = True) -> Mail:
    """Take a mail apart; ``whole`` reads its text too. arrived: when the archive says that it came."""
    message = (_WHOLE if whole else _NO_BODY).parsebytes(data.lstrip(BLANK))
    headers = Headers(message)
    through = list_address or list_of(headers)
    sender = sender_of(headers, through)
    key = _key(headers, data)
    references = [id_ for id_ in headers.ids("references") if id_ != key]
    parents = [id_ for id_ in headers.ids("in-reply-to") if id_ != key]
    to, cc = headers.mailboxes("to"), headers.mailboxes("cc")
    words, unread = body(message) if whole else ("", 0)
    text = new_text(words) if whole else None
    subject = headers.words("subject")
    beyond = {
        "recipients": (max(0, len(to) - RECIPIENTS) + max(0, len(cc) - RECIPIENTS), RECIPIENTS),
        "characters of its subject": (len(subject) - _SUBJECT_CHARACTERS, _SUBJECT_CHARACTERS),
        "characters of its HTML": (unread, HTML_CHARACTERS),
        "characters, quotations included,": (len(words) - READ_CHARACTERS, READ_CHARACTERS),
        "characters of its text": (len(text or "") - CHARACTERS, CHARACTERS),
    }
    return Mail(
        key,
        sender,
        _sent(headers, arrived),
        subject[:_SUBJECT_CHARACTERS],
        to[:RECIPIENTS],
        cc[:RECIPIENTS],
        tuple(parents[::-1] or references[-1:]),
        tuple(references or parents[-1:]),
        through,
        text and text[:CHARACTERS],
        automatic(headers, message, sender, is_on_list=through is not None),
        _cut(headers, beyond),
        frozenset(mailbox.address for mailbox in headers.mailboxes("from", "to", "cc", "reply-to")),
    )


def _is_via(headers: Headers, shown: Mailbox) -> bool:
    sender = sender_of(headers, shown.address)
    return sender is not None and sender.address != shown.address


def _sent(headers: Headers, arrived: Arrival) -> datetime | None:
    """Return when a mail was sent, by its Date; witnesses are the newest Received, then the archive."""
    received = (moment(value.rpartition(";")[2]) for value in headers.all("received"))
    date = next((date for value in headers.all("date", "resent-date") if (date := moment(words(value)))), None)
    return sent_at(date, next((found for found in received if found), None), arrived)


def _cut(headers: Headers, beyond: dict[str, tuple[int, int]]) -> str | None:
    """Return what of a mail is too much to be kept, None where all of it is.

    beyond: by what they are, how many are too many, and how many are kept.
    """
    found = [f"{left:,} {what} beyond {kept:,}" for what, (left, kept) in beyond.items() if left > 0]
    for name in ("from", "to", "cc", "references"):
        if name in headers.cut:
            found.append(f"what its {name} holds beyond {HEADER_CHARACTERS:,} characters")
        if name in ("to", "cc") and (left := len(headers.all(name)) - HEADERS) > 0:
            found.append(f"{left:,} headers {name} beyond {HEADERS}")
    return " and ".join(found) or None


def content_key(data: bytes) -> str:
    """Return the key of a mail that its Message-ID does not tell from others."""
    return _content_key(Headers(_NO_BODY.parsebytes(data.lstrip(BLANK))), data)


def _key(headers: Headers, data: bytes) -> str:
    return next(iter(headers.ids("message-id")), None) or _content_key(headers, data)


def _content_key(headers: Headers, data: bytes) -> str:
    ids = headers.ids("message-id")
    head = "\n".join([*ids, headers.first("from"), headers.first("date"), headers.first("subject")]).encode()
    words = data.replace(b"\r\n", b"\n").partition(b"\n\n")[2][:1000].strip()
    return f"{blake2b(head + words, digest_size=16).hexdigest()}{NAMELESS}"


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text.lower())
