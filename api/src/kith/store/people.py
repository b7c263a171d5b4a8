"""People: who stands behind the identities, as the projection has it."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from kith.store.corrections import list_fields
from kith.store.db import Db
from kith.store.queries import Order, Statement, fetch_page

_COLUMNS = """
    p.id, p.name, p.kind, p.suspected, p.networks, p.identities AS identity_count, p.interactions AS interaction_count,
    p.first_seen, p.last_seen
"""


class Person(msgspec.Struct, frozen=True):
    id: UUID
    name: str | None
    kind: str
    suspected: bool
    networks: list[str]
    identity_count: int
    interaction_count: int
    first_seen: datetime | None
    last_seen: datetime | None


class PersonRef(msgspec.Struct, frozen=True):
    """What is shown of a person wherever another thing mentions one."""

    id: UUID
    name: str | None
    kind: str
    networks: list[str]


class ChannelUse(msgspec.Struct, frozen=True):
    """What a person does in a channel. channel_id: all zero for what happened in none."""

    channel_id: UUID
    name: str | None
    network: str | None
    kind: str | None
    acts: int
    received: int
    first_day: date
    last_day: date


class PeopleFilter(msgspec.Struct, frozen=True, kw_only=True):
    words: str | None = None
    networks: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    seen_since: datetime | None = None
    seen_before: datetime | None = None


_BY_LAST_SEEN = Order("p.last_seen", ("p.id",), nullable=True)


async def list_people(
    db: Db, workspace_id: UUID, wanted: PeopleFilter, after: tuple[datetime | None, UUID] | None, limit: int
) -> list[Person]:
    """Return people, last seen first. after: last_seen and id of the row before."""
    sql = f"SELECT {_COLUMNS} FROM people p WHERE p.workspace_id = $1"
    rows = await fetch_page(db, sql, _conditions(workspace_id, wanted), _BY_LAST_SEEN, after, limit)
    return [Person(**row) for row in rows]


async def list_people_by_name(
    db: Db, workspace_id: UUID, wanted: PeopleFilter, after: tuple[str | None, UUID] | None, limit: int
) -> list[Person]:
    """Return people in the order of their names, the nameless last. after: name and id of the row before."""
    statement = _conditions(workspace_id, wanted)
    if after is not None:
        name, last = statement.value(after[0]), statement.value(after[1])
        same = f"(lower(p.name) IS NOT DISTINCT FROM lower({name}::text) AND p.id > {last})"
        more = f"lower(p.name) > lower({name}::text) OR (p.name IS NULL AND {name}::text IS NOT NULL)"
        statement.conditions.append(f"({same} OR {more})")
    sql = f"SELECT {_COLUMNS} FROM people p WHERE p.workspace_id = $1{statement.and_()}"
    rows = await db.fetch(f"{sql} ORDER BY lower(p.name), p.id LIMIT {limit:d}", *statement.values)
    return [Person(**row) for row in rows]


def _conditions(workspace_id: UUID, wanted: PeopleFilter) -> Statement:
    statement = Statement(workspace_id)
    statement.where(
        """p.id IN (SELECT pi.person_id FROM person_identities pi WHERE pi.workspace_id = $1
                    AND pi.identity_id IN (SELECT search_identities($1, {})))""",
        wanted.words,
    )
    statement.where(
        """EXISTS (SELECT FROM person_identities pi
                   JOIN identities i ON i.workspace_id = pi.workspace_id AND i.id = pi.identity_id
                   WHERE pi.workspace_id = $1 AND pi.person_id = p.id AND i.network = ANY({}))""",
        wanted.networks,
    )
    statement.where("p.kind = ANY({})", wanted.kinds)
    statement.where("p.last_seen >= {}", wanted.seen_since)
    statement.where("p.last_seen < {}", wanted.seen_before)
    return statement


async def get_person(db: Db, workspace_id: UUID, person_id: UUID) -> Person | None:
    row = await db.fetchrow(
        f"SELECT {_COLUMNS} FROM people p WHERE p.workspace_id = $1 AND p.id = $2", workspace_id, person_id
    )
    return Person(**row) if row else None


async def living_person(db: Db, workspace_id: UUID, person_id: UUID) -> UUID | None:
    """Return the person that a person's id leads to: itself, or the one it was joined with; None when unknown."""
    living: UUID | None = await db.fetchval(
        "SELECT person_id FROM person_identities WHERE workspace_id = $1 AND identity_id = $2", workspace_id, person_id
    )
    return living


