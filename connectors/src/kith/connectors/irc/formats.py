"""The lines of four clients' logs: Limnoria (Supybot), ZNC, irssi, WeeChat."""

import re
from datetime import date, datetime, time, tzinfo
from typing import Literal

import msgspec

from kith.connectors import items

What = Literal["message", "action", "join", "leave", "nick"]

_CODES = re.compile(r"\x03(?:\d{1,2}(?:,\d{1,2})?)?|[\x02\x0f\x11\x16\x1d\x1e\x1f]")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_FULL = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)([+-]\d\d:?\d\d|Z)?  ?(.*)", re.DOTALL)
_ZNC = re.compile(r"\[(\d\d:\d\d:\d\d)\] (.*)", re.DOTALL)
_IRSSI = re.compile(r"(\d\d:\d\d(?::\d\d)?) (.*)", re.DOTALL)
_OPENED = re.compile(r"--- (?:Log opened|Day changed) \w{3} (\w{3}) +(\d{1,2})(?: \d\d:\d\d:\d\d)? (\d{4})")
_WEECHAT = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\t([^\t]*)\t(.*)", re.DOTALL)

_SAID = re.compile(r"<[~&@%+ ]?([^\s>]+)> ?(.*)", re.DOTALL)
_DID = re.compile(r" ?\* (\S+)(?: (.*))?", re.DOTALL)
#: What happened, behind the mark that each client puts before it.
_MARK = re.compile(r"(?:\*\*\*|-!-) +")
_MOVES: tuple[tuple[re.Pattern[str], What], ...] = (
    (re.compile(r"Joins: (\S+) "), "join"),
    (re.compile(r"(?:Parts|Quits): (\S+) "), "leave"),
    (re.compile(r"(\S+) (?:[<(\[]\S*[>)\]] )?has joined\b"), "join"),
    (re.compile(r"(\S+) (?:[<(\[]\S*[>)\]] )?has (?:left|quit)\b"), "leave"),
    (re.compile(r"(\S+) is now known as (\S+)"), "nick"),
)


class Line(msgspec.Struct, frozen=True):
    """What one line tells. text: of a message, or the new nick."""

    at: datetime
    what: What
    nick: str
    text: str = ""


def plain(text: str) -> str:
    """Return a line without its colors and its end."""
    return _CODES.sub("", text).replace("\0", "").rstrip("\r\n")


class Parser:
    """Reads the lines of one file, from its first on: some logs say only now and then which day it is."""

    def __init__(self, zone: tzinfo, day: date | None) -> None:
        self._zone, self._day = zone, day

    def line(self, text: str) -> Line | None:
        """Return what a line tells; None where that is nothing of interest. Raises Unreadable."""
        text = plain(text)
        if not text.strip():
            return None
        if opened := _OPENED.match(text):
            self._day = date(int(opened[3]), 1 + _MONTHS.index(opened[1].lower()), int(opened[2]))
            return None
        if text.startswith("--- Log closed"):
            return None
        if found := _WEECHAT.fullmatch(text):
            return self._weechat(self._full(found[1]), found[2], found[3])
        if found := _FULL.fullmatch(text):
            return _event(self._full(found[1] + (found[2] or "")), found[3])
        if found := _ZNC.fullmatch(text) or _IRSSI.fullmatch(text):
            return _event(self._within_day(found[1]), found[2])
        raise items.Unreadable("The line does not begin with a time as one of the four clients writes it.")

    def _full(self, text: str) -> datetime:
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=self._zone)

    def _within_day(self, text: str) -> datetime:
        if self._day is None:
            raise items.Unreadable("Neither the file's name nor a line before tells the day.")
        return datetime.combine(self._day, time.fromisoformat(text), self._zone)

    @staticmethod
    def _weechat(at: datetime, prefix: str, text: str) -> Line | None:
        mark = prefix.strip()
        if mark in ("-->", "<--", "--"):
            return _moved(at, text)
        if mark == "*":
            nick, _, rest = text.partition(" ")
            return Line(at, "action", nick, rest) if nick else None
        nick = mark.lstrip("~&@%+")
        return Line(at, "message", nick, text) if nick and not mark.startswith("=") else None


def _event(at: datetime, text: str) -> Line | None:
    """Return what happened, in the words that three of the clients share."""
    if found := _SAID.fullmatch(text):
        return Line(at, "message", found[1], found[2])
    if mark := _MARK.match(text):
        return _moved(at, text[mark.end() :])
    if found := _DID.fullmatch(text):
        return Line(at, "action", found[1], found[2] or "")
    if text.startswith("-") or not text.strip():
        return None  # a notice of a server or a robot
    raise items.Unreadable("The line names nobody who spoke.")


def _moved(at: datetime, text: str) -> Line | None:
    for pattern, what in _MOVES:
        if found := pattern.match(text):
            return Line(at, what, found[1], found[2] if what == "nick" else "")
    return None


def day_of(name: str) -> date | None:
    """Return the day that a file's name tells."""
    if found := re.search(r"(?<!\d)(\d{4})[-_.]?(\d\d)[-_.]?(\d\d)(?!\d)", name):
        try:
            return date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            return None
    return None
