"""Copies of what a server of calendars or address books holds, so that only what has changed is asked for again."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")

_NAME = "dav.sqlite"
_TABLES = """
    CREATE TABLE IF NOT EXISTS listings (collection TEXT PRIMARY KEY, token TEXT NOT NULL, entries BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS objects (
        url TEXT PRIMARY KEY, collection TEXT NOT NULL, mark TEXT NOT NULL, data TEXT NOT NULL, modified TEXT NOT NULL
    );
"""


class Copy(msgspec.Struct, frozen=True):
    """An object of a collection in one version, which its mark names."""

    url: str
    mark: str
    data: str
    modified: str


class Listing(msgspec.Struct, frozen=True):
    """What a collection held when the server named that state by a token. marks: by address."""

    token: str
    marks: dict[str, str]


class Copies:
    """Lies in the folder of a source, and may be lost at any time. Without a folder there are no copies."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    async def listing(self, collection: str) -> Listing | None:
        return await self._do(lambda db: _listing(db, collection), None)

    async def keep_listing(self, collection: str, listing: Listing) -> None:
        """Keep what a collection holds, and forget what it holds no longer."""
        await self._do(lambda db: _keep_listing(db, collection, listing), None)

    async def objects(self, wanted: Sequence[tuple[str, str]]) -> list[Copy]:
        """Return those of some objects, by address and mark, of which this version is there."""
        return await self._do(lambda db: list(_objects(db, wanted)), [])

    async def keep(self, collection: str, copies: Sequence[Copy]) -> None:
        rows = [(one.url, collection, one.mark, one.data, one.modified) for one in copies if one.mark]
        await self._do(lambda db: _keep(db, rows), None)

    async def _do(self, act: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        if self._folder is None:
            return otherwise
        return await asyncio.to_thread(_within, self._folder, act)


def _within(folder: Path, act: Callable[[sqlite3.Connection], T]) -> T:
    """Act on the copies; those that cannot be read are made again from scratch."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with _opened(folder / _NAME) as db:
            return act(db)
    except sqlite3.DatabaseError:
        (folder / _NAME).unlink(missing_ok=True)
        with _opened(folder / _NAME) as db:
            return act(db)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, timeout=30)) as db, db:
        db.executescript(_TABLES)
        yield db


def _listing(db: sqlite3.Connection, collection: str) -> Listing | None:
    row = db.execute("SELECT token, entries FROM listings WHERE collection = ?", (collection,)).fetchone()
    return Listing(row[0], msgspec.json.decode(row[1], type=dict[str, str])) if row else None


def _keep_listing(db: sqlite3.Connection, collection: str, listing: Listing) -> None:
    entries = msgspec.json.encode(listing.marks)
    db.execute("INSERT OR REPLACE INTO listings VALUES (?, ?, ?)", (collection, listing.token, entries))
    known = db.execute("SELECT url FROM objects WHERE collection = ?", (collection,)).fetchall()
    db.executemany("DELETE FROM objects WHERE url = ?", [row for row in known if row[0] not in listing.marks])


def _keep(db: sqlite3.Connection, rows: Sequence[tuple[str, str, str, str, str]]) -> None:
    db.executemany("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?)", rows)


def _objects(db: sqlite3.Connection, wanted: Sequence[tuple[str, str]]) -> Iterator[Copy]:
    for url, mark in wanted:
        query = "SELECT url, mark, data, modified FROM objects WHERE url = ? AND mark = ?"
        if row := db.execute(query, (url, mark)).fetchone():
            yield Copy(*row)
