"""People: who stands behind the identities, as the projection has it."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from kith.domain.ids import NOWHERE
from kith.store.corrections import list_fields
from kith.store.db import Db
from kith.store.queries import Order, Statement, count_rows, fetch_page, structs
from kith.store.search import MANY, MOST, like, search

_COLUMNS = """
    p.id, p.name, p.kind, p.suspected, p.objects, p.networks, p.identities AS identity_count,
    p.interactions AS interaction_count, p.first_seen, p.last_seen
"""


class Person(msgspec.Struct, frozen=True):
    id: UUID
    name: str | None
    kind: str
    suspected: bool
    objects: bool
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
    """attribute_id: that is set for the person. community_id: to which the person belongs."""

    words: str | None = None
    networks: tuple[str, ...] = ()
    attribute_id: UUID | None = None
    community_id: UUID | None = None
    kinds: tuple[str, ...] = ()
    seen_since: datetime | None = None
    seen_before: datetime | None = None
    ids: tuple[UUID, ...] = ()

    @property
    def sought(self) -> list["Sought"]:
        """What the order of lists knows nothing of, the rarest first as far as one can tell."""
        found = [
            Sought(_BELONGS, _FIND_BELONGING, self.community_id),
            Sought(_HAS, _FIND_WITH, self.attribute_id),
            Sought(_ON, _FIND_ON, self.networks or None),
        ]
        return [each for each in found if each.value is not None]


class Sought(NamedTuple):
    """One such condition. fits: on a person ``p``; find: a query for identities of those who meet it."""

    fits: str
    find: str
    value: object


_BY_LAST_SEEN = Order("p.last_seen", ("p.id",), nullable=True)
_BY_NAME = Order("p.sort_name", ("p.id",), nullable=True, rising=True, value="lower({}::text)")

After = tuple[datetime | str | None, UUID]


async def list_people(
    db: Db, workspace_id: UUID, wanted: PeopleFilter, after: tuple[datetime | None, UUID] | None, limit: int
) -> list[Person]:
    """Return people, last seen first. after: last_seen and id of the row before."""
    return await _list(db, workspace_id, wanted, _BY_LAST_SEEN, after, limit)


async def list_people_by_name(
    db: Db, workspace_id: UUID, wanted: PeopleFilter, after: tuple[str | None, UUID] | None, limit: int
) -> list[Person]:
    """Return people in the order of their names, the nameless last. after: name and id of the row before."""
    return await _list(db, workspace_id, wanted, _BY_NAME, after, limit)


async def count_people(db: Db, workspace_id: UUID, wanted: PeopleFilter) -> int | None:
    """Return how many there are; None for more than are counted, and for what no order of a list knows."""
    if wanted.words is not None or wanted.sought:
        return None
    return await count_rows(db, "SELECT FROM people p WHERE p.workspace_id = $1", _conditions(workspace_id, wanted))


async def _list(
    db: Db, workspace_id: UUID, wanted: PeopleFilter, order: Order, after: After | None, limit: int
) -> list[Person]:
    sql = f"SELECT {_COLUMNS} FROM people p WHERE p.workspace_id = $1"
    if wanted.words is None and not wanted.sought:
        rows = await fetch_page(db, sql, _conditions(workspace_id, wanted), order, after, limit)
    else:
        ids = await _search(db, workspace_id, wanted, order, after, limit)
        rows = await db.fetch(f"{sql} AND p.id = ANY($2) ORDER BY {order}", workspace_id, ids)
    return structs(Person, rows)


def _conditions(workspace_id: UUID, wanted: PeopleFilter) -> Statement:
    """Return what holds for a walk by the index of an order: all but words and what else is sought."""
    statement = Statement(workspace_id)
    statement.where("p.kind = ANY({})", wanted.kinds)
    statement.where("p.last_seen >= {}", wanted.seen_since)
    statement.where("p.last_seen < {}", wanted.seen_before)
    statement.where(f"p.id IN ({_BEHIND} = ANY({{}}))", wanted.ids)
    return statement


async def _search(
    db: Db, workspace_id: UUID, wanted: PeopleFilter, order: Order, after: After | None, limit: int
) -> list[UUID]:
    words, sought = wanted.words, wanted.sought

    async def walk(n: int) -> list[tuple[UUID, bool]]:
        statement = _conditions(workspace_id, wanted)
        whole = f"SELECT p.id, {' AND '.join(fits(statement))} FROM ({{}}) AS p ORDER BY {order}"
        every = "SELECT p.* FROM people p WHERE p.workspace_id = $1"
        return [(row[0], row[1]) for row in await fetch_page(db, every, statement, order, after, n, whole)]

    by_index: list[tuple[str, object]] = [(each.find, each.value) for each in sought]
    by_index += [(_FIND_NAMED, words)] if words is not None else []

    async def rare() -> list[UUID] | None:
        for sql, value in by_index:
            rows = await db.fetch(f"{sql.format('$2')} LIMIT {MOST + 1}", workspace_id, value)
            if len(rows) <= MOST:
                statement = _conditions(workspace_id, wanted)
                statement.where(f"p.id IN ({_BEHIND} = ANY({{}}))", [row[0] for row in rows])
                statement.conditions += fits(statement)
                return await ids(statement) if rows else []
        return None

    async def rest() -> list[UUID]:
        statement = _conditions(workspace_id, wanted)
        for each in sought:
            statement.where(f"p.id IN ({_BEHIND} IN ({each.find}))", each.value)
        if words is not None:
            others = await db.fetch(_OTHERS_NAMED, workspace_id, words)
            named = (statement.value(words), statement.value([row[0] for row in others]))
            statement.conditions.append(_AMONG_NAMED.format(*named))
        return await ids(statement)

    def fits(statement: Statement) -> list[str]:
        named = [_NAMED.format(statement.value(like(words)))] if words is not None else []
        return named + [each.fits.format(statement.value(each.value)) for each in sought]

    async def ids(statement: Statement) -> list[UUID]:
        sql = "SELECT p.id FROM people p WHERE p.workspace_id = $1"
        return [row[0] for row in await fetch_page(db, sql, statement, order, after, limit)]

    narrowed = wanted.kinds or wanted.seen_since or wanted.seen_before or wanted.ids
    return await search(walk, rare, rest, limit, short=bool(narrowed), many=MANY)


# One person's identities: a scalar, so that PostgreSQL does not look at everybody's first.
_OF_ONE = """
    coalesce((
        SELECT true FROM person_identities pi
        JOIN identities i ON i.workspace_id = pi.workspace_id AND i.id = pi.identity_id
        WHERE pi.workspace_id = $1 AND pi.person_id = p.id AND {} LIMIT 1
    ), false)
