"""Projections as tables: the query for each, over wanted keys, and how its rows are brought up to date.

Wanted keys stand in temporary tables. ``start`` empties them, the functions ``want_…`` fill them, and the queries read
them; ``save`` then writes the rows of the wanted keys. ``kith.store.strength`` weighs wanted pairs in between.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from kith.store import locks, strength
from kith.store.db import PRIVATE, Db, in_turn
from kith.store.locks import Lock


class Relationship(NamedTuple):
    """A row of relationships, without workspace_id."""

    person_id: UUID
    other_id: UUID
    given: int
    received: int
    first_day: date
    last_day: date
    as_of: date
    strength: float | None
    word: str
    computed_at: datetime
    model: str


class Projection(NamedTuple):
    """A table, its key beside workspace_id, its other columns, the wanted keys, and the query for them."""

    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    wanted: str
    query: str


PEOPLE = Projection(
    "people",
    ("id",),
    ("name", "kind", "suspected", "objects", "networks", "identities", "interactions", "first_seen", "last_seen"),
    "SELECT id FROM wanted_people",
    # As kith.store.corrections has it: what a human said, what a network vouches for, the name last seen; a full name
    # before a single word, which may be a handle; cut so that it fits into an index. A bot is a bot even if one of its
    # accounts is not marked.
    """
    WITH corrected AS MATERIALIZED (
        SELECT DISTINCT ON (p.person_id, c.field) p.person_id, c.field, left(c.value, 200) AS value
        FROM corrections c JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = c.identity_id
        WHERE c.workspace_id = $1 AND c.field IN ('name', 'kind')
        ORDER BY p.person_id, c.field, c.decided_at DESC, c.id DESC
    )
    SELECT w.id,
        coalesce(
            (SELECT value FROM corrected c WHERE c.person_id = w.id AND c.field = 'name'),
            (array_agg(left(coalesce(i.name, i.handle), 200)
                ORDER BY i.name IS NULL, i.name ~ '^[!-~]+$', i.verified DESC, i.seen_at DESC NULLS LAST, i.id)
                FILTER (WHERE coalesce(i.name, i.handle) <> ''))[1]
        ) AS name,
        coalesce(
            (SELECT value FROM corrected c WHERE c.person_id = w.id AND c.field = 'kind'),
            (array_agg(s.kind ORDER BY array_position('{bot,person,organization,group,unknown}', s.kind)))[1]
        ) AS kind,
        bool_and(coalesce(k.suspected, false)) AS suspected,
        bool_or(coalesce(k.objects, false)) AS objects,
        array_agg(DISTINCT i.network ORDER BY i.network) AS networks,
        count(*)::integer AS identities,
        coalesce(sum(a.acts), 0)::bigint AS interactions,
        min(t.first_at) AS first_seen, max(t.last_at) AS last_seen
    FROM wanted_people w
    JOIN person_identities p ON p.workspace_id = $1 AND p.person_id = w.id
    JOIN identities i ON i.workspace_id = $1 AND i.id = p.identity_id
    LEFT JOIN identity_kinds k ON k.workspace_id = $1 AND k.identity_id = i.id
    CROSS JOIN LATERAL (SELECT coalesce(k.kind, i.kind) AS kind) AS s
    CROSS JOIN LATERAL (
        SELECT sum(acts) AS acts FROM identity_days WHERE workspace_id = $1 AND identity_id = i.id
    ) AS a
    CROSS JOIN LATERAL (
        SELECT min(occurred_at) AS first_at, max(occurred_at) AS last_at
        FROM interactions WHERE workspace_id = $1 AND actor_id = i.id
    ) AS t
    GROUP BY w.id
    """,
)

CHANNEL_ACTIVITY = Projection(
    "channel_activity",
    ("channel_id",),
    ("interactions", "first_at", "last_at"),
    "SELECT id AS channel_id FROM wanted_channels",
    """
    SELECT w.id AS channel_id, coalesce(d.count, 0) + s.count AS interactions,
        least(t.first_at, s.first_at) AS first_at, greatest(t.last_at, s.last_at) AS last_at
    FROM wanted_channels w
    CROSS JOIN LATERAL (
        SELECT sum(count)::bigint AS count FROM channel_days WHERE workspace_id = $1 AND channel_id = w.id
    ) AS d
    CROSS JOIN LATERAL (
        SELECT count(*) AS count, min(occurred_at) AS first_at, max(occurred_at) AS last_at
        FROM sightings WHERE workspace_id = $1 AND channel_id = w.id
    ) AS s
    CROSS JOIN LATERAL (
        SELECT min(occurred_at) AS first_at, max(occurred_at) AS last_at
        FROM interactions WHERE workspace_id = $1 AND channel_id = w.id
    ) AS t
    WHERE coalesce(d.count, 0) + s.count > 0
    """,
)

_IS_OPEN = f"i.visibility NOT IN {PRIVATE}"
_HIDES = f"NOT bool_and({_IS_OPEN})"

CONVERSATION_ACTIVITY = Projection(
    "conversation_activity",
    ("conversation_id",),
    (
        "channel_id",
        "interactions",
        "identities",
        "first_at",
        "last_at",
        "open_interactions",
        "open_identities",
        "open_first_at",
        "open_last_at",
    ),
    "SELECT id AS conversation_id FROM wanted_conversations",
    # The channel that the network names; else the least of those in which its interactions are. What is open is told
    # where not all is.
    f"""
    SELECT w.id AS conversation_id,
        coalesce(c.channel_id, (array_agg(i.channel_id ORDER BY i.channel_id))[1]) AS channel_id,
        count(*) AS interactions, count(DISTINCT i.actor_id)::integer AS identities,
        min(i.occurred_at) AS first_at, max(i.occurred_at) AS last_at,
        CASE WHEN {_HIDES} THEN count(*) FILTER (WHERE {_IS_OPEN}) END AS open_interactions,
        CASE WHEN {_HIDES} THEN count(DISTINCT i.actor_id) FILTER (WHERE {_IS_OPEN}) END::integer AS open_identities,
        CASE WHEN {_HIDES} THEN min(i.occurred_at) FILTER (WHERE {_IS_OPEN}) END AS open_first_at,
        CASE WHEN {_HIDES} THEN max(i.occurred_at) FILTER (WHERE {_IS_OPEN}) END AS open_last_at
    FROM wanted_conversations w
    JOIN interactions i ON i.workspace_id = $1 AND i.conversation_id = w.id
    LEFT JOIN conversations c ON c.workspace_id = $1 AND c.id = w.id
    GROUP BY w.id, c.channel_id
    """,
)

# Of the pairs that kith.store.strength has weighed.
RELATIONSHIPS = Projection(
    "relationships",
    ("person_id", "other_id"),
    Relationship._fields[2:],
    """
    SELECT one_id AS person_id, other_id FROM wanted_pairs
    UNION ALL SELECT other_id, one_id FROM wanted_pairs
    """,
    strength.COMPUTED,
)

TOUCHED = ("identity_ids", "actor_ids", "target_ids", "channel_ids", "conversation_ids", "act_ids")
"""What a touch names: ids of identities whose person may have changed, and of what was acted in."""


async def lock(db: Db, workspace_id: UUID) -> None:
    """Wait until this transaction alone may write projections of the workspace."""
    await locks.hold(db, workspace_id, Lock.PROJECTIONS)


async def try_lock(db: Db, workspace_id: UUID) -> bool:
    """Return whether this transaction alone may write projections of the workspace; do not wait for it."""
    return await locks.try_hold(db, workspace_id, Lock.PROJECTIONS)


async def start(db: Db) -> None:
    """Empty the temporary tables of what is wanted."""
    await in_turn(db, _WANTED)


async def take_touches(db: Db, workspace_id: UUID, pages: int) -> list[Mapping[str, list[UUID]]]:
    """Take the touches of so many pages off the list; each names ids, as TOUCHED has them."""
    return [dict(row) for row in await db.fetch(_TAKE, workspace_id, pages)]


async def count_touches(db: Db, workspace_id: UUID) -> int:
    count: int = await db.fetchval("SELECT count(*) FROM touches WHERE workspace_id = $1", workspace_id)
    return count


async def touch(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> None:
    """Leave it to a job to work in what was decided on these identities."""
    await db.execute(_TOUCH, workspace_id, identity_ids)


async def want_people_of(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> None:
    await db.execute(_WANT_PEOPLE, workspace_id, list(identity_ids))


async def want_people(db: Db, person_ids: Collection[UUID]) -> None:
    await db.execute("INSERT INTO wanted_people SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING", person_ids)


async def want_channels(db: Db, channel_ids: Collection[UUID]) -> None:
    await db.execute("INSERT INTO wanted_channels SELECT DISTINCT unnest($1::uuid[])", channel_ids)


async def want_conversations(db: Db, conversation_ids: Collection[UUID]) -> None:
    await db.execute("INSERT INTO wanted_conversations SELECT DISTINCT unnest($1::uuid[])", conversation_ids)


async def want_pairs_of(db: Db, workspace_id: UUID, actor_ids: Sequence[UUID], target_ids: Sequence[UUID]) -> None:
    """Want the pairs of persons behind these pairs of identities."""
    await db.execute(_WANT_PAIRS, workspace_id, actor_ids, target_ids)


async def want_met(db: Db, workspace_id: UUID, identity_ids: Collection[UUID], person_ids: Collection[UUID]) -> None:
    """Want these persons, and those of the identities, with all pairs of them and whom they met."""
    for statement in (_WANT_JUDGED, _WANT_MET):
        await db.execute(statement, workspace_id, list(identity_ids), list(person_ids))


async def want_pairs(db: Db, pairs: Collection[tuple[UUID, UUID]]) -> None:
    ones, others = zip(*pairs, strict=True) if pairs else ((), ())
    await db.execute(
        "INSERT INTO wanted_pairs SELECT * FROM unnest($1::uuid[], $2::uuid[]) ON CONFLICT DO NOTHING", ones, others
    )


async def want_next_pairs(db: Db, workspace_id: UUID, after: tuple[UUID, UUID], limit: int) -> tuple[UUID, UUID] | None:
    """Want the next stored pairs; return the last of them, or None where there are no more."""
    last = await db.fetchrow(_WANT_NEXT, workspace_id, *after, limit)
    return (last["person_id"], last["other_id"]) if last else None


async def want_all(db: Db, workspace_id: UUID) -> None:
    """Want all people, channels and conversations."""
    await db.execute(_WANT_ALL, workspace_id)


async def related(db: Db, workspace_id: UUID, person_ids: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """Return the stored relationships of these people."""
    rows = await db.fetch(
        "SELECT person_id, other_id FROM relationships WHERE workspace_id = $1 AND person_id = ANY ($2)",
        workspace_id,
        list(person_ids),
    )
    return [(row["person_id"], row["other_id"]) for row in rows]


async def save(db: Db, workspace_id: UUID, projection: Projection) -> None:
    """Bring the rows of the wanted keys up to date; rows that stay as they are, are not written."""
    key, columns, names = ", ".join(projection.key), ", ".join(projection.columns), projection.key + projection.columns
    same = " AND ".join(f"t.{name} = w.{name}" for name in projection.key)
    update = "DO NOTHING"
    if projection.columns:
        new = ", ".join(f"excluded.{name}" for name in projection.columns)
        old = ", ".join(f"t.{name}" for name in projection.columns)
        update = f"DO UPDATE SET ({columns}) = ROW ({new}) WHERE ({old}) IS DISTINCT FROM ({new})"
    await db.execute(
        f"""
        WITH fresh AS MATERIALIZED ({projection.query}),
        gone AS (
            DELETE FROM {projection.table} t USING ({projection.wanted}) AS w
            WHERE t.workspace_id = $1 AND {same} AND NOT EXISTS (SELECT FROM fresh f WHERE {same.replace("t.", "f.")})
        )
        INSERT INTO {projection.table} AS t (workspace_id, {", ".join(names)})
        SELECT $1, {", ".join(names)} FROM fresh ORDER BY {key}
        ON CONFLICT (workspace_id, {key}) {update}
        """,
        workspace_id,
    )


async def tell_words(db: Db, workspace_id: UUID) -> list[tuple[UUID, UUID, str, str]]:
    """Note the words of the pairs just weighed; return those that changed since they were last told: before, after."""
    rows = await db.fetch(_TELL_WORDS, workspace_id)
    return [(row["person_id"], row["other_id"], row["before"], row["word"]) for row in rows if row["before"]]


_TELL_WORDS = f"""
    INSERT INTO told_words AS t (workspace_id, person_id, other_id, word)
    SELECT $1::uuid, person_id, other_id, word FROM ({strength.COMPUTED}) AS fresh WHERE person_id < other_id
    ORDER BY person_id, other_id
    ON CONFLICT (workspace_id, person_id, other_id) DO UPDATE SET before = t.word, word = excluded.word
    WHERE t.word <> excluded.word
    RETURNING person_id, other_id, before, word
