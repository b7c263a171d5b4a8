"""Partitions: the channels, repositories or lists of a source, each with its own cursor."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec

from kith.store.db import Db
from kith.store.queries import structs

Phase = Literal["fresh", "history"]

READ = "coalesce(p.included, p.visibility IN ('public', 'unlisted', 'members'))"
"""What is read: what a human said; where none did, all but private rooms and direct messages."""


class Found(NamedTuple):
    """A partition as the connector names it."""

    key: str
    name: str
    kind: str
    visibility: str
    size: int | None
    seconds: float | None
    mark: str | None


class Partition(msgspec.Struct, frozen=True):
    """included: whether it is read. chosen: what a human said of that. history_done: read back to its beginning."""

    key: str
    name: str
    kind: str
    visibility: str
    size: int | None
    seconds: float | None
    included: bool
    chosen: bool | None
    history_done: bool
    problem: str | None
    found_at: datetime
    read_at: datetime | None
    ended_at: datetime | None


class ToRead(msgspec.Struct, frozen=True):
    """A partition about to be read. cursor: of the phase asked for, None at the very beginning."""

    key: str
    name: str
    kind: str
    visibility: str
    size: int | None
    seconds: float | None
    mark: str | None
    cursor: str | None
    problem: str | None


class Stand(NamedTuple):
    """Which cursor of which partition a page moves."""

    key: str
    phase: Phase


class Ended(NamedTuple):
    """A partition that was read to its end, or that has a problem."""

    stand: Stand
    mark: str | None
    problem: str | None


class Place(msgspec.Struct, frozen=True):
    """How far a run has come. after: the key of the partition done last. again_at: when fresh things go first again."""

    phase: Phase
    after: str = ""
    again_at: datetime | None = None


async def found(db: Db, workspace_id: UUID, source_id: UUID, rows: Sequence[Found]) -> None:
    """Note which partitions there are: new ones are added, those not named end. Only what changed is written."""
    columns: Sequence[Any] = list(zip(*rows, strict=True)) or [[] for _ in Found._fields]
    await db.execute(_FOUND, workspace_id, source_id, *columns)
    await db.execute(_ENDED, workspace_id, source_id, columns[0])


async def list_partitions(
    db: Db, workspace_id: UUID, source_id: UUID, after: str | None, limit: int
) -> list[Partition]:
    """Return the partitions of a source by key. after: key of the row before."""
    rows = await db.fetch(
        f"{_LIST} AND ($3::text IS NULL OR p.key > $3) {_BY_KEY}", workspace_id, source_id, after, limit
    )
    return structs(Partition, rows)


async def some(db: Db, workspace_id: UUID, source_id: UUID, keys: Collection[str]) -> list[Partition]:
    """Return those with these keys."""
    rows = await db.fetch(f"{_LIST} AND p.key = ANY ($3) {_BY_KEY}", workspace_id, source_id, list(keys), len(keys))
    return structs(Partition, rows)


async def chosen(db: Db, workspace_id: UUID, source_id: UUID, limit: int) -> list[Partition]:
    """Return those that are read, by key."""
    rows = await db.fetch(
        f"{_LIST} AND p.ended_at IS NULL AND {READ} ORDER BY p.key LIMIT $3", workspace_id, source_id, limit
    )
    return structs(Partition, rows)


async def choose(db: Db, workspace_id: UUID, source_id: UUID, keys: Collection[str], included: bool | None) -> None:
    """Note what a human says of partitions; None: as it would be without."""
    await db.execute(
        """
        UPDATE partitions SET included = $4
        WHERE workspace_id = $1 AND source_id = $2 AND key = ANY ($3) AND included IS DISTINCT FROM $4
        """,
        workspace_id, source_id, list(keys), included,
    )  # fmt: skip


async def to_read(db: Db, workspace_id: UUID, source_id: UUID, place: Place, limit: int) -> list[ToRead]:
    """Return the next partitions with something to read, by key."""
    rows = await db.fetch(_TO_READ[place.phase], workspace_id, source_id, place.after, limit)
    return structs(ToRead, rows)


async def save_cursor(db: Db, workspace_id: UUID, source_id: UUID, stand: Stand, cursor: str) -> None:
    column = {"fresh": "cursor", "history": "history"}[stand.phase]
    await db.execute(
        f"""
        UPDATE partitions SET {column} = $4, read_at = now()
        WHERE workspace_id = $1 AND source_id = $2 AND key = $3
        """,
        workspace_id, source_id, stand.key, cursor,
    )  # fmt: skip


async def finish(db: Db, workspace_id: UUID, source_id: UUID, ended: Sequence[Ended]) -> None:
    """Note which partitions were read to their end, as they were when they bore these marks, or why they cannot be."""
    for phase, query in _FINISH.items():
        if rows := [(end.stand.key, end.mark, end.problem) for end in ended if end.stand.phase == phase]:
            await db.execute(query, workspace_id, source_id, *zip(*rows, strict=True))


async def forget_places(db: Db, workspace_id: UUID, source_id: UUID) -> None:
    """Let all partitions be read from their beginning."""
    await db.execute(
        """
        UPDATE partitions SET cursor = NULL, history = NULL, history_done = false, read_mark = NULL
        WHERE workspace_id = $1 AND source_id = $2
        """,
        workspace_id, source_id,
    )  # fmt: skip


async def place_of(db: Db, workspace_id: UUID, run_id: UUID) -> Place | None:
    """Return how far a run has come; None before it has looked which partitions there are."""
    kept = await db.fetchval("SELECT place FROM runs WHERE workspace_id = $1 AND id = $2", workspace_id, run_id)
    return None if kept is None else msgspec.convert(kept, Place)


async def keep_place(db: Db, workspace_id: UUID, run_id: UUID, place: Place | None) -> None:
    kept = None if place is None else msgspec.to_builtins(place)
    await db.execute("UPDATE runs SET place = $3 WHERE workspace_id = $1 AND id = $2", workspace_id, run_id, kept)


_FOUND = """
    INSERT INTO partitions AS p (workspace_id, source_id, key, name, kind, visibility, size, seconds, mark)
    SELECT DISTINCT ON (n.key) $1::uuid, $2::uuid, n.*
    FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::double precision[], $9::text[])
        AS n (key, name, kind, visibility, size, seconds, mark)
    ORDER BY n.key
    ON CONFLICT (workspace_id, source_id, key) DO UPDATE SET name = excluded.name, kind = excluded.kind,
        visibility = excluded.visibility, size = excluded.size, seconds = excluded.seconds, mark = excluded.mark,
        ended_at = NULL
    WHERE (p.name, p.kind, p.visibility, p.size, p.seconds, p.mark) IS DISTINCT FROM
        (excluded.name, excluded.kind, excluded.visibility, excluded.size, excluded.seconds, excluded.mark)
        OR p.ended_at IS NOT NULL
