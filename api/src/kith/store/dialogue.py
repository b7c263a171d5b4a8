"""How far somebody converses: acts, exchanges, answers and episodes, counted by conversation."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from kith.domain.asks.waiting import LATEST
from kith.domain.classes import CONVERSATION
from kith.store.db import Db
from kith.store.kinds import NOBODY
from kith.store.learnt import KNOWN


class Window(NamedTuple):
    """Which acts count. others: only towards and from these identities; None for all. known_at: None for now."""

    since: datetime
    until: datetime
    channel_id: UUID | None = None
    others: Sequence[UUID] | None = None
    known_at: datetime | None = None


class Tally(msgspec.Struct, frozen=True):
    """What one subject did and got.

    acts, broadcasts: how many; conversations: in how many. directed, exchanged, initiated: sums over conversations
    (initiated: over people, of episodes) as ``kith.domain.dialogue.shares.Counted``; initiated counts those that the
    subject began.
    reached: conversations in which others turned to the subject; answered: of these, those with an act of the subject
    within a week. asked and heard: the same the other way round. waits: seconds until the subject's act, or until the
    window's end, beginning with the oldest of the latest; waited: whether it came.
    """

    subject: int
    acts: int
    broadcasts: int
    directed: Sequence[int]
    exchanged: Sequence[int]
    initiated: Sequence[int]
    reached: int
    answered: int
    asked: int
    heard: int
    waits: Sequence[float]
    waited: Sequence[bool]


async def tallies(
    db: Db, workspace_id: UUID, subjects: Sequence[Sequence[UUID]], window: Window, exchange_days: int, answer_days: int
) -> list[Tally]:
    """Return what each subject, given by its identities, did in a window; none for subjects without an act or target.

    exchange_days: how far an act of the one and one of the other may lie apart, as acts of an episode may.
    answer_days: within how many days an act is an answer.
    """
    mine = [(identity, number) for number, each in enumerate(subjects) for identity in each]
    values: list[Any] = [
        workspace_id, [identity for identity, _ in mine], [], [number for _, number in mine], window.since,
        window.until, sorted(CONVERSATION), window.channel_id, None if window.others is None else list(window.others),
        exchange_days, answer_days, LATEST,
    ]  # fmt: skip
    if window.known_at is None:
        return [Tally(**row) for row in await db.fetch(_NOW, *values)]
    return [Tally(**row) for row in await db.fetch(_THEN, *values, window.known_at)]


_KNOWN_NOW = """
    known AS (
        SELECT i.id, i.kind, i.actor_id, i.target_ids, i.channel_id, i.conversation_id, i.occurred_at
        FROM (SELECT DISTINCT unnest($2::uuid[] || $3::uuid[])) AS m (id)
        JOIN interactions i ON i.workspace_id = $1 AND i.actor_id = m.id
            AND i.occurred_at >= $5::timestamptz - make_interval(days => $10) AND i.occurred_at < $6
        UNION
        SELECT i.id, i.kind, i.actor_id, i.target_ids, i.channel_id, i.conversation_id, i.occurred_at
        FROM (SELECT DISTINCT unnest($2::uuid[])) AS m (id)
        JOIN interaction_targets t ON t.workspace_id = $1 AND t.identity_id = m.id
            AND t.occurred_at >= $5::timestamptz - make_interval(days => $10) AND t.occurred_at < $6
        JOIN interactions i ON i.workspace_id = $1 AND i.id = t.interaction_id
    )
