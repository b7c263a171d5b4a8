"""Organizations: employers and groups, known by their domains."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from kith.store.db import Db, new_id
from kith.store.errors import NameTaken
from kith.store.queries import Order, Statement, count_rows, fetch_page, structs

_COLUMNS = """
    o.id, o.name, o.url, o.revision, o.created_at, o.updated_at,
    ARRAY(SELECT d.domain FROM organization_domains d
          WHERE d.workspace_id = o.workspace_id AND d.organization_id = o.id ORDER BY 1) AS domains
"""
_BY_NAME = Order("o.name", ("o.id",), rising=True)


class Organization(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    url: str | None
    revision: int
    created_at: datetime
    updated_at: datetime
    domains: list[str]


class OrganizationRef(msgspec.Struct, frozen=True):
    id: UUID
    name: str


class Domain(msgspec.Struct, frozen=True):
    """A domain that people write from and that no organization has."""

    domain: str
    people: int
    identities: int


async def create_organization(
    db: Db, workspace_id: UUID, *, name: str, domains: Collection[str], url: str | None
) -> Organization:
    """Raises NameTaken."""
    id_ = new_id()
    try:
        await db.execute(
            "INSERT INTO organizations (workspace_id, id, name, url) VALUES ($1, $2, $3, $4)",
            workspace_id, id_, name, url,
        )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        raise NameTaken(f"There is already an organization named {name!r}.") from error
    await _set_domains(db, workspace_id, id_, domains)
    return await _get(db, workspace_id, id_)


async def update_organization(
    db: Db, workspace_id: UUID, organization_id: UUID, *, name: str, domains: Collection[str], url: str | None
) -> Organization:
    """Raises NameTaken."""
    try:
        await db.execute(
            """
            UPDATE organizations SET name = $3, url = $4, revision = revision + 1, updated_at = now()
            WHERE workspace_id = $1 AND id = $2
            """,
            workspace_id, organization_id, name, url,
        )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        raise NameTaken(f"There is already an organization named {name!r}.") from error
    await _set_domains(db, workspace_id, organization_id, domains)
    return await _get(db, workspace_id, organization_id)


async def delete_organization(db: Db, workspace_id: UUID, organization_id: UUID) -> None:
    """Delete it with its domains and the affiliations to it."""
    await db.execute("DELETE FROM organizations WHERE workspace_id = $1 AND id = $2", workspace_id, organization_id)


async def get_organization(
    db: Db, workspace_id: UUID, organization_id: UUID, *, lock: bool = False
) -> Organization | None:
    row = await db.fetchrow(
        f"""
        SELECT {_COLUMNS} FROM organizations o WHERE o.workspace_id = $1 AND o.id = $2
        {"FOR UPDATE OF o" if lock else ""}
        """,
        workspace_id,
        organization_id,
    )
    return Organization(**row) if row else None


class OrganizationFilter(msgspec.Struct, frozen=True, kw_only=True):
    """words: part of a name or domain."""

    words: str | None = None
    ids: tuple[UUID, ...] = ()


async def list_organizations(
    db: Db, workspace_id: UUID, wanted: OrganizationFilter, after: tuple[str, UUID] | None, limit: int
) -> list[Organization]:
    """Return organizations by name. after: name and id of the row before."""
    sql = f"SELECT {_COLUMNS} FROM organizations o WHERE o.workspace_id = $1"
    rows = await fetch_page(db, sql, _conditions(workspace_id, wanted), _BY_NAME, after, limit)
    return structs(Organization, rows)


async def count_organizations(db: Db, workspace_id: UUID, wanted: OrganizationFilter) -> int | None:
    """Return how many there are; None for more than are counted."""
    sql = "SELECT FROM organizations o WHERE o.workspace_id = $1"
    return await count_rows(db, sql, _conditions(workspace_id, wanted))


def _conditions(workspace_id: UUID, wanted: OrganizationFilter) -> Statement:
    statement = Statement(workspace_id)
    statement.where("o.id = ANY({})", wanted.ids)
    statement.where("o.id IN (SELECT find_organizations($1, {}))", wanted.words)
    return statement


async def list_domains(db: Db, workspace_id: UUID, limit: int) -> list[Domain]:
    """Return domains of which most people write and that no organization has; never free mail or a social network."""
    rows = await db.fetch(
        """
        SELECT p.domain, count(DISTINCT i.person_id) AS people, count(*) AS identities
        FROM identity_profiles p
        JOIN person_identities i ON i.workspace_id = $1 AND i.identity_id = p.identity_id
        WHERE p.workspace_id = $1 AND p.domain IS NOT NULL AND NOT EXISTS (
            SELECT FROM organization_domains d WHERE d.workspace_id = $1 AND d.domain = p.domain)
        GROUP BY p.domain HAVING count(DISTINCT i.person_id) > 1
        ORDER BY people DESC, p.domain LIMIT $2
        """,
        workspace_id,
        limit,
    )
    return [Domain(**row) for row in rows]


async def _get(db: Db, workspace_id: UUID, organization_id: UUID) -> Organization:
    found = await get_organization(db, workspace_id, organization_id)
    if found is None:
        raise LookupError(organization_id)
    return found


async def _set_domains(db: Db, workspace_id: UUID, organization_id: UUID, domains: Collection[str]) -> None:
    wanted: Sequence[str] = sorted(set(domains))
    await db.execute(
        "DELETE FROM organization_domains WHERE workspace_id = $1 AND organization_id = $2 AND NOT domain = ANY ($3)",
        workspace_id, organization_id, wanted,
    )  # fmt: skip
    await db.execute(
        """
        INSERT INTO organization_domains (workspace_id, domain, organization_id)
        SELECT $1, domain, $2 FROM unnest($3::text[]) AS domain ON CONFLICT DO NOTHING
        """,
        workspace_id, organization_id, wanted,
    )  # fmt: skip
    taken = await db.fetchval(
        """
        SELECT domain FROM organization_domains
        WHERE workspace_id = $1 AND domain = ANY ($3) AND organization_id <> $2 ORDER BY 1 LIMIT 1
        """,
        workspace_id, organization_id, wanted,
    )  # fmt: skip
    if taken:
        raise NameTaken(f"The domain {taken} belongs to another organization.")