async def identities_of(db: Db, workspace_id: UUID, person_id: UUID) -> list[UUID]:
    rows = await db.fetch(
        "SELECT identity_id FROM person_identities WHERE workspace_id = $1 AND person_id = $2 ORDER BY identity_id",
        workspace_id,
        person_id,
    )
    return [row["identity_id"] for row in rows]


async def get_refs(db: Db, workspace_id: UUID, person_ids: Collection[UUID]) -> dict[UUID, PersonRef]:
    """Return what to show of many people, in one statement."""
    rows = await db.fetch(
        "SELECT id, name, kind, networks FROM people WHERE workspace_id = $1 AND id = ANY($2)",
        workspace_id,
        list(person_ids),
    )
    return {row[0]: PersonRef(*row) for row in rows}


async def get_person_then(
    db: Db, workspace_id: UUID, identity_ids: Sequence[UUID], as_of: datetime | None, known_at: datetime | None
) -> Person:
    """Return the person that these identities were; acts until ``as_of`` count, as far as known at ``known_at``.

    Names and kinds are those of now: what they were is not kept.
    """
    (row,) = await db.fetch(_THEN, workspace_id, identity_ids, as_of, known_at)
    given = {field.field: field.value for field in await list_fields(db, workspace_id, identity_ids)}
    return Person(
        id=min(identity_ids),
        name=given.get("name"),
        kind=given["kind"],
        suspected=row["suspected"],
        networks=row["networks"],
        identity_count=len(identity_ids),
        interaction_count=row["interactions"],
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
    )


async def list_channels_of(
    db: Db, workspace_id: UUID, identity_ids: Sequence[UUID], limit: int, until: date | None = None
) -> list[ChannelUse]:
    """Return where these identities meet others, the busiest channel first. until: last day (UTC) that counts."""
    rows = await db.fetch(
        """
        SELECT a.channel_id, c.name, c.network, c.kind, a.acts, a.received, a.first_day, a.last_day
        FROM (SELECT channel_id, sum(acts)::bigint AS acts, sum(received)::bigint AS received,
                     min(day) AS first_day, max(day) AS last_day
              FROM activity_days
              WHERE workspace_id = $1 AND identity_id = ANY($2) AND ($4::date IS NULL OR day <= $4)
              GROUP BY channel_id) a
        LEFT JOIN channels c ON c.workspace_id = $1 AND c.id = a.channel_id
        ORDER BY a.acts + a.received DESC, a.channel_id LIMIT $3
        """,
        workspace_id,
        list(identity_ids),
        limit,
        until,
    )
    return [ChannelUse(**row) for row in rows]


_THEN = """
    SELECT count(*) AS interactions, min(occurred_at) AS first_seen, max(occurred_at) AS last_seen,
        ARRAY(SELECT DISTINCT network FROM identities WHERE workspace_id = $1 AND id = ANY($2) ORDER BY 1) AS networks,
        (SELECT bool_and(coalesce(k.suspected, false)) FROM unnest($2::uuid[]) AS m (id)
         LEFT JOIN identity_kinds k ON k.workspace_id = $1 AND k.identity_id = m.id) AS suspected
    FROM interactions
    WHERE workspace_id = $1 AND actor_id = ANY($2)
        AND ($3::timestamptz IS NULL OR occurred_at <= $3) AND ($4::timestamptz IS NULL OR learnt_at <= $4)
"""