"""

_WANTED = f"""
    SET LOCAL client_min_messages = warning; SET LOCAL plan_cache_mode = force_custom_plan;
    CREATE TEMPORARY TABLE IF NOT EXISTS wanted_people (id uuid PRIMARY KEY) ON COMMIT DELETE ROWS;
    CREATE TEMPORARY TABLE IF NOT EXISTS wanted_channels (id uuid PRIMARY KEY) ON COMMIT DELETE ROWS;
    CREATE TEMPORARY TABLE IF NOT EXISTS wanted_conversations (id uuid PRIMARY KEY) ON COMMIT DELETE ROWS;
    CREATE TEMPORARY TABLE IF NOT EXISTS wanted_asks (id uuid PRIMARY KEY) ON COMMIT DELETE ROWS;
    CREATE TEMPORARY TABLE IF NOT EXISTS said_of_asks (place_id uuid, id uuid PRIMARY KEY, actor_id uuid,
        person_id uuid, kind text, occurred_at timestamptz, reply_to uuid, channel_id uuid, opener_id uuid)
        ON COMMIT DELETE ROWS;
    CREATE INDEX IF NOT EXISTS said_of_asks_by_place ON said_of_asks (place_id);
    {strength.WANTED_PAIRS}
    {strength.TABLES}
    TRUNCATE wanted_people, wanted_channels, wanted_conversations, wanted_asks, said_of_asks;
