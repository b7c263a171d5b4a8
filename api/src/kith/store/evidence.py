"""What is known, or was known at a moment, of the contact of two people, by their identities."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from kith.store import sums
from kith.store.db import Db
from kith.store.kinds import UNSCORED
from kith.store.learnt import KNOWN


class Contact(msgspec.Struct, frozen=True):
    """What one gave (or received from) the other on one day in one channel, of one kind."""

    given: bool
    day: date
    channel_id: UUID
    kind: str
    count: int
    weight: int


class Acts(msgspec.Struct, frozen=True):
    """How much the one (0) or the other (1) did and received on one day, in columns. days: since EPOCH."""

    persons: list[int]
    days: list[int]
    counts: list[int]


class Met(msgspec.Struct, frozen=True):
    """Whom the one (0) or the other (1) met, and when first."""

    side: int
    they: UUID
    first_day: date


Days = list[date] | None


async def contacts(db: Db, workspace_id: UUID, ones: Sequence[UUID], others: Sequence[UUID]) -> list[Contact]:
    return [Contact(**row) for row in await db.fetch(_CONTACTS, workspace_id, list(ones), list(others))]


async def activity(db: Db, workspace_id: UUID, ones: Sequence[UUID], others: Sequence[UUID]) -> Acts:
    return _acts(await db.fetchrow(_ACTIVITY, workspace_id, list(ones), list(others)))


async def acquainted(db: Db, workspace_id: UUID, one_id: UUID, other_id: UUID) -> tuple[Days, Days, Days]:
    """Return the days, sorted, on which the first, the second, and both of two people got to know another."""
    row = await db.fetchrow(_ACQUAINTED, workspace_id, one_id, other_id)
    return (row["one"], row["other"], row["both"]) if row else (None, None, None)


async def contacts_then(
    db: Db, workspace_id: UUID, ones: Sequence[UUID], others: Sequence[UUID], known_at: datetime
) -> list[Contact]:
    rows = await db.fetch(_LEARNT_CONTACTS, workspace_id, list(ones), list(others), known_at)
    return [Contact(**row) for row in rows]


async def activity_then(
    db: Db, workspace_id: UUID, ones: Sequence[UUID], others: Sequence[UUID], known_at: datetime
) -> Acts:
    return _acts(await db.fetchrow(_LEARNT_ACTIVITY, workspace_id, list(ones), list(others), known_at))


async def met_then(
    db: Db, workspace_id: UUID, ones: Sequence[UUID], others: Sequence[UUID], known_at: datetime
) -> list[Met]:
    rows = await db.fetch(_LEARNT_MET, workspace_id, list(ones), list(others), known_at)
    return [Met(**row) for row in rows]


def _acts(row: asyncpg.Record | None) -> Acts:
    return Acts(**{name: column or [] for name, column in row.items()}) if row else Acts([], [], [])


_CONTACTS = """
    SELECT pairs.given, d.day, d.channel_id, d.kind, sum(d.count)::bigint AS count, sum(d.weight)::bigint AS weight
    FROM (SELECT actor_id, target_id, true FROM unnest($2::uuid[]) actor_id, unnest($3::uuid[]) target_id
          UNION ALL
          SELECT actor_id, target_id, false FROM unnest($3::uuid[]) actor_id, unnest($2::uuid[]) target_id
    ) AS pairs (actor_id, target_id, given)
    JOIN contact_days d
        ON d.workspace_id = $1 AND d.actor_id = pairs.actor_id AND d.target_id = pairs.target_id
    GROUP BY 1, 2, 3, 4
"""

_COLUMNS = f"array_agg(person) AS persons, array_agg(day {sums.SINCE_EPOCH}) AS days, array_agg(count) AS counts"

# Rows of a person's several identities are added up where they are read.
_ACTIVITY = f"""
    SELECT {_COLUMNS} FROM (
        SELECT (identity_id = ANY ($3))::integer AS person, day, acts + received AS count FROM identity_days
        WHERE workspace_id = $1 AND identity_id = ANY ($2::uuid[] || $3::uuid[])
    ) AS acts
"""

_ACQUAINTED = """
    SELECT array_agg(one ORDER BY one) FILTER (WHERE one IS NOT NULL) AS one,
        array_agg(other ORDER BY other) FILTER (WHERE other IS NOT NULL) AS other,
        array_agg(greatest(one, other) ORDER BY greatest(one, other))
            FILTER (WHERE one IS NOT NULL AND other IS NOT NULL) AS both
    FROM (SELECT other_id, first_day AS one FROM relationships
          WHERE workspace_id = $1 AND person_id = $2 AND other_id <> $3) AS a
    FULL JOIN (SELECT other_id, first_day AS other FROM relationships
               WHERE workspace_id = $1 AND person_id = $3 AND other_id <> $2) AS b USING (other_id)
"""

_LEARNT = f"""
    WITH {KNOWN.format(moment="$4")}, towards AS (
        SELECT actor_id, target_id, {sums.channel()} AS channel_id, {sums.day()} AS day, kind, weight
        FROM ({sums.weighed("SELECT * FROM known")}) AS acts, unnest(target_ids) AS target_id
        WHERE target_id <> actor_id
    )
"""

_LEARNT_CONTACTS = f"""
    {_LEARNT}
    SELECT actor_id = ANY ($2) AS given, day, channel_id, kind, count(*) AS count, sum(weight)::bigint AS weight
    FROM towards WHERE actor_id = ANY ($2) AND target_id = ANY ($3) OR actor_id = ANY ($3) AND target_id = ANY ($2)
    GROUP BY 1, 2, 3, 4
"""

_LEARNT_ACTIVITY = f"""
    {_LEARNT}
    SELECT {_COLUMNS} FROM (
        SELECT (identity_id = ANY ($3))::integer AS person, day, count(*) AS count
        FROM (SELECT actor_id AS identity_id, {sums.day()} AS day FROM known
              UNION ALL SELECT target_id, day FROM towards) AS acts
        WHERE identity_id = ANY ($2::uuid[] || $3::uuid[]) GROUP BY 1, 2
    ) AS acts
"""

# Whom either of the two ($2: side 0, $3: side 1) met, and when first.
_LEARNT_MET = f"""
    {_LEARNT}
    SELECT (me = ANY ($3))::integer AS side, they, min(day) AS first_day
    FROM (SELECT actor_id AS me, target_id AS they, day FROM towards
          UNION ALL SELECT target_id, actor_id, day FROM towards) AS sides
    WHERE me = ANY ($2::uuid[] || $3::uuid[]) AND NOT they = ANY ($2::uuid[] || $3::uuid[]) AND they NOT IN (
        SELECT identity_id FROM person_identities WHERE workspace_id = $1 AND person_id IN ({UNSCORED})
    )
    GROUP BY 1, 2
"""
