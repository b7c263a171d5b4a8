"""Texts that may name somebody, wherever they stand, to be read on and rewritten."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from kith.store.db import Db


class Place(NamedTuple):
    """Columns of texts. key: of a row beside workspace_id. grows: rows are replaced, for nobody may change them.

    apart: sealed sources have a table of their own.
    """

    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    grows: bool = False
    apart: bool = False


ACTS = Place("interactions", ("id",), ("title", "text"), apart=True)
PLACES = (
    ACTS,
    Place("interaction_versions", ("interaction_id", "version"), ("content",), grows=True, apart=True),
    Place("conversations", ("id",), ("title",), apart=True),
    Place("channels", ("id",), ("name",), apart=True),
    Place("claims", ("id",), ("evidence",), grows=True, apart=True),
    Place("partitions", ("source_id", "key"), ("name",)),
    Place("notes", ("id",), ("text",)),
    Place("run_errors", ("run_id", "number"), ("place", "reason", "raw")),
    Place("topics", ("id",), ("name", "terms")),
    Place("groups", ("id",), ("name", "description", "words")),
    Place("communities", ("id",), ("name",)),
    Place("watches", ("id",), ("name", "aliases", "terms")),
)
"""Where texts stand, in the order of a scan."""

Row = tuple[Any, ...]


async def next_rows(db: Db, workspace_id: UUID, place: Place, after: Sequence[Any] | None, limit: int) -> list[Row]:
    """Return the next rows of a place: key, then texts. The search path of ``db`` says whose."""
    key = ", ".join(place.key)
    beyond = f"AND ({key}) > ({', '.join(f'${n + 3}' for n in range(len(place.key)))})" if after else ""
    rows = await db.fetch(
        f"SELECT {key}, {', '.join(place.columns)} FROM {place.table} WHERE workspace_id = $1 {beyond}"
        f" ORDER BY {key} LIMIT $2",
        workspace_id, limit, *(after or ()),
    )  # fmt: skip
    return [tuple(row) for row in rows]


async def rows_of(db: Db, workspace_id: UUID, place: Place, ids: Sequence[UUID]) -> list[Row]:
    """Return rows of a place by the first column of its key."""
    rows = await db.fetch(
        f"SELECT {', '.join((*place.key, *place.columns))} FROM {place.table}"
        f" WHERE workspace_id = $1 AND {place.key[0]} = ANY ($2)",
        workspace_id, ids,
    )  # fmt: skip
    return [tuple(row) for row in rows]


async def retell(db: Db, workspace_id: UUID, place: Place, rows: Sequence[Row]) -> None:
    """Store rewritten texts. rows: as ``next_rows`` gives them."""
    if place.grows:
        for row in rows:
            await _replace(db, workspace_id, place, row)
        return
    key, columns = (
        [f"{name} = ${n}" for n, name in enumerate(names, first)]
        for names, first in ((place.key, 2), (place.columns, len(place.key) + 2))
    )
    await db.executemany(
        f"UPDATE {place.table} SET {', '.join(columns)} WHERE workspace_id = $1 AND {' AND '.join(key)}",
        [(workspace_id, *row) for row in rows],
    )


async def _replace(db: Db, workspace_id: UUID, place: Place, row: Row) -> None:
    key = " AND ".join(f"{name} = ${n}" for n, name in enumerate(place.key, 2))
    old = await db.fetchrow(
        f"DELETE FROM {place.table} WHERE workspace_id = $1 AND {key} RETURNING *",
        workspace_id, *row[: len(place.key)],
    )  # fmt: skip
    if old is not None:
        new = dict(old) | dict(zip(place.columns, row[len(place.key) :], strict=True))
        values = ", ".join(f"${n}" for n, _ in enumerate(new, 1))
        await db.execute(f"INSERT INTO {place.table} ({', '.join(new)}) VALUES ({values})", *new.values())


async def conversations_of(db: Db, workspace_id: UUID, act_ids: Sequence[UUID]) -> list[UUID]:
    """Return the conversations of acts."""
    rows = await db.fetch(
        "SELECT DISTINCT conversation_id FROM interactions"
        " WHERE workspace_id = $1 AND id = ANY ($2) AND conversation_id IS NOT NULL",
        workspace_id, act_ids,
    )  # fmt: skip
    return [row["conversation_id"] for row in rows]
