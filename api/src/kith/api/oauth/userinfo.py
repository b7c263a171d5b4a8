"""UserInfo: who the member is, for an app that was granted to know it."""

from typing import Any

from litestar import Request, Response, get, post

from kith.api.http import auth
from kith.api.http.problems import Problem
from kith.api.oauth.errors import PROTOCOL, answer
from kith.domain.ids import encode
from kith.store import members, sign_ins


async def _told(request: Request[Any, Any, Any]) -> Response[bytes]:
    token = await auth.authenticate(request)
    if "openid" not in token.scopes or token.member_id is None:
        challenge = f'Bearer {auth.REALM}, error="insufficient_scope", scope="openid"'
        raise Problem("missing_scope", "The token lacks the scope openid.", headers={"WWW-Authenticate": challenge})
    async with request.app.state.turns.workspace(token.workspace_id) as db:
        member = await members.get_member(db, token.workspace_id, token.member_id)
        sign_in = await sign_ins.get_sign_in(db, member.sign_in_id) if member else None
    if member is None or sign_in is None:
        raise Problem("invalid_token")
    told: dict[str, Any] = {"sub": encode("member", member.id)}
    if "profile" in token.scopes:
        told["name"] = member.name
    if "email" in token.scopes and sign_in.address is not None:
        told |= {"email": sign_in.address, "email_verified": sign_in.verified_at is not None}
    return answer(told)


@get("/oauth/userinfo", operation_id="showUserInfo", **PROTOCOL)
async def show_userinfo(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Say who the member is."""
    return await _told(request)


@post("/oauth/userinfo", operation_id="askUserInfo", status_code=200, **PROTOCOL)
async def ask_userinfo(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Say who the member is, as OpenID Connect wants it by POST too."""
    return await _told(request)


ROUTES = [show_userinfo, ask_userinfo]
