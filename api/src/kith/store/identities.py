"""Identities: the accounts, addresses and handles on the networks."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from kith.store.db import Db
from kith.store.queries import Statement, structs
from kith.store.search import MANY, MOST, like, search

_COLUMNS = """
    i.id, i.network, i.host, i.key, coalesce(k.kind, i.kind) AS kind, coalesce(k.reason, '') AS kind_reason,
    coalesce(k.suspected, false) AS suspected, i.name, i.handle, i.address, i.url,
    i.avatar_url, i.verified, i.seen_at, i.learnt_at,
    pi.person_id, p.name AS person_name
"""
_WITH_PERSON = """
    LEFT JOIN identity_kinds k ON k.workspace_id = i.workspace_id AND k.identity_id = i.id
    LEFT JOIN person_identities pi ON pi.workspace_id = i.workspace_id AND pi.identity_id = i.id
    LEFT JOIN people p ON p.workspace_id = pi.workspace_id AND p.id = pi.person_id
"""


class Identity(msgspec.Struct, frozen=True):
    id: UUID
    network: str
    host: str
    key: str
    kind: str
    kind_reason: str
    suspected: bool
    name: str | None
    handle: str | None
    address: str | None
    url: str | None
    avatar_url: str | None
    verified: bool
    seen_at: datetime | None
    learnt_at: datetime
    person_id: UUID | None
    person_name: str | None


class IdentityRef(msgspec.Struct, frozen=True):
    """What is shown of an identity wherever another thing mentions one."""

    id: UUID
    network: str
    name: str | None
    person_id: UUID | None
    person_name: str | None
    is_list: bool


class IdentityFilter(msgspec.Struct, frozen=True, kw_only=True):
    words: str | None = None
    ids: tuple[UUID, ...] = ()
    person_id: UUID | None = None
    networks: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    suspected: bool | None = None


async def list_identities(
    db: Db, workspace_id: UUID, wanted: IdentityFilter, after: UUID | None, limit: int
) -> list[Identity]:
    """Return identities in the order of their ids. after: id of the row before."""
    if wanted.words is not None or wanted.kinds or wanted.suspected is not None:
        ids = await _search(db, workspace_id, wanted, after, limit)
        wanted, after = IdentityFilter(ids=tuple(ids)), None
        if not ids:
            return []
    statement = _conditions(workspace_id, wanted, after)
    sql = f"SELECT {_COLUMNS} FROM ({_page(statement, wanted, limit)}) AS i {_WITH_PERSON} ORDER BY i.id"
    return structs(Identity, await db.fetch(sql, *statement.values))


async def _search(db: Db, workspace_id: UUID, wanted: IdentityFilter, after: UUID | None, limit: int) -> list[UUID]:
    by_index: list[tuple[str, object]] = [(_FIND_SUSPECTED, True)] if wanted.suspected else []
    by_index += [(_FIND_KIND, wanted.kinds)] if wanted.kinds else []
    by_index += [(_FIND_NAMED, wanted.words)] if wanted.words is not None else []

    async def walk(n: int) -> list[tuple[UUID, bool]]:
        return await _walk(db, workspace_id, wanted, after, n)

    async def rare() -> list[UUID] | None:
        for sql, value in by_index:
            rows = await db.fetch(f"{sql.format('$2')} LIMIT {MOST + 1}", workspace_id, value)
            if len(rows) <= MOST:
                return await ids("i.id = ANY({})", [row[0] for row in rows]) if rows else []
        return None

    async def rest() -> list[UUID]:
        return await ids(f"i.id IN ({by_index[0][0]})", by_index[0][1]) if by_index else await ids("{}", True)

    async def ids(condition: str, value: object) -> list[UUID]:
        statement = _conditions(workspace_id, wanted, after)
        statement.where(condition, value)
        sql = f"SELECT i.id FROM identities i {_WITH_KIND} WHERE i.workspace_id = $1"
        conditions = statement.and_(_fits(statement, wanted))
        rows = await db.fetch(f"{sql}{conditions} ORDER BY i.id LIMIT {limit:d}", *statement.values)
        return [row[0] for row in rows]

    short = wanted.person_id is not None or bool(wanted.ids)
    return await search(walk, rare, rest, limit, short=short, many=MANY)


def _conditions(workspace_id: UUID, wanted: IdentityFilter, after: UUID | None) -> Statement:
    """Return what holds for a walk by ids: all but words, kinds and suspicion."""
    statement = Statement(workspace_id)
    statement.where("i.id = ANY({})", wanted.ids)
    statement.where(
        "i.id IN (SELECT identity_id FROM person_identities WHERE workspace_id = $1 AND person_id = {})",
        wanted.person_id,
    )
    statement.where("i.network = ANY({})", wanted.networks)
    statement.where("i.id > {}", after)
    return statement


def _fits(statement: Statement, wanted: IdentityFilter) -> str:
    """Return the condition on all else."""
    parts = [_NAMED.format(statement.value(like(wanted.words)))] if wanted.words is not None else []
    parts += [f"coalesce(k.kind, i.kind) = ANY({statement.value(wanted.kinds)})"] if wanted.kinds else []
    if wanted.suspected is not None:
        parts.append(f"coalesce(k.suspected, false) = {statement.value(wanted.suspected)}")
    return " AND ".join(parts) or "true"


async def _walk(
    db: Db, workspace_id: UUID, wanted: IdentityFilter, after: UUID | None, limit: int
) -> list[tuple[UUID, bool]]:
    """Return the first ids, each with whether all else fits."""
    statement = _conditions(workspace_id, wanted, after)
    page = _page(statement, wanted, limit)
    sql = f"SELECT i.id, {_fits(statement, wanted)} FROM ({page}) AS i {_WITH_KIND} ORDER BY i.id"
    return [(row[0], row[1]) for row in await db.fetch(sql, *statement.values)]


def _page(statement: Statement, wanted: IdentityFilter, limit: int) -> str:
    """Return the selection of the first identities by id, of each network so many at most."""
    page = f"SELECT * FROM identities i WHERE i.workspace_id = $1{statement.and_()}"
    if not wanted.networks:
        return f"{page} ORDER BY i.id LIMIT {limit:d}"
    each = f"unnest({statement.value(wanted.networks)}::text[]) AS one"
    here = f"{page} AND i.network = one ORDER BY i.id LIMIT {limit:d}"
    return f"SELECT i.* FROM {each}, LATERAL ({here}) AS i ORDER BY i.id LIMIT {limit:d}"


_WITH_KIND = "LEFT JOIN identity_kinds k ON k.workspace_id = i.workspace_id AND k.identity_id = i.id"
_NAMED = "lower(coalesce(i.name, '') || ' ' || coalesce(i.handle, '')) LIKE lower({})"
_FIND_NAMED = "SELECT find_identities($1, {})"
_FIND_SUSPECTED = "SELECT identity_id FROM identity_kinds WHERE workspace_id = $1 AND suspected AND {}"
_FIND_KIND = """
    SELECT id FROM identities WHERE workspace_id = $1 AND kind = ANY ({0}::text[])
    UNION ALL SELECT identity_id FROM identity_kinds WHERE workspace_id = $1 AND kind = ANY ({0}::text[])
