"""Groups: saved selections of people, and the mix of relationships between two of them."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from kith.store.db import Db, new_id
from kith.store.errors import NameTaken, NoSuch
from kith.store.queries import Order, Statement, count_rows, fetch_page, structs

TEAM = "team"
"""The group of our own people."""

# The people of a group, as one column person_id. {group}: the parameter that holds the group's id. Of a channel each
# identity is looked up behind the one before: no matter how many days each acted on.
PEOPLE = """
    WITH RECURSIVE acting (channel_id, identity_id) AS (
        SELECT channel_id, '00000000-0000-0000-0000-000000000000'::uuid FROM groups
        WHERE workspace_id = $1 AND id = {group} AND channel_id IS NOT NULL
        UNION ALL
        SELECT acting.channel_id, next.identity_id FROM acting CROSS JOIN LATERAL (
            SELECT identity_id FROM activity_days
            WHERE workspace_id = $1 AND channel_id = acting.channel_id AND identity_id > acting.identity_id
                AND acts > 0
            ORDER BY identity_id LIMIT 1
        ) AS next
    )
    SELECT DISTINCT p.person_id FROM (
        SELECT identity_id FROM group_people WHERE workspace_id = $1 AND group_id = {group}
        UNION ALL
        SELECT a.identity_id FROM groups saved
        JOIN affiliations a ON a.workspace_id = $1 AND a.organization_id = saved.organization_id
            AND a.period @> current_date AND coalesce(a.seen @> current_date, true)
        WHERE saved.workspace_id = $1 AND saved.id = {group}
        UNION ALL
        SELECT identity_id FROM acting
        UNION ALL
        SELECT found.person_id FROM (
            SELECT 'words' AS by, p.person_id FROM groups saved
            CROSS JOIN LATERAL find_identities($1, saved.words) AS named (id)
            CROSS JOIN LATERAL (
                SELECT person_id FROM person_identities WHERE workspace_id = $1 AND identity_id = named.id LIMIT 1
            ) AS p
            WHERE saved.workspace_id = $1 AND saved.id = {group} AND saved.words IS NOT NULL
            UNION
            SELECT 'attribute', p.person_id FROM groups saved
            JOIN attribute_values v ON v.workspace_id = $1 AND v.attribute_id = saved.attribute_id
                AND v.identity_id IS NOT NULL AND v.other_id IS NULL
            CROSS JOIN LATERAL (
                SELECT person_id FROM person_identities WHERE workspace_id = $1 AND identity_id = v.identity_id LIMIT 1
            ) AS p
            WHERE saved.workspace_id = $1 AND saved.id = {group}
            UNION
            SELECT 'community', p.person_id FROM groups saved
            JOIN community_people m ON m.workspace_id = $1 AND m.community_id = saved.community_id
            CROSS JOIN LATERAL (
                SELECT person_id FROM person_identities WHERE workspace_id = $1 AND identity_id = m.person_id LIMIT 1
            ) AS p
            WHERE saved.workspace_id = $1 AND saved.id = {group} AND NOT EXISTS (
                SELECT FROM people e WHERE e.workspace_id = $1 AND e.id = p.person_id AND e.objects)
        ) AS found
        GROUP BY found.person_id HAVING count(*) = (
            SELECT num_nonnulls(words, attribute_id, community_id) FROM groups WHERE workspace_id = $1 AND id = {group})
    ) AS i
    CROSS JOIN LATERAL (
        SELECT person_id FROM person_identities WHERE workspace_id = $1 AND identity_id = i.identity_id LIMIT 1
    ) AS p
"""

_COLUMNS = f"""
    g.id, g.name, g.description, g.organization_id,
    (SELECT id FROM channels WHERE workspace_id = $1 AND id = g.channel_id) AS channel_id,
    g.words, g.attribute_id, g.community_id, g.revision, g.created_at, g.updated_at,
    (SELECT count(*) FROM ({PEOPLE.format(group="g.id")}) AS people) AS people,
    ARRAY(SELECT DISTINCT p.person_id FROM group_people m
          JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = m.identity_id
          WHERE m.workspace_id = $1 AND m.group_id = g.id ORDER BY 1) AS listed
