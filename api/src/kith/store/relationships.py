"""Relationships: the ties of two persons, as the projection has them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from kith.store.channels import IS_SHOWN
from kith.store.db import Db
from kith.store.people import PersonRef
from kith.store.queries import Order, Statement, fetch_page

_COLUMNS = "r.given, r.received, r.first_day, r.last_day, r.as_of, r.strength, r.word, r.computed_at, r.model"
_SELECT = f"SELECT r.person_id, r.other_id, {_COLUMNS} FROM relationships r WHERE r.workspace_id = $1"
_OF_ONE = Order("r.strength", ("r.other_id",), nullable=True)
_OF_ALL = Order("r.strength", ("r.person_id", "r.other_id"), nullable=True)

# The page first, then its people one by one, whatever PostgreSQL knows of the tables (OFFSET leaves it no choice).
_JOIN = "CROSS JOIN LATERAL (SELECT * FROM people WHERE workspace_id = $1 AND id = r.{0}_id OFFSET 0) AS {0}"
_REF = "{0}.id AS {0}_id, {0}.name AS {0}_name, {0}.kind AS {0}_kind, {0}.networks AS {0}_networks"
_WITH_PEOPLE = f"""
    WITH page AS MATERIALIZED ({{}})
    SELECT {_COLUMNS}, {_REF.format("person")}, {_REF.format("other")}
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
    """Return relationships, the strongest first; none of two who are suspected to be one person.

    after: strength, person_id (where all are listed) and other_id.
    """
    statement = Statement(workspace_id)
    statement.where("r.person_id = {}", wanted.person_id)
    statement.where("r.strength >= {}", wanted.min_strength)
    statement.where("r.last_day >= {}", wanted.last_since)
    statement.where("r.last_day < {}", wanted.last_before)
    statement.where(_IN_CHANNEL, wanted.channel_id)
    statement.where(IS_SHOWN, wanted.channel_id)
    statement.conditions.append(NOT_WITH_ONESELF)
    if wanted.person_id is None:
        statement.conditions.append("r.person_id < r.other_id")
    order, select = _OF_ALL if wanted.person_id is None else _OF_ONE, _SELECT
    if wanted.person_id is None and wanted.channel_id and await _is_quiet(db, workspace_id, wanted.channel_id):
        select = _MET.format(statement.value(wanted.channel_id))
    rows = await fetch_page(db, select, statement, order, after, limit, _WITH_PEOPLE)
    return [_relationship(row) for row in rows]


def _relationship(row: Any) -> Relationship:
    return Relationship(
        person=PersonRef(row["person_id"], row["person_name"], row["person_kind"], row["person_networks"]),
        other=PersonRef(row["other_id"], row["other_name"], row["other_kind"], row["other_networks"]),
        given=row["given"],
        received=row["received"],
        first_day=row["first_day"],
        last_day=row["last_day"],
        as_of=row["as_of"],
        strength=row["strength"],
        word=row["word"],
        computed_at=row["computed_at"],
        model=row["model"],
    )


# Of a relationship r: the two are not suspected to be one person.
NOT_WITH_ONESELF = """
    NOT EXISTS (
        SELECT FROM person_identities mine, person_identities theirs, suggestions s
        WHERE mine.workspace_id = $1 AND mine.person_id = r.person_id
            AND theirs.workspace_id = $1 AND theirs.person_id = r.other_id
            AND s.workspace_id = $1 AND s.status IN ('open', 'postponed')
            AND s.one_id = least(mine.identity_id, theirs.identity_id)
            AND s.other_id = greatest(mine.identity_id, theirs.identity_id)
    )
"""

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

# Where little was said, pairs are found from that, one by one as above; elsewhere some of the strongest soon turn up.
_QUIET = 10_000  # interactions
_BEHIND = "CROSS JOIN LATERAL (SELECT person_id FROM person_identities WHERE {0} OFFSET 0) AS"
_MET = f"""
    SELECT r.person_id, r.other_id, {_COLUMNS}
    FROM (
        SELECT DISTINCT least(a.person_id, b.person_id) AS person_id, greatest(a.person_id, b.person_id) AS other_id
        FROM interactions i CROSS JOIN unnest(i.target_ids) AS target_id
        {_BEHIND.format("workspace_id = $1 AND identity_id = i.actor_id")} a
        {_BEHIND.format("workspace_id = $1 AND identity_id = target_id")} b
        WHERE i.workspace_id = $1 AND i.channel_id = {{}}
    ) AS met
    CROSS JOIN LATERAL (
        SELECT * FROM relationships
        WHERE workspace_id = $1 AND person_id = met.person_id AND other_id = met.other_id OFFSET 0
    ) AS r
    WHERE r.workspace_id = $1
"""


async def _is_quiet(db: Db, workspace_id: UUID, channel_id: UUID) -> bool:
    said = await db.fetchval(
        "SELECT interactions FROM channel_activity WHERE workspace_id = $1 AND channel_id = $2",
        workspace_id,
        channel_id,
    )
    return (said or 0) <= _QUIET
