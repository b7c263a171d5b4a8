"""All workspaces of the instance, for who runs it. What is changed of one is told in its own audit, too."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.http.idempotency import Once
from kith.api.http.ids import encode, from_path, not_found
from kith.api.http.paging import Page, after, page
from kith.api.http.problems import Fault, Problem
from kith.api.http.revisions import check_unchanged, tag
from kith.api.workspaces.schemas import (
    AnyWorkspacePatch,
    NewWorkspace,
    WorkspaceCreate,
    WorkspaceDetail,
    WorkspacesParams,
)
from kith.domain.scopes import OF_INSTANCE, SCOPES
from kith.projections import audit
from kith.store import tokens
from kith.store import workspaces as store
from kith.store.db import Db, bind


@get(
    "/v1/workspaces",
    operation_id="listWorkspaces",
    cost=5,
    tags=["workspaces"],
    scopes=["workspaces:read"],
    transaction=True,  # it looks into one workspace after the other
)
async def list_workspaces(
    request: Request[Any, Any, Any], db: NamedDependency[Db], params: NamedDependency[WorkspacesParams]
) -> Response[Page[WorkspaceDetail]]:
    """List the workspaces of the instance.

    By id.
    """
    key = after(request, params, tuple[UUID])
    rows = await store.list_workspaces(db, key[0] if key else None, params.limit + 1)
    return page(request, params, rows, WorkspaceDetail.of, lambda row: (row.workspace_id,))


@post("/v1/workspaces", operation_id="createWorkspace", tags=["workspaces"], scopes=["workspaces:write"])
async def create_workspace(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    payload: NamedDependency[WorkspaceCreate],
    once: NamedDependency[Once],
) -> Response[NewWorkspace]:
    """Create a workspace.

    The answer holds its first token, which may do everything in it, and is shown this once.
    """
    made_id = uuid4()
    await bind(db, made_id)
    made = await store.create_workspace(db, made_id, payload.name)
    text = await tokens.create_token(db, made_id, "first", SCOPES.keys() - OF_INSTANCE)
    await audit.record(db, made_id, "operator", "createWorkspace", encode("workspace", made_id), {})
    await bind(db, workspace_id)
    shown, headers = WorkspaceDetail.of(made), {"Location": f"/v1/workspaces/{encode('workspace', made_id)}"}
    await once.answer(NewWorkspace(shown, None), 201, headers)  # a repeated answer holds no secret
    return Response(NewWorkspace(shown, text), status_code=201, headers=headers)


@get(
    "/v1/workspaces/{workspace:str}",
    operation_id="getWorkspace",
    tags=["workspaces"],
    scopes=["workspaces:read"],
    errors=["not_found"],
    transaction=True,
)
async def get_workspace(db: NamedDependency[Db], workspace: FromPath[str]) -> Response[WorkspaceDetail]:
    """Show a workspace of the instance."""
    found = await _find(db, workspace)
    return Response(WorkspaceDetail.of(found), headers={"ETag": tag(found)})


@patch(
    "/v1/workspaces/{workspace:str}",
    operation_id="updateWorkspace",
    tags=["workspaces"],
    scopes=["workspaces:write"],
    errors=["not_found", "precondition_failed"],
)
async def update_workspace(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    workspace: FromPath[str],
    payload: NamedDependency[AnyWorkspacePatch],
) -> Response[WorkspaceDetail]:
    """Rename a workspace, or keep one that was to be deleted."""
    found = await _find(db, workspace, lock=True)
    check_unchanged(request, found)
    name = payload.name if isinstance(payload.name, str) else found.name
    until = None if payload.delete_after is None else found.delete_after
    if isinstance(payload.delete_after, datetime):
        message = "DELETE says when; null keeps the workspace."
        raise Problem("invalid_body", message, Fault("invalid", message, pointer="/delete_after"))
    return await _save(db, workspace_id, found, name, until, "updateWorkspace")


@delete(
    "/v1/workspaces/{workspace:str}",
    operation_id="deleteWorkspace",
    tags=["workspaces"],
    scopes=["workspaces:write"],
    errors=["not_found", "conflict", "precondition_failed"],
    status_code=200,
)
async def delete_workspace(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    workspace: FromPath[str],
) -> Response[WorkspaceDetail]:
    """Have a workspace deleted, after a time in which its data can be taken along.

    Until `delete_after` everything goes on, and `PATCH` with `delete_after: null` keeps it. A token cannot delete its
    own workspace.
    """
    found = await _find(db, workspace, lock=True)
    check_unchanged(request, found)
    if found.workspace_id == workspace_id:
        raise Problem("conflict", "The token belongs to this workspace: use one of another.")
    until = found.delete_after or datetime.now(UTC) + timedelta(request.app.state.settings.workspace_days)
    return await _save(db, workspace_id, found, found.name, until, "deleteWorkspace")


async def _find(db: Db, text: str, *, lock: bool = False) -> store.Workspace:
    """Return a workspace; the transaction is bound to it from then on."""
    wanted = from_path("workspace", text)
    await bind(db, wanted)
    found = await store.get_workspace(db, wanted, lock=lock)
    if found is None:
        raise not_found("workspace")
    return found


async def _save(
    db: Db, own_id: UUID, found: store.Workspace, name: str, until: datetime | None, operation: str
) -> Response[WorkspaceDetail]:
    saved = await store.update_workspace(db, found.workspace_id, name, until)
    if own_id != found.workspace_id:
        told = {"before": {"delete_after": found.delete_after}, "after": {"delete_after": until}}
        id_ = encode("workspace", found.workspace_id)
        await audit.record(db, found.workspace_id, "operator", operation, id_, told)
    await bind(db, own_id)
    return Response(WorkspaceDetail.of(saved), headers={"ETag": tag(saved)})


ROUTES = [list_workspaces, create_workspace, get_workspace, update_workspace, delete_workspace]
