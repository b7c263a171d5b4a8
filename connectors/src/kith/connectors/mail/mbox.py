"""mbox: one file of mails, each after a line that begins with ``From ``."""

import re
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

import msgspec

from kith.connectors import Fatal, Limits
from kith.connectors._files import BROKEN, BUFFER, MARK_BYTES, fingerprint, marks, open_file, skip, uncompressed
from kith.connectors.mail import mailboxes
from kith.connectors.mail.dates import Arrival, moment
from kith.connectors.mail.mailboxes import MAIL_BYTES, Item

BLANK = b"\xef\xbb\xbf\r\n \t"  # also a byte order mark
#: So much of a file is looked at to find where its first mail begins.
HEAD_BYTES = 1 << 18

_DATED = re.compile(rb"From \S.*\d\d?:\d\d.*\d{4}|From \S+\s+\d{4}-\d\d-\d\d")
#: With a date in another order, which words may look like: more of a head has to follow.
_LOOSELY_DATED = re.compile(rb"From\s+\S.*(?:\d\d?:\d\d.*\d\d|\d{4}.*\d\d?:\d\d)")
#: What git writes before each patch, in a text or in a file of patches; no mail came then.
_PATCH = re.compile(rb"From [0-9a-f]{7,64} Mon Sep 17 00:00:00 2001\s*$")
_NAME = re.compile(rb"([!-9;-~]+)[ \t]*:|>From ")
_KNOWN = frozenset(
    (b"from", b"date", b"subject", b"to", b"message-id", b"received", b"return-path", b"reply-to", b"delivered-to")
)
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_HEAD_LINES = 200


class MboxCursor(msgspec.Struct, frozen=True, tag="mbox"):
    """Mails and bytes (of the uncompressed text) that were read.

    warm: where the earliest mail begins that later ones may need, and its number. fingerprint: of the first bytes and
    the ``tail`` ones before the offset; with others there, it is another archive.
    """

    mails: int
    offset: int
    warm: tuple[int, int]
    tail: int
    fingerprint: str


class Mbox:
    """A ``From `` line begins a mail if the head of one follows: many programs leave ``From `` as it is in texts."""

    def __init__(self, path: str, cursor: MboxCursor | None, limits: Limits) -> None:
        self._cursor = cursor
        self._file = open_file(path, limits)

    def close(self) -> None:
        self._file.close()

    def items(self) -> Iterator[Item]:
        """Yield the mails; raises Fatal where a compressed file breaks off, after what is good."""
        offset = number = 0
        try:
            head = uncompressed(self._file).read(MARK_BYTES)
            read = 0
            if self._cursor and self._is_same(self._cursor):
                (offset, number), read = self._cursor.warm, self._cursor.offset
            text = uncompressed(self._file)
            skip(text, offset)
            starts = deque([(offset, number)], maxlen=mailboxes.WARM)
            tail = b""
            before: datetime | None = None
            for data, size, end in _mails(text, of_patches=_is_of_patches(head)):
                offset, number = offset + size, number + 1
                tail = (tail + end)[-MARK_BYTES:]
                mark = fingerprint(head[:offset], tail)
                cursor = MboxCursor(number, offset, starts[0], len(tail), mark)
                item = _item(data, number, before)._replace(cursor=cursor, is_old=offset <= read)
                yield item._replace(is_cut=len(data) < size)
                before = item.arrived.at
                starts.append((offset, number))
        except BROKEN as error:
            raise Fatal(f"The file breaks off after mail {number}: {error}") from error

    def _is_same(self, cursor: MboxCursor) -> bool:
        found = marks(uncompressed(self._file), cursor.offset, cursor.tail)
        return found is not None and fingerprint(*found) == cursor.fingerprint


def mails_in(text: BinaryIO) -> Iterator[Item]:
    """Yield the mails of an mbox that is at hand as a whole; raises ``BROKEN`` where it breaks off."""
    of_patches = _is_of_patches(uncompressed(text).read(MARK_BYTES))
    before: datetime | None = None
    for number, (data, size, _) in enumerate(_mails(uncompressed(text), of_patches=of_patches), 1):
        item = _item(data, number, before)._replace(is_cut=len(data) < size)
        yield item
        before = item.arrived.at


