"""Where some people meet: the channels of their conversations, shared with others or not."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from kith.domain.classes import CONVERSATION
from kith.store.db import Db
from kith.store.groups import TEAM


class MeetingChannel(msgspec.Struct, frozen=True):
    """What some people do in a channel.

    conversations: in how many of them they acted. shared: of these, those in which the others acted, too. months: how
    many of the conversations had an act of theirs in each part of the window, the oldest first. us_at: our last act.
    """

    channel_id: UUID
    name: str
    conversations: int
    people: int
    acts: int
    shared: int
    months: list[int]
    us_at: datetime | None


async def list_channels(
    db: Db, workspace_id: UUID, identity_ids: Sequence[UUID], others: Sequence[UUID], starts: Sequence[datetime]
) -> list[MeetingChannel]:
    """Return where these identities converse, most conversations first.

    starts: where each part of the window begins, and where the last one ends.
    """
    rows = await db.fetch(
        _CHANNELS, workspace_id, list(identity_ids), list(others), list(starts), sorted(CONVERSATION), TEAM
    )  # fmt: skip
    return [MeetingChannel(**row) for row in rows]


_CHANNELS = """
    WITH sides AS MATERIALIZED (
        SELECT id, bool_or(mine) AS mine, bool_or(NOT mine) AS theirs
        FROM (SELECT unnest($2::uuid[]) AS id, true AS mine UNION ALL SELECT unnest($3::uuid[]), false) AS named
        GROUP BY id
    ),
    acts AS MATERIALIZED (
        SELECT i.channel_id, coalesce(i.conversation_id, i.id) AS place_id, s.id AS identity_id, s.mine, s.theirs,
            width_bucket(i.occurred_at, $4::timestamptz[]) AS part
        FROM sides s JOIN interactions i ON i.workspace_id = $1 AND i.actor_id = s.id
            AND i.occurred_at >= ($4::timestamptz[])[1] AND i.occurred_at < ($4::timestamptz[])[cardinality($4)]
        WHERE i.channel_id IS NOT NULL AND i.kind = ANY ($5)
    ),
    places AS (
        SELECT channel_id, place_id, bool_or(theirs) AS shared FROM acts
        GROUP BY 1, 2 HAVING bool_or(mine)
    ),
    talks AS (SELECT channel_id, count(*) AS conversations, count(*) FILTER (WHERE shared) AS shared
              FROM places GROUP BY 1),
    doings AS (
        SELECT a.channel_id, count(DISTINCT coalesce(p.person_id, a.identity_id)) AS people, count(*) AS acts
        FROM acts a LEFT JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = a.identity_id
        WHERE a.mine GROUP BY 1
    ),
    parts AS (
        SELECT t.channel_id, array_agg(coalesce(n.conversations, 0) ORDER BY number) AS months
        FROM talks t CROSS JOIN generate_series(1, cardinality($4) - 1) AS number
        LEFT JOIN (SELECT channel_id, part, count(DISTINCT place_id) AS conversations FROM acts WHERE mine
                   GROUP BY 1, 2) AS n ON n.channel_id = t.channel_id AND n.part = number
        GROUP BY 1
    ),
    team AS MATERIALIZED (
        SELECT p.identity_id FROM groups g
        JOIN group_people m ON m.workspace_id = $1 AND m.group_id = g.id
        JOIN person_identities o ON o.workspace_id = $1 AND o.identity_id = m.identity_id
        JOIN person_identities p ON p.workspace_id = $1 AND p.person_id = o.person_id
        WHERE g.workspace_id = $1 AND g.name = $6
    ),
    us AS (
        SELECT i.channel_id, max(i.occurred_at) AS at FROM team
        JOIN interactions i ON i.workspace_id = $1 AND i.actor_id = team.identity_id
            AND i.occurred_at < ($4::timestamptz[])[cardinality($4)]
        GROUP BY 1
    )
    SELECT t.channel_id, c.name, t.conversations, d.people, d.acts, t.shared, parts.months, us.at AS us_at
    FROM talks t JOIN doings d USING (channel_id) JOIN parts USING (channel_id)
    JOIN channels c ON c.workspace_id = $1 AND c.id = t.channel_id
    LEFT JOIN us ON us.channel_id = t.channel_id
    ORDER BY t.conversations DESC, t.channel_id
"""
