"""Communities: those that a survey found and those that humans declare; their people, roles, health and events."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from kith.store.db import IS_GUEST, NAMED, Db, new_id
from kith.store.errors import NoSuch
from kith.store.objections import SCORED
from kith.store.queries import Order, Statement, count_rows, fetch_page

NAME = f"CASE c.kind WHEN 'curated' THEN c.name ELSE coalesce({NAMED.format('c', 'name')}, 'Community') END"
"""In SQL: the name of a community ``c`` as the reader sees it."""
_COLUMNS = f"""
    c.id, c.kind, {NAME} AS name, c.level, c.parent_id, c.size, c.cohesion, c.openness, c.health, c.revision,
    c.computed_at, c.as_of, c.born_at, c.ended_at, c.created_at, c.updated_at
"""
_BY_SIZE = Order("c.size", ("c.id",))

# The people of a community by the living person; of those who were joined since, the greater belonging.
_PEOPLE = f"""
    SELECT i.person_id, max(p.belonging) AS belonging, bool_or(p.home) AS home
    FROM community_people p JOIN person_identities i ON i.workspace_id = $1 AND i.identity_id = p.person_id
    WHERE p.workspace_id = $1 AND p.community_id = {{}} AND {SCORED.format("i.person_id")} GROUP BY i.person_id
"""


class Community(msgspec.Struct, frozen=True):
    """name: of words that are seen. computed_at: when it was last detected; as_of: the day that the numbers cover; None
    before that.
    """

    id: UUID
    kind: str
    name: str
    level: int
    parent_id: UUID | None
    size: int
    cohesion: float | None
    openness: float | None
    health: dict[str, Any] | None
    revision: int
    computed_at: datetime | None
    as_of: date | None
    born_at: datetime
    ended_at: datetime | None
    created_at: datetime
    updated_at: datetime


class CommunityFilter(msgspec.Struct, frozen=True, kw_only=True):
    """ended: whether they exist no longer; None for all."""

    kind: str | None = None
    level: int | None = None
    parent_id: UUID | None = None
    person_id: UUID | None = None
    ended: bool | None = False
    ids: tuple[UUID, ...] = ()


class CommunityPerson(msgspec.Struct, frozen=True):
    person_id: UUID
    belonging: float | None
    home: bool


class Role(msgspec.Struct, frozen=True):
    """A role as the last survey found it; person_id is of the living person."""

    community_id: UUID
    person_id: UUID
    role: str
    rank: int
    score: float
    stability: float
    evidence: dict[str, float | str]
    interaction_ids: list[UUID]
    place: int | None
    computed_at: datetime
    as_of: date


class Event(msgspec.Struct, frozen=True):
    id: UUID
    change: str
    before_ids: list[UUID]
    after_ids: list[UUID]
    occurred_at: datetime


class HealthDay(msgspec.Struct, frozen=True):
    day: date
    health: dict[str, Any]


async def list_communities(
    db: Db, workspace_id: UUID, wanted: CommunityFilter, after: tuple[int, UUID] | None, limit: int
) -> list[Community]:
    """Return communities, the largest first. after: size and id of the row before."""
    sql = f"SELECT {_COLUMNS} FROM communities c WHERE c.workspace_id = $1"
    rows = await fetch_page(db, sql, _conditions(workspace_id, wanted), _BY_SIZE, after, limit)
    return [Community(**row) for row in rows]


async def count_communities(db: Db, workspace_id: UUID, wanted: CommunityFilter) -> int | None:
    """Return how many there are; None for more than are counted."""
    sql = "SELECT FROM communities c WHERE c.workspace_id = $1"
    return await count_rows(db, sql, _conditions(workspace_id, wanted))


def _conditions(workspace_id: UUID, wanted: CommunityFilter) -> Statement:
    statement = Statement(workspace_id)
    statement.where("c.id = ANY({})", wanted.ids)
    statement.where("c.kind = {}", wanted.kind)
    statement.where("c.level = {}", wanted.level)
    statement.where("c.parent_id = {}", wanted.parent_id)
    statement.where(
        f"""c.id IN (SELECT p.community_id FROM community_people p
                     JOIN person_identities i ON i.workspace_id = $1 AND i.identity_id = p.person_id
                     WHERE p.workspace_id = $1 AND i.person_id = {{}} AND {SCORED.format("i.person_id")})""",
        wanted.person_id,
    )
    if wanted.ended is not None:
        statement.conditions.append(f"c.ended_at IS {'NOT ' if wanted.ended else ''}NULL")
    return statement


async def get_community(db: Db, workspace_id: UUID, community_id: UUID, *, lock: bool = False) -> Community | None:
    """Return a community. lock: until the transaction ends, nobody else changes it."""
    row = await db.fetchrow(
        f"""
        SELECT {_COLUMNS} FROM communities c WHERE c.workspace_id = $1 AND c.id = $2{" FOR UPDATE" if lock else ""}
        """,
        workspace_id, community_id,
    )  # fmt: skip
    return Community(**row) if row else None


async def get_names(db: Db, workspace_id: UUID, community_ids: Collection[UUID]) -> dict[UUID, str]:
    rows = await db.fetch(
        f"SELECT c.id, {NAME} AS name FROM communities c WHERE c.workspace_id = $1 AND c.id = ANY ($2)",
        workspace_id, list(community_ids),
    )  # fmt: skip
    return {row["id"]: row["name"] for row in rows}


async def list_shared(db: Db, workspace_id: UUID, person_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the names of the smallest, and of the declared, communities to which all of these people belong now."""
    rows = await db.fetch(
        f"""
        SELECT c.id, {NAME} AS name FROM communities c
        JOIN community_people p ON p.workspace_id = $1 AND p.community_id = c.id
        JOIN person_identities i ON i.workspace_id = $1 AND i.identity_id = p.person_id
        WHERE c.workspace_id = $1 AND c.level = 0 AND c.ended_at IS NULL AND i.person_id IN
            (SELECT person_id FROM person_identities WHERE workspace_id = $1 AND identity_id = ANY ($2))
        GROUP BY c.workspace_id, c.id HAVING count(DISTINCT i.person_id) = cardinality($2) ORDER BY name, c.id
        """,
        workspace_id, list(person_ids),
    )  # fmt: skip
    return {row["id"]: row["name"] for row in rows}