"""

_TOUCH = f"""
    INSERT INTO touches (workspace_id, {", ".join(TOUCHED)}) VALUES ($1, $2, '{{}}', '{{}}', '{{}}', '{{}}', '{{}}')
"""

_TAKE = f"""
    DELETE FROM touches WHERE workspace_id = $1
        AND id IN (SELECT id FROM touches WHERE workspace_id = $1 ORDER BY id LIMIT $2)
    RETURNING {", ".join(TOUCHED)}
"""

_WANT_PEOPLE = """
    INSERT INTO wanted_people
    SELECT DISTINCT person_id FROM person_identities WHERE workspace_id = $1 AND identity_id = ANY ($2)
    ON CONFLICT DO NOTHING
"""

_JUDGED = """
    SELECT person_id FROM person_identities WHERE workspace_id = $1 AND identity_id = ANY ($2)
    UNION SELECT unnest($3::uuid[])
"""

_WANT_JUDGED = f"INSERT INTO wanted_people {_JUDGED} ON CONFLICT DO NOTHING"

_WANT_MET = f"""
    WITH mine AS MATERIALIZED (
        SELECT p.identity_id, p.person_id FROM ({_JUDGED}) AS j
        JOIN person_identities p ON p.workspace_id = $1 AND p.person_id = j.person_id
    ),
    met AS (
        SELECT m.person_id, d.target_id AS identity_id FROM mine m
        JOIN contact_days d ON d.workspace_id = $1 AND d.actor_id = m.identity_id
        UNION
        SELECT m.person_id, i.actor_id FROM mine m
        JOIN interaction_targets t ON t.workspace_id = $1 AND t.identity_id = m.identity_id
        JOIN interactions i ON i.workspace_id = $1 AND i.id = t.interaction_id
    )
    INSERT INTO wanted_pairs
    SELECT DISTINCT least(m.person_id, p.person_id), greatest(m.person_id, p.person_id)
    FROM met m JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = m.identity_id
    WHERE m.person_id <> p.person_id
    ON CONFLICT DO NOTHING
