from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.decisions.show import author
from kith.api.http.ids import from_path, not_found
from kith.api.http.paging import Page, after, page
from kith.api.http.revisions import check_unchanged, tag
from kith.api.rights.schemas import RightsRequest, RightsRequestPatch, RightsRequestsParams
from kith.store import rights_requests as store
from kith.store.db import Db
from kith.store.tokens import Token


@get(
    "/v1/rights-requests",
    operation_id="listRightsRequests",
    tags=["rights-requests"],
    scopes=["privacy:read", "people:contact:read"],
)
async def list_requests(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[RightsRequestsParams],
) -> Response[Page[RightsRequest]]:
    """List what people who are no members asked for.

    What is due first comes first.
    """
    key = after(request, params, tuple[datetime, UUID])
    rows = await store.list_requests(db, workspace_id, open_=params.open, after=key, limit=params.limit + 1)
    return page(request, params, rows, RightsRequest.of, lambda row: (row.due_at, row.id))


@get(
    "/v1/rights-requests/{rights_request_id:str}",
    operation_id="getRightsRequest",
    tags=["rights-requests"],
    scopes=["privacy:read", "people:contact:read"],
    errors=["not_found"],
)
async def get_request(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], rights_request_id: FromPath[str]
) -> Response[RightsRequest]:
    """Show one request of somebody who is no member."""
    found = await _find(db, workspace_id, rights_request_id)
    return Response(RightsRequest.of(found), headers={"ETag": tag(found)})


@patch(
    "/v1/rights-requests/{rights_request_id:str}",
    operation_id="updateRightsRequest",
    tags=["rights-requests"],
    scopes=["privacy:write", "people:contact:read"],
    errors=["not_found", "precondition_failed"],
)
async def update_request(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    rights_request_id: FromPath[str],
    payload: NamedDependency[RightsRequestPatch],
) -> Response[RightsRequest]:
    """Record that a request was dealt with.

    The address to answer to is forgotten with that.
    """
    found = await _find(db, workspace_id, rights_request_id, lock=True)
    check_unchanged(request, found)
    if payload.status == "done":
        await store.set_done(db, workspace_id, [found.id], author(token))
    saved = await _find(db, workspace_id, rights_request_id)
    return Response(RightsRequest.of(saved), headers={"ETag": tag(saved)})


async def _find(db: Db, workspace_id: UUID, request_id: str, *, lock: bool = False) -> store.RightsRequest:
    found = await store.get_request(db, workspace_id, from_path("rights-request", request_id), lock=lock)
    if found is None:
        raise not_found("rights-request")
    return found


ROUTES = [list_requests, get_request, update_request]
