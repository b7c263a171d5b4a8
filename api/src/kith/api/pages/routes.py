"""What all pages share: how a route is declared, what it answers when something is wrong, the style and the scripts."""

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath

from kith.api.http import problems
from kith.api.http.problems import Problem, ProblemDetails
from kith.api.pages.render import render
from kith.api.pages.sessions import SeeOther

_TYPES = {"kith.css": "text/css", "passkey.js": "text/javascript"}


def see_other(_: Request[Any, Any, Any], error: SeeOther) -> Response[bytes]:
    return Response(b"", status_code=303, headers={"Location": error.location})


def as_page(handle: Callable[[Request[Any, Any, Any], Any], Response[bytes]]) -> Callable[..., Response[str]]:
    """Return what shows a problem as a page, where ``handle`` answers it as JSON."""

    def show(request: Request[Any, Any, Any], error: Exception) -> Response[str]:
        answer = handle(request, error)
        problem = msgspec.json.decode(answer.content, type=ProblemDetails)
        headers = {name: value for name, value in answer.headers.items() if name.lower() != "content-type"}
        return render(request, "pages/problem.html", status=problem.status, headers=headers, problem=problem)

    return show


#: How a route of a page is declared: ``@get("/security", operation_id="getSecurity", **PAGE)``.
PAGE: dict[str, Any] = {
    "public": True,
    "hidden": True,
    "exception_handlers": {
        **{kind: as_page(handle) for kind, handle in problems.HANDLERS.items()},
        SeeOther: see_other,
    },
}


@get("/assets/{name:str}", operation_id="getAsset", public=True, hidden=True)
async def get_asset(name: FromPath[str]) -> Response[bytes]:
    if name not in _TYPES:
        raise Problem("not_found", "There is no such file.")
    return Response(_read(name), media_type=_TYPES[name], headers={"Cache-Control": "public, max-age=3600"})


@cache
def _read(name: str) -> bytes:
    return files("kith.api.pages").joinpath("assets", name).read_bytes()


ROUTES = [get_asset]
