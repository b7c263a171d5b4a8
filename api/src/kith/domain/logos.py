"""Logos of apps: small pictures of three kinds, told from their bytes and never from what is said of them.

SVG is none of them: it may hold scripts and ask for other files, and what cleans it has to be trusted for ever.
"""

import struct
from collections.abc import Callable

LARGEST = 100_000
"""Bytes of a logo at most."""
WIDEST = 1024
"""Pixels of either side at most."""

_JPEG_SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # the markers of frames (ITU T.81, B.1.1.3)
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_Size = tuple[int, int]


def kind_of(data: bytes) -> str | None:
    """Return the media type of a picture; None where it is none that a logo may be."""
    return next((kind for kind, (starts, _) in _KINDS.items() if starts(data)), None)


def fault(data: bytes) -> str | None:
    """Return what is wrong with a logo; None where nothing is."""
    if len(data) > LARGEST:
        return f"A logo has {LARGEST:,} bytes at most."
    kind = kind_of(data)
    if kind is None:
        return "A logo is a PNG, JPEG or WebP."
    try:
        size = _KINDS[kind][1](data)
    except (struct.error, IndexError, ValueError):  # it breaks off
        size = (0, 0)
    if not all(0 < side <= WIDEST for side in size):
        return f"A logo is at most {WIDEST:,} pixels wide and high, and says so in its head."
    return None


def _png(data: bytes) -> _Size:
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def _webp(data: bytes) -> _Size:
    """RFC 9649, section 2."""
    form = data[12:16]
    if form == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    if form == b"VP8L":
        (bits,) = struct.unpack("<I", data[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    low, middle, high, *more = data[24:30]
    return (low | middle << 8 | high << 16) + 1, (more[0] | more[1] << 8 | more[2] << 16) + 1


def _jpeg(data: bytes) -> _Size:
    place = 2
    while True:
        marker = data[place + 1]
        if data[place] != 0xFF or marker in (0xD9, 0xDA):  # the picture itself begins, or it ends
            return 0, 0
        if marker in _JPEG_SIZES:
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return width, height
        if marker == 0xFF:
            place += 1
        elif marker in _JPEG_BARE:
            place += 2
        else:
            place += 2 + struct.unpack(">H", data[place + 2 : place + 4])[0]


_KINDS: dict[str, tuple[Callable[[bytes], bool], Callable[[bytes], _Size]]] = {
    "image/png": (lambda data: data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR", _png),
    "image/jpeg": (lambda data: data[:3] == b"\xff\xd8\xff", _jpeg),
    "image/webp": (lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP" and data[12:15] == b"VP8", _webp),
}
