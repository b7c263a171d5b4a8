"""What stands behind each identity, where it is more than what its network said: statements."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from kith.store.db import Db

# Interactions towards a silent target among which different actors are counted, the latest.
LOOKED_AT = 1000

# asyncpg's records are mappings that do not say so.
Row = Any

_PERSONS = """
    SELECT p.person_id FROM person_identities p
    LEFT JOIN identity_kinds k ON k.workspace_id = $1 AND k.identity_id = p.identity_id
    WHERE p.workspace_id = $1 AND p.person_id IN (
        SELECT q.person_id FROM identity_kinds f JOIN person_identities q USING (workspace_id, identity_id)
        WHERE f.workspace_id = $1 AND (f.kind IN ('bot', 'group') OR f.suspected{0})
    )
    GROUP BY p.person_id HAVING bool_or(k.kind IN ('bot', 'group'){1}) OR bool_and(coalesce(k.suspected, false))
"""
# Persons who are nobody: one of their identities is a robot's or a list's, or all are suspected to be lists'.
NOBODY = _PERSONS.format("", "")
# Persons without relationships: those who are nobody, and those who object to being scored.
UNSCORED = _PERSONS.format(" OR f.objects", " OR k.objects")


class Standing(NamedTuple):
    """A row of identity_kinds, without workspace_id."""

    identity_id: UUID
    kind: str
    reason: str
    suspected: bool
    objects: bool = False


async def shown(db: Db, workspace_id: UUID, identity_ids: Collection[UUID], most: int) -> list[Row]:
    """Return what identities show of themselves, what a human said, and by how many the silent are addressed.

    most: where to stop counting those.
    """
    found: list[Row] = await db.fetch(_SHOWN, workspace_id, list(identity_ids), LOOKED_AT, most)
    return found


async def stored(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> dict[UUID, Standing]:
    rows = await db.fetch(_STORED, workspace_id, list(identity_ids))
    return {row["identity_id"]: Standing(*row) for row in rows}


async def save(db: Db, workspace_id: UUID, standings: Sequence[Standing]) -> None:
    if standings:
        await db.execute(_SAVE, workspace_id, *map(list, zip(*standings, strict=True)))


async def forget(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> None:
    if identity_ids:
        await db.execute(_FORGET, workspace_id, list(identity_ids))


async def next_ids(db: Db, workspace_id: UUID, after: UUID, limit: int) -> list[UUID]:
    return [row["id"] for row in await db.fetch(_NEXT, workspace_id, after, limit)]


async def version(db: Db, workspace_id: UUID) -> str | None:
    """Return by which words everybody was judged; None where nobody has arrived yet."""
    found: str | None = await db.fetchval("SELECT kinds FROM populations WHERE workspace_id = $1", workspace_id)
    return found


async def note_version(db: Db, workspace_id: UUID, version: str) -> None:
    await db.execute("UPDATE populations SET kinds = $2 WHERE workspace_id = $1", workspace_id, version)


_SHOWN = """
    SELECT i.id, i.kind, i.name, i.handle, i.address, i.verified,
        (SELECT c.value FROM corrections c
         WHERE c.workspace_id = $1 AND c.identity_id = i.id AND c.field = 'kind'
         ORDER BY c.decided_at DESC, c.id DESC LIMIT 1) AS corrected,
        i.address IS NOT NULL AND EXISTS (
            SELECT FROM channels c WHERE c.workspace_id = $1 AND c.kind = 'list' AND c.key = i.address) AS is_list,
        EXISTS (
            SELECT FROM objection_identities m JOIN objections o ON o.workspace_id = $1 AND o.id = m.objection_id
            WHERE m.workspace_id = $1 AND m.identity_id = i.id AND o.ended_at IS NULL) AS objects,
        t.addressers
    FROM identities i
    CROSS JOIN LATERAL (
        SELECT count(*) AS addressers FROM (
            SELECT DISTINCT a.actor_id FROM (
                SELECT interaction_id FROM interaction_targets WHERE workspace_id = $1 AND identity_id = i.id
                    AND NOT EXISTS (
                        SELECT FROM identity_days WHERE workspace_id = $1 AND identity_id = i.id AND acts > 0)
                ORDER BY occurred_at DESC, interaction_id DESC LIMIT $3
            ) AS latest JOIN interactions a ON a.workspace_id = $1 AND a.id = latest.interaction_id
            LIMIT $4
        ) AS actors
    ) AS t
    WHERE i.workspace_id = $1 AND i.id = ANY ($2)
"""

_STORED = """
    SELECT identity_id, kind, reason, suspected, objects FROM identity_kinds
    WHERE workspace_id = $1 AND identity_id = ANY ($2)
"""

_FORGET = "DELETE FROM identity_kinds WHERE workspace_id = $1 AND identity_id = ANY ($2)"

_SAVE = """
    INSERT INTO identity_kinds (workspace_id, identity_id, kind, reason, suspected, objects)
    SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::boolean[], $6::boolean[])
        AS n (id, kind, reason, suspected, objects)
    ORDER BY id
    ON CONFLICT (workspace_id, identity_id) DO UPDATE
    SET kind = excluded.kind, reason = excluded.reason, suspected = excluded.suspected, objects = excluded.objects
"""

_NEXT = """
    SELECT id FROM identities WHERE workspace_id = $1 AND id > $2
    UNION SELECT identity_id FROM identity_kinds WHERE workspace_id = $1 AND identity_id > $2
    ORDER BY id LIMIT $3
"""
