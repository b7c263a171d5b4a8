"""Identities: the accounts, addresses and handles on the networks."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from kith.store.db import Db
from kith.store.queries import Statement

_COLUMNS = """
    i.id, i.network, i.host, i.key, coalesce(k.kind, i.kind) AS kind, coalesce(k.reason, '') AS kind_reason,
    coalesce(k.suspected, false) AS suspected, i.name, i.handle, i.address, i.url, i.verified, i.seen_at, i.learnt_at,
    pi.person_id, p.name AS person_name
"""
_FROM = """
    FROM identities i
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
    statement = Statement(workspace_id)
    statement.where("i.id IN (SELECT search_identities($1, {}))", wanted.words)
    statement.where("i.id = ANY({})", wanted.ids)
    statement.where("pi.person_id = {}", wanted.person_id)
    statement.where("i.network = ANY({})", wanted.networks)
    statement.where("coalesce(k.kind, i.kind) = ANY({})", wanted.kinds)
    statement.where("coalesce(k.suspected, false) = {}", wanted.suspected)
    statement.where("i.id > {}", after)
    sql = f"SELECT {_COLUMNS} {_FROM} WHERE i.workspace_id = $1{statement.and_()} ORDER BY i.id LIMIT {limit:d}"
    return [Identity(**row) for row in await db.fetch(sql, *statement.values)]


async def get_identity(db: Db, workspace_id: UUID, identity_id: UUID) -> Identity | None:
    row = await db.fetchrow(
        f"SELECT {_COLUMNS} {_FROM} WHERE i.workspace_id = $1 AND i.id = $2", workspace_id, identity_id
    )
    return Identity(**row) if row else None


async def get_refs(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> dict[UUID, IdentityRef]:
    """Return what to show of many identities, in one statement."""
    rows = await db.fetch(
        f"""
        SELECT i.id, i.network, coalesce(i.name, i.handle) AS name, pi.person_id, p.name AS person_name {_FROM}
        WHERE i.workspace_id = $1 AND i.id = ANY($2)
        """,
        workspace_id,
        list(identity_ids),
    )
    return {row["id"]: IdentityRef(**row) for row in rows}
