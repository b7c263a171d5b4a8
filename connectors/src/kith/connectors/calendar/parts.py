"""An iCalendar text cut into meetings, before anything is parsed: what is ill-formed harms no other."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from kith.connectors.mail.charsets import decoded

_UID = re.compile(r"(?im)^UID(?:;[^:\r\n]*)?:(.*)$")
_TZID = re.compile(r'(?i)TZID="?([^";:\r\n]+)')
_TOP = {"METHOD", "X-WR-CALNAME", "X-WR-TIMEZONE"}


class Block(NamedTuple):
    """One VEVENT as it stands there, and the method of the message that it came in, in capitals."""

    method: str
    text: str


class Group(NamedTuple):
    """All that a text tells of one meeting. line: where the first of it begins."""

    uid: str
    line: int
    blocks: list[Block]


class Parts(NamedTuple):
    """zones: definitions of time zones, by the names that the text gives them."""

    name: str
    timezone: str
    zones: dict[str, str]
    groups: list[Group]

    def zones_of(self, group: Group) -> list[str]:
        named = {name.strip() for block in group.blocks for name in _TZID.findall(block.text)}
        return [self.zones[name] for name in sorted(named) if name in self.zones]


def cut(data: bytes) -> Parts:
    """Cut a text. A meeting without a UID is one of its own."""
    top: dict[str, str] = {}
    zones: dict[str, str] = {}
    groups: dict[str, Group] = {}
    for kind, line, value in _pieces(data):
        if kind == "VEVENT":
            match = _UID.search(value)
            uid = match[1].strip() if match else ""
            group = groups.setdefault(uid or f"line {line}", Group(uid, line, []))
            group.blocks.append(Block(top.get("METHOD", "").upper(), value))
        elif kind == "VTIMEZONE":
            name = re.search(r"(?im)^TZID(?:;[^:\r\n]*)?:(.*)$", value)
            zones.setdefault(name[1].strip() if name else "", value)
        elif kind == "VCALENDAR":
            top.pop("METHOD", None)
        else:
            top[kind] = value
    return Parts(top.get("X-WR-CALNAME", ""), top.get("X-WR-TIMEZONE", ""), zones, list(groups.values()))


def _pieces(data: bytes) -> Iterator[tuple[str, int, str]]:
    """Yield the beginnings of calendars, their own properties, time zones and meetings, each with its line."""
    open_, begun, held = "", 0, list[bytes]()
    for number, raw in _lines(data):
        word, _, rest = raw.strip().partition(b":")
        name, value = word.partition(b";")[0].upper(), rest.strip().upper()
        if open_:
            held.append(raw.strip())
            if name == b"END" and value.decode("ascii", "replace") == open_:
                yield open_, begun, decoded(b"\r\n".join(held)) + "\r\n"
                open_ = ""
            elif name == b"BEGIN" and value in (b"VEVENT", b"VCALENDAR"):  # the one before does not end
                yield open_, begun, decoded(b"\r\n".join(held[:-1])) + "\r\n"
                open_, begun, held = ("VEVENT" if value == b"VEVENT" else ""), number, held[-1:]
        elif name == b"BEGIN" and value in (b"VEVENT", b"VTIMEZONE"):
            open_, begun, held = value.decode(), number, [raw.strip()]
        elif name == b"BEGIN" and value == b"VCALENDAR":
            yield "VCALENDAR", number, ""
        elif (top := name.decode("ascii", "replace")) in _TOP:
            yield top, number, decoded(rest).strip()
    if open_:
        yield open_, begun, decoded(b"\r\n".join(held)) + "\r\n"


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield unfolded lines with the number of the first."""
    number, held, first = 0, b"", 1
    for raw in data.removeprefix(b"\xef\xbb\xbf").splitlines():
        number += 1
        if raw[:1] in (b" ", b"\t") and held:
            held += raw[1:]
            continue
        if held.strip():
            yield first, held
        held, first = raw, number
    if held.strip():
        yield first, held
