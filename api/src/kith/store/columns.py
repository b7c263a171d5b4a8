"""Whole columns in and out of PostgreSQL as arrays, by its binary COPY: millions of rows without an object for each."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kith.store.db import Db

_START = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"

Columns = NDArray[np.void]
"""A structured array, one field per column."""


async def read(db: Db, query: str, *values: object, **kinds: str) -> Columns:
    """Return the rows of a query. kinds: numpy type per column (``i4``, ``i8``, ``f8``, ``?``, ``V16``); none null."""
    parts: list[bytes] = []

    async def keep(data: bytes) -> None:
        parts.append(bytes(data))

    await db.copy_from_query(query, *values, output=keep, format="binary")
    return _rows(b"".join(parts)[len(_START) : -len(_END)], _row(kinds), kinds)


async def each(
    db: Db, query: str, values: Sequence[object], most: int, handle: Callable[[Columns], None], **kinds: str
) -> None:
    """Hand on the rows of a query as they come, in batches of at least ``most``, in another thread."""
    row, rest, waiting = _row(kinds), bytearray(), _START

    async def keep(data: bytes) -> None:
        nonlocal waiting
        rest.extend(data)
        if waiting and len(rest) >= len(waiting):
            del rest[: len(waiting)]
            waiting = b""
        if len(rest) >= most * row.itemsize:
            await hand_on(len(rest) // row.itemsize)

    async def hand_on(count: int) -> None:
        rows = _rows(bytes(memoryview(rest)[: count * row.itemsize]), row, kinds)
        del rest[: count * row.itemsize]
        if len(rows):
            await asyncio.to_thread(handle, rows)

    await db.copy_from_query(query, *values, output=keep, format="binary")
    await hand_on((len(rest) - len(_END)) // row.itemsize)


async def write(db: Db, table: str, **columns: NDArray[Any]) -> None:
    """Add rows to a temporary table; the columns are of one length."""
    row = _row({name: column.dtype.str[1:] for name, column in columns.items()})
    rows = np.zeros(len(next(iter(columns.values()))), row)
    rows["fields"] = len(columns)
    for name, column in columns.items():
        rows[f"{name} size"] = column.dtype.itemsize
        rows[name] = column
    source = BytesIO(_START + rows.tobytes() + _END)
    await db.copy_to_table(table, source=source, format="binary", columns=list(columns))


def short(ids: NDArray[Any]) -> NDArray[np.int64]:
    """Return 64 bits of each id (16 bytes): they are hashes, so two of them are as good as never the same."""
    halves = np.frombuffer(ids.tobytes(), ">u8").reshape(-1, 2)
    found: NDArray[np.int64] = (halves[:, 0] ^ halves[:, 1]).astype(np.uint64).view(np.int64)
    return found


def _row(kinds: Mapping[str, str]) -> np.dtype[np.void]:
    """Return a row as COPY writes it: how many fields, then each with its size before it; all big-endian."""
    fields = [part for name, kind in kinds.items() for part in ((f"{name} size", ">i4"), (name, f">{kind}"))]
    return np.dtype([("fields", ">i2"), *fields])


def _rows(data: bytes, row: np.dtype[np.void], kinds: Mapping[str, str]) -> Columns:
    found = np.frombuffer(data, row)
    kept = np.empty(len(found), [(name, kind) for name, kind in kinds.items()])
    for name in kinds:
        kept[name] = found[name]
    return kept
