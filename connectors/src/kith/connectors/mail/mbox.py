"""mbox: one file of mails, each after a line that begins with ``From ``."""

import re
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from kith.connectors import Fatal
from kith.connectors._files import BROKEN, BUFFER, MARK_BYTES, fingerprint, marks, open_file, skip, uncompressed
from kith.connectors.mail import archives
from kith.connectors.mail.archives import MAIL_BYTES, Item
from kith.connectors.mail.mails import moment

_FROM = re.compile(rb"From \S.*\d\d?:\d\d.*\d{4}")
_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:|>From ")
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)


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
    """A line begins a mail if it looks like it and a header follows: many programs leave ``From `` as it is."""

    def __init__(self, path: str, cursor: MboxCursor | None) -> None:
        self._cursor = cursor
        self._file = open_file(path)

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
            starts = deque([(offset, number)], maxlen=archives.WARM)
            tail = b""
            for data, size, end in _mails(text):
                offset, number = offset + size, number + 1
                tail = (tail + end)[-MARK_BYTES:]
                mark = fingerprint(head[:offset], tail)
                cursor = MboxCursor(number, offset, starts[0], len(tail), mark)
                yield _item(data, cursor, is_old=offset <= read)
                starts.append((offset, number))
        except BROKEN as error:
            raise Fatal(f"The file breaks off after mail {number}: {error}") from error

    def _is_same(self, cursor: MboxCursor) -> bool:
        found = marks(uncompressed(self._file), cursor.offset, cursor.tail)
        return found is not None and fingerprint(*found) == cursor.fingerprint


def is_mbox(path: str) -> bool:
    with open_file(path) as file:
        try:
            return uncompressed(file).readline(BUFFER).startswith(b"From ")
        except BROKEN:
            return True  # of the kinds of archives only this one may be compressed


def _mails(text: BinaryIO) -> Iterator[tuple[bytes, int, bytes]]:
    """Yield each mail, cut at MAIL_BYTES, with its whole size and its last bytes."""
    lines: list[bytes] = []
    size, end = 0, b""
    waiting = text.readline(BUFFER)
    while waiting:
        line, waiting = waiting, text.readline(BUFFER)
        if lines and _FROM.match(line[:200]) and _HEADER.match(waiting):
            yield b"".join(lines), size, end
            lines, size, end = [], 0, b""
        size += len(line)
        end = (end + line)[-MARK_BYTES:]
        if size <= MAIL_BYTES:
            lines.append(line)
    if any(line.strip() for line in lines):
        yield b"".join(lines), size, end


def _item(data: bytes, cursor: MboxCursor, *, is_old: bool) -> Item:
    arrived = None
    if data.startswith(b"From "):
        first, _, data = data.partition(b"\n")
        arrived = moment(" ".join(first.decode("latin-1").split()[-5:]))
    return Item(f"mail {cursor.mails}", _QUOTED_FROM.sub(rb"\1", data), cursor, is_old, arrived=arrived)
