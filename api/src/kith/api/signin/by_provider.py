"""The pages of signing in by another provider."""

import hmac
from typing import Any
from uuid import UUID

import httpx2
import msgspec
import structlog
from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from kith.api.http.problems import Problem
from kith.api.pages import cookies
from kith.api.pages.forms import read_form
from kith.api.pages.render import go, render
from kith.api.pages.routes import PAGE
from kith.api.pages.sessions import safe_next, sign_in_of
from kith.api.signin.begin import go_on
from kith.api.signin.provider import SECONDS, Known, NotTrusted, Provider, Waiting
from kith.api.signin.sign_in import Onward
from kith.api.signin.telling import tell
from kith.store import sign_in_providers, sign_in_steps, sign_ins
from kith.store.db import Db

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class ReturnParams(msgspec.Struct, frozen=True):
    """What a provider adds to the address; it may add more."""

    state: str = ""
    code: str = ""
    error: str = ""
    iss: str | None = None
    session_state: str = ""
    scope: str = ""


class LinkForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """link: whether the provider is to know from now on who has signed in here."""

    next: Onward = ""
    link: bool = False


@post("/sign-in/provider", operation_id="goToProvider", **PAGE)
async def go_to_provider(request: Request[Any, Any, Any]) -> Response[str]:
    form = await read_form(request, LinkForm)
    if request.app.state.settings.oidc_issuer is None:
        raise Problem("not_found", "No other provider is set up here.")
    link_to = str((await sign_in_of(request, recent=True)).sign_in.id) if form.link else None
    try:
        async with httpx2.AsyncClient(timeout=SECONDS) as http:
            address, waiting = await Provider(request.app.state.settings, http).begin(safe_next(form.next), link_to)
    except NotTrusted as error:
        return _refused(request, str(error))
    async with request.app.state.turns.instance() as db:
        await sign_in_steps.put(db, cookies.visitor(request) or "", "provider", msgspec.to_builtins(waiting))
    return go(request, address)


@get("/sign-in/provider/return", operation_id="returnFromProvider", **PAGE)
async def return_from_provider(request: Request[Any, Any, Any], params: NamedDependency[ReturnParams]) -> Response[str]:
    async with request.app.state.turns.instance() as db:
        kept = await sign_in_steps.take(db, cookies.visitor(request) or "", "provider")
    if kept is None or not hmac.compare_digest(params.state.encode(), kept["state"].encode()):
        return _refused(request, "The answer belongs to no request of this browser.")
    if not params.code:
        return _refused(request, "The provider let nobody in.")
    waiting = msgspec.convert(kept, Waiting)
    try:
        async with httpx2.AsyncClient(timeout=SECONDS) as http:
            known = await Provider(request.app.state.settings, http).finish(waiting, params.code, params.iss)
    except NotTrusted as error:
        return _refused(request, str(error))
    async with request.app.state.turns.instance() as db:
        sign_in_id = await _whose(db, known, UUID(waiting.link_to) if waiting.link_to else None)
        sign_in = sign_in_id and await sign_ins.get_sign_in(db, sign_in_id)
        if not sign_in:
            return render(request, "signin/provider_unknown.html", status=403)
        if waiting.link_to:
            await tell(request, db, sign_in.id, "linkProvider")
        return await go_on(request, db, sign_in, "provider", waiting.next)


async def _whose(db: Db, known: Known, link_to: UUID | None) -> UUID | None:
    """Return whom the provider knows: whom it was linked to; else who asked for that, or whose address it verified.

    An address counts on neither side before it was shown to be theirs.
    """
    found = await sign_in_providers.find(db, known.issuer, known.subject)
    if found is None and link_to is not None:
        found = link_to
    elif found is None and known.address:
        holder = await sign_ins.find_sign_in(db, known.address)
        found = holder.id if holder and holder.verified_at else None
    if found is not None:
        await sign_in_providers.link(db, known.issuer, known.subject, found)
    return found


def _refused(request: Request[Any, Any, Any], reason: str) -> Response[str]:
    log.warning("provider_refused", reason=reason)
    return render(request, "signin/provider_refused.html", status=502)


ROUTES = [go_to_provider, return_from_provider]
