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


async def of_channels(db: Db, workspace_id: UUID, channel_ids: Collection[UUID]) -> date | None:
    """Return the last day (UTC) until which any source that tells of one of these channels was read."""
    found: date | None = await db.fetchval(OF_CHANNELS.format(channels="$2::uuid[]"), workspace_id, list(channel_ids))
    return found


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


_TELL = """
    INSERT INTO channel_sources (workspace_id, channel_id, source_id)
    SELECT $1, channel_id, $2 FROM unnest($3::uuid[]) AS channel_id ORDER BY channel_id ON CONFLICT DO NOTHING
"""

_END = """
    INSERT INTO source_ends AS e (workspace_id, source_id, day) VALUES ($1, $2, $3)
    ON CONFLICT (workspace_id, source_id) DO UPDATE SET day = excluded.day WHERE e.day < excluded.day
"""
