"""Files on kith's machine: plain, gzip or Zstandard, told by their first bytes."""

import gzip
import io
import zlib
from hashlib import blake2b
from typing import TYPE_CHECKING, BinaryIO, cast

import zstandard

from kith.connectors._errors import Fatal
from kith.connectors._limits import Limits

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER = 1 << 20
MARK_BYTES = 4096
#: What reading a file that is not whole raises.
BROKEN = (OSError, EOFError, zlib.error, zstandard.ZstdError)


def open_file(path: str, limits: Limits) -> BinaryIO:
    try:
        return limits.open(path)
    except FileNotFoundError as error:
        raise Fatal(f"{path} is no file on kith's machine.") from error
    except OSError as error:
        raise Fatal(f"{path} cannot be read: {error.strerror}.") from error


#: What files also come in, by their first bytes, and what can be done about it.
_OTHERS = {
    b"\xfd7zXZ\x00": "packed with xz; unpack it, or pack it with gzip or Zstandard",
    b"BZh": "packed with bzip2; unpack it, or pack it with gzip or Zstandard",
    b"PK\x03\x04": "a zip archive; unpack it, or pack each file with gzip or Zstandard",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive; unpack it, or pack each file with gzip or Zstandard",
    b"Rar!\x1a\x07": "a RAR archive; unpack it, or pack each file with gzip or Zstandard",
    b"\x5d\x00\x00": "packed with LZMA; unpack it, or pack it with gzip or Zstandard",
    b"\x1f\x9d": "packed with compress; unpack it, or pack it with gzip or Zstandard",
    b"SQLite format 3\x00": "an SQLite database; write it as text",
    b"PAR1": "a Parquet file; write it as text",
    b"%PDF-": "a PDF document; write it as text",
    b"\x04\x22\x4d\x18": "packed with LZ4; unpack it, or pack it with gzip or Zstandard",
    b"LZIP": "packed with lzip; unpack it, or pack it with gzip or Zstandard",
    b"\xff\x06\x00\x00sNaPpY": "packed with Snappy; unpack it, or pack it with gzip or Zstandard",
    b"\x1f\x8b": "packed twice; unpack it once",
    b"\x28\xb5\x2f\xfd": "packed twice; unpack it once",
    b"\xff\xfe\x00\x00": "in UTF-32; write it in UTF-8",
    b"\x00\x00\xfe\xff": "in UTF-32; write it in UTF-8",
    b"\xff\xfe": "in UTF-16; write it in UTF-8",
    b"\xfe\xff": "in UTF-16; write it in UTF-8",
}


def foreign(head: bytes) -> str | None:
    """Return what a file is that begins so when it is unpacked once, where nothing here reads it."""
    for magic, name in _OTHERS.items():
        if head.startswith(magic):
            return name
    if head[257:262] == b"ustar":
        return "a tar archive; unpack it, or pack each file with gzip or Zstandard"
    if len(head) >= 8 and any(head) and sum(not any(head[start:200:4]) for start in range(4)) > 2:
        return "in UTF-32; write it in UTF-8"
    odd, even = head[1:200:2], head[:200:2]
    is_wide = len(head) >= 8 and (not any(odd) or not any(even))
    return "in UTF-16; write it in UTF-8" if is_wide and any(head) else None


def uncompressed(file: BinaryIO) -> BinaryIO:
    """Return the file's text, from its first byte on."""
    file.seek(0)
    magic = file.read(4)
    file.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        return cast(BinaryIO, io.BufferedReader(_GzipFile(file), BUFFER))
    if magic == b"\x28\xb5\x2f\xfd":
        return cast(BinaryIO, io.BufferedReader(_ZstdFile(file), BUFFER))
    return file


def skip(text: BinaryIO, size: int) -> None:
    """Move on by so many bytes."""
    if isinstance(text, io.BufferedReader) and text.seekable():
        text.seek(size, io.SEEK_CUR)
        return
    while size > 0 and (data := text.read(min(size, BUFFER))):
        size -= len(data)


def marks(text: BinaryIO, offset: int, tail: int) -> tuple[bytes, bytes] | None:
    """Return the first bytes of a text and the ``tail`` ones before ``offset``, where the text then stands.

    None where it is shorter, or cannot be read so far.
    """
    try:
        head = text.read(min(MARK_BYTES, offset))
        middle = max(0, offset - tail - len(head))
        skip(text, middle)
        passed = head + text.read(offset - len(head) - middle)
    except BROKEN:
        return None
    return (head, passed[len(passed) - tail :]) if len(passed) + middle == offset else None


def fingerprint(head: bytes, tail: bytes) -> str:
    """Return what tells a file from one that took its place: a hash of its first bytes and the last that were read."""
    return blake2b(head + tail, digest_size=16).hexdigest()


class _GzipFile(io.RawIOBase):
    """gzip in small steps: what comes before the place where a file breaks off is not lost with it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = gzip.GzipFile(fileobj=file)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        data = self._file.read1(len(view))
        view[: len(data)] = data
        return len(data)


class _ZstdFile(io.RawIOBase):
    """Zstandard frames as one stream. Unlike the library's own reader it raises where the last frame breaks off."""

    _INPUT_BYTES = 2048  # may unpack to 64 MiB at worst: the format allows 4 bytes to stand for 128 KiB

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._begun = False
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        while not self._ready:
            data = self._frame.unused_data or self._file.read(self._INPUT_BYTES)
            if self._frame.eof and data:
                self._frame, self._begun = zstandard.ZstdDecompressor().decompressobj(), False
            if not data:
                if self._begun and not self._frame.eof:
                    raise EOFError("the last frame is not complete")
                return 0
            self._begun = True
            self._ready = memoryview(self._frame.decompress(data))
        view = memoryview(buffer)
        size = min(len(view), len(self._ready))
        view[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size
