"""Objections: who does not want to be scored, since when, and who recorded it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from kith.store.db import Db, new_id
from kith.store.queries import Statement

SCORED = "NOT EXISTS (SELECT FROM people e WHERE e.workspace_id = $1 AND e.id = {} AND e.objects)"
"""In SQL: the person with this id may be scored."""


class Objection(msgspec.Struct, frozen=True):
    """person_ids: whom it is about, as they stand now; several where a person was parted since."""

    id: UUID
    person_ids: list[UUID]
    reason: str
    author: str
    objected_at: datetime
    created_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    revision: int


async def add(
    db: Db, workspace_id: UUID, identity_ids: Collection[UUID], reason: str, author: str, objected_at: datetime | None
) -> UUID:
    """Record that a person with these identities objects. objected_at: None for now."""
    id_ = new_id()
    await db.execute(
        """
        INSERT INTO objections (workspace_id, id, reason, author, objected_at)
        VALUES ($1, $2, $3, $4, coalesce($5::timestamptz, now()))
        """,
        workspace_id, id_, reason, author, objected_at,
    )  # fmt: skip
    await db.execute(
        "INSERT INTO objection_identities SELECT $1, identity_id, $2 FROM unnest($3::uuid[]) AS i (identity_id)",
        workspace_id, id_, list(identity_ids),
    )  # fmt: skip
    return id_


async def end(db: Db, workspace_id: UUID, objection_id: UUID, author: str) -> list[UUID]:
    """Note that an objection was taken back; return the identities that it is about."""
    await db.execute(
        """
        UPDATE objections SET ended_at = now(), ended_by = $3, revision = revision + 1
        WHERE workspace_id = $1 AND id = $2 AND ended_at IS NULL
        """,
        workspace_id, objection_id, author,
    )  # fmt: skip
    rows = await db.fetch(
        "SELECT identity_id FROM objection_identities WHERE workspace_id = $1 AND objection_id = $2 ORDER BY 1",
        workspace_id, objection_id,
    )  # fmt: skip
    return [row["identity_id"] for row in rows]


async def get_objection(db: Db, workspace_id: UUID, objection_id: UUID, *, lock: bool = False) -> Objection | None:
    row = await db.fetchrow(f"{_SELECT} AND o.id = $2{' FOR UPDATE' if lock else ''}", workspace_id, objection_id)
    return Objection(**row) if row else None


async def list_objections(
    db: Db, workspace_id: UUID, identity_ids: Sequence[UUID] | None, standing: bool | None, after: UUID | None,
    limit: int,
) -> list[Objection]:  # fmt: skip
    """Return objections, the newest first. identity_ids: of these alone. standing: whether they still stand."""
    statement = Statement(workspace_id)
    statement.where(
        """o.id IN (SELECT objection_id FROM objection_identities
                    WHERE workspace_id = $1 AND identity_id = ANY ({}::uuid[]))""",
        identity_ids,
    )
    statement.where("(o.ended_at IS NULL) = {}", standing)
    statement.where("o.id < {}", after)
    rows: list[Any] = await db.fetch(
        f"{_SELECT}{statement.and_()} ORDER BY o.id DESC LIMIT {limit:d}", *statement.values
    )
    return [Objection(**row) for row in rows]


async def any_objects(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> bool:
    """Whether a person with one of these identities objects."""
    found: bool = await db.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM person_identities i JOIN people p ON p.workspace_id = $1 AND p.id = i.person_id
            WHERE i.workspace_id = $1 AND i.identity_id = ANY ($2) AND p.objects)
        """,
        workspace_id, list(identity_ids),
    )  # fmt: skip
    return found


async def scored(db: Db, workspace_id: UUID, person_ids: Sequence[UUID]) -> list[UUID]:
    """Return those of these people who may be scored, in their order."""
    rows = await db.fetch(
        "SELECT id FROM people WHERE workspace_id = $1 AND id = ANY ($2) AND objects", workspace_id, list(person_ids)
    )
    out = {row["id"] for row in rows}
    return [id_ for id_ in person_ids if id_ not in out]


async def count_met(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> int:
    """Return how many people who object were in touch with one of these identities."""
    count: int = await db.fetchval(_COUNT_MET, workspace_id, list(identity_ids))
    return count


async def any_unscored(db: Db, workspace_id: UUID, person_ids: Collection[UUID]) -> bool:
    """Whether an identity that is not scored is of one of these people."""
    found: bool = await db.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM identity_kinds k JOIN person_identities i USING (workspace_id, identity_id)
            WHERE k.workspace_id = $1 AND i.person_id = ANY ($2)
                AND (k.objects OR k.suspected OR k.kind IN ('bot', 'group')))
        """,
        workspace_id, list(person_ids),
    )  # fmt: skip
    return found


_SELECT = """
    SELECT o.id, ARRAY(
            SELECT DISTINCT coalesce(p.person_id, i.identity_id) FROM objection_identities i
            LEFT JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = i.identity_id
            WHERE i.workspace_id = $1 AND i.objection_id = o.id ORDER BY 1
        ) AS person_ids, o.reason, o.author, o.objected_at, o.created_at, o.ended_at, o.ended_by, o.revision
    FROM objections o WHERE o.workspace_id = $1
"""

_COUNT_MET = """
    SELECT count(*) FROM people e WHERE e.workspace_id = $1 AND e.objects
        AND NOT EXISTS (
            SELECT FROM person_identities s
            WHERE s.workspace_id = $1 AND s.person_id = e.id AND s.identity_id = ANY ($2))
        AND EXISTS (
            SELECT FROM person_identities i CROSS JOIN LATERAL (
                SELECT FROM contact_days
                WHERE workspace_id = $1 AND actor_id = i.identity_id AND target_id = ANY ($2)
                UNION ALL
                SELECT FROM contact_days
                WHERE workspace_id = $1 AND target_id = i.identity_id AND actor_id = ANY ($2)
            ) AS met
            WHERE i.workspace_id = $1 AND i.person_id = e.id)
"""