"""

_ENDED = """
    UPDATE partitions p SET ended_at = now()
    WHERE p.workspace_id = $1 AND p.source_id = $2 AND p.ended_at IS NULL
        AND NOT EXISTS (SELECT FROM unnest($3::text[]) AS n (key) WHERE n.key = p.key)
"""

_LIST = f"""
    SELECT p.key, p.name, p.kind, p.visibility, p.size, p.seconds, {READ} AS included, p.included AS chosen,
        p.history_done, p.problem, p.found_at, p.read_at, p.ended_at
    FROM partitions p WHERE p.workspace_id = $1 AND p.source_id = $2
"""
_BY_KEY = "ORDER BY p.key LIMIT $4"

_TO_READ = {
    phase: f"""
        SELECT p.key, p.name, p.kind, p.visibility, p.size, p.seconds, p.mark, p.{cursor} AS cursor, p.problem
        FROM partitions p
        WHERE p.workspace_id = $1 AND p.source_id = $2 AND p.ended_at IS NULL AND {READ} AND p.key > $3 AND {condition}
        {_BY_KEY}
    """
    for phase, cursor, condition in (
        ("fresh", "cursor", "(p.mark IS NULL OR p.mark IS DISTINCT FROM p.read_mark)"),
        ("history", "history", "NOT p.history_done"),
    )
}

_FINISH = {
    phase: f"""
        UPDATE partitions p SET {change}, problem = n.problem
        FROM unnest($3::text[], $4::text[], $5::text[]) AS n (key, mark, problem)
        WHERE p.workspace_id = $1 AND p.source_id = $2 AND p.key = n.key
    """
    for phase, change in (
        ("fresh", "read_mark = CASE WHEN n.problem IS NULL THEN n.mark ELSE p.read_mark END"),
        ("history", "history_done = n.problem IS NULL"),
    )
}
