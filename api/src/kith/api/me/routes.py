from functools import lru_cache
from typing import Any, cast
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.http.idempotency import Once
from kith.api.http.ids import encode, from_body, from_path, not_found, unknown
from kith.api.http.paging import Page, after, page
from kith.api.http.problems import Problem
from kith.api.http.shapes import shape
from kith.api.me.schemas import Me, MyIdentitiesParams, MyIdentity, MyIdentityCreate, MyMembership, Workspace
from kith.api.me.schemas import Token as ShownToken
from kith.store import member_identities as store
from kith.store.db import Db
from kith.store.tokens import Token


@get("/v1/me", operation_id="getMe", tags=["meta"], scopes=[])
async def get_me(token: NamedDependency[Token]) -> Me:
    """Show the token in use.

    Its workspace, its scopes, and for whom it acts. Every token may call this.
    """
    return cast("Me", _shown(token))


@lru_cache(1_000)
def _shown(token: Token) -> msgspec.Raw:
    """Return what a token is told of itself: once as long as it is remembered, since clients ask often."""
    workspace = Workspace(encode("workspace", token.workspace_id), token.workspace)
    member = MyMembership(encode("member", token.member_id), token.role) if token.member_id and token.role else None
    found = Me(workspace, shape(ShownToken, token, id=encode("token", token.id)), member)
    return msgspec.Raw(msgspec.json.encode(found))


@get("/v1/me/identities", operation_id="listMyIdentities", tags=["members"], scopes=["identities:read"])
async def list_my_identities(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    token: NamedDependency[Token],
    params: NamedDependency[MyIdentitiesParams],
) -> Response[Page[MyIdentity]]:
    """List the member's own identities.

    By id: those that the member for whom the token acts has confirmed; none where it acts for nobody.
    """
    key = after(request, params, tuple[UUID])
    rows = await _own(db, token, key[0] if key else None, params.limit + 1)
    return page(request, params, rows, show, lambda row: (row.id,))


@post(
    "/v1/me/identities", operation_id="confirmMyIdentity", tags=["members"], scopes=["identities:write"],
    errors=["conflict"],
)  # fmt: skip
async def confirm_my_identity(
    db: NamedDependency[Db],
    token: NamedDependency[Token],
    payload: NamedDependency[MyIdentityCreate],
    once: NamedDependency[Once],
) -> Response[MyIdentity]:
    """Confirm an identity as the member's own.

    It then counts as one of us: it is in the group `team`. What is another member's answers 409.
    """
    id_ = from_body("identity", "/identity", payload.identity)
    if not await store.exists(db, token.workspace_id, id_):
        raise unknown("identity", "/identity")
    member_id = _member(token)
    if not await store.confirm(db, token.workspace_id, member_id, id_):
        raise Problem("conflict", "Another member has confirmed this identity as their own.")
    made = await store.get_own(db, token.workspace_id, member_id, id_)
    if made is None:
        raise unknown("identity", "/identity")
    return await once.answer(show(made), 201, {})


@delete(
    "/v1/me/identities/{identity_id:str}", operation_id="denyMyIdentity", tags=["members"],
    scopes=["identities:write"], errors=["not_found"], status_code=200,
)  # fmt: skip
async def deny_my_identity(
    db: NamedDependency[Db], token: NamedDependency[Token], identity_id: FromPath[str]
) -> MyIdentity:
    """Take a confirmation back.

    The identity leaves the group `team`. The answer is what was confirmed.
    """
    id_ = from_path("identity", identity_id)
    if token.member_id is None or (found := await store.get_own(db, token.workspace_id, token.member_id, id_)) is None:
        raise not_found("identity")
    await store.deny(db, token.workspace_id, token.member_id, id_)
    return show(found)


def show(row: store.Own) -> MyIdentity:
    """Return what a client sees; the store gives confirmed ones their proof."""
    return shape(MyIdentity, row, id=encode("identity", row.id))


def _member(token: Token) -> UUID:
    if token.member_id is None:
        raise Problem("conflict", "This token acts for no member: who are `we` is for members to say.")
    return token.member_id


async def _own(db: Db, token: Token, after_id: UUID | None, limit: int) -> list[store.Own]:
    if token.member_id is None:
        return []
    return await store.list_own(db, token.workspace_id, token.member_id, after_id, limit)


ROUTES = [get_me, list_my_identities, confirm_my_identity, deny_my_identity]
