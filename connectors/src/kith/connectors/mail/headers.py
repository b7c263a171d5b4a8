"""The headers of one mail, as far as their bytes allow: words, mailboxes, Message-IDs."""

import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses
from typing import NamedTuple

from kith.connectors.mail.charsets import decoded, raw_header

RECIPIENTS = 1000  # of one header; a mail to more says so
HEADERS = 20  # of one name
HEADER_CHARACTERS = 200_000
KEY_CHARACTERS = 500
ADDRESS = re.compile(r"[^\s@<>,;:()\"\[\]\\]{1,64}@[\w.-]{1,255}")

_BRACKETED = re.compile(r"<([^<>]{1,998})>")
_SHOWN = re.compile(r"\s*([^<>\"]{1,500}?)\s*<[^<>]*>\s*$")
#: ``Birk, Ada <ada@example.org>``: the comma parts no mailboxes, though the standard says so.
_TURNED = re.compile(r"\s*([^<>\"@,;:]{1,200},[^<>\"@,;:]{1,200}?)\s*<[^<>]*>\s*$")
#: A name and an address, in place of what a mail answers: Message-IDs have digits, and words before them say so.
_SOMEBODY = re.compile(r"\"?[^\W\d_][^<>\d\"]*\"?\s*<[^<>\d@]+@[^<>]+>")
_OF_A_MAIL = re.compile(r"\b(?:message|mail|e-mail|post|article|your|of|id)\b", re.IGNORECASE)
_SPACES = re.compile(r"\s+")
_BROKEN_WORD = re.compile(r"(=\?[\w-]+(?:\*[\w-]+)?\?[bqBQ]\?)([^?]*)(\?=)")


class Mailbox(NamedTuple):
    """A lower-case address and the name shown with it."""

    address: str
    name: str


class Headers:
    """The raw headers by lower-case name, unfolded; bytes that are no UTF-8 are in the charset of the mail's text.

    cut: the names of those that are too long, and not read to their end.
    """

    def __init__(self, message: "Message[str, str]") -> None:
        self._found: dict[str, list[str]] = {}
        self.cut: set[str] = set()
        label = _charset(message)
        for name, value in message.raw_items():
            if len(str(value)) > HEADER_CHARACTERS:
                self.cut.add(name.lower())
            raw = str(value)[:HEADER_CHARACTERS].encode("utf-8", "surrogateescape")
            self._found.setdefault(name.lower(), []).append(_SPACES.sub(" ", raw_header(raw, label)).strip())

    def first(self, name: str) -> str:
        return self._found.get(name, [""])[0]

    def all(self, *names: str) -> list[str]:
        return [value for name in names for value in self._found.get(name, ())]

    def has(self, *names: str) -> bool:
        return any(self.first(name) for name in names)

    def names(self) -> set[str]:
        return set(self._found)

    def words(self, name: str) -> str:
        """Return a header of words, decoded."""
        return words(self.first(name))

    def mailboxes(self, *names: str) -> tuple[Mailbox, ...]:
        return mailboxes(self.all(*names))

    def ids(self, name: str) -> list[str]:
        """Return the Message-IDs that a header names; an address that the mail has elsewhere is none of them."""
        value = self.words(name)  # encoded by programs that take ids for text
        found = [id_ for id_ in _ids(value) if not id_.lower().startswith("mailto:")]
        if name == "message-id" or not found:
            return found
        if _SOMEBODY.fullmatch(value) and not _OF_A_MAIL.search(value):
            return []
        people = {mailbox.address for mailbox in self.mailboxes("from", "to", "cc", "reply-to", "sender")}
        return [id_ for id_ in found if id_.lower() not in people]


def _charset(message: "Message[str, str]") -> str | None:
    """Return the charset that the mail's text says it is in: where headers do not say, the best witness."""
    for part in message.walk():
        if part.get_content_maintype() == "text":
            return charset_of(part)
    return None


def charset_of(part: "Message[str, str]") -> str | None:
    try:
        return part.get_content_charset()
    except (LookupError, ValueError):
        return None


def words(value: str) -> str:
    """Decode encoded words; what cannot be decoded stays as it is."""
    if "=?" in value:
        try:
            parts = decode_header(_BROKEN_WORD.sub(_without_spaces, value))
        except (HeaderParseError, ValueError):
            return value
        value = "".join(
            part if isinstance(part, str) else decoded(part, (charset or "utf-8").partition("*")[0])
            for part, charset in parts
        )
    return _SPACES.sub(" ", value.replace("\0", "")).strip()


def _without_spaces(match: re.Match[str]) -> str:
    """Some programs write spaces into encoded words."""
    return f"{match[1]}{match[2].replace(' ', '_' if match[1][-2] in 'qQ' else '')}{match[3]}"


def mailboxes(values: list[str]) -> tuple[Mailbox, ...]:
    """Return the mailboxes, each address once; of those beyond RECIPIENTS or HEADERS a mail says that it lacks them."""
    found: dict[str, Mailbox] = {}
    try:
        pairs = getaddresses(values[:HEADERS])
    except RecursionError:  # a header of thousands of commas
        pairs = [("", address) for address in ADDRESS.findall(" ".join(values[:HEADERS]))]
    turned = _TURNED.match(values[0]) if len(values) == 1 and sum("@" in address for _, address in pairs) == 1 else None
    for written, address in pairs:
        name = turned[1] if turned else written
        match = ADDRESS.fullmatch(address.strip().rstrip(".").lower())
        if match and len(match[0]) <= 320:
            if not name and len(values) == 1 and (shown := _SHOWN.match(values[0])):
                name = shown[1]  # with brackets and other letters that the standard wants quoted
            found.setdefault(match[0], Mailbox(match[0], _name(name, match[0])))
    return tuple(found.values())


def _name(name: str, address: str) -> str:
    shown = re.sub(rf"\s*[<(\[]?{re.escape(address)}[>)\]]?\s*$", "", words(name), flags=re.IGNORECASE)
    return shown.strip(" '\"")[:500]


def _ids(value: str) -> list[str]:
    """Return what stands in <>; of a value without brackets, itself where it is one word with an @."""
    value = value.replace("&lt;", "<").replace("&gt;", ">")
    bracketed = ("".join(id_.split()) if "@" in id_ else id_.strip() for id_ in _BRACKETED.findall(value))
    found = [id_ for id_ in bracketed if id_ and len(id_) <= KEY_CHARACTERS and not _SPACES.search(id_)]
    if found or "<" in value:
        return found
    bare = value.replace(",", " ").replace(">", " ").split()
    return [id_ for id_ in bare if "@" in id_ and len(id_) <= KEY_CHARACTERS] if all("@" in id_ for id_ in bare) else []
