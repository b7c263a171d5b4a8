"""Presence: what the facts say of our people in a channel at a moment."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from kith.store.db import Db
from kith.store.groups import PEOPLE, TEAM
from kith.store.queries import structs


class Trace(NamedTuple):
    """Of our people in a channel near a moment, by its number.

    acted: one of them acted near; acted_id: their nearest act, None where the reader does not see it. joined_id: the
    act by which one of them was a member at the moment. listed_at: when all members were told.
    """

    number: int
    acted: bool
    acted_id: UUID | None
    acted_at: datetime | None
    joined_id: UUID | None
    joined_at: datetime | None
    listed_at: datetime | None


class Ours(msgspec.Struct, frozen=True):
    """One of our people in a channel. acts: in the days before; last_day: of an act there."""

    person_id: UUID
    acts: int
    last_day: date | None


async def team(db: Db, workspace_id: UUID) -> list[UUID]:
    """Return the identities of our people."""
    rows = await db.fetch(_TEAM, workspace_id, TEAM)
    return [row["identity_id"] for row in rows]


async def trace(
    db: Db,
    workspace_id: UUID,
    identity_ids: Collection[UUID],
    asked: Sequence[tuple[UUID | None, datetime]],
    near: timedelta,
) -> list[Trace]:
    """Return what is known of these identities in channels at moments. near: days before and after."""
    if not identity_ids or not asked:
        return []
    channels, moments = zip(*asked, strict=True)
    rows = await db.fetch(_TRACE, workspace_id, list(identity_ids), channels, moments, near.days)
    return [Trace(*row) for row in rows]


async def list_ours(
    db: Db, workspace_id: UUID, identity_ids: Collection[UUID], channel_id: UUID, moment: datetime, near: timedelta
) -> list[Ours]:
    """Return what each of our people did in a channel until a moment, who acted last first."""
    rows = await db.fetch(_OURS, workspace_id, list(identity_ids), channel_id, moment, near.days)
    return structs(Ours, rows)


_TEAM = f"""
    SELECT DISTINCT s.identity_id FROM groups g CROSS JOIN LATERAL ({PEOPLE.format(group="g.id")}) AS us
    JOIN person_identities s ON s.workspace_id = $1 AND s.person_id = us.person_id
    WHERE g.workspace_id = $1 AND g.name = $2
"""

_DAY = "(a.moment AT TIME ZONE 'UTC')::date"
_TRACE = f"""
    WITH asked AS (
        SELECT a.number, a.channel_id, a.moment
        FROM unnest($3::uuid[], $4::timestamptz[]) WITH ORDINALITY AS a (channel_id, moment, number)
    )
    SELECT a.number::integer - 1, d.day IS NOT NULL, t.id, t.occurred_at, j.id, j.occurred_at, r.seen_at
    FROM asked a
    LEFT JOIN LATERAL (
        SELECT d.identity_id, d.day FROM activity_days d
        WHERE d.workspace_id = $1 AND d.identity_id = ANY ($2) AND d.channel_id = a.channel_id AND d.acts > 0
            AND d.day BETWEEN {_DAY} - $5::integer AND {_DAY} + $5::integer
        ORDER BY abs(d.day - {_DAY}), d.day, d.identity_id LIMIT 1
    ) AS d ON true
    LEFT JOIN LATERAL (
        SELECT i.id, i.occurred_at FROM interactions i
        WHERE i.workspace_id = $1 AND i.actor_id = d.identity_id AND i.channel_id = a.channel_id
            AND i.occurred_at >= d.day::timestamp AT TIME ZONE 'UTC'
            AND i.occurred_at < (d.day + 1)::timestamp AT TIME ZONE 'UTC'
        ORDER BY i.occurred_at, i.id LIMIT 1
    ) AS t ON true
    LEFT JOIN LATERAL (
        SELECT i.id, i.occurred_at FROM interactions i
        WHERE i.workspace_id = $1 AND i.actor_id = ANY ($2) AND i.channel_id = a.channel_id AND i.kind = 'join'
            AND i.occurred_at <= a.moment AND coalesce((
                SELECT c.began FROM state_changes c
                WHERE c.workspace_id = $1 AND c.interaction_id = i.id AND c.occurred_at <= a.moment
                ORDER BY c.occurred_at DESC, c.began LIMIT 1), true)
        ORDER BY i.occurred_at, i.id LIMIT 1
    ) AS j ON d.day IS NULL
    LEFT JOIN LATERAL (
        SELECT r.seen_at FROM rosters r
        WHERE r.workspace_id = $1 AND r.channel_id = a.channel_id
            AND r.seen_at BETWEEN a.moment - make_interval(days => $5) AND a.moment + make_interval(days => $5)
        ORDER BY abs(extract(epoch FROM r.seen_at - a.moment)) LIMIT 1
    ) AS r ON true
    ORDER BY a.number
"""

_OURS = """
    SELECT p.person_id,
        coalesce(sum(d.acts) FILTER (
            WHERE d.day >= ($4::timestamptz AT TIME ZONE 'UTC')::date - $5::integer), 0)::integer AS acts,
        max(d.day) AS last_day
    FROM person_identities p
    LEFT JOIN activity_days d ON d.workspace_id = $1 AND d.identity_id = p.identity_id AND d.channel_id = $3
        AND d.acts > 0 AND d.day <= ($4::timestamptz AT TIME ZONE 'UTC')::date
    WHERE p.workspace_id = $1 AND p.identity_id = ANY ($2)
    GROUP BY p.person_id ORDER BY last_day DESC NULLS LAST, p.person_id
"""
