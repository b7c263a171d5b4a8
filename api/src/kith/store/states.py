"""States: what an act began (a follow, a reaction, a membership) holds until it ends, and may begin again.

The act stands at its first beginning and stays there; further beginnings and all endings are dated facts beside it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from kith.domain.classes import STATES
from kith.store.db import Db


class Change(NamedTuple):
    """began: an act that begins a state was told with this date; else the state ended then."""

    interaction_id: UUID
    occurred_at: datetime
    began: bool


class Period(msgspec.Struct, frozen=True):
    """until: None while it holds."""

    since: datetime
    until: datetime | None


async def change(db: Db, workspace_id: UUID, source_id: UUID, changes: Sequence[Change]) -> None:
    """Note endings, and beginnings after an ending; repetitions change nothing. The acts themselves are stored."""
    if not changes:
        return
    ended = [each for each in changes if not each.began]
    begun = [each for each in changes if each.began]
    if ended:
        await db.execute(_END, workspace_id, source_id, *list(zip(*ended, strict=True))[:2])
    if begun:
        await db.execute(_BEGIN, workspace_id, source_id, *list(zip(*begun, strict=True))[:2])
    await db.execute(_HOLD, workspace_id, sorted({each.interaction_id for each in changes}))


async def keep_beginnings(db: Db, workspace_id: UUID, source_id: UUID) -> None:
    """Before staged edits move acts to an earlier beginning, keep the one where they stand."""
    await db.execute(_KEEP, workspace_id, source_id, list(STATES))


async def forget(db: Db, workspace_id: UUID, interaction_ids: Sequence[UUID]) -> None:
    """Drop what belongs to acts that are gone."""
    await db.execute(
        "DELETE FROM state_changes WHERE workspace_id = $1 AND interaction_id = ANY ($2)", workspace_id, interaction_ids
    )


async def list_periods(db: Db, workspace_id: UUID, interaction_id: UUID) -> list[Period]:
    """Return when the state held that an act began, the first period first; none for an act that begins nothing."""
    rows = await db.fetch(_PERIODS, workspace_id, interaction_id, list(STATES))
    return [Period(row["since"], row["until"]) for row in rows]


_END = """
    INSERT INTO state_changes (workspace_id, source_id, interaction_id, occurred_at, began)
    SELECT DISTINCT $1::uuid, $2::uuid, n.*, false FROM unnest($3::uuid[], $4::timestamptz[]) AS n ORDER BY 3, 4
    ON CONFLICT DO NOTHING
"""

# A network that shows no dates is read again and again: only what follows an ending begins again.
_BEGIN = """
    INSERT INTO state_changes (workspace_id, source_id, interaction_id, occurred_at, began)
    SELECT DISTINCT $1::uuid, $2::uuid, n.id, n.occurred_at, true
    FROM unnest($3::uuid[], $4::timestamptz[]) AS n (id, occurred_at), LATERAL (
        SELECT c.began FROM state_changes c
        WHERE c.workspace_id = $1 AND c.interaction_id = n.id AND c.occurred_at < n.occurred_at
        ORDER BY c.occurred_at DESC, c.began LIMIT 1
    ) AS last
    WHERE NOT last.began ORDER BY 3, 4
    ON CONFLICT DO NOTHING
"""

_KEEP = """
    INSERT INTO state_changes (workspace_id, source_id, interaction_id, occurred_at, began)
    SELECT $1::uuid, $2::uuid, i.id, i.occurred_at, true
    FROM staged_edits e JOIN staged_interactions s ON s.id = e.id
    JOIN interactions i ON i.workspace_id = $1 AND i.id = e.id
    WHERE e.newer AND i.kind = ANY ($3) AND s.occurred_at < i.occurred_at ORDER BY i.id
    ON CONFLICT DO NOTHING
"""

# At one moment, an ending is the last.
_HOLD = """
    WITH found AS MATERIALIZED (
        SELECT i.id, (
            SELECT CASE WHEN NOT c.began THEN c.occurred_at END FROM (
                SELECT occurred_at, began FROM state_changes WHERE workspace_id = $1 AND interaction_id = i.id
                UNION ALL SELECT i.occurred_at, true
            ) AS c
            ORDER BY c.occurred_at DESC, c.began LIMIT 1
        ) AS ended_at
        FROM interactions i WHERE i.workspace_id = $1 AND i.id = ANY ($2) ORDER BY i.id FOR UPDATE
    )
    UPDATE interactions i SET ended_at = f.ended_at FROM found f
    WHERE i.workspace_id = $1 AND i.id = f.id AND i.ended_at IS DISTINCT FROM f.ended_at
"""

# Of beginnings in a row the first counts, and so does of endings.
_PERIODS = """
    WITH changes AS (
        SELECT occurred_at, began FROM state_changes WHERE workspace_id = $1 AND interaction_id = $2
        UNION SELECT occurred_at, true FROM interactions
            WHERE workspace_id = $1 AND id = $2 AND kind = ANY ($3)
    ),
    turns AS (
        SELECT occurred_at, began FROM (
            SELECT *, lag(began) OVER (ORDER BY occurred_at, began DESC) AS before FROM changes
        ) AS c
        WHERE c.before IS DISTINCT FROM c.began
    )
    SELECT since, until FROM (
        SELECT occurred_at AS since, began, lead(occurred_at) OVER (ORDER BY occurred_at, began DESC) AS until
        FROM turns
    ) AS t
    WHERE began ORDER BY since
"""
