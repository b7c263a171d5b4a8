"""The files of a dump, and the rows in them."""

import re
from array import array
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree as Xml

from kith.connectors import Limits, items
from kith.connectors._files import open_file
from kith.connectors.stackexchange.posts import Person

FILES = ("Users.xml", "Posts.xml", "Comments.xml")
MOST = 400_000_000  # the highest number of a post, which takes eight bytes of memory for each below it
_LONGEST = 8 << 20  # bytes of a line
_NUMBERS = {
    name: re.compile(rb' %s="(-?\d{1,18})"' % name.encode())
    for name in ("Id", "PostTypeId", "ParentId", "AcceptedAnswerId", "OwnerUserId")
}

Row = dict[str, str]


def opened(folder: str, limits: Limits) -> list[BinaryIO]:
    """Open the files. Raises Fatal where one is missing."""
    with ExitStack() as stack:
        files = [stack.enter_context(open_file(str(Path(folder) / name), limits)) for name in FILES]
        stack.pop_all()
    return files


def lines(file: BinaryIO, offset: int) -> Iterator[tuple[int, bytes]]:
    """Yield each line with the place behind it; of one that is far too long only the beginning."""
    file.seek(offset)
    while line := file.readline(_LONGEST):
        part = line
        while not part.endswith(b"\n") and (part := file.readline(_LONGEST)):
            pass
        yield file.tell(), line


def row(line: bytes) -> Row:
    """Return the fields of a row. Raises Unreadable."""
    try:
        return Xml.fromstring(line.strip()).attrib  # noqa: S314 - one element a line: there is no room for entities
    except Xml.ParseError as error:
        raise items.Unreadable(f"The line is no row: {error}.") from error


def by(row: Row, id_: str, name: str) -> Person:
    """Return who a row names."""
    return Person(whole(row, id_) if row.get(id_) else None, row.get(name))


def whole(row: Row, name: str) -> int:
    """Return a number of a row. Raises ValueError."""
    return int(_value(row, name))


def dated(row: Row, name: str) -> datetime:
    """Return a moment of a row. Raises ValueError."""
    return items.moment(_value(row, name))


def _value(row: Row, name: str) -> str:
    if name not in row:
        raise items.Unreadable(f"The row has no {name}.")
    return row[name]


def number(line: bytes, name: str) -> int:
    """Return a number of a row that is not yet taken apart; 0 where it has none."""
    found = _NUMBERS[name].search(line)
    return int(found[1]) if found else 0


def put(numbers: "array[int]", at: int, value: int) -> None:
    """Note a number."""
    if 0 < at < MOST and 0 < value < 1 << 32:
        if at >= len(numbers):
            numbers.frombytes(bytes(numbers.itemsize * (max(at + 1, len(numbers) * 5 // 4) - len(numbers))))
        numbers[at] = value


def get(numbers: "array[int]", at: int) -> int:
    """Return a number that was noted; 0 where there is none."""
    return numbers[at] if 0 <= at < len(numbers) else 0


def size(file: BinaryIO) -> int:
    """Return the bytes of a file."""
    return file.seek(0, 2)


def fingerprint(files: list[BinaryIO]) -> str:
    """Return what tells this dump from another one."""
    digest = blake2b(digest_size=12)
    for file in files:
        length = size(file)
        file.seek(0)
        digest.update(b"%d" % length + file.read(65_536))
        file.seek(max(0, length - 65_536))
        digest.update(file.read())
    return digest.hexdigest()
