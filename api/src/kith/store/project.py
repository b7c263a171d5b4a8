"""Projections: what the facts amount to, computed anew for exactly what was touched.

Each projection is one query over a set of keys in a temporary table. ``project`` fills that set with what pages have
touched; ``kith.store.rebuild`` fills it with all there is.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from itertools import combinations
from typing import Any, NamedTuple
from uuid import UUID

from kith.store import affiliations, behaviours, jobs, resolution, strength
from kith.store.db import Db
from kith.store.ledger import Move

# Pages whose touches are worked in at once; a page touches at most some ten thousand pairs.
PAGES = 20


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
    ("name", "kind", "networks", "identities", "interactions", "first_seen", "last_seen"),
    "SELECT id FROM wanted_people",
    # As kith.store.corrections has it: what a human said, what a network vouches for, the name last seen; cut so that
    # it fits into an index. A bot is a bot even if one of its accounts is not marked.
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
                ORDER BY i.name IS NULL, i.verified DESC, i.seen_at DESC NULLS LAST, i.id)
                FILTER (WHERE coalesce(i.name, i.handle) <> ''))[1]
        ) AS name,
        coalesce(
            (SELECT value FROM corrected c WHERE c.person_id = w.id AND c.field = 'kind'),
            (array_agg(i.kind ORDER BY array_position('{bot,person,organization,group,unknown}', i.kind)))[1]
        ) AS kind,
        array_agg(DISTINCT i.network ORDER BY i.network) AS networks,
        count(*)::integer AS identities,
        coalesce(sum(a.acts), 0)::bigint AS interactions,
        min(t.first_at) AS first_seen, max(t.last_at) AS last_seen
    FROM wanted_people w
    JOIN person_identities p ON p.workspace_id = $1 AND p.person_id = w.id
    JOIN identities i ON i.workspace_id = $1 AND i.id = p.identity_id
    CROSS JOIN LATERAL (
        SELECT sum(acts) AS acts FROM activity_days WHERE workspace_id = $1 AND identity_id = i.id
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

CONVERSATION_ACTIVITY = Projection(
    "conversation_activity",
    ("conversation_id",),
    ("channel_id", "interactions", "identities", "first_at", "last_at"),
    "SELECT id AS conversation_id FROM wanted_conversations",
    # The channel that the network names; else the least of those in which its interactions are.
    """
    SELECT w.id AS conversation_id,
        coalesce(c.channel_id, (array_agg(i.channel_id ORDER BY i.channel_id))[1]) AS channel_id,
        count(*) AS interactions, count(DISTINCT i.actor_id)::integer AS identities,
        min(i.occurred_at) AS first_at, max(i.occurred_at) AS last_at
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

WANTED = f"""
    SET LOCAL client_min_messages = warning; SET LOCAL plan_cache_mode = force_custom_plan;
    CREATE TEMPORARY TABLE IF NOT EXISTS wanted_people (id uuid PRIMARY KEY) ON COMMIT DELETE ROWS;
    CREATE TEMPORARY TABLE IF NOT EXISTS wanted_channels (id uuid PRIMARY KEY) ON COMMIT DELETE ROWS;
    CREATE TEMPORARY TABLE IF NOT EXISTS wanted_conversations (id uuid PRIMARY KEY) ON COMMIT DELETE ROWS;
    {strength.WANTED_PAIRS}
    {strength.TABLES}
    TRUNCATE wanted_people, wanted_channels, wanted_conversations;
"""


async def project(db: Db, workspace_id: UUID, now: datetime) -> tuple[int, int]:
    """Work in the touches of up to PAGES pages; return how many that were and how many are left.

    now: the moment; strengths speak of its midnight (UTC), so that all that are computed on one day compare exactly.
    """
    await db.execute(WANTED)
    await lock(db, workspace_id)
    touches = await db.fetch(_TAKE, workspace_id, PAGES)
    if touches:
        await _work_in(db, workspace_id, now, touches)
    left = await db.fetchval("SELECT count(*) FROM touches WHERE workspace_id = $1", workspace_id)
    return len(touches), left


async def settle(db: Db, workspace_id: UUID, now: datetime, identity_ids: Collection[UUID]) -> bool:
    """Work in at once what was decided on these identities; where another transaction is at it, leave it to a job.

    Returns whether it was done at once.
    """
    free: bool = await db.fetchval("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 2))", str(workspace_id))
    if free:
        await db.execute(WANTED)
        await _work_in(db, workspace_id, now, [dict.fromkeys(TOUCHED, ()) | {"identity_ids": identity_ids}])
    else:
        await db.execute(_TOUCH, workspace_id, identity_ids)
        await jobs.enqueue(db, workspace_id, "project", {}, slot="project", again=True)
    return free


async def resolve_behaved(db: Db, workspace_id: UUID, now: datetime) -> int:
    """Resolve whoever did other things with a likely double than when they were last compared; return how many."""
    identity_ids = await behaviours.find_changed(db, workspace_id, None)
    if identity_ids:
        await db.execute(WANTED)
        await _work_in(db, workspace_id, now, [dict.fromkeys(TOUCHED, ()) | {"identity_ids": identity_ids}])
    return len(identity_ids)


async def settle_all(db: Db, workspace_id: UUID, now: datetime) -> int:
    """Resolve all identities anew and work in what that moves; return how many identities moved."""
    await db.execute(WANTED)
    await lock(db, workspace_id)
    moves = await resolution.resolve_all(db, workspace_id)
    await _want_moved(db, workspace_id, moves)
    await _save_wanted(db, workspace_id, now)
    return len(moves)


