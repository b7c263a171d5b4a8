"""Acts between two people that say something of trust, by what they were about, and day."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

import msgspec

from kith.store.db import Db
from kith.store.topics import ABOUT


class Act(msgspec.Struct, frozen=True):
    """So many acts of one kind on one day. given: from the ones to the others.

    channel_id: where no topic is known; both are None for acts about no topic in no channel. channel_ids: where they
    happened. interaction_ids: the latest of them.
    """

    given: bool
    day: date
    topic_id: UUID | None
    channel_id: UUID | None
    kind: str
    count: int
    channel_ids: list[UUID]
    interaction_ids: list[UUID]


async def list_acts(
    db: Db, workspace_id: UUID, ones: Sequence[UUID], others: Sequence[UUID], kinds: Collection[str], until: date,
    shown: int,
) -> list[Act]:  # fmt: skip
    """Return the acts of these kinds between two people's identities, up to and including the day.

    An introduction after which the one introduced was in touch with another whom it names, is two acts: ``introduce``
    and ``introduce:met``. shown: how many interactions to name of each.
    """
    rows = await db.fetch(_ACTS, workspace_id, list(ones), list(others), list(kinds), until, shown)
    return [Act(**row) for row in rows]


# The days are found in the ledger, since contact of other kinds may be much more.
_ACTS = f"""
    WITH days AS (
        SELECT DISTINCT d.actor_id, given,
            d.day::timestamp AT TIME ZONE 'UTC' AS since, (d.day + 1)::timestamp AT TIME ZONE 'UTC' AS before
        FROM (SELECT actor_id, target_id, true FROM unnest($2::uuid[]) actor_id, unnest($3::uuid[]) target_id
              UNION ALL
              SELECT actor_id, target_id, false FROM unnest($3::uuid[]) actor_id, unnest($2::uuid[]) target_id
        ) AS pairs (actor_id, target_id, given)
        JOIN contact_days d
            ON d.workspace_id = $1 AND d.actor_id = pairs.actor_id AND d.target_id = pairs.target_id
        WHERE d.kind = ANY ($4) AND d.day <= $5
    ),
    acts AS (
        SELECT d.given, (i.occurred_at AT TIME ZONE 'UTC')::date AS day, i.kind, i.id, i.conversation_id, i.channel_id,
            i.occurred_at, i.target_ids
        FROM days d JOIN interactions i ON i.workspace_id = $1 AND i.actor_id = d.actor_id
            AND i.occurred_at >= d.since AND i.occurred_at < d.before AND i.kind = ANY ($4)
        JOIN unnest(i.target_ids) AS target (id) ON target.id = ANY (CASE WHEN d.given THEN $3 ELSE $2 END)
    ),
    {ABOUT},
    met AS (
        SELECT * FROM about a WHERE kind = 'introduce' AND EXISTS (
            SELECT FROM unnest(a.target_ids) AS third (id)
            JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = third.id
            JOIN person_identities they ON they.workspace_id = $1 AND they.person_id = p.person_id
            CROSS JOIN unnest(CASE WHEN a.given THEN $3 ELSE $2 END) AS introduced (id)
            JOIN contact_days d ON d.workspace_id = $1 AND (
                d.actor_id = introduced.id AND d.target_id = they.identity_id
                OR d.actor_id = they.identity_id AND d.target_id = introduced.id)
            WHERE NOT third.id = ANY ($2 || $3) AND d.day > a.day AND d.day <= $5
        )
    )
    SELECT given, day, topic_id, CASE WHEN topic_id IS NULL THEN channel_id END AS channel_id, kind,
        count(*) AS count,
        array_agg(DISTINCT coalesce(channel_id, '00000000-0000-0000-0000-000000000000')) AS channel_ids,
        (array_agg(id ORDER BY occurred_at DESC, id DESC))[:$6] AS interaction_ids
    FROM (
        SELECT given, day, topic_id, channel_id, kind, id, occurred_at FROM about
        UNION ALL SELECT given, day, topic_id, channel_id, 'introduce:met', id, occurred_at FROM met
    ) AS acts
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 2, 3, 4, 5, 1
"""
