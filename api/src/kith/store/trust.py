"""Acts between people that say something of trust, by what they were about, and day."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from kith.store import sums
from kith.store.db import Db
from kith.store.learnt import KNOWN
from kith.store.queries import Statement
from kith.store.relationships import NOT_WITH_ONESELF
from kith.store.topics import ABOUT


class Act(msgspec.Struct, frozen=True):
    """So many acts of one kind on one day between somebody and another. given: to the other.

    channel_id: where no topic is known; both are None for acts about no topic in no channel. channel_ids: where they
    happened. interaction_ids: the latest of them that still stand. hidden: the reader does not see them all.
    """

    other_id: UUID
    given: bool
    day: date
    topic_id: UUID | None
    channel_id: UUID | None
    kind: str
    count: int
    channel_ids: list[UUID]
    interaction_ids: list[UUID]
    hidden: bool = False


async def list_trusted(
    db: Db, workspace_id: UUID, person_id: UUID, given: Collection[str], received: Collection[str], until: date,
    since: UUID | None, limit: int,
) -> list[tuple[UUID, list[UUID]]]:  # fmt: skip
    """Return people whom a person may trust, and their identities: by id, from ``since`` on.

    They are those with whom there is a relationship and, up to and including the day, acts of the kinds ``given`` to
    them or ``received`` from them. None is a robot or a list, or suspected to be the person.
    """
    statement = Statement(workspace_id)
    statement.values += [person_id, list(given), list(received)]
    near = await db.fetchrow(_NEAR, *statement.values)
    statement.values.append(until)
    statement.where("r.other_id >= {}", since)
    statement.where("r.other_id = ANY ({})", near["person_ids"] if near and near["days"] <= _LITTLE else None)
    sql = _TRUSTED.format(statement.and_(), statement.value(limit))
    rows = await db.fetch(sql, *statement.values)
    return [(row["other_id"], row["identity_ids"]) for row in rows]


async def list_acts(
    db: Db, workspace_id: UUID, ones: Sequence[UUID], others: Mapping[UUID, UUID], kinds: Collection[str], until: date,
    shown: int,
) -> list[Act]:  # fmt: skip
    """Return the acts of these kinds between somebody's identities and others', up to and including the day.

    others: of each of their identities, the person.

    An introduction after which the one introduced was in touch with another whom it names, is two acts: ``introduce``
    and ``introduce:met``. shown: how many interactions to name of each.
    """
    rows = await db.fetch(
        _ACTS, workspace_id, list(ones), list(others), list(kinds), until, shown, list(others.values())
    )
    return [Act(**row) for row in rows]


async def list_acts_then(
    db: Db, workspace_id: UUID, ones: Sequence[UUID], others: Mapping[UUID, UUID], kinds: Collection[str], until: date,
    shown: int, known_at: datetime, persons: Mapping[UUID, UUID],
) -> list[Act]:  # fmt: skip
    """Return the acts as in ``list_acts``, as kith knew them then. persons: of each identity, as decided then."""
    rows = await db.fetch(
        _ACTS_THEN, workspace_id, list(ones), list(others), list(kinds), until, shown, list(others.values()), known_at,
        list(persons), list(persons.values()),
    )  # fmt: skip
    return [Act(**row) for row in rows]


async def introduced_then(
    db: Db, workspace_id: UUID, ones: Sequence[UUID], others: Sequence[UUID], known_at: datetime
) -> set[UUID]:
    """Return the identities beside the two that introductions between them named, as kith knew them then."""
    rows = await db.fetch(_INTRODUCED_THEN, workspace_id, list(ones), list(others), known_at)
    return {row["id"] for row in rows}


HELPS = ("help", "introduce", "report", "suggest", "test")
"""Kinds that are found by whom they help: those of the index ``contact_days_by_helped``."""

# Where there is little such contact beside much other, it shows who they are; else some soon turn up.
_LITTLE = 5_000  # days of it
_NEAR = f"""
    WITH mine AS MATERIALIZED (
        SELECT identity_id FROM person_identities WHERE workspace_id = $1 AND person_id = $2
    )
    SELECT count(*) AS days, coalesce(array_agg(DISTINCT p.person_id), '{{}}') AS person_ids
    FROM (
        SELECT d.target_id AS identity_id FROM mine CROSS JOIN LATERAL (
            SELECT target_id FROM contact_days
            WHERE workspace_id = $1 AND actor_id = mine.identity_id AND kind = ANY ($3) LIMIT {_LITTLE + 1}
        ) AS d
        UNION ALL
        SELECT d.actor_id FROM mine CROSS JOIN LATERAL (
            SELECT actor_id FROM contact_days WHERE workspace_id = $1 AND target_id = mine.identity_id
                AND kind IN {HELPS} AND kind = ANY ($4) LIMIT {_LITTLE + 1}
        ) AS d
        LIMIT {_LITTLE + 1}
    ) AS near
    CROSS JOIN LATERAL (
        SELECT person_id FROM person_identities WHERE workspace_id = $1 AND identity_id = near.identity_id OFFSET 0
    ) AS p
