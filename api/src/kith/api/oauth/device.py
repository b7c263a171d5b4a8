"""The page on which a member lets a device in."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, post
from msgspec import Meta

from kith.api.oauth import parameters as read
from kith.api.oauth.consent import CONSENT, logo_of, may_approve
from kith.api.pages.forms import read_form
from kith.api.pages.render import render
from kith.api.pages.sessions import SignedIn, session_of
from kith.api.signin.telling import tell_of_app
from kith.domain.members import scopes_of
from kith.domain.scopes import IDENTITY, lasting, sentences, unseen
from kith.store import apps, devices, grants
from kith.store.apps import App
from kith.store.db import Db
from kith.store.devices import Device


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    user_code: Annotated[str, Meta(max_length=20)]
    decision: Literal["", "allow", "deny"] = ""


@get("/oauth/device", operation_id="showDevice", **CONSENT)
async def show_device(request: Request[Any, Any, Any]) -> Response[str]:
    """Ask for the code that the device shows; where an address brought it, ask whether to let the device in."""
    here, typed = await session_of(request), read.read_query(request).values.get("user_code", "")
    return await _ask(request, here, typed)


@post("/oauth/device", operation_id="decideDevice", status_code=200, **CONSENT)
async def decide_device(request: Request[Any, Any, Any]) -> Response[str]:
    """Let a device in, or do not."""
    here, form = await session_of(request), await read_form(request, Decision)
    if not form.decision:
        return await _ask(request, here, form.user_code)
    home, allowed = here.workspace.workspace_id, form.decision == "allow"
    async with request.app.state.turns.workspace(home) as db:
        found = await _find(db, here, form.user_code)
        if found is None:
            return render(request, "oauth/device.html", status=404, user_code=form.user_code, unknown=True)
        device, app, possible, approving = found
        if allowed and approving:
            await apps.approve(db, home, app.id, app.scopes, f"member:{here.member.id}")
        grant_id = await grants.add(db, home, app.id, here.member.id, possible) if allowed else None
        await devices.decide(db, device.hash, home if allowed else None, grant_id)
        if allowed and approving:
            await tell_of_app(request, db, here, "approveApp", app.id, scopes=app.scopes)
        told = {"scopes": possible} if allowed else {}
        await tell_of_app(request, db, here, "grantApp" if allowed else "refuseApp", app.id, grant_id, **told)
    return render(request, "oauth/device_done.html", allowed=allowed)


async def _ask(request: Request[Any, Any, Any], here: SignedIn, typed: str) -> Response[str]:
    if not typed:
        return render(request, "oauth/device.html", user_code="", unknown=False)
    async with request.app.state.turns.workspace(here.workspace.workspace_id) as db:
        found = await _find(db, here, typed)
    if found is None:
        return render(request, "oauth/device.html", status=404, user_code=typed[:20], unknown=True)
    device, app, possible, approving = found
    return render(
        request, "oauth/device_consent.html", app=app, workspace=here.workspace, user_code=device.user_code,
        new=sentences(lasting(possible)), known=[], unseen=unseen(possible), approving=approving,
        registered=app.owner_id is None, logo=logo_of(app, approving=approving),
    )  # fmt: skip


async def _find(db: Db, here: SignedIn, typed: str) -> tuple[Device, App, list[str], bool] | None:
    """Return the device that waits with a code, its app, which scopes there are to grant, and whether this member would
    approve the app for the workspace.
    """
    device = await devices.find_waiting(db, _spelled(typed))
    app = await apps.find_app(db, device.app_id) if device else None
    if device is None or app is None:
        return None
    home = here.workspace.workspace_id
    approved = await apps.approved(db, home, app.id)
    approving = approved is None and may_approve(app, here)
    if approving:
        approved = app.scopes
    if approved is None:
        return None
    limit = (set(approved) & scopes_of(here.member.role)) | IDENTITY.keys()
    return device, app, [scope for scope in device.scopes if scope in limit], approving


def _spelled(typed: str) -> str:
    """Return a code as it is kept, however it was typed."""
    letters = "".join(letter for letter in typed.upper() if letter.isalnum())
    return f"{letters[:4]}-{letters[4:]}"


ROUTES = [show_device, decide_device]
