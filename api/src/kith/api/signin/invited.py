"""Accepting an invitation: with a new sign-in, or with the one that somebody has."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from kith.api.pages.forms import read_form
from kith.api.pages.render import go, render
from kith.api.pages.routes import PAGE
from kith.api.pages.sessions import Visitor, find_visitor
from kith.api.signin.begin import begin
from kith.api.signin.telling import record
from kith.domain.ids import encode
from kith.store import invitations, members, sessions, sign_ins, workspaces
from kith.store.db import Db
from kith.store.invitations import Invitation


class AcceptForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """name: of who has no sign-in yet."""

    name: Annotated[str, Meta(max_length=200)] = ""


@get("/invitations/{invitation:str}", operation_id="showInvitation", **PAGE)
async def show_invitation(request: Request[Any, Any, Any], invitation: FromPath[str]) -> Response[str]:
    if (home := invitations.home_of(invitation)) is None:
        return _ended(request)
    here = await find_visitor(request)
    async with request.app.state.turns.workspace(home) as db:
        found = await invitations.find_open(db, home, invitation)
        workspace = await workspaces.get_workspace(db, home)
        if found is None or workspace is None:
            return _ended(request)
        known = await _is_known(db, found)
    return render(
        request, "signin/invitation.html", link=invitation, invitation=found, workspace=workspace,
        sign_in=here and here.sign_in, known=known,
    )  # fmt: skip


@post("/invitations/{invitation:str}", operation_id="acceptInvitation", **PAGE)
async def accept_invitation(request: Request[Any, Any, Any], invitation: FromPath[str]) -> Response[str]:
    form, here = await read_form(request, AcceptForm), await find_visitor(request)
    if (home := invitations.home_of(invitation)) is None:
        return _ended(request)
    async with request.app.state.turns.workspace(home) as db:
        opened = await invitations.find_open(db, home, invitation)
        if here is None and opened and await _is_known(db, opened):
            return go(request, f"/sign-in?next=/invitations/{invitation}")
        found = await invitations.accept(db, home, invitation)
        if found is None:
            return _ended(request)
        cookie = await _join(request, db, home, found, here, form.name.strip())
    return go(request, "/workspaces" if here else "/security", cookie=cookie)


async def _is_known(db: Db, found: Invitation) -> bool:
    """Whether somebody has the address of an invitation: whoever has only the link does not get their sign-in.

    Whoever only said that it is theirs gives way to who got the link by mail.
    """
    holder = await sign_ins.find_sign_in(db, found.address)
    return holder is not None and (holder.verified_at is not None or not found.mailed)


async def _join(
    request: Request[Any, Any, Any], db: Db, home: UUID, found: Invitation, here: Visitor | None, name: str
) -> str | None:
    """Make who accepts a member; return the cookie of who signs in by that.

    An address counts as verified where its link went by mail.
    """
    cookie = None
    if here:
        sign_in_id = here.sign_in.id
        await sessions.choose_workspace(db, here.session.id, home)
    else:
        made = await sign_ins.create_sign_in(
            db, name or found.address.partition("@")[0], found.address, verified=found.mailed
        )
        sign_in_id = made.id
        cookie = await begin(request, db, sign_in_id, "invitation", home)
    member = await members.create_member(db, home, sign_in_id, found.role)
    object_ = encode("invitation", found.id)
    await record(request, db, home, member.id, "acceptInvitation", object_, after={"role": member.role})
    return cookie


def _ended(request: Request[Any, Any, Any]) -> Response[str]:
    return render(request, "signin/invitation_ended.html", status=410)


ROUTES = [show_invitation, accept_invitation]
