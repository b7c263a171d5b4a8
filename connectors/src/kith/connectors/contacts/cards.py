"""vCards 2.1, 3.0 and 4.0 (RFC 2426, 6350) as programs write them: a card that is ill-formed harms no other.

vobject gave up on 5 of 11 odd cards, and with each on all that follow in the file; so the lines are read here.
"""

import binascii
import quopri
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kith.connectors.mail.charsets import decoded

LONGEST = 1 << 20  # bytes of a property; pictures are longer, and are not kept
MOST = 2000  # properties of a card
_HEAD = re.compile(rb'(?:([\w.-]+)\.)?([\w-]+)((?:;[^":;]*(?:"[^"]*"[^":;]*)*)*):(.*)', re.DOTALL)
_PARAMETER = re.compile(r';([^=";]+)(?:=((?:"[^"]*"|[^";])*))?')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_CARET = {"^n": "\n", "^'": '"', "^^": "^"}
_ENCODINGS = {"QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT", "B", "Q"}


class Property(NamedTuple):
    """A line of a card. name: in capitals; types: in lower case; value: as it is written, escapes included."""

    group: str
    name: str
    parameters: dict[str, list[str]]
    value: str

    @property
    def types(self) -> set[str]:
        return {one.lower() for one in self.parameters.get("TYPE", ())}

    @property
    def text(self) -> str:
        return unescaped(self.value).strip()

    @property
    def parts(self) -> list[str]:
        """The parts of a structured value."""
        return [unescaped(part).strip() for part in re.split(r"(?<!\\);", self.value)]


class Card(NamedTuple):
    """line: where it begins, from 1. broken: why it cannot be read whole; what could be read is there."""

    line: int
    properties: list[Property]
    broken: str = ""

    def all(self, name: str) -> list[Property]:
        return [one for one in self.properties if one.name == name]

    def first(self, name: str) -> str:
        return next((one.text for one in self.properties if one.name == name and one.text), "")


def read_cards(lines: Iterable[bytes]) -> Iterator[Card]:
    """Yield the cards in a file; what stands between them is passed over."""
    card: Card | None = None
    within = 0  # cards within a card: AGENT of 2.1
    for number, line in _unfolded(lines):
        head = line[:40].strip().upper().replace(b" ", b"")
        if head == b"BEGIN:VCARD":
            if card is not None and card.properties and card.properties[-1].name == "AGENT":
                within += 1
                continue
            if card is not None:
                yield card._replace(broken="it does not end: another card begins within it")
            card, within = Card(number, []), 0
        elif card is None:
            continue
        elif head == b"END:VCARD":
            if within:
                within -= 1
                continue
            yield card
            card = None
        elif not within and len(card.properties) < MOST and (found := _property(line)):
            card.properties.append(found)
    if card is not None:
        yield card._replace(broken="it does not end: the file breaks off within it")


def unescaped(value: str) -> str:
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def _unfolded(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Join lines that were folded, with the number of the first; of what is too long, the rest is dropped."""
    first, held = 0, b""
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip(b"\r\n")
        if held and _is_soft(held):
            held = held[:-1] + line
        elif held and line[:1] in (b" ", b"\t"):
            held += line[1:] if len(held) < LONGEST else b""
        elif line.strip():
            if held:
                yield first, held
            first, held = number, line
    if held:
        yield first, held


def _is_soft(line: bytes) -> bool:
    """Whether a line of quoted-printable goes on in the next."""
    return line.endswith(b"=") and len(line) < LONGEST and b"QUOTED-PRINTABLE" in line.partition(b":")[0].upper()


def _property(line: bytes) -> Property | None:
    match = _HEAD.match(line.lstrip())
    if match is None:
        return None
    group, name, written, value = match.groups()
    parameters: dict[str, list[str]] = {}
    for key, given in _PARAMETER.findall(decoded(written)):
        values = (
            [_uncaret(one.strip(' "')) for one in re.split(r',(?=(?:[^"]*"[^"]*")*[^"]*$)', given)] if given else []
        )
        if not values:  # 2.1 leaves the names of types and encodings out
            key, values = ("ENCODING" if key.strip().upper() in _ENCODINGS else "TYPE"), [key.strip()]
        parameters.setdefault(key.strip().upper(), []).extend(one for part in values for one in part.split(","))
    encoding = {one.upper() for one in parameters.get("ENCODING", ())}
    if encoding & {"QUOTED-PRINTABLE", "Q"}:
        value = quopri.decodestring(value)
    elif encoding & {"BASE64", "B"}:
        value = _base64(value)
    text = decoded(value, *parameters.get("CHARSET", ()))
    return Property(decoded(group or b""), name.decode("ascii", "replace").upper(), parameters, text)


def _base64(value: bytes) -> bytes:
    """Return text in base64; a picture is nothing."""
    try:
        found = binascii.a2b_base64(value[: 1 << 16])
    except binascii.Error:
        return b""
    return found if b"\0" not in found else b""


def _uncaret(value: str) -> str:
    return re.sub(r"\^[n'^]", lambda match: _CARET[match[0]], value)
