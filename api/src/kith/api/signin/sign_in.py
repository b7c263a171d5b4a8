"""Signing in and out."""

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from kith.api.pages.forms import NoFields, read_form
from kith.api.pages.render import go, render
from kith.api.pages.routes import PAGE
from kith.api.pages.sessions import find_visitor, safe_next, sign_in_of
from kith.store import sessions
from kith.store.sign_ins import random_text


class NextParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    next: str = ""


@get("/sign-in", operation_id="showSignIn", **PAGE)
async def show_sign_in(request: Request[Any, Any, Any], params: NamedDependency[NextParams]) -> Response[str]:
    return render(request, "signin/sign_in.html", next=safe_next(params.next))


@post("/sign-out", operation_id="signOut", **PAGE)
async def sign_out(request: Request[Any, Any, Any]) -> Response[str]:
    await read_form(request, NoFields)
    if found := await find_visitor(request):
        async with request.app.state.turns.instance() as db:
            await sessions.end_session(db, found.sign_in.id, found.session.id)
    return go(request, "/sign-in", cookie=random_text())


@get("/security", operation_id="showSecurity", **PAGE)
async def show_security(request: Request[Any, Any, Any]) -> Response[str]:
    here = await sign_in_of(request)
    return render(request, "signin/security.html", sign_in=here.sign_in)


ROUTES = [show_sign_in, sign_out, show_security]
