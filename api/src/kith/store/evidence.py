"""What the strength of one pair is made of, on any day, as it is known now or was known at any moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np

from kith.domain.strength.circles import Circles
from kith.domain.strength.explanation import Evidence
from kith.domain.strength.ledger import Activity, Contacts, Integers
from kith.store import ledger, reach
from kith.store.db import Db
from kith.store.ingest import NOWHERE
from kith.store.interactions import Interaction
from kith.store.learnt import KNOWN
from kith.store.strength import day_of


@dataclass(frozen=True)
class Tie:
    """Two people, numbered 0 and 1 in the order of their ids, and what is known of their contact.

    channels: what the contexts of contact are. until: the last day on which a source that sees the two was read, None
    where that is not known. acquainted: the days, sorted, on which the first, the second, and both
    of them, got to know another.
    """

    identities: tuple[frozenset[UUID], frozenset[UUID]]
    contacts: Contacts
    activity: Activity
    channels: list[UUID]
    until: int | None
    acquainted: tuple[Integers, Integers, Integers]

    def as_of(self, day: int) -> int:
        """Return the day that can be spoken of when this day is asked for: silence that nobody read is no silence."""
        return day if self.until is None else min(day, int(self.contacts.day.max(initial=self.until)))

    def on(self, day: int) -> Evidence:
        """Return the evidence that there was up to and including the day."""
        one, other, both = (int(np.searchsorted(days, day, side="right")) for days in self.acquainted)
        circles = Circles(np.array([both]), np.array([one + other - both]))
        return Evidence(self.contacts.until(day), self.activity.until(day), circles)

    def without(self, evidence: Evidence, act: Interaction) -> Evidence:
        """Leave out one interaction."""
        targets = [id_ for id_ in act.target_ids if id_ != act.actor_id]
        day, weight = day_of(act.occurred_at), round(1000 / len(targets) ** 0.5)
        actor, sides = self._side(act.actor_id), [self._side(id_) for id_ in targets]
        moved = [side for side in (actor, *sides) if side is not None]
        n = sides.count(1 - actor) if actor is not None else 0
        context = self.channels.index(act.channel_id or NOWHERE)
        contacts = Contacts.of(
            [actor or 0] * n, [1 - (actor or 0)] * n, [day] * n, [context] * n, [1] * n, [weight] * n
        )
        return evidence.less(contacts, Activity.of(moved, [day] * len(moved), [1] * len(moved)))

    def _side(self, identity_id: UUID) -> int | None:
        return next((side for side, ids in enumerate(self.identities) if identity_id in ids), None)


async def load(
    db: Db,
    workspace_id: UUID,
    person_ids: Sequence[UUID],
    identities: Sequence[Sequence[UUID]],
    known_at: datetime | None,
) -> Tie:
    """Return what is known of two people, the lesser id first. known_at: only what kith had learnt by then.

    identities: those that were the two then. Who else was one person is as decided by then, too.
    """
    ones, others = identities
    if known_at is None:
        contacts = await db.fetch(_CONTACTS, workspace_id, list(ones), list(others))
        activity = await db.fetch(_ACTIVITY, workspace_id, list(ones), list(others))
        acquainted = _days(await db.fetchrow(_ACQUAINTED, workspace_id, *person_ids))
    else:
        learnt = (workspace_id, list(ones), list(others), known_at)
        contacts = await db.fetch(_LEARNT_CONTACTS, *learnt)
        activity = await db.fetch(_LEARNT_ACTIVITY, *learnt)
        acquainted = await _acquainted_then(db, workspace_id, identities, known_at)
    channels = sorted({row["channel_id"] for row in contacts})
    place = {id_: number for number, id_ in enumerate(channels)}
    given = [row["given"] for row in contacts]
    return Tie(
        (frozenset(ones), frozenset(others)),
        Contacts.of(
            [0 if forth else 1 for forth in given],
            [1 if forth else 0 for forth in given],
            [day_of(row["day"]) for row in contacts],
            [place[row["channel_id"]] for row in contacts],
            [row["count"] for row in contacts],
            [row["weight"] for row in contacts],
        ),
        Activity.of(*zip(*((row["person"], day_of(row["day"]), row["count"]) for row in activity), strict=True))
        if activity
        else Activity.of([], [], []),
        channels,
        None if (until := await reach.of_channels(db, workspace_id, channels)) is None else day_of(until),
        acquainted,
    )


async def _acquainted_then(
    db: Db, workspace_id: UUID, identities: Sequence[Sequence[UUID]], known_at: datetime
) -> tuple[Integers, Integers, Integers]:
    """Return the days on which the two got to know others, who are put together as was decided then."""
    rows = await db.fetch(_LEARNT_MET, workspace_id, *map(list, identities), known_at)
    persons = await ledger.roots_then(db, workspace_id, {row["they"] for row in rows}, as_of=None, known_at=known_at)
    met: tuple[dict[UUID, date], dict[UUID, date]] = ({}, {})
    for row in rows:
        days, person = met[row["side"]], persons[row["they"]]
        days[person] = min(row["first_day"], days.get(person, row["first_day"]))
    one, other = met
    both = [max(one[person], other[person]) for person in one.keys() & other.keys()]
    return _days([sorted(one.values()), sorted(other.values()), sorted(both)])


def _days(row: Any) -> tuple[Integers, Integers, Integers]:
    one, other, both = (np.array([day_of(day) for day in days or ()], np.int64) for days in row)
    return one, other, both


_CONTACTS = """
    SELECT pairs.given, d.day, d.channel_id, sum(d.count)::bigint AS count, sum(d.weight)::bigint AS weight
    FROM (SELECT actor_id, target_id, true FROM unnest($2::uuid[]) actor_id, unnest($3::uuid[]) target_id
          UNION ALL
          SELECT actor_id, target_id, false FROM unnest($3::uuid[]) actor_id, unnest($2::uuid[]) target_id
    ) AS pairs (actor_id, target_id, given)
    JOIN contact_days d
        ON d.workspace_id = $1 AND d.actor_id = pairs.actor_id AND d.target_id = pairs.target_id
    GROUP BY 1, 2, 3
