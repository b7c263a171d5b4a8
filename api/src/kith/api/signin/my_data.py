"""My data: what kith knows of who has signed in; which identities are theirs; and the end of it all."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath

from kith.api.data_reports.routes import content
from kith.api.http.problems import Problem
from kith.api.pages.forms import read_form
from kith.api.pages.render import go, render
from kith.api.pages.routes import PAGE
from kith.api.pages.sessions import SeeOther, SignedIn, Visitor, session_of, sign_in_of
from kith.api.rights import acts
from kith.api.signin.telling import record
from kith.domain.ids import encode
from kith.store import (
    member_identities,
    members,
    passkeys,
    rights_requests,
    sessions,
    sign_in_providers,
    sign_ins,
    workspaces,
)
from kith.store.db import Db
from kith.store.member_identities import Own
from kith.store.sign_ins import random_text

MOST = 200  # identities that are shown


class IdentityForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    identity: UUID


class SureForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """sure: what cannot be undone is said twice."""

    sure: Literal["yes"]


@get("/my-data", operation_id="showMyData", **PAGE)
async def show_my_data(request: Request[Any, Any, Any]) -> Response[str]:
    here = await sign_in_of(request)
    member, own, likely, mine = await _member(request), list[Own](), list[Own](), list[acts.Shown]()
    if member:
        home = member.workspace.workspace_id
        async with request.app.state.turns.view(home) as db:
            own = await member_identities.list_own(db, home, member.member.id, None, MOST)
            likely = await member_identities.list_likely(db, home, member.member.id, MOST)
            mine = await acts.show(db, home, await _people(db, member))
    return render(
        request, "signin/my_data.html", sign_in=here.sign_in, member=member, own=own, likely=likely, mine=mine
    )


@get("/my-data.json", operation_id="downloadMyData", **PAGE)
async def download(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Return all that is kept on a sign-in and its memberships, without secrets."""
    here = await sign_in_of(request)
    async with request.app.state.turns.instance() as db:
        told = await _of_sign_in(db, here)
        homes = await members.list_workspaces(db, here.sign_in.id)
    for home in homes:
        async with request.app.state.turns.view(home) as db:
            told["memberships"].append(await _of_member(db, home, here.sign_in.id))
    headers = {"Content-Disposition": 'attachment; filename="my-data.json"'}
    text = msgspec.json.format(msgspec.json.encode(told, enc_hook=str), indent=2)
    return Response(text, media_type="application/json", headers=headers)


@post("/my-data/identities", operation_id="confirmIdentity", **PAGE)
async def confirm(request: Request[Any, Any, Any]) -> Response[str]:
    here, form = await session_of(request), await read_form(request, IdentityForm)
    home = here.workspace.workspace_id
    async with request.app.state.turns.workspace(home) as db:
        likely = await member_identities.list_likely(db, home, here.member.id, MOST)
        if form.identity not in {identity.id for identity in likely}:
            raise Problem("not_found", "There is no such identity among those that may be yours.")
        if await member_identities.confirm(db, home, here.member.id, form.identity):
            await _tell(request, db, here, "confirmMyIdentity", form.identity)
    return go(request, "/my-data")


@post("/my-data/identities/deny", operation_id="denyIdentity", **PAGE)
async def deny(request: Request[Any, Any, Any]) -> Response[str]:
    here, form = await session_of(request), await read_form(request, IdentityForm)
    home = here.workspace.workspace_id
    async with request.app.state.turns.workspace(home) as db:
        if await member_identities.deny(db, home, here.member.id, form.identity):
            await _tell(request, db, here, "denyMyIdentity", form.identity)
    return go(request, "/my-data")


@post("/my-data/rights", operation_id="useMyRights", **PAGE)
async def use_rights(request: Request[Any, Any, Any]) -> Response[str]:
    """Make a report, object to being scored, take that back, or be erased; the last takes a recent sign-in."""
    form = await read_form(request, acts.RightsForm)
    here = await session_of(request, recent=form.act == "erase")
    home, member = here.workspace.workspace_id, here.member.id
    async with request.app.state.turns.workspace(home) as db:
        object_ = await acts.do(db, home, await _people(db, here), form, encode("member", member))
        await record(request, db, home, member, acts.OPERATIONS[form.act], object_)
    return go(request, "/my-data")


@get("/my-data/reports/{data_report_id:str}/{form:str}", operation_id="downloadMyReport", **PAGE)
async def download_report(
    request: Request[Any, Any, Any],
    data_report_id: FromPath[str],
    form: FromPath[str],
) -> Response[bytes]:
    here = await session_of(request)
    home = here.workspace.workspace_id
    async with request.app.state.turns.workspace(home) as db:
        report = await acts.find_report(db, home, await _people(db, here), data_report_id)
        await record(request, db, home, here.member.id, "downloadDataReport", data_report_id)
        return await content(db, home, report, form)


