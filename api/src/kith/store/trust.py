"""Acts between two people that say something of trust, by what they were about, and day."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from kith.store import sums
from kith.store.db import Db
from kith.store.learnt import KNOWN
from kith.store.topics import ABOUT


class Act(msgspec.Struct, frozen=True):
    """So many acts of one kind on one day. given: from the ones to the others.

    channel_id: where no topic is known; both are None for acts about no topic in no channel. channel_ids: where they
    happened. interaction_ids: the latest of them that still stand.
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


async def list_acts_then(
    db: Db, workspace_id: UUID, ones: Sequence[UUID], others: Sequence[UUID], kinds: Collection[str], until: date,
    shown: int, known_at: datetime, persons: Mapping[UUID, UUID],
) -> list[Act]:  # fmt: skip
    """Return the acts as in ``list_acts``, as kith knew them then. persons: of each identity, as decided then."""
    rows = await db.fetch(
        _ACTS_THEN, workspace_id, list(ones), list(others), list(kinds), until, shown, known_at, list(persons),
        list(persons.values()),
    )  # fmt: skip
    return [Act(**row) for row in rows]


async def introduced_then(
    db: Db, workspace_id: UUID, ones: Sequence[UUID], others: Sequence[UUID], known_at: datetime
) -> set[UUID]:
    """Return the identities beside the two that introductions between them named, as kith knew them then."""
    rows = await db.fetch(_INTRODUCED_THEN, workspace_id, list(ones), list(others), known_at)
    return {row["id"] for row in rows}


# The days are found in contact_days, since contact of other kinds may be much more.
_NOW = f"""
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
        SELECT d.given, {sums.day("i.")} AS day, i.kind, i.id, i.conversation_id, i.channel_id,
            i.occurred_at, i.target_ids, true AS stands
        FROM days d JOIN interactions i ON i.workspace_id = $1 AND i.actor_id = d.actor_id
            AND i.occurred_at >= d.since AND i.occurred_at < d.before AND i.kind = ANY ($4)
        JOIN unnest(i.target_ids) AS target (id) ON target.id = ANY (CASE WHEN d.given THEN $3 ELSE $2 END)
    ),
    contact AS NOT MATERIALIZED (SELECT actor_id, target_id, day FROM contact_days WHERE workspace_id = $1),
    persons AS NOT MATERIALIZED (SELECT identity_id, person_id FROM person_identities WHERE workspace_id = $1),
"""

_THEN = f"""
    WITH {KNOWN.format(moment="$7::timestamptz")},
    acts AS (
        SELECT i.actor_id = ANY ($2) AS given, {sums.day("i.")} AS day, i.kind, i.id,
            i.conversation_id, i.channel_id, i.occurred_at, i.target_ids, i.stands
        FROM known i JOIN unnest(i.target_ids) AS target (id) ON i.actor_id = ANY ($2) AND target.id = ANY ($3)
            OR i.actor_id = ANY ($3) AND target.id = ANY ($2)
        WHERE i.kind = ANY ($4) AND {sums.day("i.")} <= $5
    ),
    contact AS (
        SELECT actor_id, target_id, {sums.day()} AS day
        FROM known, unnest(target_ids) AS target_id
    ),
    persons AS (SELECT * FROM unnest($8::uuid[], $9::uuid[]) AS p (identity_id, person_id)),
"""

_WEIGHED = f"""
    {ABOUT},
    met AS (
        SELECT * FROM about a WHERE kind = 'introduce' AND EXISTS (
            SELECT FROM unnest(a.target_ids) AS third (id)
            JOIN persons p ON p.identity_id = third.id
            JOIN persons they ON they.person_id = p.person_id
            CROSS JOIN unnest(CASE WHEN a.given THEN $3 ELSE $2 END) AS introduced (id)
            JOIN contact d ON d.actor_id = introduced.id AND d.target_id = they.identity_id
                OR d.actor_id = they.identity_id AND d.target_id = introduced.id
            WHERE NOT third.id = ANY ($2 || $3) AND d.day > a.day AND d.day <= $5
        )
    )
    SELECT given, day, topic_id, CASE WHEN topic_id IS NULL THEN channel_id END AS channel_id, kind,
        count(*) AS count,
        array_agg(DISTINCT {sums.channel()}) AS channel_ids,
        coalesce((array_agg(id ORDER BY occurred_at DESC, id DESC) FILTER (WHERE stands))[:$6], '{{}}')
            AS interaction_ids
    FROM (
        SELECT given, day, topic_id, channel_id, kind, id, occurred_at, stands FROM about
        UNION ALL SELECT given, day, topic_id, channel_id, 'introduce:met', id, occurred_at, stands FROM met
    ) AS acts
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 2, 3, 4, 5, 1
"""

_ACTS, _ACTS_THEN = _NOW + _WEIGHED, _THEN + _WEIGHED

_INTRODUCED_THEN = f"""
    WITH {KNOWN.format(moment="$4")}
    SELECT DISTINCT third.id FROM known i, unnest(i.target_ids) AS third (id)
    WHERE i.kind = 'introduce' AND NOT third.id = ANY ($2 || $3)
"""
