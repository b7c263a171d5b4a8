from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from kith.api.consents.schemas import Consent, ConsentCreate, ConsentsParams
from kith.api.decisions.show import author, named
from kith.api.http.idempotency import Once
from kith.api.http.ids import encode, from_path, not_found
from kith.api.http.paging import Page, after, page
from kith.api.http.revisions import check_unchanged, tag
from kith.api.people.moves import lead_on
from kith.store import consents as store
from kith.store import people
from kith.store.db import Db
from kith.store.tokens import Token


@post(
    "/v1/people/{person_id:str}/consents",
    operation_id="createConsent",
    tags=["consents"],
    scopes=["privacy:write"],
    errors=["not_found"],
    moves=True,
)
async def create_consent(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    person_id: FromPath[str],
    payload: NamedDependency[ConsentCreate],
    once: NamedDependency[Once],
) -> Response[Consent] | Redirect:
    """Record for which purpose data of a person may be used.

    kith keeps it with the identities that the person has, and shows it; what follows from it is for whoever uses the
    data to heed.
    """
    members = await people.identities_of(db, workspace_id, from_path("person", person_id))
    if not members:
        return await lead_on(request, db, workspace_id, person_id)
    id_ = await store.add(
        db, workspace_id, members, payload.purpose, payload.basis, payload.evidence, author(token), payload.given_at
    )
    made = await _find(db, workspace_id, encode("consent", id_))
    headers = {"Location": f"/v1/consents/{encode('consent', id_)}", "ETag": tag(made)}
    return await once.answer(Consent.of(made), 201, headers)


@get("/v1/consents", operation_id="listConsents", tags=["consents"], scopes=["privacy:read"])
async def list_consents(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[ConsentsParams],
) -> Response[Page[Consent]]:
    """List for which purposes data of people may be used.

    The newest first, also those that were withdrawn.
    """
    key = after(request, params, tuple[UUID])
    members = await named(db, workspace_id, params.person, None)
    rows = await store.list_consents(
        db, workspace_id, members, params.standing, key[0] if key else None, params.limit + 1
    )
    return page(request, params, rows, Consent.of, lambda row: (row.id,))


@get(
    "/v1/consents/{consent_id:str}",
    operation_id="getConsent",
    tags=["consents"],
    scopes=["privacy:read"],
    errors=["not_found"],
)
async def get_consent(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], consent_id: FromPath[str]
) -> Response[Consent]:
    """Show one consent."""
    found = await _find(db, workspace_id, consent_id)
    return Response(Consent.of(found), headers={"ETag": tag(found)})


@delete(
    "/v1/consents/{consent_id:str}",
    operation_id="withdrawConsent",
    tags=["consents"],
    scopes=["privacy:write"],
    errors=["not_found", "precondition_failed"],
    status_code=200,
)
async def withdraw_consent(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    consent_id: FromPath[str],
) -> Consent:
    """Record that a consent was withdrawn.

    It is kept, with the moment.
    """
    found = await _find(db, workspace_id, consent_id, lock=True)
    check_unchanged(request, found)
    await store.withdraw(db, workspace_id, found.id, author(token))
    return Consent.of(await _find(db, workspace_id, consent_id))


async def _find(db: Db, workspace_id: UUID, consent_id: str, *, lock: bool = False) -> store.Consent:
    found = await store.get_consent(db, workspace_id, from_path("consent", consent_id), lock=lock)
    if found is None:
        raise not_found("consent")
    return found


ROUTES = [create_consent, list_consents, get_consent, withdraw_consent]