"""
_NAMED = _OF_ONE.format("lower(coalesce(i.name, '') || ' ' || coalesce(i.handle, '')) LIKE lower({})")
_ON = _OF_ONE.format("i.network = ANY({})")
_HAS = """
    coalesce((
        SELECT true FROM person_identities pi
        JOIN attribute_values v ON v.workspace_id = pi.workspace_id AND v.identity_id = pi.identity_id
        WHERE pi.workspace_id = $1 AND pi.person_id = p.id AND v.attribute_id = {} AND v.other_id IS NULL LIMIT 1
    ), false)
"""
_BELONGS = """
    coalesce((
        SELECT true FROM person_identities pi
        JOIN community_people m ON m.workspace_id = pi.workspace_id AND m.person_id = pi.identity_id
        WHERE pi.workspace_id = $1 AND pi.person_id = p.id AND m.community_id = {} AND NOT p.objects LIMIT 1
    ), false)
"""
_FIND_NAMED = "SELECT find_identities($1, {})"
# As a person's id is that of one identity, most are found by it. OR keeps PostgreSQL from joining: it goes along the
# order of the list, and asks of each row whether it is among those found.
_OTHERS_NAMED = """
    SELECT DISTINCT pi.person_id FROM find_identities($1, $2) AS found (id)
    JOIN person_identities pi ON pi.workspace_id = $1 AND pi.identity_id = found.id
    WHERE pi.identity_id <> pi.person_id
"""
_AMONG_NAMED = "(p.id IN (SELECT find_identities($1, {})) OR p.id IN (SELECT unnest({}::uuid[])))"
_FIND_ON = "SELECT id FROM identities WHERE workspace_id = $1 AND network = ANY ({}::text[])"
_FIND_WITH = """
    SELECT identity_id FROM attribute_values
    WHERE workspace_id = $1 AND attribute_id = {} AND identity_id IS NOT NULL AND other_id IS NULL
"""
_FIND_BELONGING = """
    SELECT m.person_id FROM community_people m WHERE m.workspace_id = $1 AND m.community_id = {}
        AND NOT EXISTS (
            SELECT FROM person_identities mine JOIN people e ON e.workspace_id = $1 AND e.id = mine.person_id
            WHERE mine.workspace_id = $1 AND mine.identity_id = m.person_id AND e.objects)
"""
_BEHIND = "SELECT person_id FROM person_identities WHERE workspace_id = $1 AND identity_id"


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


async def persons_of(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> list[UUID]:
    """Return the people behind identities, each once."""
    rows = await db.fetch(
        "SELECT DISTINCT person_id FROM person_identities WHERE workspace_id = $1 AND identity_id = ANY ($2)",
        workspace_id, list(identity_ids),
    )  # fmt: skip
    return [row["person_id"] for row in rows]


async def identities_of_all(db: Db, workspace_id: UUID, person_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Return the identities of each of many people, in one statement."""
    rows = await db.fetch(
        """
        SELECT person_id, array_agg(identity_id ORDER BY identity_id) AS identity_ids FROM person_identities
        WHERE workspace_id = $1 AND person_id = ANY ($2) GROUP BY person_id
        """,
        workspace_id, list(person_ids),
    )  # fmt: skip
    return {row["person_id"]: row["identity_ids"] for row in rows}


async def get_refs(db: Db, workspace_id: UUID, person_ids: Collection[UUID]) -> dict[UUID, PersonRef]:
    """Return what to show of many people, in one statement; in none where there are none."""
    if not person_ids:
        return {}
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
        objects=row["objects"],
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
        WHERE c.id IS NOT NULL OR a.channel_id = $5
        ORDER BY a.acts + a.received DESC, a.channel_id LIMIT $3
        """,
        workspace_id,
        list(identity_ids),
        limit,
        until,
        NOWHERE,
    )
    return [ChannelUse(**row) for row in rows]


_THEN = """
    SELECT count(*) AS interactions, min(occurred_at) AS first_seen, max(occurred_at) AS last_seen,
        ARRAY(SELECT DISTINCT network FROM identities WHERE workspace_id = $1 AND id = ANY($2) ORDER BY 1) AS networks,
        (SELECT bool_and(coalesce(k.suspected, false)) FROM unnest($2::uuid[]) AS m (id)
         LEFT JOIN identity_kinds k ON k.workspace_id = $1 AND k.identity_id = m.id) AS suspected,
        (SELECT coalesce(bool_or(k.objects), false) FROM identity_kinds k
         WHERE k.workspace_id = $1 AND k.identity_id = ANY ($2)) AS objects
    FROM interactions
    WHERE workspace_id = $1 AND actor_id = ANY($2)
        AND ($3::timestamptz IS NULL OR occurred_at <= $3) AND ($4::timestamptz IS NULL OR learnt_at <= $4)
"""
