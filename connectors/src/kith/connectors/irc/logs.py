"""The files of a folder of logs, and the lines in them."""

import re
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

import msgspec

from kith.connectors import Fatal, Forbidden, Limits
from kith.connectors._files import open_file

_ENDINGS = (".log", ".txt", ".weechatlog")
_CHANNEL = re.compile(r"[#&+!][^\s/,]+?(?=(?:[._-]?\d{4}[-_.]?\d\d[-_.]?\d\d)?(?:\.(?:log|txt|weechatlog))?$)")
_FILES = 50_000
_LONGEST = 64 << 10  # bytes of a line
_HEAD = 1024  # bytes by which a file is told from one that took its place


class Log(msgspec.Struct, frozen=True):
    """A file. series: what it is called without its date; those of a series follow one another."""

    path: str
    name: str
    series: str


def logs(path: str, limits: Limits) -> list[Log]:
    """Return the files of a folder, the oldest of each series first. Raises Fatal."""
    limits.check_path(path)
    root = Path(path)
    if root.is_file():
        return [_log(root, root.parent)]
    if not root.is_dir():
        raise Fatal(f"{path} is neither a file nor a folder on kith's machine.")
    found = sorted(
        file for file in root.rglob("*") if file.name.lower().endswith(_ENDINGS) and _is_inside(file, limits)
    )
    if len(found) > _FILES:
        raise Fatal(f"{path} holds {len(found):,} logs; {_FILES:,} are allowed for one source.")
    return sorted((_log(file, root) for file in found), key=lambda log: (log.series, log.name))


def channel_of(log: Log) -> str | None:
    """Return the channel that the name of a file, or of the folder that it is in, tells."""
    for part in reversed(Path(log.name).parts):
        if found := _CHANNEL.search(part):
            return found[0]
    return None


def lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield each line with the place behind it; the last may lack its end. Of one too long only the beginning."""
    while line := file.readline(_LONGEST):
        part = line
        while not part.endswith(b"\n") and (part := file.readline(_LONGEST)):
            pass
        yield file.tell(), line if line.endswith(b"\n") or not part.endswith(b"\n") else line + b"\n"


def text_of(line: bytes) -> str:
    """Return a line in UTF-8, else in what was written before it."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")


def mark(log: Log, offset: int, limits: Limits) -> str:
    """Return what tells a file, as far as it was read, from one that took its place; empty where it is shorter."""
    with open_file(log.path, limits) as file:
        if file.seek(0, 2) < offset:
            return ""
        file.seek(0)
        return blake2b(file.read(min(offset, _HEAD)), digest_size=6).hexdigest()


def _log(file: Path, root: Path) -> Log:
    name = str(file.relative_to(root))
    return Log(str(file), name, re.sub(r"\d", "0", name))


def _is_inside(file: Path, limits: Limits) -> bool:
    """Whether a file may be read: a link may lead out of the folder."""
    try:
        limits.check_path(file)
    except Forbidden:
        return False
    return file.is_file()