"""

_ACTIVITY = """
    SELECT (identity_id = ANY ($3))::integer AS person, day, sum(acts + received)::bigint AS count
    FROM activity_days WHERE workspace_id = $1 AND identity_id = ANY ($2::uuid[] || $3::uuid[]) GROUP BY 1, 2
"""

_ACQUAINTED = """
    SELECT array_agg(one ORDER BY one) FILTER (WHERE one IS NOT NULL),
        array_agg(other ORDER BY other) FILTER (WHERE other IS NOT NULL),
        array_agg(greatest(one, other) ORDER BY greatest(one, other))
            FILTER (WHERE one IS NOT NULL AND other IS NOT NULL)
    FROM (SELECT other_id, first_day AS one FROM relationships
          WHERE workspace_id = $1 AND person_id = $2 AND other_id <> $3) AS a
    FULL JOIN (SELECT other_id, first_day AS other FROM relationships
               WHERE workspace_id = $1 AND person_id = $3 AND other_id <> $2) AS b USING (other_id)
"""

_LEARNT = f"""
    WITH {KNOWN.format(moment="$4")}, towards AS (
        SELECT actor_id, target_id, coalesce(channel_id, '00000000-0000-0000-0000-000000000000') AS channel_id,
            (occurred_at AT TIME ZONE 'UTC')::date AS day,
            round(1000 / sqrt(cardinality(array_remove(target_ids, actor_id))))::bigint AS weight
        FROM known, unnest(target_ids) AS target_id WHERE target_id <> actor_id
    )
"""

_LEARNT_CONTACTS = f"""
    {_LEARNT}
    SELECT actor_id = ANY ($2) AS given, day, channel_id, count(*) AS count, sum(weight)::bigint AS weight
    FROM towards WHERE actor_id = ANY ($2) AND target_id = ANY ($3) OR actor_id = ANY ($3) AND target_id = ANY ($2)
    GROUP BY 1, 2, 3
"""

_LEARNT_ACTIVITY = f"""
    {_LEARNT}
    SELECT (identity_id = ANY ($3))::integer AS person, day, count(*) AS count
    FROM (SELECT actor_id AS identity_id, (occurred_at AT TIME ZONE 'UTC')::date AS day FROM known
          UNION ALL SELECT target_id, day FROM towards) AS acts
    WHERE identity_id = ANY ($2::uuid[] || $3::uuid[]) GROUP BY 1, 2
"""

# Whom either of the two ($2: side 0, $3: side 1) met, and when first.
_LEARNT_MET = f"""
    {_LEARNT}
    SELECT (me = ANY ($3))::integer AS side, they, min(day) AS first_day
    FROM (SELECT actor_id AS me, target_id AS they, day FROM towards
          UNION ALL SELECT target_id, actor_id, day FROM towards) AS sides
    WHERE me = ANY ($2::uuid[] || $3::uuid[]) AND NOT they = ANY ($2::uuid[] || $3::uuid[]) GROUP BY 1, 2
"""