async def create_community(db: Db, workspace_id: UUID, name: str, person_ids: Collection[UUID]) -> Community:
    """Declare a community of these people. Raises NoSuch."""
    id_ = new_id()
    await db.execute(
        """
        INSERT INTO communities (workspace_id, id, kind, name, size, born_at) VALUES ($1, $2, 'curated', $3, 0, now())
        """,
        workspace_id, id_, name,
    )  # fmt: skip
    await _set_people(db, workspace_id, id_, person_ids)
    return await _get(db, workspace_id, id_)


async def update_community(
    db: Db, workspace_id: UUID, community_id: UUID, name: str | None, person_ids: Collection[UUID] | None
) -> Community:
    """Change a declared community; None leaves as it is. Raises NoSuch."""
    await db.execute(
        """
        UPDATE communities SET name = coalesce($3, name), revision = revision + 1, updated_at = now()
        WHERE workspace_id = $1 AND id = $2
        """,
        workspace_id, community_id, name,
    )  # fmt: skip
    if person_ids is not None:
        await _set_people(db, workspace_id, community_id, person_ids)
    return await _get(db, workspace_id, community_id)


async def delete_community(db: Db, workspace_id: UUID, community_id: UUID) -> None:
    """Delete it with all that was found of it."""
    await db.execute("DELETE FROM communities WHERE workspace_id = $1 AND id = $2", workspace_id, community_id)


