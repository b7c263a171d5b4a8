"""Choosing a workspace among those that a sign-in may enter."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from msgspec import Meta

from kith.api.http.turns import Turns
from kith.api.pages.forms import read_form
from kith.api.pages.render import go, render
from kith.api.pages.routes import PAGE
from kith.api.pages.sessions import Visitor, safe_next, sign_in_of
from kith.api.signin.sign_in import NextParams
from kith.store import members, sessions, workspaces


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    workspace: UUID
    next: Annotated[str, Meta(max_length=8000)] = ""


@get("/workspaces", operation_id="showWorkspaces", **PAGE)
async def show_workspaces(request: Request[Any, Any, Any], params: NamedDependency[NextParams]) -> Response[str]:
    here = await sign_in_of(request)
    found = await _possible(request.app.state.turns, here)
    chosen = here.session.workspace_id
    return render(
        request, "signin/workspaces.html", found=found, chosen=chosen, next=safe_next(params.next, "/workspaces")
    )


@post("/workspaces", operation_id="chooseWorkspace", **PAGE)
async def choose_workspace(request: Request[Any, Any, Any]) -> Response[str]:
    here, form = await sign_in_of(request), await read_form(request, Choice)
    async with request.app.state.turns.instance() as db:
        if form.workspace in await members.list_workspaces(db, here.sign_in.id):
            await sessions.choose_workspace(db, here.session.id, form.workspace)
    return go(request, safe_next(form.next, "/workspaces"))


async def _possible(turns: Turns, here: Visitor) -> list[tuple[UUID, str, str]]:
    """Return the id and name of each workspace, and the role there."""
    async with turns.instance() as db:
        ids = await members.list_workspaces(db, here.sign_in.id)
    found: list[tuple[UUID, str, str]] = []
    for workspace_id in ids:
        async with turns.view(workspace_id) as db:
            workspace = await workspaces.get_workspace(db, workspace_id)
            member = await members.find_member(db, workspace_id, here.sign_in.id)
        if workspace and member:
            found.append((workspace_id, workspace.name, member.role))
    return found


ROUTES = [show_workspaces, choose_workspace]
