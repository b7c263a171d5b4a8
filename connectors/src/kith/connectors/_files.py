"""Files on kith's machine: plain, gzip or Zstandard, told by their first bytes."""

import gzip
import io
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import zstandard

from kith.connectors._errors import Fatal

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER = 1 << 20
#: What reading a file that is not whole raises.
BROKEN = (OSError, EOFError, zlib.error, zstandard.ZstdError)


def open_file(path: str) -> BinaryIO:
    try:
        if not Path(path).is_file():
            raise Fatal(f"{path} is no file on kith's machine.")
        return Path(path).open("rb")
    except OSError as error:
        raise Fatal(f"{path} cannot be read: {error.strerror}.") from error


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
