"""What resolution reads of identities, and the keys by which they find their neighbors."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from kith.store.db import Db

# asyncpg's records are mappings that do not say so.
Row = Any

START = UUID(int=0)
"""Where a walk through all identities begins."""


class Noted(NamedTuple):
    """What is kept of an identity that resolution has seen. content: hash of all that was read."""

    id: UUID
    content: bytes
    domain: str | None
    keys: set[int]


class Counted(NamedTuple):
    """How many identities a snapshot counted, how many came since, the model of that day, and when it was."""

    identities: int
    arrived: int
    model: str
    counted_at: datetime


async def changed(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> list[Row]:
    """Return these identities with their claims, humans' decisions on them, and the content last noted."""
    found: list[Row] = await db.fetch(_CHANGED, workspace_id, list(identity_ids))
    return found


async def save(db: Db, workspace_id: UUID, noted: Sequence[Noted]) -> None:
    ids = [row.id for row in noted]
    pairs = [(key, row.id) for row in noted for key in row.keys]
    await db.execute(_SAVE, workspace_id, ids, [row.content for row in noted], [row.domain for row in noted])
    await db.execute(_FORGET_KEYS, workspace_id, ids, [key for key, _ in pairs], [id_ for _, id_ in pairs])
    await db.execute(_SAVE_KEYS, workspace_id, [key for key, _ in pairs], [id_ for _, id_ in pairs])


async def next_ids(db: Db, workspace_id: UUID, after: UUID, limit: int) -> list[UUID]:
    """Return the next identities, and those noted that are no more, in the order of their ids."""
    return [row["id"] for row in await db.fetch(_NEXT, workspace_id, after, limit)]


async def stored(db: Db, workspace_id: UUID, identity_ids: Sequence[UUID]) -> dict[UUID, Noted]:
    return {
        row["identity_id"]: Noted(row["identity_id"], row["content"], row["domain"], set(row["keys"]))
        for row in await db.fetch(_STORED, workspace_id, identity_ids)
    }


