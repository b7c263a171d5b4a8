"""Watches: standing rules of listening, with the aliases of whom or what they listen for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from kith.store import jobs
from kith.store.db import Db, new_id
from kith.store.queries import structs


class Watch(msgspec.Struct, frozen=True):
    """identity_id: who is watched, as one identity; person_id: who that is now. rules: of each alias.

    heard_since: how far back texts were listened to so far; ``since`` where all of them were.
    """

    id: UUID
    name: str
    identity_id: UUID | None
    person_id: UUID | None
    organization_id: UUID | None
    aliases: list[str]
    rules: list[str]
    terms: list[str]
    since: datetime
    heard_since: datetime
    revision: int
    created_at: datetime
    updated_at: datetime


async def list_watches(db: Db, workspace_id: UUID, after: UUID | None, limit: int) -> list[Watch]:
    """Return watches, the oldest first. after: id of the row before."""
    rows = await db.fetch(
        f"{_SELECT} AND ($2::uuid IS NULL OR w.id > $2) ORDER BY w.id LIMIT $3", workspace_id, after, limit
    )
    return structs(Watch, rows)


async def get_watch(db: Db, workspace_id: UUID, watch_id: UUID, *, lock: bool = False) -> Watch | None:
    row = await db.fetchrow(f"{_SELECT} AND w.id = $2{' FOR UPDATE OF w' if lock else ''}", workspace_id, watch_id)
    return Watch(**row) if row else None


async def create_watch(db: Db, workspace_id: UUID, now: datetime, **content: Any) -> UUID:
    """content: as for ``update_watch``. Nothing is heard yet."""
    id_ = new_id()
    await db.execute(
        """
        INSERT INTO watches (workspace_id, id, name, aliases, rules, terms, since, heard_since)
        VALUES ($1, $2, '', '{}', '{}', '{}', $3, $3)
        """,
        workspace_id, id_, now,
    )  # fmt: skip
    await update_watch(db, workspace_id, id_, now, **content)
    return id_


async def update_watch(
    db: Db,
    workspace_id: UUID,
    watch_id: UUID,
    now: datetime,
    *,
    name: str,
    identity_id: UUID | None,
    organization_id: UUID | None,
    aliases: Sequence[str],
    rules: Sequence[str],
    terms: Sequence[str],
    since: datetime,
) -> None:
    """Change a watch; what it found before is taken away, and the past waits to be heard again."""
    await db.execute(
        """
        UPDATE watches SET name = $3, identity_id = $4, organization_id = $5, aliases = $6, rules = $7, terms = $8,
            since = $9, heard_since = greatest($9, $10::timestamptz), revision = revision + 1, updated_at = now()
        WHERE workspace_id = $1 AND id = $2
        """,
        workspace_id, watch_id, name, identity_id, organization_id, aliases, rules, terms, since, now,
    )  # fmt: skip
    for table in ("mentions", "mention_hits"):
        await db.execute(f"DELETE FROM {table} WHERE workspace_id = $1 AND watch_id = $2", workspace_id, watch_id)


async def rename_watch(db: Db, workspace_id: UUID, watch_id: UUID, name: str) -> None:
    await db.execute(
        """
        UPDATE watches SET name = $3, revision = revision + 1, updated_at = now() WHERE workspace_id = $1 AND id = $2
        """,
        workspace_id, watch_id, name,
    )  # fmt: skip


async def delete_watch(db: Db, workspace_id: UUID, watch_id: UUID) -> None:
    for table, column in (("mention_verdicts", "watch_id"), ("watches", "id")):
        await db.execute(f"DELETE FROM {table} WHERE workspace_id = $1 AND {column} = $2", workspace_id, watch_id)


async def ask_hear(db: Db, workspace_id: UUID, watch_id: UUID) -> UUID:
    """Have the past heard for a watch; where that is going on, once more afterwards."""
    args = {"watch_id": str(watch_id)}
    return (await jobs.enqueue(db, workspace_id, "hear", args, slot=f"hear:{watch_id}", again=True))[0]


async def set_heard(db: Db, workspace_id: UUID, watch_id: UUID, heard_since: datetime) -> None:
    await db.execute(
        "UPDATE watches SET heard_since = $3 WHERE workspace_id = $1 AND id = $2", workspace_id, watch_id, heard_since
    )


async def read_period(db: Db, workspace_id: UUID, now: datetime) -> tuple[datetime, datetime] | None:
    """Return since when and until when anything was read, now at the latest; None where nothing was."""
    row = await db.fetchrow(
        """
        SELECT least(
            (SELECT nullif(min(coalesce(lower(period), '-infinity')), '-infinity') FROM coverage
             WHERE workspace_id = $1 AND status = 'read'),
            (SELECT occurred_at FROM interactions WHERE workspace_id = $1 ORDER BY occurred_at LIMIT 1)) AS since,
            greatest(
            (SELECT max(least(upper(period), $2)) FROM coverage WHERE workspace_id = $1 AND status = 'read'),
            (SELECT occurred_at FROM interactions WHERE workspace_id = $1 AND occurred_at <= $2
             ORDER BY occurred_at DESC LIMIT 1)) AS until
        """,
        workspace_id,
        now,
    )
    return (row["since"], row["until"] or now) if row and row["since"] else None


_SELECT = """
    SELECT w.id, w.name, w.identity_id, coalesce(p.person_id, w.identity_id) AS person_id, w.organization_id,
        w.aliases, w.rules, w.terms, w.since, w.heard_since, w.revision, w.created_at, w.updated_at
    FROM watches w LEFT JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = w.identity_id
    WHERE w.workspace_id = $1
"""
