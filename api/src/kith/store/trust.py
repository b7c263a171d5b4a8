"""Acts between two people that say something of trust, by channel and day."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

import msgspec

from kith.store.db import Db


class Act(msgspec.Struct, frozen=True):
    """So many acts of one kind on one day in one channel (all zero for none). given: from the ones to the others."""

    given: bool
    day: date
    channel_id: UUID
    kind: str
    count: int


async def list_acts(
    db: Db, workspace_id: UUID, ones: Sequence[UUID], others: Sequence[UUID], kinds: Collection[str], until: date
) -> list[Act]:
    """Return the acts of these kinds between two people's identities, up to and including the day."""
    rows = await db.fetch(
        """
        SELECT pairs.given, d.day, d.channel_id, d.kind, sum(d.count)::bigint AS count
        FROM (SELECT actor_id, target_id, true FROM unnest($2::uuid[]) actor_id, unnest($3::uuid[]) target_id
              UNION ALL
              SELECT actor_id, target_id, false FROM unnest($3::uuid[]) actor_id, unnest($2::uuid[]) target_id
        ) AS pairs (actor_id, target_id, given)
        JOIN contact_days d
            ON d.workspace_id = $1 AND d.actor_id = pairs.actor_id AND d.target_id = pairs.target_id
        WHERE d.kind = ANY ($4) AND d.day <= $5
        GROUP BY 1, 2, 3, 4 ORDER BY 2, 3, 4, 1
        """,
        workspace_id, list(ones), list(others), list(kinds), until,
    )  # fmt: skip
    return [Act(**row) for row in rows]
