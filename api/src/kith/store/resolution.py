"""Resolution: how sure it has to be, as the workspace wishes, and what another wish would do to what is stored."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from kith.store.db import Db
from kith.store.profiles import START


class Wish(msgspec.Struct, frozen=True):
    """Probabilities above which identities are joined and suggested."""

    join_above: float
    suggest_above: float
    revision: int
    updated_at: datetime


class Preview(NamedTuple):
    """What a change would do to what is stored; pairs by their two ids, the likeliest first."""

    joins: list[tuple[UUID, UUID, float]]
    joins_count: int
    separations: list[tuple[UUID, UUID, float]]
    separations_count: int
    withdrawn_count: int


async def get_wish(db: Db, workspace_id: UUID, *, lock: bool = False) -> Wish | None:
    """Return what the workspace wishes; None where it has never wished anything."""
    row = await db.fetchrow(
        f"""
        SELECT join_above, suggest_above, revision, updated_at FROM resolution_settings
        WHERE workspace_id = $1 {"FOR UPDATE" if lock else ""}
        """,
        workspace_id,
    )
    return Wish(**row) if row else None


async def set_wish(db: Db, workspace_id: UUID, join_above: float, suggest_above: float) -> None:
    await db.execute(
        """
        INSERT INTO resolution_settings AS s (workspace_id, join_above, suggest_above) VALUES ($1, $2, $3)
        ON CONFLICT (workspace_id) DO UPDATE SET join_above = $2, suggest_above = $3, revision = s.revision + 1,
            updated_at = excluded.updated_at
        """,
        workspace_id, join_above, suggest_above,
    )  # fmt: skip
    await db.execute(_START_OVER, workspace_id)


async def preview(db: Db, workspace_id: UUID, join_above: float, suggest_above: float, examples: int) -> Preview:
    """Return what other thresholds would do to the suggestions and joins that are stored.

    What lies below the present ``suggest_above`` was never stored, so a lower one shows its effect only when it is set.
    """
    joins = await db.fetch(_WOULD_JOIN, workspace_id, join_above, examples)
    separations = await db.fetch(_WOULD_SEPARATE, workspace_id, join_above, examples)
    withdrawn = await db.fetchval(_WOULD_WITHDRAW, workspace_id, suggest_above)
    return Preview(
        [tuple(row)[:3] for row in joins],
        joins[0]["count"] if joins else 0,
        [tuple(row)[:3] for row in separations],
        separations[0]["count"] if separations else 0,
        withdrawn,
    )


# Those whom a walk through a large workspace has resolved by other thresholds have to be resolved again.
_START_OVER = f"""
    UPDATE populations SET walked_to = '{START}'
    WHERE workspace_id = $1 AND walked_to IS NOT NULL
"""

_WOULD_JOIN = """
    SELECT one_id, other_id, probability, count(*) OVER () AS count FROM suggestions
    WHERE workspace_id = $1 AND status IN ('open', 'postponed') AND probability >= $2
    ORDER BY probability DESC, id LIMIT $3
"""

_WOULD_SEPARATE = """
    SELECT d.one_id, d.other_id, d.confidence::float8 AS probability, count(*) OVER () AS count FROM decisions d
    WHERE d.workspace_id = $1 AND d.verdict = 'same' AND d.author LIKE 'rule:%' AND d.confidence < $2
        AND NOT EXISTS (
            SELECT FROM decisions r WHERE r.workspace_id = $1 AND r.one_id = d.one_id AND r.other_id = d.other_id
                AND r.retracts = d.id
        )
    ORDER BY d.confidence DESC, d.id LIMIT $3
"""

_WOULD_WITHDRAW = """
    SELECT count(*) FROM suggestions
    WHERE workspace_id = $1 AND status IN ('open', 'postponed') AND probability < $2
"""
