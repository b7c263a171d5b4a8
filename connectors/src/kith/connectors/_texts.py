"""Text files of unknown origin: what they are written in, found in one pass."""

import codecs
import io
import os
from datetime import UTC, datetime
from hashlib import blake2b
from typing import BinaryIO

import msgspec

from kith.connectors._errors import Fatal
from kith.connectors._files import BROKEN, BUFFER, foreign, open_file, uncompressed
from kith.connectors._limits import Limits

_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_HEAD = 4096


class Text(msgspec.Struct, frozen=True):
    """A file as it is now. digest: of all its bytes; encoding: by its mark, else UTF-8 where it fits, else Windows'."""

    path: str
    digest: str
    encoding: str
    size: int
    modified: datetime

    def open(self, limits: Limits) -> io.TextIOWrapper:
        """Return its text with line ends as they are; what does not fit the encoding is replaced."""
        return io.TextIOWrapper(self.open_bytes(limits), self.encoding, "replace", newline="")

    def open_bytes(self, limits: Limits) -> BinaryIO:
        file = open_file(self.path, limits)
        text = uncompressed(file)
        return _Unpacked(text.detach(), file) if isinstance(text, io.BufferedReader) and text is not file else text


class _Unpacked(io.BufferedReader):
    """What is packed in a file, which is closed with it."""

    def __init__(self, raw: io.RawIOBase, file: BinaryIO) -> None:
        super().__init__(raw, BUFFER)
        self._file = file

    def close(self) -> None:
        super().close()
        self._file.close()


def look(path: str, limits: Limits, encoding: str | None = None) -> Text:
    """Read a file once. Raises Fatal where it is not whole, or no text."""
    digest, size = blake2b(digest_size=16), 0
    with open_file(path, limits) as file:
        modified = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
        text = uncompressed(file)
        try:
            head = text.read(_HEAD)
            found = encoding or _told(head)
            if not found and (form := foreign(head)):
                raise Fatal(f"{path} is {form}.")
            utf8: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
            chunk = head
            while chunk:
                digest.update(chunk)
                size += len(chunk)
                utf8 = _fits(utf8, chunk)
                chunk = text.read(BUFFER)
            utf8 = _fits(utf8, b"", last=True)
        except BROKEN as error:
            raise Fatal(f"{path} breaks off: {error}.") from error
    return Text(path, digest.hexdigest(), found or ("utf-8" if utf8 else "cp1252"), size, modified)


def _told(head: bytes) -> str | None:
    """Return the encoding that the first bytes tell."""
    for mark, name in _BOMS.items():
        if head.startswith(mark) and not head.startswith(b"\xff\xfe\0\0"):
            return name
    odd, even = head[1:200:2], head[:200:2]
    if len(head) >= 8 and any(head) and not any(odd):
        return "utf-16-le"
    return "utf-16-be" if len(head) >= 8 and any(head) and not any(even) else None


def _fits(
    utf8: codecs.IncrementalDecoder | None, chunk: bytes, *, last: bool = False
) -> codecs.IncrementalDecoder | None:
    """Return the decoder as long as all is UTF-8."""
    try:
        if utf8:
            utf8.decode(chunk, last)
    except UnicodeDecodeError:
        return None
    return utf8