"""

_TRUSTED = f"""
    SELECT r.other_id, ARRAY(
        SELECT identity_id FROM person_identities WHERE workspace_id = $1 AND person_id = r.other_id
    ) AS identity_ids
    FROM relationships r
    CROSS JOIN LATERAL (SELECT kind FROM people WHERE workspace_id = $1 AND id = r.other_id OFFSET 0) AS p
    WHERE r.workspace_id = $1 AND r.person_id = $2 AND p.kind IN ('person', 'unknown') {{}}
        AND EXISTS (
            SELECT FROM person_identities mine
            JOIN person_identities theirs ON theirs.workspace_id = $1 AND theirs.person_id = r.other_id
            CROSS JOIN LATERAL (
                SELECT FROM contact_days WHERE workspace_id = $1 AND actor_id = mine.identity_id
                    AND target_id = theirs.identity_id AND day <= $5 AND kind = ANY ($3)
                UNION ALL
                SELECT FROM contact_days WHERE workspace_id = $1 AND actor_id = theirs.identity_id
                    AND target_id = mine.identity_id AND day <= $5 AND kind = ANY ($4)
            ) AS contact
            WHERE mine.workspace_id = $1 AND mine.person_id = $2
        )
        AND {NOT_WITH_ONESELF}
    ORDER BY r.other_id LIMIT {{}}
"""

# The days are found in contact_days, since contact of other kinds may be much more.
_THEIRS = "theirs AS (SELECT * FROM unnest($3::uuid[], $7::uuid[]) AS t (id, person_id))"

_NOW = f"""
    WITH {_THEIRS},
    days AS (
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
        SELECT theirs.person_id AS other_id, d.given, {sums.day("i.")} AS day, i.kind, i.id, i.conversation_id,
            i.channel_id, i.occurred_at, i.target_ids, true AS stands
        FROM days d JOIN interactions i ON i.workspace_id = $1 AND i.actor_id = d.actor_id
            AND i.occurred_at >= d.since AND i.occurred_at < d.before AND i.kind = ANY ($4)
        JOIN unnest(i.target_ids) AS target (id) ON target.id = ANY (CASE WHEN d.given THEN $3 ELSE $2 END)
        JOIN theirs ON theirs.id = CASE WHEN d.given THEN target.id ELSE i.actor_id END
    ),
    contact AS NOT MATERIALIZED (SELECT actor_id, target_id, day FROM contact_days WHERE workspace_id = $1),
    persons AS NOT MATERIALIZED (SELECT identity_id, person_id FROM person_identities WHERE workspace_id = $1),
"""

_THEN = f"""
    WITH {_THEIRS}, {KNOWN.format(moment="$8::timestamptz")},
    acts AS (
        SELECT theirs.person_id AS other_id, i.actor_id = ANY ($2) AS given, {sums.day("i.")} AS day, i.kind, i.id,
            i.conversation_id, i.channel_id, i.occurred_at, i.target_ids, i.stands
        FROM known i JOIN unnest(i.target_ids) AS target (id) ON i.actor_id = ANY ($2) AND target.id = ANY ($3)
            OR i.actor_id = ANY ($3) AND target.id = ANY ($2)
        JOIN theirs ON theirs.id = CASE WHEN i.actor_id = ANY ($2) THEN target.id ELSE i.actor_id END
        WHERE i.kind = ANY ($4) AND {sums.day("i.")} <= $5
    ),
    contact AS (
        SELECT actor_id, target_id, {sums.day()} AS day
        FROM known, unnest(target_ids) AS target_id
    ),
    persons AS (SELECT * FROM unnest($9::uuid[], $10::uuid[]) AS p (identity_id, person_id)),
"""

_WEIGHED = f"""
    {ABOUT},
    met AS (
        SELECT * FROM about a WHERE kind = 'introduce' AND EXISTS (
            SELECT FROM unnest(a.target_ids) AS third (id)
            JOIN persons p ON p.identity_id = third.id
            JOIN persons they ON they.person_id = p.person_id
            CROSS JOIN LATERAL (
                SELECT theirs.id FROM theirs WHERE a.given AND theirs.person_id = a.other_id
                UNION ALL SELECT mine.id FROM unnest($2::uuid[]) AS mine (id) WHERE NOT a.given
            ) AS introduced
            JOIN contact d ON d.actor_id = introduced.id AND d.target_id = they.identity_id
                OR d.actor_id = they.identity_id AND d.target_id = introduced.id
            WHERE NOT third.id = ANY ($2) AND d.day > a.day AND d.day <= $5
                AND NOT EXISTS (SELECT FROM theirs WHERE theirs.id = third.id AND theirs.person_id = a.other_id)
        )
    )
    SELECT other_id, given, day, topic_id, CASE WHEN topic_id IS NULL THEN channel_id END AS channel_id, kind,
        count(*) AS count,
        array_agg(DISTINCT {sums.channel()}) AS channel_ids,
        coalesce((array_agg(id ORDER BY occurred_at DESC, id DESC) FILTER (WHERE stands))[:$6], '{{}}')
            AS interaction_ids
    FROM (
        SELECT other_id, given, day, topic_id, channel_id, kind, id, occurred_at, stands FROM about
        UNION ALL
        SELECT other_id, given, day, topic_id, channel_id, 'introduce:met', id, occurred_at, stands FROM met
    ) AS acts
    GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 3, 4, 5, 6, 2, 1
"""

_ACTS, _ACTS_THEN = _NOW + _WEIGHED, _THEN + _WEIGHED

_INTRODUCED_THEN = f"""
    WITH {KNOWN.format(moment="$4")}
    SELECT DISTINCT third.id FROM known i, unnest(i.target_ids) AS third (id)
    WHERE i.kind = 'introduce' AND NOT third.id = ANY ($2 || $3)
"""