async def _set_people(db: Db, workspace_id: UUID, community_id: UUID, person_ids: Collection[UUID]) -> None:
    rows = await db.fetch(
        "SELECT DISTINCT person_id FROM person_identities WHERE workspace_id = $1 AND identity_id = ANY ($2)",
        workspace_id, list(person_ids),
    )  # fmt: skip
    living = [row["person_id"] for row in rows]
    known = await db.fetchval(
        "SELECT count(*) FROM person_identities WHERE workspace_id = $1 AND identity_id = ANY ($2)",
        workspace_id, list(person_ids),
    )  # fmt: skip
    if known < len(set(person_ids)):
        raise NoSuch("people")
    await db.execute(
        "DELETE FROM community_people WHERE workspace_id = $1 AND community_id = $2", workspace_id, community_id
    )
    await db.execute(
        """
        INSERT INTO community_people SELECT $1, $2, p.person_id, NULL, true FROM unnest($3::uuid[]) AS p (person_id)
        RETURNING person_id
        """,
        workspace_id, community_id, living,
    )  # fmt: skip
    await db.execute(
        "UPDATE communities SET size = $3 WHERE workspace_id = $1 AND id = $2", workspace_id, community_id, len(living)
    )


async def _get(db: Db, workspace_id: UUID, community_id: UUID) -> Community:
    found = await get_community(db, workspace_id, community_id)
    if found is None:
        raise LookupError(community_id)
    return found


async def list_people(
    db: Db, workspace_id: UUID, community_id: UUID, after: tuple[float | None, UUID] | None, limit: int
) -> list[CommunityPerson]:
    """Return who belongs to a community, most first. after: belonging and person of the row before."""
    statement = Statement(workspace_id)
    sql = f"SELECT m.* FROM ({_PEOPLE.format(statement.value(community_id))}) AS m WHERE true"
    order = Order("m.belonging", ("m.person_id",), nullable=True)
    return [CommunityPerson(**row) for row in await fetch_page(db, sql, statement, order, after, limit)]


class RoleHolder(NamedTuple):
    """A person with roles in a community; ordinal: the place in the list."""

    ordinal: int
    person_id: UUID
    roles: list[Role]


async def list_roles(
    db: Db, workspace_id: UUID, community_id: UUID, role: str | None, after: tuple[int, UUID] | None, limit: int
) -> list[RoleHolder]:
    """Return people with their roles in a community.

    Those who matter by their place among them; with ``role``, its holders by rank, with that role alone. after: place
    and person of the row before.
    """
    place = "min(r.place)" if role is None else "min(r.rank)"
    rows = await db.fetch(
        f"""
        SELECT found.place AS ordinal, {_ROLE}
        FROM (
            SELECT {place} AS place, i.person_id
            FROM roles r JOIN person_identities i ON i.workspace_id = $1 AND i.identity_id = r.person_id
            WHERE r.workspace_id = $1 AND r.community_id = $2 AND ($3::text IS NULL OR r.role = $3)
                AND ($3::text IS NOT NULL OR r.place IS NOT NULL) AND {SCORED.format("i.person_id")}
            GROUP BY i.person_id HAVING $4::integer IS NULL OR ({place}, i.person_id) > ($4, $5::uuid)
            ORDER BY 1, 2 LIMIT $6
        ) AS found
        JOIN person_identities i ON i.workspace_id = $1 AND i.person_id = found.person_id
        JOIN roles r ON r.workspace_id = $1 AND r.community_id = $2 AND r.person_id = i.identity_id
            AND ($3::text IS NULL OR r.role = $3)
        ORDER BY found.place, i.person_id, r.rank, r.role
        """,
        workspace_id, community_id, role, *(after or (None, None)), limit,
    )  # fmt: skip
    found: dict[UUID, RoleHolder] = {}
    for row in rows:
        held = {name: value for name, value in row.items() if name != "ordinal"}
        holder = found.setdefault(row["person_id"], RoleHolder(row["ordinal"], row["person_id"], []))
        holder.roles.append(Role(**held))
    return list(found.values())