"""
_BY_NAME = Order("g.name", ("g.id",), rising=True)


class Group(msgspec.Struct, frozen=True):
    """listed: people who were named one by one. people: how many are in it, for whatever reason.

    words, attribute_id, community_id: who meets all of those that are set is in it too.
    """

    id: UUID
    name: str
    description: str | None
    organization_id: UUID | None
    channel_id: UUID | None
    words: str | None
    attribute_id: UUID | None
    community_id: UUID | None
    revision: int
    created_at: datetime
    updated_at: datetime
    people: int
    listed: list[UUID]


class Share(msgspec.Struct, frozen=True):
    """Relationships with one word. given: interactions from the first group. as_of: the latest day spoken of."""

    word: str
    pairs: int
    strength: float | None
    given: int
    received: int
    as_of: date


async def create_group(db: Db, workspace_id: UUID, **content: Any) -> Group:
    """content: as for ``update_group``. Raises NameTaken or NoSuch."""
    id_ = new_id()
    await _write(db, "INSERT INTO groups (workspace_id, id, name) VALUES ($1, $2, $3)", workspace_id, id_, content)
    return await update_group(db, workspace_id, id_, **content)


async def update_group(
    db: Db,
    workspace_id: UUID,
    group_id: UUID,
    *,
    name: str,
    description: str | None,
    organization_id: UUID | None,
    channel_id: UUID | None,
    words: str | None,
    attribute_id: UUID | None,
    community_id: UUID | None,
    listed: Collection[UUID],
) -> Group:
    """Raises NameTaken or NoSuch."""
    await _check(db, workspace_id, {
        "organization": _some(organization_id), "channel": _some(channel_id), "search/attribute": _some(attribute_id),
        "search/community": _some(community_id), "people": list(listed),
    })  # fmt: skip
    await _write(
        db, "UPDATE groups SET name = $3 WHERE workspace_id = $1 AND id = $2", workspace_id, group_id, {"name": name}
    )
    await db.execute(
        """
        UPDATE groups SET description = $3, organization_id = $4, channel_id = $5, words = $6, attribute_id = $7,
            community_id = $8, revision = revision + 1, updated_at = now()
        WHERE workspace_id = $1 AND id = $2
        """,
        workspace_id, group_id, description, organization_id, channel_id, words, attribute_id, community_id,
    )  # fmt: skip
    await db.execute(
        """
        DELETE FROM group_people WHERE workspace_id = $1 AND group_id = $2 AND identity_id NOT IN (
            SELECT identity_id FROM person_identities WHERE workspace_id = $1 AND person_id = ANY ($3))
        """,
        workspace_id, group_id, list(listed),
    )  # fmt: skip
    await db.execute(
        """
        INSERT INTO group_people (workspace_id, group_id, identity_id)
        SELECT $1, $2, person_id FROM unnest($3::uuid[]) AS person_id ON CONFLICT DO NOTHING
        """,
        workspace_id, group_id, list(listed),
    )  # fmt: skip
    found = await get_group(db, workspace_id, group_id)
    if found is None:
        raise LookupError(group_id)
    return found


async def delete_group(db: Db, workspace_id: UUID, group_id: UUID) -> None:
    await db.execute("DELETE FROM groups WHERE workspace_id = $1 AND id = $2", workspace_id, group_id)


async def get_group(db: Db, workspace_id: UUID, group_id: UUID, *, lock: bool = False) -> Group | None:
    row = await db.fetchrow(
        f"SELECT {_COLUMNS} FROM groups g WHERE g.workspace_id = $1 AND g.id = $2 {'FOR UPDATE OF g' if lock else ''}",
        workspace_id,
        group_id,
    )
    return Group(**row) if row else None


async def find_team(db: Db, workspace_id: UUID) -> UUID | None:
    """Return the group of our own people; None where there is none yet."""
    found: UUID | None = await db.fetchval(
        "SELECT id FROM groups WHERE workspace_id = $1 AND name = $2", workspace_id, TEAM
    )
    return found


async def list_groups(
    db: Db, workspace_id: UUID, ids: tuple[UUID, ...], after: tuple[str, UUID] | None, limit: int
) -> list[Group]:
    """Return groups by name. ids: of which; empty for all. after: name and id of the row before."""
    sql = f"SELECT {_COLUMNS} FROM groups g WHERE g.workspace_id = $1"
    return structs(Group, await fetch_page(db, sql, _conditions(workspace_id, ids), _BY_NAME, after, limit))


async def count_groups(db: Db, workspace_id: UUID, ids: tuple[UUID, ...]) -> int | None:
    """Return how many there are; None for more than are counted."""
    return await count_rows(db, "SELECT FROM groups g WHERE g.workspace_id = $1", _conditions(workspace_id, ids))


def _conditions(workspace_id: UUID, ids: tuple[UUID, ...]) -> Statement:
    statement = Statement(workspace_id)
    statement.where("g.id = ANY({})", ids)
    return statement


async def list_people(db: Db, workspace_id: UUID, group_id: UUID, after: UUID | None, limit: int) -> list[UUID]:
    """Return the people of a group in the order of their ids."""
    rows = await db.fetch(
        f"""
        SELECT person_id FROM ({PEOPLE.format(group="$2")}) AS people
        WHERE $3::uuid IS NULL OR person_id > $3 ORDER BY person_id LIMIT $4
        """,
        workspace_id, group_id, after, limit,
    )  # fmt: skip
    return [row["person_id"] for row in rows]


# Relationships from a person of the group $2 to one of the group $3, or, where that is null, to anybody outside; each
# pair once, also where people are in both groups.
_BETWEEN = f"""
    WITH mine AS MATERIALIZED ({PEOPLE.format(group="$2")}),
    theirs AS MATERIALIZED ({PEOPLE.format(group="$3")}),
    between_them AS (
        SELECT r.* FROM mine JOIN relationships r ON r.workspace_id = $1 AND r.person_id = mine.person_id
        WHERE CASE WHEN $3::uuid IS NULL THEN r.other_id NOT IN (SELECT person_id FROM mine)
            ELSE r.other_id IN (SELECT person_id FROM theirs) END
        AND NOT ($3::uuid IS NOT NULL AND r.person_id > r.other_id
            AND r.other_id IN (SELECT person_id FROM mine) AND r.person_id IN (SELECT person_id FROM theirs))
    )
