from collections.abc import Collection
from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.http.idempotency import Once
from kith.api.http.ids import encode, from_path, many_from_query, not_found
from kith.api.http.inputs import named
from kith.api.http.paging import Page, after, page
from kith.api.http.problems import Fault, Problem
from kith.api.http.revisions import check_unchanged, tag
from kith.api.organizations.schemas import (
    Organization,
    OrganizationCreate,
    OrganizationDomain,
    OrganizationDomains,
    OrganizationPatch,
    OrganizationsParams,
)
from kith.domain.employers import employer_domain
from kith.store import affiliations
from kith.store import organizations as store
from kith.store.db import Db
from kith.store.errors import NameTaken

DOMAINS_SHOWN = 200


@get("/v1/organizations", operation_id="listOrganizations", tags=["organizations"], scopes=["organizations:read"])
async def list_organizations(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[OrganizationsParams],
) -> Response[Page[Organization]]:
    """List organizations.

    By name.
    """
    key = after(request, params, tuple[str, UUID])
    wanted = store.OrganizationFilter(words=params.q, ids=many_from_query("organization", "ids", params.ids))
    rows = await store.list_organizations(db, workspace_id, wanted, key, params.limit + 1)
    total = await store.count_organizations(db, workspace_id, wanted) if params.include else None
    return page(request, params, rows, Organization.of, lambda row: (row.name, row.id), total)


@post(
    "/v1/organizations",
    operation_id="createOrganization",
    tags=["organizations"],
    scopes=["organizations:write"],
    errors=["conflict"],
)
async def create_organization(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    payload: NamedDependency[OrganizationCreate],
    once: NamedDependency[Once],
) -> Response[Organization]:
    """Create an organization.

    People with addresses in its domains are affiliated at once.
    """
    check_domains(payload.domains)
    try:
        made = await store.create_organization(
            db, workspace_id, name=payload.name, domains=payload.domains, url=payload.url
        )
    except NameTaken as error:
        raise Problem("conflict", str(error)) from error
    await affiliations.derive(db, workspace_id, [], made.id)
    headers = {"Location": f"/v1/organizations/{encode('organization', made.id)}", "ETag": tag(made)}
    return await once.answer(Organization.of(made), 201, headers)


@get(
    "/v1/organizations/{organization_id:str}",
    operation_id="getOrganization",
    tags=["organizations"],
    scopes=["organizations:read"],
    errors=["not_found"],
)
async def get_organization(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], organization_id: FromPath[str]
) -> Response[Organization]:
    """Show one organization."""
    found = await find(db, workspace_id, organization_id)
    return Response(Organization.of(found), headers={"ETag": tag(found)})


@patch(
    "/v1/organizations/{organization_id:str}",
    operation_id="updateOrganization",
    tags=["organizations"],
    scopes=["organizations:write"],
    errors=["not_found", "conflict", "precondition_failed"],
)
async def update_organization(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    organization_id: FromPath[str],
    payload: NamedDependency[OrganizationPatch],
) -> Response[Organization]:
    """Rename an organization, or change its domains or page.

    Omitted fields keep their values; `domains` is replaced as a whole, and affiliations follow.
    """
    found = await find(db, workspace_id, organization_id, lock=True)
    check_unchanged(request, found)
    changed = named(payload)
    kept = {"name": found.name, "domains": found.domains, "url": found.url} | changed
    check_domains(kept["domains"])
    try:
        saved = await store.update_organization(db, workspace_id, found.id, **kept)
    except NameTaken as error:
        raise Problem("conflict", str(error)) from error
    await affiliations.derive(db, workspace_id, [], found.id)
    return Response(Organization.of(saved), headers={"ETag": tag(saved)})


@delete(
    "/v1/organizations/{organization_id:str}",
    operation_id="deleteOrganization",
    tags=["organizations"],
    scopes=["organizations:write"],
    errors=["not_found", "precondition_failed"],
    status_code=200,
)
async def delete_organization(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    organization_id: FromPath[str],
) -> Organization:
    """Delete an organization with the affiliations to it.

    The answer is its last version.
    """
    found = await find(db, workspace_id, organization_id, lock=True)
    check_unchanged(request, found)
    await store.delete_organization(db, workspace_id, found.id)
    return Organization.of(found)


@get(
    "/v1/organization-domains",
    operation_id="listOrganizationDomains",
    tags=["organizations"],
    scopes=["organizations:read"],
)
async def list_domains(db: NamedDependency[Db], workspace_id: NamedDependency[UUID]) -> OrganizationDomains:
    """List domains of several people without an organization.

    Never free mail or a social network.
    """
    rows = await store.list_domains(db, workspace_id, DOMAINS_SHOWN)
    return OrganizationDomains([OrganizationDomain.of(row) for row in rows])


async def find(db: Db, workspace_id: UUID, organization_id: str, *, lock: bool = False) -> store.Organization:
    found = await store.get_organization(db, workspace_id, from_path("organization", organization_id), lock=lock)
    if found is None:
        raise not_found("organization")
    return found


def check_domains(domains: Collection[str]) -> None:
    """Refuse domains that say nothing of who pays."""
    for number, domain in enumerate(domains):
        owner = employer_domain(f"someone@{domain}")
        if owner != domain:
            message = f"Name {owner}, which its owner registered." if owner else "Anybody may have an address there."
            raise Problem("invalid_body", message, Fault("invalid", message, pointer=f"/domains/{number}"))


ROUTES = [
    list_organizations,
    create_organization,
    get_organization,
    update_organization,
    delete_organization,
    list_domains,
]