async def list_roles_of(
    db: Db, workspace_id: UUID, person_id: UUID, after: tuple[int, UUID, str] | None, limit: int
) -> list[Role]:
    """Return a person's roles in communities that exist, the first in rank first.

    after: rank, community and role of the row before.
    """
    rows = await db.fetch(
        f"""
        SELECT {_ROLE}
        FROM person_identities i
        JOIN roles r ON r.workspace_id = $1 AND r.person_id = i.identity_id
        JOIN communities c ON c.workspace_id = $1 AND c.id = r.community_id AND c.ended_at IS NULL
        WHERE i.workspace_id = $1 AND i.person_id = $2 AND {SCORED.format("i.person_id")}
            AND ($3::integer IS NULL OR (r.rank, r.community_id, r.role) > ($3, $4::uuid, $5::text))
        ORDER BY r.rank, r.community_id, r.role LIMIT $6
        """,
        workspace_id, person_id, *(after or (None, None, None)), limit,
    )  # fmt: skip
    return [Role(**row) for row in rows]


_ROLE = f"""
    r.community_id, i.person_id, r.role, r.rank, r.score, r.stability, r.evidence,
    CASE WHEN {IS_GUEST} THEN ARRAY(
        SELECT id FROM unnest(r.interaction_ids) WITH ORDINALITY AS named (id, number)
        JOIN interactions s USING (id) WHERE s.workspace_id = $1 ORDER BY number
    ) ELSE r.interaction_ids END AS interaction_ids,
    r.place, r.computed_at, r.as_of
"""


async def list_events(
    db: Db, workspace_id: UUID, community_id: UUID | None, after: UUID | None, limit: int
) -> list[Event]:
    """Return what became of communities, the latest first. after: id of the row before."""
    statement = Statement(workspace_id)
    statement.where("{} = ANY (before_ids || after_ids)", community_id)
    statement.where("id < {}", after)
    rows = await db.fetch(
        f"""
        SELECT id, change, before_ids, after_ids, occurred_at FROM community_events
        WHERE workspace_id = $1{statement.and_()} ORDER BY id DESC LIMIT {limit:d}
        """,
        *statement.values,
    )
    return [Event(**row) for row in rows]


async def list_health(
    db: Db, workspace_id: UUID, community_id: UUID, after: date | None, limit: int
) -> list[HealthDay]:
    """Return how a community did, the latest look first. after: day of the row before."""
    rows = await db.fetch(
        """
        SELECT day, health FROM community_health
        WHERE workspace_id = $1 AND community_id = $2 AND ($3::date IS NULL OR day < $3) ORDER BY day DESC LIMIT $4
        """,
        workspace_id, community_id, after, limit,
    )  # fmt: skip
    return [HealthDay(**row) for row in rows]


async def get_map(db: Db, workspace_id: UUID, community_id: UUID) -> bytes | None:
    """Return the map as kith.domain.maps.packed keeps it; None before the first detection."""
    found: bytes | None = await db.fetchval(
        "SELECT map FROM communities WHERE workspace_id = $1 AND id = $2", workspace_id, community_id
    )
    return found


async def get_living(db: Db, workspace_id: UUID, person_ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, str | None]]:
    """Return, by former person, the living person and the name; nobody who objects to being scored."""
    rows = await db.fetch(
        """
        SELECT i.identity_id, p.id, p.name FROM person_identities i
        JOIN people p ON p.workspace_id = $1 AND p.id = i.person_id
        WHERE i.workspace_id = $1 AND i.identity_id = ANY ($2) AND NOT p.objects
        """,
        workspace_id, list(person_ids),
    )  # fmt: skip
    return {row["identity_id"]: (row["id"], row["name"]) for row in rows}
