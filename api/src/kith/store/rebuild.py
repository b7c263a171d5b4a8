"""The restoring of projections: what a table holds is compared with what its query says, and put right."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from kith.store import projection, strength, sums
from kith.store.db import Db, in_turn
from kith.store.projection import Projection

WORK_MEMORY = "128MB"
"""For each sort of either connection."""
"""For each sort of either connection."""
# One connection may wait for the other. Tables are read whole and sorted, so that rows are stored in the order of their
# keys; the planner would follow an index to each interaction instead.
_SETTINGS = f"""
    SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL work_mem = '{WORK_MEMORY}';
    SET LOCAL enable_indexscan = off; SET LOCAL enable_hashagg = off; SET LOCAL max_parallel_workers_per_gather = 0;
"""
_RESET = """
    SET LOCAL enable_indexscan = DEFAULT; SET LOCAL enable_hashagg = DEFAULT;
    SET LOCAL max_parallel_workers_per_gather = DEFAULT;
"""


class Difference(NamedTuple):
    """Rows that were missing, that should not have been there, and whose values were wrong; all are right now."""

    missing: int
    extra: int
    different: int


async def prepare(db: Db) -> None:
    """Let this transaction read and sort whole tables."""
    await in_turn(db, _SETTINGS)


async def reset(db: Db) -> None:
    """Let this transaction plan as ever."""
    await in_turn(db, _RESET)


async def restore_persons(db: Db, workspace_id: UUID, decided: Mapping[UUID, UUID]) -> Difference:
    """Restore whose each identity is. decided: the persons of those on whom anything was decided."""
    await db.execute("CREATE TEMPORARY TABLE decided (identity_id uuid PRIMARY KEY, person_id uuid) ON COMMIT DROP")
    await db.copy_records_to_table("decided", records=decided.items())
    return await restore(db, workspace_id, PERSONS)


async def restore(db: Db, workspace_id: UUID, projection: Projection) -> Difference:
    """Compare what is stored with what the query says; store that where they differ."""
    if not await _any(db, workspace_id, projection):
        return Difference(await _insert(db, workspace_id, projection, projection.query), 0, 0)
    await compute(db, workspace_id, projection)
    return await put_right(db, workspace_id, projection)


async def compute(db: Db, workspace_id: UUID, projection: Projection) -> None:
    """Keep what the query says in ``rebuilt``."""
    await db.execute(f"CREATE TEMPORARY TABLE rebuilt ON COMMIT DROP AS {_bound(projection.query, workspace_id)}")
    await db.execute("ANALYZE rebuilt")


async def put_right(db: Db, workspace_id: UUID, projection: Projection) -> Difference:
    """Compare what is stored with ``rebuilt``, store that where they differ, and drop it."""
    if await _any(db, workspace_id, projection):
        difference = await _compare(db, workspace_id, projection)
        await _mend(db, workspace_id, projection, difference)
    else:
        difference = Difference(await _insert(db, workspace_id, projection, "SELECT * FROM rebuilt"), 0, 0)
    await db.execute("DROP TABLE rebuilt")
    return difference


async def _any(db: Db, workspace_id: UUID, projection: Projection) -> bool:
    query = f"SELECT EXISTS (SELECT FROM {projection.table} WHERE workspace_id = $1)"
    found: bool = await db.fetchval(query, workspace_id)
    return found


async def _insert(db: Db, workspace_id: UUID, projection: Projection, query: str) -> int:
    """Store rows, in the order in which they come; return how many."""
    names = ", ".join(projection.key + projection.columns)
    added: int = await db.fetchval(
        f"""
        WITH added AS (
            INSERT INTO {projection.table} (workspace_id, {names}) SELECT $1, {names} FROM ({query}) AS r
            RETURNING workspace_id
        )
        SELECT count(*) FROM added
        """,
        workspace_id,
    )
    return added


async def _compare(db: Db, workspace_id: UUID, projection: Projection) -> Difference:
    names = projection.key + projection.columns
    key = ", ".join(projection.key)
    differs = " OR ".join(f"t.{name} IS DISTINCT FROM r.{name}" for name in projection.columns) or "false"
    if projection is RELATIONSHIPS:
        exact = ("given", "received", "first_day", "last_day")
        differs = " OR ".join(f"t.{name} <> r.{name}" for name in exact)
    row = await db.fetchrow(
        f"""
        SELECT count(*) FILTER (WHERE NOT coalesce(t.here, false)) AS missing,
            count(*) FILTER (WHERE NOT coalesce(r.here, false)) AS extra,
            count(*) FILTER (WHERE t.here AND r.here AND ({differs})) AS different
        FROM (SELECT true AS here, {", ".join(names)} FROM {projection.table} WHERE workspace_id = $1) AS t
        FULL JOIN (SELECT true AS here, * FROM rebuilt) AS r USING ({key})
        """,
        workspace_id,
    )
    return Difference(*row) if row else Difference(0, 0, 0)


async def _mend(db: Db, workspace_id: UUID, projection: Projection, difference: Difference) -> None:
    """Make the table what ``rebuilt`` is. Nobody else writes it meanwhile, so each row is only looked at once."""
    names, key = projection.key + projection.columns, ", ".join(projection.key)
    same = " AND ".join(f"t.{name} = r.{name}" for name in projection.key)
    new, old = (", ".join(f"{table}.{name}" for name in projection.columns) for table in "rt")
    if difference.extra:
        await db.execute(
            f"""
            WITH kept AS MATERIALIZED (SELECT {key} FROM rebuilt)
            DELETE FROM {projection.table} t
            WHERE t.workspace_id = $1 AND NOT EXISTS (SELECT FROM kept r WHERE {same})
            """,
            workspace_id,
        )
    if difference.different or projection is RELATIONSHIPS:
        await db.execute(
            f"""
            UPDATE {projection.table} t SET ({", ".join(projection.columns)}) = ROW ({new}) FROM rebuilt r
            WHERE t.workspace_id = $1 AND {same} AND ({old}) IS DISTINCT FROM ({new})
            """,
            workspace_id,
        )
    if difference.missing:
        await db.execute(
            f"""
            WITH there AS MATERIALIZED (SELECT {key} FROM {projection.table} WHERE workspace_id = $1)
            INSERT INTO {projection.table} (workspace_id, {", ".join(names)})
            SELECT $1, {", ".join(names)} FROM rebuilt r WHERE NOT EXISTS (SELECT FROM there t WHERE {same})
            ORDER BY {key} RETURNING workspace_id
            """,
            workspace_id,
        )


def _bound(query: str, workspace_id: UUID) -> str:
    """Write the workspace into the query: CREATE TABLE takes no parameters."""
    return query.replace("$1", f"'{workspace_id}'::uuid")


PERSONS = Projection(
    "person_identities",
    ("identity_id",),
    ("person_id",),
    "",
    """
    SELECT i.id AS identity_id, coalesce(d.person_id, i.id) AS person_id
    FROM identities i LEFT JOIN decided d ON d.identity_id = i.id WHERE i.workspace_id = $1
    """,
)

# The same sums as in kith.store.ingest, over all interactions.
TARGETS = Projection(
    "interaction_targets",
    ("identity_id", "occurred_at", "interaction_id"),
    (),
    "",
    """
    SELECT target_id AS identity_id, i.occurred_at, i.id AS interaction_id
    FROM interactions i, unnest(i.target_ids) AS target_id WHERE i.workspace_id = $1 AND target_id <> i.actor_id
    """,
)

_CONTACT = "SELECT actor_id, target_ids, channel_id, occurred_at, kind FROM interactions WHERE workspace_id = $1"

CONTACT_DAYS = Projection(
    "contact_days",
    ("actor_id", "target_id", "day", "channel_id", "kind"),
    ("count", "weight"),
    "",
    f"""
    SELECT i.actor_id, target_id, {sums.day("i.")} AS day, {sums.channel("i.")} AS channel_id, i.kind,
        count(*)::integer AS count, sum(i.weight)::bigint AS weight
    FROM ({sums.weighed(_CONTACT)}) AS i, unnest(i.target_ids) AS target_id WHERE target_id <> i.actor_id
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
    """,
)

ACTIVITY_DAYS = Projection(
    "activity_days",
    ("identity_id", "channel_id", "day"),
    ("acts", "broadcasts", "received"),
    "",
    f"""
    SELECT identity_id, channel_id, day, sum(acts)::integer AS acts, sum(broadcasts)::integer AS broadcasts,
        sum(received)::integer AS received
    FROM (
        SELECT i.actor_id AS identity_id, {sums.channel("i.")} AS channel_id, {sums.day("i.")} AS day,
            1 AS acts, (array_remove(i.target_ids, i.actor_id) = '{{}}')::integer AS broadcasts, 0 AS received
        FROM interactions i WHERE i.workspace_id = $1
        UNION ALL
        SELECT target_id, {sums.channel("i.")}, {sums.day("i.")}, 0, 0, 1
        FROM interactions i, unnest(i.target_ids) AS target_id
        WHERE i.workspace_id = $1 AND target_id <> i.actor_id
    ) AS parts
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """,
)

IDENTITY_DAYS = Projection(
    "identity_days",
    ("identity_id", "day"),
    ("acts", "received"),
    "",
    """
    SELECT identity_id, day, sum(acts)::integer AS acts, sum(received)::integer AS received FROM activity_days
    WHERE workspace_id = $1 GROUP BY 1, 2 ORDER BY 1, 2
    """,
)

CHANNEL_DAYS = Projection(
    "channel_days",
    ("channel_id", "day"),
    ("count",),
    "",
    f"""
    SELECT i.channel_id, {sums.day("i.")} AS day, count(*)::integer AS count FROM interactions i
    WHERE i.workspace_id = $1 AND i.channel_id IS NOT NULL GROUP BY 1, 2
    """,
)

RELATIONSHIPS = projection.RELATIONSHIPS._replace(query=strength.COMPUTED_ALL)
