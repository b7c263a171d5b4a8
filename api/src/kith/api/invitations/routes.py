from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.http.idempotency import Once
from kith.api.http.ids import encode, from_path, not_found
from kith.api.http.paging import Page, after, page
from kith.api.http.problems import Problem
from kith.api.http.revisions import check_unchanged, tag
from kith.api.invitations.letters import address_of, post_invitation
from kith.api.invitations.schemas import Invitation, InvitationCreate, InvitationsParams
from kith.api.members.routes import check_role
from kith.store import invitations as store
from kith.store.db import Db
from kith.store.errors import NameTaken
from kith.store.tokens import Token


@get("/v1/invitations", operation_id="listInvitations", tags=["members"], scopes=["members:read"])
async def list_invitations(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[InvitationsParams],
) -> Response[Page[Invitation]]:
    """List invitations.

    The newest first.
    """
    key = after(request, params, tuple[UUID])
    rows = await store.list_invitations(
        db, workspace_id, key[0] if key else None, params.limit + 1, status=params.status
    )
    return page(request, params, rows, Invitation.of, lambda row: (row.id,))


@post(
    "/v1/invitations", operation_id="createInvitation", tags=["members"], scopes=["members:write"],
    errors=["role_too_low", "conflict"],
)  # fmt: skip
async def create_invitation(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    token: NamedDependency[Token],
    payload: NamedDependency[InvitationCreate],
    once: NamedDependency[Once],
) -> Response[Invitation]:
    """Invite somebody.

    The link goes to them by mail; where this installation sends none, the answer shows it, this once.
    """
    check_role(token, payload.role)
    settings = request.app.state.settings
    mailed, author = settings.mail_server is not None, _author(token)
    try:
        made, text = await store.create_invitation(
            db, token.workspace_id, payload.address.strip(), payload.role, author, mailed=mailed
        )
    except NameTaken as error:
        raise Problem("conflict", str(error)) from error
    headers = {"Location": f"/v1/invitations/{encode('invitation', made.id)}", "ETag": tag(made)}
    return _shown(request, made, text, token, await once.answer(Invitation.of(made), 201, headers))


@get(
    "/v1/invitations/{invitation_id:str}", operation_id="getInvitation", tags=["members"], scopes=["members:read"],
    errors=["not_found"],
)  # fmt: skip
async def get_invitation(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], invitation_id: FromPath[str]
) -> Response[Invitation]:
    """Show one invitation."""
    found = await find(db, workspace_id, invitation_id)
    return Response(Invitation.of(found), headers={"ETag": tag(found)})


@post(
    "/v1/invitations/{invitation_id:str}/resends", operation_id="resendInvitation", tags=["members"],
    scopes=["members:write"], errors=["not_found", "role_too_low", "conflict"], status_code=200,
)  # fmt: skip
async def resend_invitation(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    token: NamedDependency[Token],
    invitation_id: FromPath[str],
    once: NamedDependency[Once],
) -> Response[Invitation]:
    """Send an invitation again.

    With a new link and for another week; the old link ends.
    """
    found = await find(db, token.workspace_id, invitation_id, lock=True)
    check_role(token, found.role)
    if found.status in ("accepted", "revoked"):
        raise Problem("conflict", f"This invitation was {found.status}.")
    mailed = request.app.state.settings.mail_server is not None
    made, text = await store.resend(db, token.workspace_id, found.id, mailed=mailed)
    return _shown(request, made, text, token, await once.answer(Invitation.of(made), 200, {"ETag": tag(made)}))


@delete(
    "/v1/invitations/{invitation_id:str}", operation_id="revokeInvitation", tags=["members"],
    scopes=["members:write"], errors=["not_found", "role_too_low", "conflict", "precondition_failed"], status_code=200,
)  # fmt: skip
async def revoke_invitation(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    token: NamedDependency[Token],
    invitation_id: FromPath[str],
) -> Invitation:
    """Revoke an invitation.

    Its link ends. The answer is its last version.
    """
    found = await find(db, token.workspace_id, invitation_id, lock=True)
    check_unchanged(request, found)
    check_role(token, found.role)
    if found.status == "accepted":
        raise Problem("conflict", "This invitation was accepted: remove the member instead.")
    return Invitation.of(await store.revoke(db, token.workspace_id, found.id))


async def find(db: Db, workspace_id: UUID, invitation_id: str, *, lock: bool = False) -> store.Invitation:
    found = await store.get_invitation(db, workspace_id, from_path("invitation", invitation_id), lock=lock)
    if found is None:
        raise not_found("invitation")
    return found


def _author(token: Token) -> str:
    return f"member:{encode('member', token.member_id)}" if token.member_id else f"token:{encode('token', token.id)}"


def _shown(
    request: Request[Any, Any, Any], made: store.Invitation, text: str, token: Token, kept: Response[Invitation]
) -> Response[Invitation]:
    """Send the link, or show it: what is kept for a repeated request does not hold it."""
    settings = request.app.state.settings
    if made.mailed:
        post_invitation(request, token.workspace, made, text)
        return kept
    shown = msgspec.structs.replace(Invitation.of(made), link=address_of(settings, text))
    return Response(shown, status_code=kept.status_code, headers=kept.headers)


ROUTES = [list_invitations, create_invitation, get_invitation, resend_invitation, revoke_invitation]
