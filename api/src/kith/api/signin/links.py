"""Links that sign in once. Looking at one does not use it up, since programs that read mail look at links too."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.pages.forms import read_form
from kith.api.pages.render import go, render
from kith.api.pages.routes import PAGE
from kith.api.pages.sessions import safe_next
from kith.api.pages.words import sentence
from kith.api.signin import attempts
from kith.api.signin.begin import begin, go_on
from kith.api.signin.letters import deliver, post_later
from kith.api.signin.sign_in import Address, NextParams, Onward
from kith.api.signin.telling import tell
from kith.store import sign_in_links, sign_ins
from kith.store.db import Db
from kith.store.errors import NameTaken
from kith.store.sign_in_links import Link

LIFETIME = timedelta(minutes=30)


class AskForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    address: Address
    next: Onward = ""


class UseForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    next: Onward = ""


@post("/sign-in/links", operation_id="askForLink", **PAGE)
async def ask_for_link(request: Request[Any, Any, Any]) -> Response[str]:
    """Send a link, where somebody has this address; the answer is the same, and as quick, where nobody has."""
    form = await read_form(request, AskForm)
    address = form.address.strip().lower()
    await attempts.count(request, f"link {address}")
    post_later(request, _send_link(request, address, safe_next(form.next)))
    return render(request, "signin/link_sent.html")


@get("/sign-in/links/{link:str}", operation_id="showLink", **PAGE)
async def show_link(
    request: Request[Any, Any, Any], link: FromPath[str], params: NamedDependency[NextParams]
) -> Response[str]:
    async with request.app.state.turns.instance() as db:
        found = await sign_in_links.find_link(db, link)
    if found is None:
        return _ended(request)
    return render(request, "signin/link.html", link=link, purpose=found.purpose, next=safe_next(params.next))


@post("/sign-in/links/{link:str}", operation_id="useLink", **PAGE)
async def use_link(request: Request[Any, Any, Any], link: FromPath[str]) -> Response[str]:
    form = await read_form(request, UseForm)
    async with request.app.state.turns.instance() as db:
        found = await sign_in_links.use_link(db, link)
        if found is None or (sign_in := await sign_ins.get_sign_in(db, found.sign_in_id)) is None:
            return _ended(request)
        if found.purpose == "address":
            return await _take_address(request, db, found)
        if found.purpose == "operator":
            cookie = await begin(request, db, sign_in.id, "link of the operator")
            return go(request, safe_next(form.next), cookie=cookie)
        return await go_on(request, db, sign_in, "link", safe_next(form.next))


async def _take_address(request: Request[Any, Any, Any], db: Db, link: Link) -> Response[str]:
    """Make an address that was shown to be somebody's the one of their sign-in; this lets nobody in."""
    assert link.address  # noqa: S101  # links of this purpose have one
    try:
        await sign_ins.set_address(db, link.sign_in_id, link.address, verified=True)
    except NameTaken:
        return _ended(request)
    await sign_in_links.end_links(db, link.sign_in_id)
    await tell(request, db, link.sign_in_id, "changeAddress")
    return go(request, "/security")


async def _send_link(request: Request[Any, Any, Any], address: str, onward: str) -> None:
    settings = request.app.state.settings
    async with request.app.state.turns.instance() as db:
        found = await sign_ins.find_sign_in(db, address)
        if found is None or found.address is None or found.verified_at is None or settings.mail_server is None:
            return  # whoever reads the mail of an address that somebody only said is theirs gets nobody's sign-in
        text = await sign_in_links.create_link(db, found.id, "mail", LIFETIME, found.address)
    link = f"{settings.issuer}/sign-in/links/{text}?next={quote(onward, safe='')}"
    await deliver(
        settings,
        found.address,
        sentence(request, "Sign in to kith"),
        sentence(request, "This link signs you in once, within 30 minutes. If you did not ask for it, do nothing.")
        + f"\n\n{link}\n",
    )


def _ended(request: Request[Any, Any, Any]) -> Response[str]:
    return render(request, "signin/link_ended.html", status=410)


ROUTES = [ask_for_link, show_link, use_link]
