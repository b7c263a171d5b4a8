"""Links that sign in once. Looking at one does not use it up, since programs that read mail look at links too."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from kith.api.pages.forms import NoFields, read_form
from kith.api.pages.render import go, render
from kith.api.pages.routes import PAGE
from kith.api.signin.begin import begin
from kith.store import sign_ins


@get("/sign-in/links/{link:str}", operation_id="showLink", **PAGE)
async def show_link(request: Request[Any, Any, Any], link: FromPath[str]) -> Response[str]:
    async with request.app.state.turns.instance() as db:
        found = await sign_ins.find_link(db, link)
    if found is None:
        return _ended(request)
    return render(request, "signin/link.html", link=link)


@post("/sign-in/links/{link:str}", operation_id="useLink", **PAGE)
async def use_link(request: Request[Any, Any, Any], link: FromPath[str]) -> Response[str]:
    await read_form(request, NoFields)
    async with request.app.state.turns.instance() as db:
        found = await sign_ins.use_link(db, link)
        if found is None:
            return _ended(request)
        cookie = await begin(request, db, found.sign_in_id, "link")
    return go(request, "/security", cookie=cookie)


def _ended(request: Request[Any, Any, Any]) -> Response[str]:
    return render(request, "signin/link_ended.html", status=410)


ROUTES = [show_link, use_link]
