from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.decisions.show import author
from kith.api.http.absent import absent
from kith.api.http.auth import sight_of
from kith.api.http.ids import from_path, from_query, many_from_query
from kith.api.http.paging import Page, after, page
from kith.api.http.revisions import check_content, is_conditional
from kith.api.identities.detail import IdentityDetail, explain
from kith.api.identities.schemas import IdentitiesParams, Identity, IdentityPatch
from kith.projections import project
from kith.store import corrections
from kith.store import identities as store
from kith.store.db import Db, narrowed
from kith.store.tokens import Token


@get("/v1/identities", operation_id="listIdentities", tags=["identities"], scopes=["identities:read"], sealed=True)
async def list_identities(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[IdentitiesParams],
) -> Response[Page[Identity]]:
    """List identities.

    By id.
    """
    wanted = store.IdentityFilter(
        words=params.q,
        person_id=from_query("person", "person", params.person),
        networks=params.network,
        kinds=params.kind,
        suspected=params.suspected,
        ids=many_from_query("identity", "ids", params.ids),
    )
    key = after(request, params, tuple[UUID])
    rows = await store.list_identities(db, workspace_id, wanted, key[0] if key else None, params.limit + 1)
    contact = sight_of(request).contact
    return page(request, params, rows, lambda row: Identity.of(row, contact), lambda row: (row.id,))


@get(
    "/v1/identities/{identity_id:str}",
    operation_id="getIdentity",
    tags=["identities"],
    scopes=["identities:read"],
    errors=["not_found", "erased"],
    sealed=True,
)
async def get_identity(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    identity_id: FromPath[str],
) -> IdentityDetail:
    """Show one identity and why it belongs to its person.

    Addresses are shown to tokens with the scope `people:contact:read` only.
    """
    found = await store.get_identity(db, workspace_id, from_path("identity", identity_id))
    if found is None:
        raise await absent(request, db, "identity", identity_id)
    return await _show(request, db, workspace_id, found)


@patch(
    "/v1/identities/{identity_id:str}",
    operation_id="updateIdentity",
    tags=["identities"],
    scopes=["identities:write"],
    errors=["not_found", "erased", "precondition_failed"],
)
async def update_identity(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    identity_id: FromPath[str],
    payload: NamedDependency[IdentityPatch],
) -> IdentityDetail:
    """Correct the kind of an identity.

    A human, a robot, a list or an organization. No sync and no rule overwrites a correction. Robots and lists have
    no roles and no relationships.
    """
    key = from_path("identity", identity_id)
    conditional = await is_conditional(request, db, workspace_id)
    if (present := await store.get_identity(db, workspace_id, key)) is None:
        raise await absent(request, db, "identity", identity_id)
    if conditional:
        check_content(request, await _show(request, db, workspace_id, present))
    await corrections.correct(db, workspace_id, [key], {"kind": payload.kind}, author(token))
    await project.settle(db, workspace_id, datetime.now(UTC), [key])
    found = await store.get_identity(db, workspace_id, key)
    if found is None:
        raise LookupError(key)
    return await _show(request, db, workspace_id, found)


async def _show(
    request: Request[Any, Any, Any], db: Db, workspace_id: UUID, identity: store.Identity
) -> IdentityDetail:
    sight = sight_of(request)
    async with narrowed(db, sight.rows):
        return await explain(db, workspace_id, identity, sight.contact)


ROUTES = [list_identities, get_identity, update_identity]
