"""The second factor: a code of an app, or a recovery code."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from msgspec import Meta

from kith.api.pages import cookies
from kith.api.pages.forms import read_form
from kith.api.pages.render import go, render
from kith.api.pages.routes import PAGE
from kith.api.pages.sessions import SeeOther
from kith.api.signin import attempts, totp
from kith.api.signin.begin import begin
from kith.api.signin.telling import tell_later
from kith.store import recovery_codes, sign_in_steps
from kith.store.db import Db


class CodeForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: Annotated[str, Meta(max_length=100)]


@get("/sign-in/second-factor", operation_id="showSecondFactor", **PAGE)
async def show_second_factor(request: Request[Any, Any, Any]) -> Response[str]:
    async with request.app.state.turns.instance() as db:
        await _step(request, db)
    return render(request, "signin/second_factor.html", wrong=False)


@post("/sign-in/second-factor", operation_id="giveSecondFactor", **PAGE)
async def give_second_factor(request: Request[Any, Any, Any]) -> Response[str]:
    form = await read_form(request, CodeForm)
    async with request.app.state.turns.instance() as db:
        step = await _step(request, db)
    sign_in_id, account = UUID(step["sign_in"]), f"second factor {step['sign_in']}"
    await attempts.count(request, account)
    async with request.app.state.turns.instance() as db:
        how = await _judge(request, db, sign_in_id, form.code)
        if how is None:
            tell_later(request, sign_in_id, "signInFailed", method="second factor")
            return render(request, "signin/second_factor.html", status=422, wrong=True)
        if not await sign_in_steps.take(db, _browser(request), "second_factor"):
            raise SeeOther("/sign-in")
        cookie = await begin(request, db, sign_in_id, f"{step['method']}, {how}")
    await attempts.succeeded(request, account)
    return go(request, step["next"], cookie=cookie)


async def _judge(request: Request[Any, Any, Any], db: Db, sign_in_id: UUID, code: str) -> str | None:
    """Return what a code is, and use it up; None where it is none."""
    if await totp.use(db, request.app.state.settings, sign_in_id, code):
        return "code"
    return "recovery code" if await recovery_codes.use_code(db, sign_in_id, code) else None


async def _step(request: Request[Any, Any, Any], db: Db) -> dict[str, Any]:
    """Return who is about to sign in here. Raises SeeOther where nobody is."""
    found = await sign_in_steps.look(db, _browser(request), "second_factor")
    if found is None:
        raise SeeOther("/sign-in")
    return found


def _browser(request: Request[Any, Any, Any]) -> str:
    return cookies.visitor(request) or ""


ROUTES = [show_second_factor, give_second_factor]
