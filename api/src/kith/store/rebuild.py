"""Rebuild: every projection anew from the facts, compared with what pages have added up, and put right.

All of it is one transaction. Pages wait until it ends; reads go on, and see the old rows until then. What does not fit
into memory is kept in temporary files by PostgreSQL; this process holds some 200 bytes for each pair of people.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from kith.store import decisions, ingest, ledger, profiles, project, strength
from kith.store.db import Db
from kith.store.ingest import NOWHERE
from kith.store.project import Projection


class Difference(NamedTuple):
    """Rows that were missing, that should not have been there, and whose values were wrong; all are right now."""

    missing: int
    extra: int
    different: int


async def rebuild(db: Db, workspace_id: UUID, now: datetime) -> dict[str, Difference]:
    """Recreate every projection of the workspace; return how each differed: nothing but zeros, or kith has a fault.

    now: strengths are of its midnight (UTC). They also rest on how active two people are and whom they know, which the
    stored ones follow later: they are not compared, only replaced.
    """
    await ingest.lock(db, workspace_id, alone=True)
    while (await project.project(db, workspace_id, now))[1]:
        pass
    found = {"person_identities": await _restore(db, workspace_id, await _persons(db, workspace_id))}
    found |= {table: Difference(*counts) for table, counts in (await profiles.restore(db, workspace_id)).items()}
    for sums in (TARGETS, CHANNEL_DAYS):
        found[sums.table] = await _restore(db, workspace_id, sums)
    found |= await rebuild_relationships(db, workspace_id, now)
    await db.execute(project.WANTED)
    await db.execute(_WANT_ALL, workspace_id)
    for projection in (project.PEOPLE, project.CHANNEL_ACTIVITY, project.CONVERSATION_ACTIVITY):
        found[projection.table] = await _restore(db, workspace_id, projection)
    return found


async def rebuild_relationships(db: Db, workspace_id: UUID, now: datetime) -> dict[str, Difference]:
    """Recreate the ledgers of contact and activity, and the relationships, as part of ``rebuild``."""
    await db.execute("SET LOCAL work_mem = '64MB'")
    found = {sums.table: await _restore(db, workspace_id, sums) for sums in (CONTACT_DAYS, ACTIVITY_DAYS)}
    await db.execute(project.WANTED)
    await strength.weigh_all(db, workspace_id, project.midnight(now))
    found["relationships"] = await _restore(db, workspace_id, project.RELATIONSHIPS)
    return found


async def _persons(db: Db, workspace_id: UUID) -> Projection:
    """Return the projection from identities to persons, with who is decided upon in a temporary table."""
    made = await decisions.load_all(db, workspace_id)
    decided = ledger.roots({id_ for decision in made for id_ in decision.pair}, made)
    await db.execute("CREATE TEMPORARY TABLE decided (identity_id uuid PRIMARY KEY, person_id uuid) ON COMMIT DROP")
    await db.copy_records_to_table("decided", records=decided.items())
    return Projection(
        "person_identities",
        ("identity_id",),
        ("person_id",),
        "",
        """
        SELECT i.id AS identity_id, coalesce(d.person_id, i.id) AS person_id
        FROM identities i LEFT JOIN decided d ON d.identity_id = i.id WHERE i.workspace_id = $1
        """,
    )


async def _restore(db: Db, workspace_id: UUID, projection: Projection) -> Difference:
    """Compare what is stored with what the query says; store that where they differ."""
    names = projection.key + projection.columns
    key = ", ".join(projection.key)
    await db.execute(f"CREATE TEMPORARY TABLE rebuilt ON COMMIT DROP AS {_bound(projection.query, workspace_id)}")
    await db.execute("ANALYZE rebuilt")
    differs = " OR ".join(f"t.{name} IS DISTINCT FROM r.{name}" for name in projection.columns) or "false"
    if projection is project.RELATIONSHIPS:
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
    difference = Difference(*row) if row else Difference(0, 0, 0)
    await _mend(db, workspace_id, projection, difference)
    await db.execute("DROP TABLE rebuilt")
    return difference


async def _mend(db: Db, workspace_id: UUID, projection: Projection, difference: Difference) -> None:
    """Make the table what ``rebuilt`` is. Nobody else writes it meanwhile, so each row is only looked at once."""
    names = projection.key + projection.columns
    same = " AND ".join(f"t.{name} = r.{name}" for name in projection.key)
    new, old = (", ".join(f"{table}.{name}" for name in projection.columns) for table in "rt")
    if difference.extra:
        await db.execute(
            f"""
            DELETE FROM {projection.table} t
            WHERE t.workspace_id = $1 AND NOT EXISTS (SELECT FROM rebuilt r WHERE {same})
            """,
            workspace_id,
        )
    if difference.different or projection is project.RELATIONSHIPS:
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
            INSERT INTO {projection.table} (workspace_id, {", ".join(names)})
            SELECT $1, {", ".join(names)} FROM rebuilt r
            WHERE NOT EXISTS (SELECT FROM {projection.table} t WHERE t.workspace_id = $1 AND {same})
            ORDER BY {", ".join(projection.key)}
            """,
            workspace_id,
        )


def _bound(query: str, workspace_id: UUID) -> str:
    """Write the workspace into the query: CREATE TABLE takes no parameters."""
    return query.replace("$1", f"'{workspace_id}'::uuid")


_DAY = "(i.occurred_at AT TIME ZONE 'UTC')::date"

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
CONTACT_DAYS = Projection(
    "contact_days",
    ("actor_id", "target_id", "day", "channel_id", "kind"),
    ("count", "weight"),
    "",
    f"""
    SELECT i.actor_id, target_id, {_DAY} AS day, coalesce(i.channel_id, '{NOWHERE}') AS channel_id, i.kind,
        count(*)::integer AS count,
        sum(round(1000 / sqrt(cardinality(array_remove(i.target_ids, i.actor_id)))))::bigint AS weight
    FROM interactions i, unnest(i.target_ids) AS target_id WHERE i.workspace_id = $1 AND target_id <> i.actor_id
    GROUP BY 1, 2, 3, 4, 5
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
        SELECT i.actor_id AS identity_id, coalesce(i.channel_id, '{NOWHERE}') AS channel_id, {_DAY} AS day,
            1 AS acts, (array_remove(i.target_ids, i.actor_id) = '{{}}')::integer AS broadcasts, 0 AS received
        FROM interactions i WHERE i.workspace_id = $1
        UNION ALL
        SELECT target_id, coalesce(i.channel_id, '{NOWHERE}'), {_DAY}, 0, 0, 1
        FROM interactions i, unnest(i.target_ids) AS target_id
        WHERE i.workspace_id = $1 AND target_id <> i.actor_id
    ) AS parts
    GROUP BY identity_id, channel_id, day
    """,
)
CHANNEL_DAYS = Projection(
    "channel_days",
    ("channel_id", "day"),
    ("count",),
    "",
    f"""
    SELECT i.channel_id, {_DAY} AS day, count(*)::integer AS count FROM interactions i
    WHERE i.workspace_id = $1 AND i.channel_id IS NOT NULL GROUP BY 1, 2
    """,
)

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
