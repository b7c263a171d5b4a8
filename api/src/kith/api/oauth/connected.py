"""The page on which a member sees the apps that they let in, and takes that back."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post

from kith.api.apps.logos import path_of
from kith.api.oauth.consent import CONSENT
from kith.api.pages.forms import read_form
from kith.api.pages.render import go, render
from kith.api.pages.sessions import session_of
from kith.api.signin.telling import tell_of_app
from kith.domain.scopes import sentences
from kith.store import grants

_MOST = 200


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    grant: UUID


@get("/connected-apps", operation_id="showConnectedApps", **CONSENT)
async def show_connected(request: Request[Any, Any, Any]) -> Response[str]:
    here = await session_of(request)
    home = here.workspace.workspace_id
    async with request.app.state.turns.view(home) as db:
        found = await grants.list_grants(db, home, None, _MOST, member_id=here.member.id)
    return render(
        request,
        "oauth/connected.html",
        found=[(grant, path_of(grant.app_id, grant.logo_hash), sentences(grant.scopes)) for grant in found],
    )


@post("/connected-apps", operation_id="disconnectApp", **CONSENT)
async def disconnect(request: Request[Any, Any, Any]) -> Response[str]:
    here, form = await session_of(request), await read_form(request, Choice)
    home = here.workspace.workspace_id
    async with request.app.state.turns.workspace(home) as db:
        found = await grants.get_grant(db, home, form.grant)
        if await grants.revoke(db, home, grant_id=form.grant, member_id=here.member.id) and found:
            await tell_of_app(request, db, here, "revokeGrant", found.app_id, found.id)
    return go(request, "/connected-apps")


ROUTES = [show_connected, disconnect]
