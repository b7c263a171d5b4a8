"""Which mail had which number: a server tells of a deletion by the number alone.

It lies in the source's folder, on this machine, and is made again from the server where it is missing. Nothing is ever
taken out before the page that told of it must be stored: rows are marked as gone, and can be told again.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, cast

from kith.connectors import InteractionKind, InteractionRef

GONE = 1  # from its folder; higher marks: with its folder
_NAME = "mails.sqlite"
_TABLES = """
    CREATE TABLE IF NOT EXISTS mails (
        folder TEXT NOT NULL, validity INTEGER NOT NULL, uid INTEGER NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL,
        gone INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (folder, validity, uid, key)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS by_key ON mails (key, gone);
"""


class Entry(NamedTuple):
    """An act, and the number of the mail that holds it."""

    uid: int
    ref: InteractionRef


class Ledger:
    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def folders(self, times: int) -> list[str]:
        """Return the folders with mails that have not gone, or whose mark of deletion is higher than ``times``."""
        asked = "SELECT DISTINCT folder FROM mails WHERE NOT gone OR gone > ? ORDER BY folder"
        return [name for (name,) in self._database.execute(asked, (times,))]

    def last(self, folder: str, validity: int) -> int:
        """Return the highest number that is known; 0 where none is."""
        asked = "SELECT coalesce(max(uid), 0) FROM mails WHERE folder = ? AND validity = ?"
        return int(self._database.execute(asked, (folder, validity)).fetchone()[0])

    def present(self, folder: str, validity: int) -> list[int]:
        """Return the numbers of the mails that have not gone."""
        asked = "SELECT DISTINCT uid FROM mails WHERE folder = ? AND validity = ? AND NOT gone ORDER BY uid"
        return [uid for (uid,) in self._database.execute(asked, (folder, validity))]

    def note(self, folder: str, validity: int, entries: Iterable[Entry]) -> None:
        """Keep which act a mail holds, which is there."""
        rows = [(folder, validity, entry.uid, entry.ref.key, entry.ref.kind) for entry in entries]
        with self._database:
            self._database.executemany(
                "INSERT INTO mails (folder, validity, uid, key, kind) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET gone = 0, kind = excluded.kind", rows,
            )  # fmt: skip

    def take(self, folder: str, validity: int, gone: Sequence[tuple[int, int]]) -> list[InteractionRef]:
        """Mark the mails of these numbers as gone; return the acts that no folder holds any more."""
        span = "folder = ? AND validity = ? AND uid BETWEEN ? AND ?"
        return self._take([(span, (folder, validity, low, high)) for low, high in gone])

    def take_others(self, folder: str, validity: int) -> list[InteractionRef]:
        """Do so with the mails that the folder had before its numbers changed; validity: what they have now."""
        return self._take([("folder = ? AND validity != ?", (folder, validity))])

    def take_all(self, folder: str, times: int) -> list[InteractionRef]:
        """Do so with what a folder held that is no longer there; times: as for ``folders``."""
        return self._take([("folder = ? AND (NOT gone OR gone > ?)", (folder, times))], times + 1)

    def _take(self, spans: Iterable[tuple[str, tuple[str | int, ...]]], mark: int = GONE) -> list[InteractionRef]:
        found: dict[str, str] = {}
        with self._database:
            for where, values in spans:
                found |= dict(self._database.execute(f"SELECT key, kind FROM mails WHERE {where}", values))
                self._database.execute(f"UPDATE mails SET gone = ? WHERE {where} AND NOT gone", (mark, *values))
        left = "SELECT 1 FROM mails WHERE key = ? AND NOT gone LIMIT 1"
        return [
            InteractionRef("mail", key, cast(InteractionKind, kind))
            for key, kind in found.items()
            if self._database.execute(left, (key,)).fetchone() is None
        ]


@contextmanager
def open_ledger(folder: Path) -> Iterator[Ledger]:
    """Lend the ledger of a source; one that cannot be read is made again from scratch."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _NAME
    try:
        database = _connect(path)
    except sqlite3.DatabaseError:
        path.unlink()
        database = _connect(path)
    try:
        yield Ledger(database)
    finally:
        database.close()


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, check_same_thread=False, timeout=30)
    try:
        database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + _TABLES)
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database
