from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.grants.schemas import Grant, GrantsParams
from kith.api.http.changes import note_before
from kith.api.http.ids import from_path, from_query, not_found
from kith.api.http.paging import Page, after, page
from kith.api.http.revisions import check_content
from kith.store import grants as store
from kith.store.db import Db


@get("/v1/grants", operation_id="listGrants", tags=["grants"], scopes=["apps:read"])
async def list_grants(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[GrantsParams],
) -> Response[Page[Grant]]:
    """List what members granted apps.

    The newest first. What was revoked is not in it.
    """
    key = after(request, params, tuple[UUID])
    rows = await store.list_grants(
        db, workspace_id, key[0] if key else None, params.limit + 1,
        app_id=from_query("app", "app", params.app), member_id=from_query("member", "member", params.member),
    )  # fmt: skip
    return page(request, params, rows, Grant.of, lambda row: (row.id,))


@get(
    "/v1/grants/{grant_id:str}",
    operation_id="getGrant",
    tags=["grants"],
    scopes=["apps:read"],
    errors=["not_found"],
)
async def get_grant(db: NamedDependency[Db], workspace_id: NamedDependency[UUID], grant_id: FromPath[str]) -> Grant:
    """Show one grant."""
    return Grant.of(await _find(db, workspace_id, grant_id))


@delete(
    "/v1/grants/{grant_id:str}",
    operation_id="revokeGrant",
    ends_tokens=True,
    tags=["grants"],
    scopes=["apps:write"],
    errors=["not_found", "precondition_failed"],
    status_code=200,
)
async def revoke_grant(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    grant_id: FromPath[str],
) -> Grant:
    """Revoke a grant.

    The app's tokens that rest on it end at once, and an event tells. The answer is its last version.
    """
    found = await _find(db, workspace_id, grant_id)
    shown = Grant.of(found)
    check_content(request, shown)
    note_before(request, shown)
    await store.revoke(db, workspace_id, grant_id=found.id)
    return shown


async def _find(db: Db, workspace_id: UUID, grant_id: str) -> store.Grant:
    found = await store.get_grant(db, workspace_id, from_path("grant", grant_id))
    if found is None:
        raise not_found("grant")
    return found


ROUTES = [list_grants, get_grant, revoke_grant]
