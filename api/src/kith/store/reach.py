"""Reach: until which day the sources that tell of a channel were read. Silence after it is no silence."""

from collections.abc import Collection
from datetime import UTC, date, datetime
from uuid import UUID

from kith.store.db import Db

OF_ALL = """
    SELECT c.channel_id, max(e.day) AS day FROM channel_sources c
    JOIN source_ends e ON e.workspace_id = $1 AND e.source_id = c.source_id
    WHERE c.workspace_id = $1 GROUP BY c.channel_id
"""

# {channels}: an array of channels' ids.
OF_CHANNELS = """
    SELECT max(e.day) AS day FROM channel_sources c
    JOIN source_ends e ON e.workspace_id = $1 AND e.source_id = c.source_id
    WHERE c.workspace_id = $1 AND c.channel_id = ANY ({channels})
"""


_BY_CHANNEL = """
    SELECT c.channel_id, max(e.day) AS day FROM channel_sources c
    JOIN source_ends e ON e.workspace_id = $1 AND e.source_id = c.source_id
    WHERE c.workspace_id = $1 AND c.channel_id = ANY ($2::uuid[]) GROUP BY c.channel_id
"""


async def of_channels(db: Db, workspace_id: UUID, channel_ids: Collection[UUID]) -> date | None:
    """Return the last day (UTC) until which any source that tells of one of these channels was read."""
    found: date | None = await db.fetchval(OF_CHANNELS.format(channels="$2::uuid[]"), workspace_id, list(channel_ids))
    return found


async def by_channel(db: Db, workspace_id: UUID, channel_ids: Collection[UUID]) -> dict[UUID, date]:
    """Return of each channel the last day (UTC) until which any source that tells of it was read."""
    rows = await db.fetch(_BY_CHANNEL, workspace_id, list(channel_ids))
    return {row["channel_id"]: row["day"] for row in rows}


async def of_workspace(db: Db, workspace_id: UUID) -> date | None:
    """Return the last day (UTC) until which any source was read.

    What is said of all people at once needs one day for all. It is the last: then sources that are read till now
    decide, and a single archive that ended long ago does not hold them back.
    """
    found: date | None = await db.fetchval("SELECT max(day) FROM source_ends WHERE workspace_id = $1", workspace_id)
    return found


async def of_source(db: Db, workspace_id: UUID, source_id: UUID) -> date | None:
    found: date | None = await db.fetchval(
        "SELECT day FROM source_ends WHERE workspace_id = $1 AND source_id = $2", workspace_id, source_id
    )
    return found


async def extend(
    db: Db, workspace_id: UUID, source_id: UUID, channel_ids: Collection[UUID], until: datetime | None
) -> None:
    """Note that a source tells of these channels, and until when it was read."""
    await db.execute(_TELL, workspace_id, source_id, list(channel_ids))
    if until is not None:
        await db.execute(_END, workspace_id, source_id, until.astimezone(UTC).date())


async def forget(db: Db, workspace_id: UUID, source_id: UUID) -> None:
    for table in ("source_ends", "channel_sources"):
        await db.execute(f"DELETE FROM {table} WHERE workspace_id = $1 AND source_id = $2", workspace_id, source_id)


async def restore(db: Db, workspace_id: UUID) -> dict[str, int]:
    """Note what the facts say beyond what is noted; return how many rows of each table were missing or too early.

    Nothing is taken away: a source goes on to tell of a channel whose acts were all deleted.
    """
    told, ended = await db.fetchval(_TOLD, workspace_id), await db.fetchval(_ENDED, workspace_id)
    return {"channel_sources": told, "source_ends": ended}


_TELL = """
    INSERT INTO channel_sources (workspace_id, channel_id, source_id)
    SELECT $1, channel_id, $2 FROM unnest($3::uuid[]) AS channel_id ORDER BY channel_id ON CONFLICT DO NOTHING
"""

_END = """
    INSERT INTO source_ends AS e (workspace_id, source_id, day) VALUES ($1, $2, $3)
    ON CONFLICT (workspace_id, source_id) DO UPDATE SET day = excluded.day WHERE e.day < excluded.day
"""

_TOLD = f"""
    WITH noted AS (
        INSERT INTO channel_sources (workspace_id, channel_id, source_id)
        SELECT $1::uuid, channel_id, source_id FROM (
            SELECT seen.channel_id, i.source_id FROM interactions i CROSS JOIN LATERAL (
                SELECT coalesce(i.channel_id, '{UUID(int=0)}') AS channel_id
                UNION ALL SELECT s.channel_id FROM sightings s WHERE s.workspace_id = $1 AND s.interaction_id = i.id
            ) AS seen
            WHERE i.workspace_id = $1 AND i.source_id IS NOT NULL
                AND NOT EXISTS (SELECT FROM tellings t WHERE t.workspace_id = $1 AND t.interaction_id = i.id)
            UNION SELECT channel_id, source_id FROM tellings WHERE workspace_id = $1
        ) AS told
        ON CONFLICT DO NOTHING RETURNING 1
    )
    SELECT count(*) FROM noted
"""

_ENDED = """
    WITH noted AS (
        INSERT INTO source_ends AS e (workspace_id, source_id, day)
        SELECT $1::uuid, source_id, (least(max(moment), now()) AT TIME ZONE 'UTC')::date
        FROM (
            SELECT source_id, occurred_at AS moment FROM interactions
            WHERE workspace_id = $1 AND source_id IS NOT NULL AND stated_at IS NULL AND occurred_at <= learnt_at
            UNION ALL
            SELECT source_id, upper(period) - interval '1 microsecond' FROM coverage
            WHERE workspace_id = $1 AND status = 'read' AND NOT upper_inf(period)
                AND source_id NOT IN (SELECT id FROM sources WHERE workspace_id = $1 AND sealed)
        ) AS told
        GROUP BY source_id
        ON CONFLICT (workspace_id, source_id) DO UPDATE SET day = excluded.day WHERE e.day < excluded.day
        RETURNING 1
    )
    SELECT count(*) FROM noted
"""
