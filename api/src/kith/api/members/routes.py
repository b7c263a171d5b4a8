from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.http.ids import from_path, not_found
from kith.api.http.paging import Page, after, page
from kith.api.http.problems import Problem
from kith.api.http.revisions import check_unchanged, tag
from kith.api.members.schemas import Member, MemberPatch, MembersParams
from kith.domain.members import Role, may_manage
from kith.store import members as store
from kith.store.db import Db
from kith.store.tokens import Token


@get("/v1/members", operation_id="listMembers", tags=["members"], scopes=["members:read"])
async def list_members(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[MembersParams],
) -> Response[Page[Member]]:
    """List members.

    In the order in which they came.
    """
    key = after(request, params, tuple[UUID])
    rows = await store.list_members(db, workspace_id, key[0] if key else None, params.limit + 1)
    return page(request, params, rows, Member.of, lambda row: (row.id,))


@get(
    "/v1/members/{member_id:str}", operation_id="getMember", tags=["members"], scopes=["members:read"],
    errors=["not_found"],
)  # fmt: skip
async def get_member(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], member_id: FromPath[str]
) -> Response[Member]:
    """Show one member."""
    found = await find(db, workspace_id, member_id)
    return Response(Member.of(found), headers={"ETag": tag(found)})


@patch(
    "/v1/members/{member_id:str}", operation_id="updateMember", tags=["members"], scopes=["members:write"],
    ends_tokens=True, errors=["not_found", "role_too_low", "conflict", "precondition_failed"],
)  # fmt: skip
async def update_member(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    token: NamedDependency[Token],
    member_id: FromPath[str],
    payload: NamedDependency[MemberPatch],
) -> Response[Member]:
    """Change the role of a member.

    What acts for them may do no more than the new role allows, at once. The last owner stays one (409).
    """
    found = await find(db, token.workspace_id, member_id, lock=True)
    check_unchanged(request, found)
    check_role(token, found.role, payload.role)
    try:
        await store.change_role(db, token.workspace_id, found.id, payload.role)
    except store.LastOwner as error:
        raise last_owner() from error
    saved = await find(db, token.workspace_id, member_id)
    return Response(Member.of(saved), headers={"ETag": tag(saved)})


@delete(
    "/v1/members/{member_id:str}", operation_id="removeMember", tags=["members"], scopes=["members:write"],
    ends_tokens=True, errors=["not_found", "role_too_low", "conflict", "precondition_failed"], status_code=200,
)  # fmt: skip
async def remove_member(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    token: NamedDependency[Token],
    member_id: FromPath[str],
) -> Member:
    """Remove a member.

    Their tokens and what they granted apps end; apps, sources and decisions stay with the workspace. The answer is
    their last version. The last owner stays (409).
    """
    found = await find(db, token.workspace_id, member_id, lock=True)
    check_unchanged(request, found)
    check_role(token, found.role)
    try:
        await store.remove_member(db, token.workspace_id, found.id)
    except store.LastOwner as error:
        raise last_owner() from error
    return Member.of(found)


def check_role(token: Token, *roles: Role) -> None:
    """Raises Problem where the token's member may not deal with members of these roles."""
    if not may_manage(token.role, *roles):
        raise Problem("role_too_low", "This concerns an owner, and the token acts for a member who is none.")


def last_owner() -> Problem:
    return Problem("conflict", "This is the last owner of the workspace: make another member an owner first.")


async def find(db: Db, workspace_id: UUID, member_id: str, *, lock: bool = False) -> store.Member:
    found = await store.get_member(db, workspace_id, from_path("member", member_id), lock=lock)
    if found is None:
        raise not_found("member")
    return found


ROUTES = [list_members, get_member, update_member, remove_member]
