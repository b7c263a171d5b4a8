"""Figures of all workspaces at once, for operators: no statement here reads what belongs to a workspace."""

from typing import NamedTuple
from uuid import UUID

from kith.store.db import Db


class Waiting(NamedTuple):
    """Open jobs of a kind. late: by how many seconds the oldest that is due has not begun."""

    kind: str
    open: int
    late: float


class Sources(NamedTuple):
    """Sources of a connector in a state; failing: those whose last reading failed."""

    connector: str
    status: str
    number: int
    failing: int


class Read(NamedTuple):
    """The source of a connector that was last read to its end the longest ago, of those that are active."""

    connector: str
    seconds: float


async def waiting(db: Db) -> list[Waiting]:
    """Return open jobs by kind."""
    rows = await db.fetch("""
        SELECT kind, count(*) AS open, greatest(0, extract(epoch FROM now() - min(moment)))::float8 AS late
        FROM open_jobs GROUP BY kind ORDER BY kind
    """)
    return [Waiting(*row) for row in rows]


async def sources(db: Db) -> list[Sources]:
    """Return sources by connector and state."""
    rows = await db.fetch("""
        SELECT connector, status, count(*) AS number, count(*) FILTER (WHERE failing) AS failing
        FROM source_states GROUP BY connector, status ORDER BY connector, status
    """)
    return [Sources(*row) for row in rows]


async def reads(db: Db) -> list[Read]:
    """Return for how long the sources of each connector have not been read."""
    rows = await db.fetch("""
        SELECT connector, extract(epoch FROM now() - min(succeeded_at))::float8 AS seconds
        FROM source_states WHERE status = 'active' AND succeeded_at IS NOT NULL GROUP BY connector ORDER BY connector
    """)
    return [Read(*row) for row in rows]


async def busiest(db: Db, limit: int) -> list[tuple[UUID, int]]:
    """Return workspaces with the most open jobs."""
    rows = await db.fetch(
        "SELECT workspace_id, count(*) FROM open_jobs GROUP BY workspace_id ORDER BY 2 DESC, 1 LIMIT $1", limit
    )
    return [(row[0], row[1]) for row in rows]


async def workspaces(db: Db) -> int:
    """Return how many workspaces there are."""
    found: int = await db.fetchval("SELECT count(*) FROM workspace_ids")
    return found


async def size(db: Db) -> int:
    """Return the bytes of the database on disk."""
    found: int = await db.fetchval("SELECT pg_database_size(current_database())")
    return found