"""


async def mix(db: Db, workspace_id: UUID, group_id: UUID, with_id: UUID | None) -> list[Share]:
    """Count the relationships between two groups by their stored word. with_id: None for all outside the group."""
    rows = await db.fetch(
        f"""
        {_BETWEEN}
        SELECT word, count(*) AS pairs, avg(strength) AS strength, sum(given)::bigint AS given,
            sum(received)::bigint AS received, max(as_of) AS as_of
        FROM between_them GROUP BY word ORDER BY word
        """,
        workspace_id, group_id, with_id,
    )  # fmt: skip
    return [Share(**row) for row in rows]


async def pairs_between(
    db: Db, workspace_id: UUID, group_id: UUID, with_id: UUID | None, limit: int
) -> list[tuple[UUID, UUID]]:
    """Return the pairs with a relationship between two groups, the lesser id first; at most so many."""
    rows: Sequence[Any] = await db.fetch(
        f"""
        {_BETWEEN}
        SELECT DISTINCT least(person_id, other_id) AS one_id, greatest(person_id, other_id) AS other_id
        FROM between_them LIMIT $4
        """,
        workspace_id, group_id, with_id, limit,
    )  # fmt: skip
    return [(row["one_id"], row["other_id"]) for row in rows]


async def _write(db: Db, statement: str, workspace_id: UUID, group_id: UUID, content: dict[str, Any]) -> None:
    name = content["name"]
    try:
        await db.execute(statement, workspace_id, group_id, name)
    except asyncpg.UniqueViolationError as error:
        raise NameTaken(f"There is already a group named {name!r}.") from error


#: What a group may be made of, by the field that names it.
_TABLES = {
    "organization": "organizations",
    "channel": "channels",
    "search/attribute": "attributes",
    "search/community": "communities",
    "people": "people",
}


async def _check(db: Db, workspace_id: UUID, named: dict[str, list[UUID]]) -> None:
    for field, ids in named.items():
        found = await db.fetchval(
            f"SELECT count(*) FROM {_TABLES[field]} WHERE workspace_id = $1 AND id = ANY ($2)", workspace_id, ids
        )
        if found != len(set(ids)):
            raise NoSuch(field)


def _some(id_: UUID | None) -> list[UUID]:
    return [id_] if id_ else []
