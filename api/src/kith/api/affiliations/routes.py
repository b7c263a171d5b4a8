from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from kith.api.affiliations.schemas import (
    Affiliate,
    AffiliatesParams,
    Affiliation,
    AffiliationCreate,
    Affiliations,
    AffiliationsParams,
)
from kith.api.decisions.show import author
from kith.api.http.idempotency import Once
from kith.api.http.ids import from_body, from_path, not_found, unknown
from kith.api.http.paging import Page, after, page
from kith.api.http.problems import Fault, Problem
from kith.api.people.moves import lead_on
from kith.api.refs import IdentityRef
from kith.store import affiliations as store
from kith.store import identities, organizations, people
from kith.store.db import Db
from kith.store.tokens import Token


@get(
    "/v1/people/{person_id:str}/affiliations",
    operation_id="listAffiliations",
    tags=["organizations"],
    scopes=["people:read", "organizations:read"],
    errors=["not_found"],
    moves=True,
)
async def list_affiliations(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    person_id: FromPath[str],
    params: NamedDependency[AffiliationsParams],
) -> Affiliations | Redirect:
    """List the affiliations of a person.

    Several may hold at once, each with its evidence. Free mail and social networks imply none.
    """
    members = await people.identities_of(db, workspace_id, from_path("person", person_id))
    if not members:
        return await lead_on(request, db, workspace_id, person_id)
    rows = await store.list_affiliations(db, workspace_id, members, params.on)
    return Affiliations([Affiliation.of(row) for row in rows])


@post(
    "/v1/people/{person_id:str}/affiliations",
    operation_id="createAffiliation",
    tags=["organizations"],
    scopes=["people:write", "organizations:write"],
    errors=["not_found", "conflict"],
    moves=True,
)
async def create_affiliation(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    person_id: FromPath[str],
    payload: NamedDependency[AffiliationCreate],
    once: NamedDependency[Once],
) -> Response[Affiliation] | Redirect:
    """Add an affiliation of a person.

    An unknown start or end stays unknown. For one kind of evidence, the periods in one organization may not overlap.
    """
    key = from_path("person", person_id)
    if not await people.identities_of(db, workspace_id, key):
        return await lead_on(request, db, workspace_id, person_id)
    organization_id = from_body("organization", "/organization_id", payload.organization_id)
    if await organizations.get_organization(db, workspace_id, organization_id) is None:
        raise unknown("organization", "/organization_id")
    if payload.since and payload.until and payload.since > payload.until:
        message = "It ends before it begins."
        raise Problem("invalid_body", message, Fault("invalid", message, pointer="/until"))
    try:
        made = await store.add_affiliation(
            db,
            workspace_id,
            identity_id=key,
            organization_id=organization_id,
            since=payload.since,
            until=payload.until,
            evidence=payload.evidence,
            confidence=payload.confidence,
            title=payload.title,
            author=author(token),
        )
    except store.Overlap as error:
        raise Problem("conflict", "The same is stated already for some of these days.") from error
    rows = await store.list_affiliations(db, workspace_id, [key])
    body = next(Affiliation.of(row) for row in rows if row.id == made)
    return await once.answer(body, 201, {"Location": f"/v1/people/{person_id}/affiliations"})


@delete(
    "/v1/people/{person_id:str}/affiliations/{affiliation_id:str}",
    operation_id="deleteAffiliation",
    tags=["organizations"],
    scopes=["people:write", "organizations:write"],
    errors=["not_found", "conflict"],
    status_code=200,
    moves=True,
)
async def delete_affiliation(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    person_id: FromPath[str],
    affiliation_id: FromPath[str],
) -> Affiliation | Redirect:
    """Delete an affiliation that a human added.

    The answer is its last version. Affiliations from addresses end when the organization gives up the domain.
    """
    members = await people.identities_of(db, workspace_id, from_path("person", person_id))
    if not members:
        return await lead_on(request, db, workspace_id, person_id)
    key = from_path("affiliation", affiliation_id)
    found = next((row for row in await store.list_affiliations(db, workspace_id, members) if row.id == key), None)
    if found is None:
        raise not_found("affiliation")
    if found.author in store.DERIVED:
        raise Problem("conflict", "It follows from addresses, or a source tells it: no human added it.")
    await store.delete_affiliation(db, workspace_id, key)
    return Affiliation.of(found)


@get(
    "/v1/organizations/{organization_id:str}/affiliations",
    operation_id="listAffiliates",
    tags=["organizations"],
    scopes=["organizations:read", "people:read"],
    errors=["not_found"],
)
async def list_affiliates(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    organization_id: FromPath[str],
    params: NamedDependency[AffiliatesParams],
) -> Response[Page[Affiliate]]:
    """List the current and former people of an organization.

    The most certain first; a person appears once for each identity there.
    """
    key = from_path("organization", organization_id)
    if await organizations.get_organization(db, workspace_id, key) is None:
        raise not_found("organization")
    last = after(request, params, tuple[float, UUID])
    rows = await store.list_of_organization(db, workspace_id, key, params.on, last, params.limit + 1)
    refs = await identities.get_refs(db, workspace_id, {row.identity_id for row in rows})

    def item(row: store.Affiliation) -> Affiliate:
        return Affiliate(IdentityRef.of(refs[row.identity_id]), Affiliation.of(row))

    return page(request, params, rows, item, lambda row: (row.confidence, row.id))


ROUTES = [list_affiliations, create_affiliation, delete_affiliation, list_affiliates]