"""

_WANT_PAIRS = """
    INSERT INTO wanted_pairs
    SELECT DISTINCT least(a.person_id, b.person_id), greatest(a.person_id, b.person_id)
    FROM unnest($2::uuid[], $3::uuid[]) AS p (actor_id, target_id)
    JOIN person_identities a ON a.workspace_id = $1 AND a.identity_id = p.actor_id
    JOIN person_identities b ON b.workspace_id = $1 AND b.identity_id = p.target_id
    WHERE a.person_id <> b.person_id
    ON CONFLICT DO NOTHING
"""

_WANT_NEXT = """
    WITH next AS (
        SELECT person_id, other_id FROM relationships
        WHERE workspace_id = $1 AND (person_id, other_id) > ($2, $3) AND person_id < other_id
        ORDER BY person_id, other_id LIMIT $4
    ),
    wanted AS (INSERT INTO wanted_pairs SELECT * FROM next)
    SELECT person_id, other_id FROM next ORDER BY person_id DESC, other_id DESC LIMIT 1
"""


_WANT_ALL = """
    WITH people AS (INSERT INTO wanted_people SELECT DISTINCT person_id FROM person_identities WHERE workspace_id = $1),
    channels AS (
        INSERT INTO wanted_channels
        SELECT channel_id FROM channel_days WHERE workspace_id = $1
        UNION SELECT channel_id FROM sightings WHERE workspace_id = $1
    )
    INSERT INTO wanted_conversations
    SELECT DISTINCT conversation_id FROM interactions WHERE workspace_id = $1 AND conversation_id IS NOT NULL
"""
