"""Relationships: the ties of two persons, as the projection has them, and the days of contact that they rest on."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from kith.store.db import Db
from kith.store.queries import Order, Statement, fetch_page

_SELECT = """
    SELECT r.person_id, r.other_id, r.given, r.received, r.first_day, r.last_day, r.strength, r.computed_at, r.model
    FROM relationships r WHERE r.workspace_id = $1
"""
_OF_ONE = Order("r.strength", ("r.other_id",), nullable=True)
_OF_ALL = Order("r.strength", ("r.person_id", "r.other_id"), nullable=True)


class Relationship(msgspec.Struct, frozen=True):
    """given: interactions person → other. strength: null below the floor of evidence; it speaks of computed_at."""

    person_id: UUID
    other_id: UUID
    given: int
    received: int
    first_day: date
    last_day: date
    strength: float | None
    computed_at: datetime
    model: str


class RelationshipFilter(msgspec.Struct, frozen=True, kw_only=True):
    """person_id: seen from this person; None: each pair once."""

    person_id: UUID | None = None
    channel_id: UUID | None = None
    min_strength: float | None = None
    last_since: date | None = None
    last_before: date | None = None


class ContactDay(msgspec.Struct, frozen=True):
    """What went from one person to another on a day (UTC). weight: thousandths."""

    forth: bool
    day: date
    count: int
    weight: int


async def list_relationships(
    db: Db, workspace_id: UUID, wanted: RelationshipFilter, after: tuple[Any, ...] | None, limit: int
) -> list[Relationship]:
    """Return relationships, the strongest first. after: strength, person_id (where all are listed) and other_id."""
    statement = Statement(workspace_id)
    if wanted.person_id is None:
        order = _OF_ALL
        statement.conditions.append("r.person_id < r.other_id")
    else:
        order = _OF_ONE
        statement.where("r.person_id = {}", wanted.person_id)
    statement.where("r.strength >= {}", wanted.min_strength)
    statement.where("r.last_day >= {}", wanted.last_since)
    statement.where("r.last_day < {}", wanted.last_before)
    statement.where(_IN_CHANNEL, wanted.channel_id)
    return [Relationship(**row) for row in await fetch_page(db, _SELECT, statement, order, after, limit)]


_IN_CHANNEL = """
    EXISTS (
        SELECT FROM person_identities one
        JOIN person_identities other ON other.workspace_id = $1 AND other.person_id = r.other_id
        JOIN contact_days d ON d.workspace_id = $1 AND d.channel_id = {}
            AND ((d.actor_id = one.identity_id AND d.target_id = other.identity_id)
                OR (d.actor_id = other.identity_id AND d.target_id = one.identity_id))
        WHERE one.workspace_id = $1 AND one.person_id = r.person_id
    )
"""


async def list_contact_days(
    db: Db, workspace_id: UUID, ones: Sequence[UUID], others: Sequence[UUID]
) -> list[ContactDay]:
    """Return the days of contact between two people's identities, in both directions, the latest first."""
    rows = await db.fetch(
        """
        SELECT pairs.forth, d.day, sum(d.count)::bigint AS count, sum(d.weight)::bigint AS weight
        FROM (SELECT actor_id, target_id, true FROM unnest($2::uuid[]) actor_id, unnest($3::uuid[]) target_id
              UNION ALL
              SELECT actor_id, target_id, false FROM unnest($3::uuid[]) actor_id, unnest($2::uuid[]) target_id
        ) AS pairs (actor_id, target_id, forth)
        JOIN contact_days d
            ON d.workspace_id = $1 AND d.actor_id = pairs.actor_id AND d.target_id = pairs.target_id
        GROUP BY pairs.forth, d.day ORDER BY d.day DESC, pairs.forth
        """,
        workspace_id, list(ones), list(others),
    )  # fmt: skip
    return [ContactDay(**row) for row in rows]