async def drop(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> None:
    await db.execute(_DROP, workspace_id, list(identity_ids))


async def walked_to(db: Db, workspace_id: UUID) -> UUID | None:
    """Return up to which identity all have been resolved again, in steps; None where that is not going on."""
    found: UUID | None = await db.fetchval("SELECT walked_to FROM populations WHERE workspace_id = $1", workspace_id)
    return found


async def walk_to(db: Db, workspace_id: UUID, identity_id: UUID | None) -> None:
    await db.execute("UPDATE populations SET walked_to = $2 WHERE workspace_id = $1", workspace_id, identity_id)


async def total(db: Db, workspace_id: UUID) -> int:
    count: int = await db.fetchval("SELECT count(*) FROM identity_profiles WHERE workspace_id = $1", workspace_id)
    return count


async def bearers(db: Db, workspace_id: UUID, most: Mapping[int, int]) -> set[UUID]:
    """Return the identities that share one of the keys; of each key at most as many as it says."""
    rows = await db.fetch(_BEARERS, workspace_id, list(most), list(most.values()))
    return {row["identity_id"] for row in rows}


async def some(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> list[Row]:
    found: list[Row] = await db.fetch(f"{_SELECT} AND i.id = ANY ($2)", workspace_id, list(identity_ids))
    return found


async def everyone(db: Db, workspace_id: UUID) -> list[Row]:
    return [row async for row in db.cursor(_SELECT, workspace_id, prefetch=10_000)]


async def claims_on(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> list[Row]:
    found: list[Row] = await db.fetch(_LINKS, workspace_id, list(identity_ids))
    return found


async def all_claims(db: Db, workspace_id: UUID) -> list[Row]:
    found: list[Row] = await db.fetch(
        f"SELECT c.subject_id, c.object_id, c.kind FROM claims c WHERE c.workspace_id = $1 AND {_HOLDS}", workspace_id
    )
    return found


async def counted(db: Db, workspace_id: UUID) -> Counted | None:
    """Return what the snapshot of how common names are says of itself."""
    row = await db.fetchrow(
        "SELECT identities, arrived, model, counted_at FROM populations WHERE workspace_id = $1", workspace_id
    )
    return Counted(**row) if row else None


async def population(db: Db, workspace_id: UUID) -> bytes:
    content: bytes = await db.fetchval("SELECT content FROM populations WHERE workspace_id = $1", workspace_id)
    return content


async def save_population(
    db: Db, workspace_id: UUID, identities: int, arrived: int, content: bytes, model: str, kinds: str
) -> None:
    """kinds: by which words everybody was judged, where there is no snapshot yet."""
    await db.execute(_SAVE_SNAPSHOT, workspace_id, identities, arrived, content, model, kinds)


async def note_arrivals(db: Db, workspace_id: UUID, count: int, nobody: bytes, kinds: str) -> None:
    """Count identities that arrived since the snapshot. nobody: the content of an empty one; kinds: as there."""
    await db.execute(_NOTE_ARRIVALS, workspace_id, count, nobody, kinds)


_SHOWN = (
    "i.id, i.name, i.address, i.network, i.host, i.key, i.handle, coalesce(k.kind, i.kind) AS kind, i.verified, i.url"
)
_WITH_KINDS = """
    identities i LEFT JOIN identity_kinds k ON k.workspace_id = i.workspace_id AND k.identity_id = i.id
"""

_SELECT = f"SELECT {_SHOWN} FROM {_WITH_KINDS} WHERE i.workspace_id = $1"

_CHANGED = f"""
    SELECT {_SHOWN}, p.content,
        ARRAY(SELECT c.id FROM claims c WHERE c.workspace_id = $1 AND c.subject_id = i.id
              UNION SELECT c.id FROM claims c WHERE c.workspace_id = $1 AND c.object_id = i.id ORDER BY 1) AS claims,
        ARRAY(SELECT d.id FROM decisions d
              WHERE d.workspace_id = $1 AND d.one_id = i.id AND d.author NOT LIKE 'rule:%'
              UNION SELECT d.id FROM decisions d
              WHERE d.workspace_id = $1 AND d.other_id = i.id AND d.author NOT LIKE 'rule:%' ORDER BY 1) AS decisions
    FROM {_WITH_KINDS} LEFT JOIN identity_profiles p ON p.workspace_id = $1 AND p.identity_id = i.id
    WHERE i.workspace_id = $1 AND i.id = ANY ($2)
    ORDER BY i.id
"""

_SAVE = """
    INSERT INTO identity_profiles (workspace_id, identity_id, content, domain)
    SELECT $1, * FROM unnest($2::uuid[], $3::bytea[], $4::text[])
    ON CONFLICT (workspace_id, identity_id) DO UPDATE SET content = excluded.content, domain = excluded.domain
"""

_NEXT = """
    SELECT id FROM identities WHERE workspace_id = $1 AND id > $2
    UNION SELECT identity_id FROM identity_profiles WHERE workspace_id = $1 AND identity_id > $2
    ORDER BY id LIMIT $3
"""

_STORED = """
    SELECT p.identity_id, p.content, p.domain, ARRAY(
        SELECT key FROM identity_keys k WHERE k.workspace_id = $1 AND k.identity_id = p.identity_id) AS keys
    FROM identity_profiles p WHERE p.workspace_id = $1 AND p.identity_id = ANY ($2)
"""

_DROP = """
    WITH keys AS (DELETE FROM identity_keys WHERE workspace_id = $1 AND identity_id = ANY ($2))
    DELETE FROM identity_profiles WHERE workspace_id = $1 AND identity_id = ANY ($2)
"""

_FORGET_KEYS = """
    DELETE FROM identity_keys k WHERE k.workspace_id = $1 AND k.identity_id = ANY ($2)
        AND NOT EXISTS (SELECT FROM unnest($3::bigint[], $4::uuid[]) AS n (key, identity_id)
                        WHERE n.key = k.key AND n.identity_id = k.identity_id)
"""

_SAVE_KEYS = """
    INSERT INTO identity_keys (workspace_id, key, identity_id)
    SELECT $1, * FROM unnest($2::bigint[], $3::uuid[]) AS n (key, identity_id) ORDER BY key, identity_id
    ON CONFLICT DO NOTHING
"""

_BEARERS = """
    SELECT DISTINCT k.identity_id
    FROM unnest($2::bigint[], $3::integer[]) AS q (key, most) CROSS JOIN LATERAL (
        SELECT identity_id FROM identity_keys WHERE workspace_id = $1 AND key = q.key ORDER BY identity_id LIMIT q.most
    ) AS k
"""

# A room shows whose address is behind a nick; a nick that several have had is nobody's.
_HOLDS = """
    (c.kind <> 'address' OR NOT EXISTS (
        SELECT FROM claims o WHERE o.workspace_id = $1 AND o.subject_id = c.subject_id AND o.kind = c.kind
            AND o.object_id <> c.object_id
    ))
"""

_LINKS = f"""
    SELECT c.subject_id, c.object_id, c.kind FROM claims c
    WHERE c.workspace_id = $1 AND c.subject_id = ANY ($2) AND {_HOLDS}
    UNION
    SELECT c.subject_id, c.object_id, c.kind FROM claims c
    WHERE c.workspace_id = $1 AND c.object_id = ANY ($2) AND {_HOLDS}
"""

_SAVE_SNAPSHOT = """
    INSERT INTO populations (workspace_id, identities, arrived, content, model, kinds, counted_at)
    VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp())
    ON CONFLICT (workspace_id) DO UPDATE
    SET identities = excluded.identities, arrived = excluded.arrived, content = excluded.content,
        model = excluded.model, counted_at = excluded.counted_at
"""

_NOTE_ARRIVALS = """
    INSERT INTO populations AS p (workspace_id, identities, arrived, content, kinds) VALUES ($1, 0, $2, $3, $4)
    ON CONFLICT (workspace_id) DO UPDATE SET arrived = p.arrived + excluded.arrived
"""