"""


async def get_identity(db: Db, workspace_id: UUID, identity_id: UUID) -> Identity | None:
    row = await db.fetchrow(
        f"SELECT {_COLUMNS} FROM identities i {_WITH_PERSON} WHERE i.workspace_id = $1 AND i.id = $2",
        workspace_id,
        identity_id,
    )
    return Identity(**row) if row else None


async def find_by_handle(db: Db, workspace_id: UUID, network: str, handle: str, most: int) -> list[UUID]:
    """Return identities of a network with this handle, upper and lower case alike."""
    rows = await db.fetch(
        """
        SELECT id FROM identities WHERE workspace_id = $1 AND network = $2 AND lower(handle) = lower($3)
        ORDER BY id LIMIT $4
        """,
        workspace_id, network, handle, most,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def get_refs(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> dict[UUID, IdentityRef]:
    """Return what to show of many identities, in one statement."""
    rows = await db.fetch(
        f"""
        SELECT i.id, i.network, coalesce(i.name, i.handle) AS name, pi.person_id, p.name AS person_name,
            coalesce(k.kind = 'group' AND k.reason <> 'network', false) AS is_list
        FROM identities i {_WITH_PERSON}
        WHERE i.workspace_id = $1 AND i.id = ANY($2)
        """,
        workspace_id,
        list(identity_ids),
    )
    return {row["id"]: IdentityRef(**row) for row in rows}