async def settle_next(db: Db, workspace_id: UUID, now: datetime) -> resolution.Step:
    """Take the next step of resolving all identities anew, and work in what that moves."""
    await db.execute(WANTED)
    await lock(db, workspace_id)
    step = await resolution.resolve_next(db, workspace_id)
    await _want_moved(db, workspace_id, step.moves)
    await _save_wanted(db, workspace_id, now)
    return step


async def refresh(db: Db, workspace_id: UUID, now: datetime, after: tuple[UUID, UUID]) -> tuple[UUID, UUID] | None:
    """Compute the strengths of the next pairs for the midnight of ``now``; return the last of them, or None."""
    await db.execute(WANTED)
    await lock(db, workspace_id)
    last = await db.fetchrow(_WANT_NEXT, workspace_id, *after, strength.PAIRS)
    if last is None:
        return None
    await compute_relationships(db, workspace_id, now)
    await save(db, workspace_id, RELATIONSHIPS)
    return last["person_id"], last["other_id"]


async def lock(db: Db, workspace_id: UUID) -> None:
    """Wait until this transaction alone may write projections of the workspace."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 2))", str(workspace_id))


def midnight(now: datetime) -> datetime:
    """Return the beginning of the day (UTC)."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


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


async def compute_relationships(db: Db, workspace_id: UUID, now: datetime) -> None:
    """Weigh wanted_pairs as of the midnight of ``now``."""
    await db.execute("ANALYZE wanted_pairs")
    await strength.weigh(db, workspace_id, midnight(now))


async def _work_in(db: Db, workspace_id: UUID, now: datetime, touches: Sequence[Any]) -> None:
    """Compute anew what was touched, and what follows from identities that moved."""

    def touched(column: str) -> list[UUID]:
        return [id_ for touch in touches for id_ in touch[column]]

    identity_ids = set(touched("identity_ids"))
    moves = await resolution.resolve(db, workspace_id, identity_ids)
    await affiliations.derive(db, workspace_id, identity_ids)
    await db.execute(_WANT_PEOPLE, workspace_id, list(identity_ids))
    await db.execute("INSERT INTO wanted_channels SELECT DISTINCT unnest($1::uuid[])", touched("channel_ids"))
    await db.execute("INSERT INTO wanted_conversations SELECT DISTINCT unnest($1::uuid[])", touched("conversation_ids"))
    await db.execute(_WANT_PAIRS, workspace_id, touched("actor_ids"), touched("target_ids"))
    await _want_moved(db, workspace_id, moves)
    await _save_wanted(db, workspace_id, now)


async def _save_wanted(db: Db, workspace_id: UUID, now: datetime) -> None:
    for projection in (PEOPLE, CHANNEL_ACTIVITY, CONVERSATION_ACTIVITY):
        await save(db, workspace_id, projection)
    await compute_relationships(db, workspace_id, now)
    await save(db, workspace_id, RELATIONSHIPS)


async def _want_moved(db: Db, workspace_id: UUID, moves: Sequence[Move]) -> None:
    if moves:
        persons = {id_ for move in moves for id_ in (move.old_id, move.new_id)}
        await db.execute("INSERT INTO wanted_people SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING", persons)
        pairs = await _pairs_of_moved(db, workspace_id, moves)
        ones, others = zip(*pairs, strict=True) if pairs else ((), ())
        await db.execute(
            "INSERT INTO wanted_pairs SELECT * FROM unnest($1::uuid[], $2::uuid[]) ON CONFLICT DO NOTHING", ones, others
        )


async def _pairs_of_moved(db: Db, workspace_id: UUID, moves: Sequence[Move]) -> set[tuple[UUID, UUID]]:
    """Return the pairs, lesser id first, that an identity's move may have changed.

    Each was, before the move, a relationship of the person that the identity left, or within that person.
    """
    became: dict[UUID, set[UUID]] = {}
    for move in moves:
        became.setdefault(move.old_id, {move.old_id}).add(move.new_id)
    rows = await db.fetch(
        "SELECT person_id, other_id FROM relationships WHERE workspace_id = $1 AND person_id = ANY ($2)",
        workspace_id,
        list(became),
    )
    within = {pair for persons in became.values() for pair in combinations(sorted(persons), 2)}
    return within | {
        (min(one, other), max(one, other))
        for row in rows
        for one in became[row["person_id"]]
        for other in became.get(row["other_id"], {row["other_id"]})
        if one != other
    }


TOUCHED = ("identity_ids", "actor_ids", "target_ids", "channel_ids", "conversation_ids")

_TOUCH = f"""
    INSERT INTO touches (workspace_id, {", ".join(TOUCHED)}) VALUES ($1, $2, '{{}}', '{{}}', '{{}}', '{{}}')
"""

_TAKE = f"""
    DELETE FROM touches WHERE workspace_id = $1
        AND id IN (SELECT id FROM touches WHERE workspace_id = $1 ORDER BY id LIMIT $2)
    RETURNING {", ".join(TOUCHED)}
"""

_WANT_PEOPLE = """
    INSERT INTO wanted_people
    SELECT DISTINCT person_id FROM person_identities WHERE workspace_id = $1 AND identity_id = ANY ($2)
"""

_WANT_PAIRS = """
    INSERT INTO wanted_pairs
    SELECT DISTINCT least(a.person_id, b.person_id), greatest(a.person_id, b.person_id)
    FROM unnest($2::uuid[], $3::uuid[]) AS p (actor_id, target_id)
    JOIN person_identities a ON a.workspace_id = $1 AND a.identity_id = p.actor_id
    JOIN person_identities b ON b.workspace_id = $1 AND b.identity_id = p.target_id
    WHERE a.person_id <> b.person_id
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