@post("/workspaces/leave", operation_id="leaveWorkspace", **PAGE)
async def leave(request: Request[Any, Any, Any]) -> Response[str]:
    here, _ = await session_of(request, recent=True), await read_form(request, SureForm)
    await _leave(request, here.workspace.workspace_id, here)
    async with request.app.state.turns.instance() as db:
        await sessions.choose_workspace(db, here.session.id, None)
    return go(request, "/workspaces")


@post("/my-data/end", operation_id="endSignIn", **PAGE)
async def end(request: Request[Any, Any, Any]) -> Response[str]:
    """Leave every workspace, and forget the sign-in."""
    here, _ = await sign_in_of(request, recent=True), await read_form(request, SureForm)
    async with request.app.state.turns.instance() as db:
        homes = await members.list_workspaces(db, here.sign_in.id)
    for home in homes:
        await _leave(request, home, here)
    async with request.app.state.turns.instance() as db:
        await sign_ins.delete_sign_in(db, here.sign_in.id)
    return go(request, "/sign-in", cookie=random_text())


async def _leave(request: Request[Any, Any, Any], home: UUID, here: Visitor | SignedIn) -> None:
    """End a membership. Raises Problem for the last owner."""
    async with request.app.state.turns.workspace(home) as db:
        member = await members.find_member(db, home, here.sign_in.id)
        if member is None:
            return
        try:
            await members.remove_member(db, home, member.id)
        except members.LastOwner as error:
            reason = "You are the last owner of a workspace. Make another member an owner first."
            raise Problem("conflict", reason) from error
        object_, before = encode("member", member.id), {"role": member.role}
        await record(request, db, home, member.id, "leaveWorkspace", object_, before=before)


async def _tell(request: Request[Any, Any, Any], db: Db, here: SignedIn, operation: str, identity: UUID) -> None:
    home, object_ = here.workspace.workspace_id, encode("identity", identity)
    await record(request, db, home, here.member.id, operation, object_)


async def _people(db: Db, here: SignedIn) -> list[UUID]:
    """Return the person who a member is by the verified address of their sign-in.

    An address that several people have shows of nobody who they are.
    """
    if here.sign_in.address is None or here.sign_in.verified_at is None:
        return []
    found = await rights_requests.people_with(db, here.workspace.workspace_id, here.sign_in.address)
    return found if len(found) == 1 else []


async def _member(request: Request[Any, Any, Any]) -> SignedIn | None:
    """Return what somebody is in the workspace that they chose, if they did."""
    try:
        return await session_of(request)
    except SeeOther:
        return None


async def _of_sign_in(db: Db, here: Visitor) -> dict[str, Any]:
    sign_in = here.sign_in
    return {
        "sign_in": {
            "id": encode("sign-in", sign_in.id),
            "name": sign_in.name,
            "address": sign_in.address,
            "address_verified_at": sign_in.verified_at,
            "created_at": sign_in.created_at,
            "has_password": sign_in.password is not None,
            "asks_for_codes": sign_in.has_totp,
        },
        "passkeys": [
            {"name": passkey.name, "created_at": passkey.created_at, "used_at": passkey.used_at}
            for passkey in await passkeys.list_passkeys(db, sign_in.id)
        ],
        "providers": await sign_in_providers.list_issuers(db, sign_in.id),
        "sessions": [
            {
                "method": session.method,
                "user_agent": session.user_agent,
                "address": session.address,
                "created_at": session.created_at,
                "used_at": session.used_at,
            }
            for session in await sessions.list_sessions(db, sign_in.id)
        ],
        "memberships": [],
    }


async def _of_member(db: Db, home: UUID, sign_in_id: UUID) -> dict[str, Any] | None:
    member, workspace = await members.find_member(db, home, sign_in_id), await workspaces.get_workspace(db, home)
    if member is None or workspace is None:
        return None
    own = await member_identities.list_own(db, home, member.id, None, MOST)
    return {
        "workspace": workspace.name,
        "id": encode("member", member.id),
        "role": member.role,
        "created_at": member.created_at,
        "identities": [
            {"id": encode("identity", one.id), "network": one.network, "name": one.name, "handle": one.handle,
             "address": one.address, "proof": one.proof, "confirmed_at": one.confirmed_at}
            for one in own
        ],
    }  # fmt: skip


ROUTES = [show_my_data, download, confirm, deny, use_rights, download_report, leave, end]
