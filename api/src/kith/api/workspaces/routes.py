"""The workspace that a token belongs to: its name, what it takes, and what it may take."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, patch
from litestar.di import NamedDependency

from kith.api.http.ids import not_found
from kith.api.http.revisions import check_unchanged, tag
from kith.api.workspaces.instance import ROUTES as INSTANCE
from kith.api.workspaces.schemas import UsageOfOne, WorkspaceDetail, WorkspacePatch, WorkspaceUsage
from kith.store import workspaces as store
from kith.store.db import Db, whole


@get("/v1/workspace", operation_id="getOwnWorkspace", tags=["workspaces"], scopes=["workspace:read"])
async def get_workspace(db: NamedDependency[Db], workspace_id: NamedDependency[UUID]) -> Response[WorkspaceDetail]:
    """Show the workspace of the token."""
    found = await store.get_workspace(db, workspace_id)
    if found is None:
        raise not_found("workspace")
    return Response(WorkspaceDetail.of(found), headers={"ETag": tag(found)})


@patch(
    "/v1/workspace",
    operation_id="updateOwnWorkspace",
    tags=["workspaces"],
    scopes=["workspace:write"],
    errors=["precondition_failed"],
)
async def update_workspace(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    payload: NamedDependency[WorkspacePatch],
) -> Response[WorkspaceDetail]:
    """Rename the workspace of the token."""
    found = await store.get_workspace(db, workspace_id, lock=True)
    if found is None:
        raise not_found("workspace")
    check_unchanged(request, found)
    name = payload.name if isinstance(payload.name, str) else found.name
    saved = await store.update_workspace(db, workspace_id, name, found.delete_after)
    return Response(WorkspaceDetail.of(saved), headers={"ETag": tag(saved)})


@get("/v1/usage", operation_id="getUsage", cost=20, tags=["workspaces"], scopes=["workspace:read"])
async def get_usage(
    request: Request[Any, Any, Any], db: NamedDependency[Db], workspace_id: NamedDependency[UUID]
) -> WorkspaceUsage:
    """Show what the workspace takes, and what it may take.

    Storage is an estimate: its share of the tables that all workspaces use together.
    """
    sources = await store.count_sources(db, workspace_id)
    async with whole(db):
        used, settings = await store.count(db, workspace_id), request.app.state.settings
    return WorkspaceUsage(
        UsageOfOne(sources, settings.quota_sources or None),
        UsageOfOne(used.people, settings.quota_people or None),
        UsageOfOne(used.interactions, settings.quota_interactions or None),
        UsageOfOne(used.storage // 1_000_000, settings.quota_megabytes or None),
    )


ROUTES = [get_workspace, update_workspace, get_usage, *INSTANCE]
