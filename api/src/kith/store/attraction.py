"""Who began the ties of some people, what drew those who came by themselves, and which ties lasted."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from kith.store.db import Db


class NewTie(msgspec.Struct, frozen=True):
    """A tie that is new to all of us.

    came: whether the other began it. act_id, kind, occurred_at: the first act between. drawn_by: our act that theirs
    answers or follows in one conversation. lasted: None while it is too young to say.
    """

    other_id: UUID
    first_day: date
    came: bool
    act_id: UUID
    kind: str
    occurred_at: datetime
    channel_id: UUID | None
    channel_name: str | None
    drawn_by: UUID | None
    lasted: bool | None


async def list_new_ties(
    db: Db,
    workspace_id: UUID,
    identity_ids: Sequence[UUID],
    person_ids: Sequence[UUID],
    since: date,
    until: date,
    lasts: tuple[int, int],
    limit: int,
) -> list[NewTie]:
    """Return the ties of these people, given with their identities, that began in a window, the newest first.

    until: the last day that counts. lasts: between which days after the first there is contact again if a tie lasts.
    """
    rows = await db.fetch(
        _NEW_TIES, workspace_id, list(identity_ids), list(person_ids), since, until, *lasts, limit
    )  # fmt: skip
    return [NewTie(**row) for row in rows]


# Acts of an identity t between two days after the first, from either side.
_BETWEEN = """
    SELECT {columns}, true AS came FROM interactions i
    WHERE i.workspace_id = $1 AND i.actor_id = t.identity_id AND i.target_ids && $2::uuid[]
        AND i.occurred_at >= (t.first_day + {since})::timestamp AT TIME ZONE 'UTC'
        AND i.occurred_at < (t.first_day + {until} + 1)::timestamp AT TIME ZONE 'UTC'
    UNION ALL
    SELECT {columns}, false FROM interaction_targets x
    JOIN interactions i ON i.workspace_id = $1 AND i.id = x.interaction_id AND i.actor_id = ANY ($2)
    WHERE x.workspace_id = $1 AND x.identity_id = t.identity_id
        AND x.occurred_at >= (t.first_day + {since})::timestamp AT TIME ZONE 'UTC'
        AND x.occurred_at < (t.first_day + {until} + 1)::timestamp AT TIME ZONE 'UTC'
"""

_NEW_TIES = f"""
    WITH ties AS (
        SELECT other_id, min(first_day) AS first_day FROM relationships
        WHERE workspace_id = $1 AND person_id = ANY ($3) AND other_id <> ALL ($3) GROUP BY other_id
    ),
    latest AS MATERIALIZED (
        SELECT * FROM ties WHERE first_day BETWEEN $4 AND $5 ORDER BY first_day DESC, other_id LIMIT $8
    ),
    theirs AS MATERIALIZED (
        SELECT l.*, p.identity_id FROM latest l
        JOIN person_identities p ON p.workspace_id = $1 AND p.person_id = l.other_id
    ),
    firsts AS MATERIALIZED (
        SELECT DISTINCT ON (t.other_id) t.other_id, t.first_day, act.*
        FROM theirs t CROSS JOIN LATERAL ({
    _BETWEEN.format(
        columns="i.id, i.kind, i.occurred_at, i.channel_id, i.reply_to, i.conversation_id", since=0, until=0
    )
}) AS act
        ORDER BY t.other_id, act.occurred_at, act.id
    ),
    lasting AS MATERIALIZED (
        SELECT DISTINCT t.other_id FROM theirs t
        WHERE t.first_day + $7::integer <= $5
            AND EXISTS ({_BETWEEN.format(columns="i.id", since="$6::integer", until="$7::integer")})
    )
    SELECT f.other_id, f.first_day, f.came, f.id AS act_id, f.kind, f.occurred_at, f.channel_id, c.name AS channel_name,
        CASE WHEN f.came THEN coalesce(
            (SELECT d.id FROM interactions d
             WHERE d.workspace_id = $1 AND d.id = f.reply_to AND d.actor_id = ANY ($2)),
            (SELECT d.id FROM interactions d
             WHERE d.workspace_id = $1 AND d.conversation_id = f.conversation_id AND d.actor_id = ANY ($2)
                AND d.occurred_at < f.occurred_at
             ORDER BY d.occurred_at DESC, d.id DESC LIMIT 1))
        END AS drawn_by,
        CASE WHEN f.first_day + $7::integer <= $5 THEN l.other_id IS NOT NULL END AS lasted
    FROM firsts f
    LEFT JOIN lasting l ON l.other_id = f.other_id
    LEFT JOIN channels c ON c.workspace_id = $1 AND c.id = f.channel_id
    ORDER BY f.first_day DESC, f.other_id
"""
