"""Handlers: what each names of a request it gets in one step, and what it returns is sent without a detour.

By itself Litestar provides every argument by a function of its own, whose arguments it provides and checks in turn, and
takes an answer through two classes; that was half the time of a short answer. What is not named here it still provides.
Of a read that needs nothing else, and of what says ``straight=True``, it only finds the route: ``answer_straight`` does
the rest.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from copy import copy
from typing import Any, NamedTuple, get_type_hints
from uuid import UUID

import msgspec
from litestar import Litestar, MediaType, Request, Response
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect
from litestar.serialization import default_serializer
from litestar.types import ASGIApp, Method, Receive, Scope, Send
from litestar.utils import normalize_path

from kith.api.http import auth, changes, expand, idempotency, inputs, lifetimes, limits, problems, transactions

_JSON = (b"content-type", b"application/json")
_SHOWN = (msgspec.Struct, list, msgspec.Raw)
_PARAMETER = re.compile(r"{(\w+):str}")
_NONE: dict[str, str] = {}
_encode = msgspec.json.Encoder(enc_hook=default_serializer).encode

Incoming = Request[Any, Any, Any]


def _workspace_id(request: Incoming) -> UUID:
    return auth.token_of(request).workspace_id


#: What is had without waiting. Beside these: db, and once.
_PLAIN: dict[str, Callable[[Incoming], Any]] = {
    "request": lambda request: request,
    "token": auth.token_of,
    "workspace_id": _workspace_id,
    "sight": auth.sight_of,
    "params": lambda request: request.scope["kith.params"],  # type: ignore[typeddict-item]  # our own key
    "payload": lambda request: request.scope["kith.payload"],  # type: ignore[typeddict-item]  # our own key
}


def direct(handler: HTTPRouteHandler) -> HTTPRouteHandler:
    """Return the same handler with the function that Litestar calls: it judges the request before all else."""
    fn = handler.fn
    signature = inspect.signature(fn)
    hints = get_type_hints(fn, include_extras=True)
    ours = {*_PLAIN, "db", "once"}
    rest = [parameter for name, parameter in signature.parameters.items() if name not in ours]
    first = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    returned = hints["return"] if handler.status_code == 204 else ASGIApp

    answer: Any = _answer(fn, signature.parameters.keys(), handler.opt)
    if told := [*lifetimes.headers_of(handler.opt), *handler.opt.get("headers", ())]:
        answer = _telling(answer, told)
    answer.__module__, answer.__name__, answer.__qualname__ = fn.__module__, fn.__name__, fn.__qualname__
    answer.__signature__ = inspect.Signature([first, *rest])
    answer.__annotations__ = {each.name: hints[each.name] for each in rest} | {"request": Incoming, "return": returned}
    found = copy(handler)(answer)
    in_path = set(_PARAMETER.findall(" ".join(handler.paths)))
    is_read = handler.http_methods == {"GET"} and not handler.exception_handlers
    if (is_read or handler.opt.get("straight")) and {each.name for each in rest} == in_path:
        found.opt = {**handler.opt, "straight": answer}
    return found


class Read(Incoming):
    """A request of which the parts that Litestar keeps are made when one is asked for. Most reads ask for none."""

    __slots__ = ()

    def __init__(self, scope: Any, receive: Receive, send: Send) -> None:
        self.scope, self.receive, self.send = scope, receive, send

    def __getattr__(self, name: str) -> Any:
        super().__init__(self.scope, self.receive, self.send)
        return object.__getattribute__(self, name)


class Straight(NamedTuple):
    """A request of which Litestar has found the route: what answers it, and what else there is in its scope."""

    answer: Callable[..., Awaitable[Any]]
    params: dict[str, Any]
    scope: dict[str, Any]


def straight(app: Litestar, method: Method, path: str) -> Straight | None:
    """Return what answers a request past the rest of Litestar; None where that is needed."""
    try:
        _, handler, path, params, template = app.asgi_router.handle_routing(path=normalize_path(path), method=method)
    except HTTPException:
        return None  # Litestar says why
    if "straight" not in handler.opt:
        return None
    found = {"path": path, "path_params": params, "path_template": template, "route_handler": handler}
    return Straight(handler.opt["straight"], params, found | {"app": app, "litestar_app": app})


async def answer_straight(found: Straight, scope: Any, receive: Receive, send: Send) -> None:
    """Answer a request."""
    scope.update(found.scope)
    scope.setdefault("state", {})
    request = Read(scope, receive, send)
    try:
        answer = _sendable(request, await found.answer(request, **found.params))
    except Exception as error:
        told = problems.answer(request, error, request.route_handler.exception_handlers)
        answer = _sendable(request, told)
    await answer(scope, receive, send)


def _sendable(request: Incoming, found: Any) -> Any:
    if type(found) is Json or not isinstance(found, Response):
        return found
    handler: Any = request.route_handler
    media_type = None if isinstance(found, Redirect) else handler.media_type
    return found.to_asgi_response(None, request, media_type=media_type, status_code=handler.status_code)


def _telling(answer: Callable[..., Awaitable[Any]], told: list[tuple[bytes, bytes]]) -> Callable[..., Awaitable[Any]]:
    """Return what answers in the same way, and tells what every answer of the operation tells, such as its end."""

    async def telling(request: Incoming, **given: Any) -> Any:
        request.scope["kith.lifetime"] = told  # type: ignore[typeddict-unknown-key]  # our own key
        return await answer(request, **given)

    return telling


def _answer(fn: Callable[..., Awaitable[Any]], names: Any, opt: Mapping[str, Any]) -> Callable[..., Awaitable[Any]]:
    """Return the function that answers a request by ``fn``, which takes ``names``. With ``raw`` it reads all itself."""
    plain = [(name, get) for name, get in _PLAIN.items() if name in names]
    reads, once, ends_tokens = "db" in names, "once" in names, bool(opt.get("ends_tokens"))
    raw = bool(opt.get("raw"))
    params, payload = (None if raw else inputs.declared(fn, name) for name in ("params", "payload"))

    async def answer(request: Incoming, **given: Any) -> Any:
        if not _admitted_at_once(request.scope):
            await limits.guard(request, auth.guard)
        if params or (request.scope["query_string"] and not raw):
            inputs.read_query(request, fn)
        if payload:
            await inputs.read_body(request, payload)
        for name, get in plain:
            given[name] = get(request)
        if not reads:
            return _ready(request, await fn(**given))
        async with transactions.connected(request) as db:
            given["db"] = db
            if once:
                given["once"] = await idempotency.begin(request, db)
            found = await fn(**given)
            await changes.tell(request, db, found)
            if wanted := request.scope.get("kith.expand"):
                shown = found.content if isinstance(found, Response) else found
                request.scope["kith.expanded"] = await expand.load(request, db, shown, wanted)  # type: ignore[typeddict-unknown-key, arg-type]  # our own keys
        if ends_tokens:
            await request.app.state.tokens.catch_up()
        return _ready(request, found)

    return answer


def _admitted_at_once(scope: Any) -> bool:
    """Whether a request passes as most do: its token is remembered, and this process has units of it."""
    if (token := auth.recognize(scope)) is None or not scope["litestar_app"].state.limits.admit_at_once(scope, token):
        return False
    scope["kith.token"] = token
    return True


def _ready(request: Incoming, found: Any) -> Any:
    """Return JSON as what sends it, and anything else as a response that Litestar knows how to send."""
    handler: Any = request.scope["route_handler"]
    content, status, headers = found, handler.status_code, _NONE
    if isinstance(found, Response):
        if type(found) is not Response or found.cookies or found.background:
            return found
        content, status, headers = found.content, found.status_code or status, found.headers
    if isinstance(content, Streamed):
        return content
    if isinstance(content, bytes) and found.media_type == MediaType.JSON:
        return Json(status, content, headers)
    if isinstance(content, _SHOWN):
        body = _encode(content)
        if expanded := request.scope.get("kith.expanded"):
            body = expand.attach(body, expanded)  # type: ignore[arg-type]  # our own key
        return Json(status, body, headers)
    return found if isinstance(found, Response) or found is None else Response(found)


class Streamed:
    """An answer without an end, as an ASGI application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise NotImplementedError


class Json:
    """A JSON answer, as an ASGI application."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.status, self.body = status, body
        self.headers = [_JSON, (b"content-length", b"%d" % len(body))]
        for name, value in headers.items():
            self.headers.append((name.lower().encode(), value.encode("latin-1")))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": self.status, "headers": self.headers, "kith.body": self.body}
        await send(start)  # type: ignore[arg-type]  # our own key, for the edge