"""

_SUMS = "ARRAY[count(*), sum(n), sum({k}), sum({k} * {k}), sum({k} * n), sum(n * n)]::bigint[]"

# line: what a subject and each other person said to one another, in order, with the nearest act of the other side.
_TALLIES = f"""
    mine AS MATERIALIZED (SELECT * FROM unnest($2::uuid[], $4::integer[]) AS m (identity_id, subject)),
    acts AS MATERIALIZED (
        SELECT *, coalesce(conversation_id, id) AS place_id FROM known
        WHERE kind = ANY ($7) AND ($8::uuid IS NULL OR channel_id = $8) AND occurred_at < $6
            AND occurred_at >= $5::timestamptz - make_interval(days => $10)
    ),
    nobody AS MATERIALIZED ({NOBODY}),
    towards AS MATERIALIZED (
        SELECT DISTINCT m.subject, a.id, a.place_id, a.occurred_at, coalesce(p.person_id, t) AS they
        FROM acts a JOIN mine m ON m.identity_id = a.actor_id CROSS JOIN unnest(a.target_ids) AS t
        LEFT JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = t
        WHERE ($9::uuid[] IS NULL OR t = ANY ($9))
            AND NOT EXISTS (SELECT FROM mine s WHERE s.subject = m.subject AND s.identity_id = t)
    ),
    reaching AS MATERIALIZED (
        SELECT DISTINCT m.subject, a.id, a.place_id, a.occurred_at, coalesce(p.person_id, a.actor_id) AS they
        FROM acts a CROSS JOIN unnest(a.target_ids) AS t JOIN mine m ON m.identity_id = t
        LEFT JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = a.actor_id
        WHERE ($9::uuid[] IS NULL OR a.actor_id = ANY ($9))
            AND NOT EXISTS (SELECT FROM mine s WHERE s.subject = m.subject AND s.identity_id = a.actor_id)
    ),
    line AS MATERIALIZED (
        SELECT *,
            max(occurred_at) FILTER (WHERE NOT sent) OVER before AS heard_before,
            min(occurred_at) FILTER (WHERE NOT sent) OVER behind AS heard_behind,
            min(occurred_at) FILTER (WHERE sent) OVER behind AS sent_behind,
            lag(occurred_at) OVER along AS previous_at
        FROM (
            SELECT *, true AS sent FROM towards WHERE they NOT IN (SELECT person_id FROM nobody)
            UNION ALL SELECT *, false FROM reaching WHERE they NOT IN (SELECT person_id FROM nobody)
        ) AS said
        WINDOW along AS (PARTITION BY subject, they ORDER BY occurred_at, id),
            before AS (along ROWS UNBOUNDED PRECEDING),
            behind AS (along ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
    ),
    exchanging AS (
        SELECT DISTINCT subject, id FROM line
        WHERE sent AND (heard_before >= occurred_at - make_interval(days => $10)
            OR heard_behind <= occurred_at + make_interval(days => $10))
    ),
    own AS MATERIALIZED (
        SELECT m.subject, a.id, a.place_id, a.occurred_at,
            (w.id IS NOT NULL OR a.kind IN ('reply', 'answer'))::integer AS directed,
            (e.id IS NOT NULL)::integer AS exchanged
        FROM acts a JOIN mine m ON m.identity_id = a.actor_id
        LEFT JOIN (SELECT DISTINCT subject, id FROM towards) AS w ON w.subject = m.subject AND w.id = a.id
        LEFT JOIN exchanging e ON e.subject = m.subject AND e.id = a.id
        WHERE a.occurred_at >= $5 AND ($9::uuid[] IS NULL OR w.id IS NOT NULL)
    ),
    did AS (
        SELECT subject, sum(n)::bigint AS acts, sum(n - directed)::bigint AS broadcasts,
            {_SUMS.format(k="directed")} AS directed, {_SUMS.format(k="exchanged")} AS exchanged
        FROM (SELECT subject, place_id, count(*) AS n, sum(directed) AS directed, sum(exchanged) AS exchanged
              FROM own GROUP BY 1, 2) AS places
        GROUP BY subject
    ),
    initiated AS (
        SELECT subject, {_SUMS.format(k="began")} AS initiated FROM (
            SELECT subject, they, count(*) AS n, count(*) FILTER (WHERE sent) AS began FROM line
            WHERE occurred_at >= $5
                AND (previous_at IS NULL OR previous_at < occurred_at - make_interval(days => $10))
            GROUP BY 1, 2
        ) AS episodes GROUP BY subject
    ),
    -- What nobody had a week for yet is neither answered nor unanswered.
    reached AS (
        SELECT subject, place_id, min(occurred_at) AS at, min(sent_behind) AS sent_at
        FROM line WHERE NOT sent AND occurred_at >= $5 GROUP BY 1, 2
    ),
    waiting AS (
        SELECT r.subject, r.at, least(r.sent_at, min(o.occurred_at)) AS answered_at
        FROM reached r
        LEFT JOIN own o ON o.subject = r.subject AND o.place_id = r.place_id AND o.occurred_at >= r.at
        GROUP BY r.subject, r.place_id, r.at, r.sent_at
    ),
    got AS (
        SELECT subject, count(*) FILTER (WHERE timely OR at < $6 - make_interval(days => $11)) AS reached,
            count(*) FILTER (WHERE timely) AS answered,
            array_agg(extract(epoch FROM coalesce(answered_at, $6) - at)::float8 ORDER BY at)
                FILTER (WHERE latest <= $12) AS waits,
            array_agg(answered_at IS NOT NULL ORDER BY at) FILTER (WHERE latest <= $12) AS waited
        FROM (
            SELECT *, coalesce(answered_at <= at + make_interval(days => $11), false) AS timely,
                row_number() OVER (PARTITION BY subject ORDER BY at DESC) AS latest
            FROM waiting
        ) AS conversations GROUP BY subject
    ),
    asking AS (
        SELECT subject, place_id, min(occurred_at) AS at, min(heard_behind) AS heard_at
        FROM line WHERE sent AND occurred_at >= $5 GROUP BY 1, 2
    ),
    asked AS (
        SELECT subject, count(*) FILTER (WHERE timely OR at < $6 - make_interval(days => $11)) AS asked,
            count(*) FILTER (WHERE timely) AS heard
        FROM (SELECT *, coalesce(heard_at <= at + make_interval(days => $11), false) AS timely FROM asking) AS places
        GROUP BY subject
    )
    SELECT subject, coalesce(acts, 0) AS acts, coalesce(broadcasts, 0) AS broadcasts,
        coalesce(directed, '{{0,0,0,0,0,0}}') AS directed, coalesce(exchanged, '{{0,0,0,0,0,0}}') AS exchanged,
        coalesce(initiated, '{{0,0,0,0,0,0}}') AS initiated,
        coalesce(reached, 0) AS reached, coalesce(answered, 0) AS answered,
        coalesce(asked, 0) AS asked, coalesce(heard, 0) AS heard, coalesce(waits, '{{}}') AS waits,
        coalesce(waited, '{{}}') AS waited
    FROM did FULL JOIN initiated USING (subject) FULL JOIN got USING (subject)
    FULL JOIN asked USING (subject)
    ORDER BY subject
"""

_NOW = f"WITH {_KNOWN_NOW}, {_TALLIES}"
_THEN = f"WITH {KNOWN.format(moment='$13')}, {_TALLIES}"
