"""Signing in with a password, and out."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from msgspec import Meta

from kith.api.pages.forms import NoFields, read_form
from kith.api.pages.render import go, render
from kith.api.pages.routes import PAGE
from kith.api.pages.sessions import find_visitor, safe_next
from kith.api.signin import attempts
from kith.api.signin.begin import go_on
from kith.api.signin.passwords import Passwords
from kith.api.signin.telling import tell, tell_later
from kith.store import sessions, sign_ins
from kith.store.sign_ins import random_text

Address = Annotated[str, Meta(max_length=320)]
Onward = Annotated[str, Meta(max_length=8000)]


class NextParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    next: str = ""


class PasswordForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    address: Address
    password: Annotated[str, Meta(max_length=1000)]
    next: Onward = ""


@get("/sign-in", operation_id="showSignIn", **PAGE)
async def show_sign_in(request: Request[Any, Any, Any], params: NamedDependency[NextParams]) -> Response[str]:
    return _form(request, safe_next(params.next))


@post("/sign-in", operation_id="signIn", straight=True, **PAGE)
async def sign_in(request: Request[Any, Any, Any]) -> Response[str]:
    passwords = passwords_of(request)
    passwords.check_room()
    form = await read_form(request, PasswordForm)
    address = form.address.strip().lower()
    account = f"password {address}"
    await attempts.count(request, account)
    async with request.app.state.turns.single(None) as db:
        found = await sign_ins.find_sign_in(db, address)
    if not await passwords.verify(found.password if found else None, form.password) or found is None:
        if found:
            tell_later(request, found.id, "signInFailed", method="password")
        return _form(request, safe_next(form.next), address=form.address, wrong=True)
    await attempts.succeeded(request, account)
    async with request.app.state.turns.instance() as db:
        return await go_on(request, db, found, "password", safe_next(form.next))


@post("/sign-out", operation_id="signOut", **PAGE)
async def sign_out(request: Request[Any, Any, Any]) -> Response[str]:
    await read_form(request, NoFields)
    if found := await find_visitor(request):
        async with request.app.state.turns.instance() as db:
            await sessions.end_session(db, found.sign_in.id, found.session.id)
            await tell(request, db, found.sign_in.id, "signOut")
    return go(request, "/sign-in", cookie=random_text())


def passwords_of(request: Request[Any, Any, Any]) -> Passwords:
    """Return what judges the passwords of this process."""
    found: Passwords = request.app.state.passwords
    return found


def _form(request: Request[Any, Any, Any], onward: str, address: str = "", *, wrong: bool = False) -> Response[str]:
    settings = request.app.state.settings
    return render(
        request, "signin/sign_in.html", status=422 if wrong else 200, next=onward, address=address, wrong=wrong,
        has_mail=settings.mail_server is not None, provider=settings.oidc_issuer and settings.oidc_name,
    )  # fmt: skip


ROUTES = [show_sign_in, sign_in, sign_out]
