"""mbox: one file of mails, each after a line that begins with ``From ``."""

import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import BinaryIO

import msgspec

from kith.connectors import Fatal
from kith.connectors._files import BROKEN, BUFFER, open_file, uncompressed
from kith.connectors.mail.archives import MAIL_BYTES, Item
from kith.connectors.mail.mails import moment

_FROM = re.compile(rb"From \S.*\d\d?:\d\d.*\d{4}")
_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:|>From ")
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)


class MboxCursor(msgspec.Struct, frozen=True, tag="mbox"):
    """Bytes of the uncompressed text that were read, and their hash: with others there, it is another archive."""

    offset: int
    digest: str


class Mbox:
    """A line begins a mail if it looks like it and a header follows: many programs leave ``From `` as it is."""

    def __init__(self, path: str, cursor: MboxCursor | None) -> None:
        self._cursor = cursor
        self._file = open_file(path)

    def close(self) -> None:
        self._file.close()

    def items(self) -> Iterator[Item]:
        """Yield all mails; raises Fatal where a compressed file breaks off, after what is good."""
        number = offset = 0
        digest = blake2b(digest_size=16)
        try:
            read = self._cursor.offset if self._cursor and self._begins_as(self._cursor) else 0
            lines: list[bytes] = []
            size = 0
            for line, is_first in _lines(uncompressed(self._file)):
                if is_first and lines:
                    number, offset = number + 1, offset + size
                    yield _item(number, offset, lines, digest.hexdigest(), read)
                    lines, size = [], 0
                digest.update(line)
                size += len(line)
                if size <= MAIL_BYTES:
                    lines.append(line)
            if any(line.strip() for line in lines):
                yield _item(number + 1, offset + size, lines, digest.hexdigest(), read)
        except BROKEN as error:
            raise Fatal(f"The file breaks off after mail {number}: {error}") from error

    def _begins_as(self, cursor: MboxCursor) -> bool:
        text, left, digest = uncompressed(self._file), cursor.offset, blake2b(digest_size=16)
        while left and (data := text.read(min(left, BUFFER))):
            digest.update(data)
            left -= len(data)
        return not left and digest.hexdigest() == cursor.digest


def is_mbox(path: str) -> bool:
    with open_file(path) as file:
        try:
            return uncompressed(file).readline(BUFFER).startswith(b"From ")
        except BROKEN:
            return True  # of the kinds of archives only this one may be compressed


def _lines(text: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Yield each line, and whether it begins a mail."""
    waiting = text.readline(BUFFER)
    while waiting:
        line, waiting = waiting, text.readline(BUFFER)
        yield line, line.startswith(b"From ") and bool(_FROM.match(line[:200]) and _HEADER.match(waiting))


def _item(number: int, offset: int, lines: list[bytes], digest: str, read: int) -> Item:
    separated = lines[0].startswith(b"From ")
    data = _QUOTED_FROM.sub(rb"\1", b"".join(lines[separated:]))
    words = lines[0].decode("latin-1").split()
    arrived = moment(" ".join(words[-5:])) if separated else None
    return Item(f"mail {number}", data, MboxCursor(offset, digest), is_old=offset <= read, arrived=arrived)
