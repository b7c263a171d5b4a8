"""One mail taken apart, as far as its bytes allow: who, when, to whom, in which conversation, with which new words."""

import email.policy
import re
from codecs import lookup
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.utils import getaddresses, parsedate_tz
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from kith.connectors.mail.texts import html_text, new_text

ADDRESSES = 200  # of one header
HEADER_CHARACTERS = 50_000

_ID = re.compile(r"<\s*([^<>\s]+)\s*>")
# The bounds keep a search through a long word short.
_BARE_ID = re.compile(r"[^\s<>,;()]{1,250}@[^\s<>,;()]{1,250}")
ADDRESS = re.compile(r"[^\s@<>,;:()\"\[\]\\]{1,64}@[\w.-]{1,255}")
_ARCHIVED = re.compile(r"(\S+) at (\S+) \((.*)\)\s*$", re.DOTALL)
_VIA = re.compile(r"(.+?)\s+via\s+\S.*", re.IGNORECASE | re.DOTALL)
_REPLY = re.compile(r"\s*(re|aw|antw|sv|vs|ref|rif|odp|回复|答复)\s*(\[\d+\])?\s*[:：]\s*", re.IGNORECASE)
_TAG = re.compile(r"\s*\[([^\]]{1,80})\]\s*")
_SPACES = re.compile(r"\s+")
_LATE = timedelta(days=1)  # by more than that, a mail's clock is wrong and not the server's
#: Mail is younger than that and not from the future by more than a wrong clock.
_PLAUSIBLE = (datetime(1971, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
#: Charsets whose name also stands for the larger ones that programs write.
_WIDER = {
    "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949", "shift_jis": "cp932", "iso8859-9": "cp1254",
    "iso8859-11": "cp874", "tis-620": "cp874", "big5": "cp950",
}  # fmt: skip
_SLOW = {"idna", "punycode"}  # no charsets, and quadratic
_NO_BODY = BytesHeaderParser(policy=email.policy.compat32)
_WHOLE = BytesParser(policy=email.policy.compat32)


class Mailbox(NamedTuple):
    """A lower-case address and the name shown with it."""

    address: str
    name: str


class Mail(NamedTuple):
    """What a mail says. key: its Message-ID, else a hash. parent: what it answers. root: where its thread began.

    sender is None where there is no From. sent is None where no header holds a date. text is None if only the header
    was read.
    """

    key: str
    sender: Mailbox | None
    sent: datetime | None
    subject: str
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    root: str | None
    parent: str | None
    list_address: str | None
    text: str | None

    @property
    def is_reply(self) -> bool:
        """By the mail's own words alone, so that every archive that holds it says the same."""
        return self.parent is not None or _REPLY.match(_TAG.sub("", self.subject, count=1)) is not None

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


def read_mail(data: bytes, list_address: str | None, fallback: datetime | None, *, whole: bool = True) -> Mail:
    """Take a mail apart; ``whole`` reads its text too. fallback: when the archive says that it came."""
    message = (_WHOLE if whole else _NO_BODY).parsebytes(data)
    headers = _Headers(message)
    found = list_address or _list(headers)
    sent = _date(headers) or fallback
    key = _key(headers, data)
    references = [found for found in _ids(headers.first("references")) if found != key and len(found) <= 500]
    parents = [found for found in _ids(headers.first("in-reply-to")) if found != key and len(found) <= 500]
    return Mail(
        key,
        _sender(headers, found),
        sent,
        _decoded(headers.first("subject"))[:1000],
        _mailboxes(headers.all("to")),
        _mailboxes(headers.all("cc")),
        next(iter(references or parents), None),
        next(iter(parents[:1] or references[-1:]), None),
        found,
        new_text(_body(message)) if whole else None,
    )


class _Headers:
    """The raw headers by lower-case name, unfolded; bytes that are no UTF-8 are read as Windows' Latin-1."""

    def __init__(self, message: "Message[str, str]") -> None:
        self._found: dict[str, list[str]] = {}
        for name, value in message.raw_items():
            raw = str(value)[:HEADER_CHARACTERS].encode("utf-8", "surrogateescape")
            self._found.setdefault(name.lower(), []).append(_SPACES.sub(" ", _text(raw, "utf-8")).strip())

    def first(self, name: str) -> str:
        return self._found.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        return self._found.get(name, [])


def _key(headers: _Headers, data: bytes) -> str:
    ids = _ids(headers.first("message-id"))
    return ids[0] if ids and len(ids[0]) <= 500 else _content_key(headers, data)


def content_key(data: bytes) -> str:
    """Return the key of a mail that its Message-ID does not tell from others."""
    return _content_key(_Headers(_NO_BODY.parsebytes(data)), data)


def _content_key(headers: _Headers, data: bytes) -> str:
    ids = _ids(headers.first("message-id"))
    head = "\n".join([*ids, headers.first("from"), headers.first("date"), headers.first("subject")]).encode()
    body = data.replace(b"\r\n", b"\n").partition(b"\n\n")[2][:1000].strip()
    return f"{blake2b(head + body, digest_size=16).hexdigest()}@no-message-id.invalid"


def _ids(value: str) -> list[str]:
    return _ID.findall(value) or _BARE_ID.findall(value)


def _mailboxes(values: list[str]) -> tuple[Mailbox, ...]:
    found: dict[str, Mailbox] = {}
    try:
        pairs = getaddresses(values[:20])
    except RecursionError:  # a header of thousands of commas
        pairs = [("", address) for address in ADDRESS.findall(" ".join(values[:20]))]
    for name, address in pairs:
        if len(found) >= ADDRESSES:
            break
        match = ADDRESS.fullmatch(address.strip().rstrip(".").lower())
        if match and len(match[0]) <= 320:
            found.setdefault(match[0], Mailbox(match[0], _name(name, match[0])))
    return tuple(found.values())


def _name(name: str, address: str) -> str:
    shown = _decoded(name).strip(" '\"")[:500]
    return "" if shown.lower() == address else shown


def _sender(headers: _Headers, list_address: str | None) -> Mailbox | None:
    """Return who wrote the mail; where the list put itself into From, whom it hides there."""
    value = headers.first("from")
    if match := _ARCHIVED.match(value):  # pipermail: ada at example.org (Ada)
        value = f'"{match[3]}" <{match[1]}@{match[2]}>'
    mailboxes = _mailboxes([value])
    if not mailboxes:
        return None
    sender = mailboxes[0]
    hidden = _VIA.fullmatch(sender.name)
    if not hidden and sender.address != list_address:
        return sender
    for header in ("x-original-from", "reply-to"):
        for other in _mailboxes(headers.all(header)):
            if other.address not in (list_address, sender.address):
                return Mailbox(other.address, other.name or (hidden[1].strip(" '\"") if hidden else ""))
    if hidden:
        shown = hidden[1].strip(" '\"")
        return Mailbox(f"{shown.lower()} via {sender.address}", shown)
    return sender


def _list(headers: _Headers) -> str | None:
    """Return the address of the list that a mail came through, by what the list added; None where it is private."""
    for name in ("list-post", "x-beenthere", "x-mailing-list"):
        if found := ADDRESS.search(headers.first(name).lower().replace("mailto:", "")):
            return found[0]
    value = headers.first("list-id").lower()
    identifier = (_ID.findall(value) or [value.strip()])[-1]
    local, _, host = identifier.partition(".")
    return f"{local}@{host}" if ADDRESS.fullmatch(f"{local}@{host}") else None


def _date(headers: _Headers) -> datetime | None:
    """Return the Date, or where it is none that mail can have or lies after its arrival, the newest Received."""
    date = moment(headers.first("date"))
    received = (moment(value.rpartition(";")[2]) for value in headers.all("received"))
    arrived = next((arrived for arrived in received if arrived), None)
    if date and _PLAUSIBLE[0] <= date < _PLAUSIBLE[1] and not (arrived and date - arrived > _LATE):
        return date
    return arrived or date


def moment(value: str) -> datetime | None:
    """Return the moment that a header's date means, UTC; None where it is none."""
    try:
        parsed = parsedate_tz(value)
        if parsed is None:
            return None
        offset = parsed[9] or 0
        zone = timezone(timedelta(seconds=offset)) if abs(offset) < 86_400 else UTC
        return datetime(*parsed[:5], min(parsed[5], 59), tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def _decoded(value: str) -> str:
    """Decode encoded words; what cannot be decoded stays as it is."""
    if "=?" in value:
        try:
            parts = decode_header(value)
        except (HeaderParseError, ValueError):
            return value
        value = "".join(part if isinstance(part, str) else _text(part, charset or "utf-8") for part, charset in parts)
    return _SPACES.sub(" ", value.replace("\0", "")).strip()


def _body(message: "Message[str, str]") -> str:
    """Return the plain text, or where there is none the text of the HTML; attached mails and files are left out."""
    plain: list[str] = []
    html: list[str] = []
    parts = [message]
    while parts:
        part = parts.pop(0)
        kind = part.get_content_type()
        if part.is_multipart():
            if part.get_content_maintype() == "multipart":
                parts[:0] = [child for child in part.get_payload() if isinstance(child, Message)]
        elif kind in ("text/plain", "text/html") and part.get_content_disposition() != "attachment":
            (plain if kind == "text/plain" else html).append(_payload(part))
    text = "\n".join(plain)
    return text if text.strip() else html_text("\n".join(html))


def _payload(part: "Message[str, str]") -> str:
    data = part.get_payload(decode=True)
    try:
        charset = part.get_content_charset()
    except (LookupError, ValueError):
        charset = None
    return _text(data, charset or "utf-8").replace("\r\n", "\n") if isinstance(data, bytes) else ""


def _text(data: bytes, charset: str) -> str:
    for name in (*_charsets(charset), "utf-8"):
        with suppress(LookupError, ValueError):
            return data.decode(name).replace("\0", "")
    return data.decode("cp1252", errors="replace").replace("\0", "")


@lru_cache(maxsize=1000)
def _charsets(name: str) -> tuple[str, ...]:
    """Return what text labeled so is in: first UTF-8, where the label is given to anything."""
    try:
        codec = lookup(name).name
    except (LookupError, ValueError):
        return ()
    if codec in _SLOW:
        return ()
    return ("utf-8", "cp1252") if codec in ("ascii", "iso8859-1", "cp1252") else (_WIDER.get(codec, codec),)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text.lower())
