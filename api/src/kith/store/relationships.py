"""Relationships: the ties of two persons, as the projection has them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from kith.store.db import Db
from kith.store.people import PersonRef
from kith.store.queries import Order, Statement, fetch_page

_COLUMNS = "r.given, r.received, r.first_day, r.last_day, r.as_of, r.strength, r.word, r.computed_at, r.model"
_SELECT = f"SELECT r.person_id, r.other_id, {_COLUMNS} FROM relationships r WHERE r.workspace_id = $1"
_OF_ONE = Order("r.strength", ("r.other_id",), nullable=True)
_OF_ALL = Order("r.strength", ("r.person_id", "r.other_id"), nullable=True)

# The page first, then its people one by one, whatever PostgreSQL knows of the tables (OFFSET leaves it no choice).
_JOIN = "CROSS JOIN LATERAL (SELECT * FROM people WHERE workspace_id = $1 AND id = r.{0}_id OFFSET 0) AS {0}"
_OTHER = "other.id, other.name, other.kind, other.networks"
_WITH_PEOPLE = f"""
    WITH page AS MATERIALIZED ({{}})
    SELECT {_COLUMNS}, {_OTHER}, person.id, person.name, person.kind, person.networks
    FROM page r {_JOIN.format("person")} {_JOIN.format("other")} ORDER BY {_OF_ALL}
"""


class Relationship(msgspec.Struct, frozen=True):
    """given: interactions person → other. strength: null below the floor of evidence. as_of: the day it speaks of."""

    person: PersonRef
    other: PersonRef
    given: int
    received: int
    first_day: date
    last_day: date
    as_of: date
    strength: float | None
    word: str
    computed_at: datetime
    model: str


class RelationshipFilter(msgspec.Struct, frozen=True, kw_only=True):
    """person_id: seen from this person; None: each pair once."""

    person_id: UUID | None = None
    channel_id: UUID | None = None
    min_strength: float | None = None
    last_since: date | None = None
    last_before: date | None = None


async def list_relationships(
    db: Db, workspace_id: UUID, wanted: RelationshipFilter, after: tuple[Any, ...] | None, limit: int
) -> list[Relationship]:
    """Return relationships, the strongest first. after: strength, person_id (where all are listed) and other_id."""
    statement = Statement(workspace_id)
    statement.where("r.person_id = {}", wanted.person_id)
    statement.where("r.strength >= {}", wanted.min_strength)
    statement.where("r.last_day >= {}", wanted.last_since)
    statement.where("r.last_day < {}", wanted.last_before)
    statement.where(_IN_CHANNEL, wanted.channel_id)
    if wanted.person_id is None:
        statement.conditions.append("r.person_id < r.other_id")
    order = _OF_ALL if wanted.person_id is None else _OF_ONE
    rows = await fetch_page(db, _SELECT, statement, order, after, limit, _WITH_PEOPLE)
    return [Relationship(PersonRef(*row[13:]), PersonRef(*row[9:13]), *row[:9]) for row in rows]


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