def is_mbox(head: bytes) -> bool:
    """Whether a file that begins so is one: with a separator, or with words before the first one."""
    lines = head.lstrip(BLANK).splitlines(keepends=True)
    if lines and lines[0].startswith(b"From "):
        return True
    return not _head_names(lines[:_HEAD_LINES]) & _KNOWN and any(
        line.startswith(b"From ") and _begins(line, True, lines[number + 1 : number + 1 + _HEAD_LINES])
        for number, line in enumerate(lines)
    )


def _mails(text: BinaryIO, *, of_patches: bool) -> Iterator[tuple[bytes, int, bytes]]:
    """Yield each mail, cut at MAIL_BYTES, with its whole size and its last bytes."""
    lines: list[bytes] = []
    size, end = 0, b""
    ahead: deque[bytes] = deque()
    after_blank = True
    while line := ahead.popleft() if ahead else text.readline(BUFFER):
        if line.startswith(b"From ") and any(line.strip(BLANK) for line in lines):
            _look_ahead(text, ahead)
            if (of_patches or not _PATCH.match(line)) and _begins(line, after_blank, list(ahead)[:_HEAD_LINES]):
                yield b"".join(lines), size, end
                lines, size, end = [], 0, b""
        after_blank = not line.strip()
        size += len(line)
        end = (end + line)[-MARK_BYTES:]
        if size <= MAIL_BYTES:
            lines.append(line)
    if any(line.strip() for line in lines):
        yield b"".join(lines), size, end


def _is_of_patches(head: bytes) -> bool:
    return _PATCH.match(head.lstrip(BLANK)[:200].partition(b"\n")[0]) is not None


def _look_ahead(text: BinaryIO, ahead: "deque[bytes]") -> None:
    """Read on until the head that may follow has ended."""
    while len(ahead) < _HEAD_LINES and all(line.strip() for line in ahead):
        line = text.readline(BUFFER)
        if not line:
            return
        ahead.append(line)


def _begins(line: bytes, after_blank: bool, following: list[bytes]) -> bool:
    """Whether a ``From `` line begins a mail: its head follows, a whole one where the line has no date."""
    names = _head_names(following)
    if _DATED.match(line[:200]):
        return bool(names & _KNOWN) or bool(following and following[0].startswith(b">From "))
    is_set_off = after_blank or _LOOSELY_DATED.match(line[:200]) is not None
    return is_set_off and b"from" in names and len(names & _KNOWN) > 1


def _head_names(lines: list[bytes]) -> set[bytes]:
    """Return the names of the headers with which these lines begin; none where other lines are among them."""
    found: set[bytes] = set()
    for line in lines:
        if not line.strip():
            break
        match = _NAME.match(line)
        if match:
            found.add((match[1] or b"").lower())
        elif not found or line[:1] not in b" \t":
            return set()
    return found


def _item(data: bytes, number: int, before: datetime | None) -> Item:
    place = f"mail {number}"
    lines = data.lstrip(BLANK).splitlines() if number == 1 else []
    if number == 1 and not _head_names(lines[lines[:1] != [] and lines[0].startswith(b"From ") :]):
        return Item(place, b"", unread="stands before the first mail")
    mail, arrived = unwrapped(data)
    return Item(place, mail, arrived=Arrival(arrived, before in (None, arrived)))


def unwrapped(data: bytes) -> tuple[bytes, datetime | None]:
    """Return a mail without its separator and the marks that this needed, and when the separator says that it came."""
    data = data.lstrip(BLANK)
    if data.startswith(b">From "):
        return data.partition(b"\n")[2], None
    if not data.startswith(b"From "):
        return data, None
    first, _, mail = data.partition(b"\n")
    words = first.decode("latin-1").split()
    arrived = None if _PATCH.match(first) else moment(" ".join(words[2:])) or moment(" ".join(words[1:]))
    return _QUOTED_FROM.sub(rb"\1", mail), arrived
