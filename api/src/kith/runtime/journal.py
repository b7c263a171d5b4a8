"""The erasure journal: who was erased, as keyed hashes, in a file outside of the database and beside its backups.

It only grows: a line of JSON an erasure, and none of it is ever changed. Whoever restores an older database replays it.
"""

import fcntl
import os
from datetime import datetime
from pathlib import Path

import msgspec

FILE = "erasures.journal"


class JournalError(ValueError):
    """The journal holds a line that is none of ours; the message says which."""


class Entry(msgspec.Struct, frozen=True):
    """marks: hashes in hex, by what they are of."""

    workspace: str
    erasure: str
    at: datetime
    marks: dict[str, list[str]]


def append(path: Path, entry: Entry) -> None:
    """Add an entry, on disk before this returns. Blocks. What a process that died began to write is cut off first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(file.truncate(file.readall().rfind(b"\n") + 1))
        file.write(msgspec.json.encode(entry) + b"\n")
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read(path: Path) -> list[Entry]:
    """Return all entries; none where there is no file. Raises JournalError.

    A last line that breaks off was never acknowledged, and counts for nothing.
    """
    if not path.exists():
        return []
    entries: list[Entry] = []
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], 1):
        try:
            entries.append(msgspec.json.decode(line, type=Entry))
        except msgspec.DecodeError as error:
            raise JournalError(f"{path}, line {number}: {error}. Put the file back from a backup.") from error
    return entries
