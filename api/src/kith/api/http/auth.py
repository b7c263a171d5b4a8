"""Who asks, for which workspace, with which scopes. A token is bound to one workspace; so is every request."""

import time
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from litestar.connection import Request
from litestar.handlers.base import BaseRouteHandler

from kith.api.http.problems import Problem
from kith.api.http.turns import Turns
from kith.domain.scopes import SCOPES
from kith.store.tokens import Token, digest, find_token, workspace_of

CACHE_SECONDS = 10.0  # a revoked token may work that much longer in each process
CACHE_SIZE = 10_000  # tokens


class Tokens:
    """Looks tokens up, remembering the good ones for CACHE_SECONDS."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self._known: OrderedDict[bytes, tuple[float, Token]] = OrderedDict()

    async def find(self, text: str) -> Token | None:
        key, now = digest(text), time.monotonic()
        until, token = self._known.get(key, (0.0, None))
        if now < until:
            return token
        if (workspace_id := workspace_of(text)) is None:
            return None
        async with self.turns.view(workspace_id) as db:
            token = await find_token(db, workspace_id, text)
        self._known.pop(key, None)
        if token is not None:
            self._known[key] = (now + CACHE_SECONDS, token)
            if len(self._known) > CACHE_SIZE:
                self._known.popitem(last=False)
        return token


async def guard(request: Request[Any, Any, Any]) -> None:
    """Let a request pass when its token has every scope that the route declares."""
    handler = request.route_handler
    if handler.opt.get("public"):
        return
    token = await _authenticate(request)
    request.scope["kith.token"] = token  # type: ignore[typeddict-unknown-key]  # our own key
    for scope in handler.opt["scopes"]:
        if scope not in token.scopes:
            challenge = f'Bearer realm="kith", error="insufficient_scope", scope="{scope}"'
            detail = f"The token lacks the scope {scope}."
            raise Problem("missing_scope", detail, headers={"WWW-Authenticate": challenge})


async def _authenticate(request: Request[Any, Any, Any]) -> Token:
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not text:
        raise Problem("unauthenticated", headers={"WWW-Authenticate": 'Bearer realm="kith"'})
    token = await request.app.state.tokens.find(text.strip())
    if token is None:
        challenge = 'Bearer realm="kith", error="invalid_token"'
        raise Problem("invalid_token", headers={"WWW-Authenticate": challenge})
    found: Token = token
    return found


def token_of(request: Request[Any, Any, Any]) -> Token:
    """Return the token that the guard has accepted."""
    token: Token = request.scope["kith.token"]  # type: ignore[typeddict-item]  # our own key
    return token


def provide_token(request: Request[Any, Any, Any]) -> Token:
    return token_of(request)


def provide_workspace_id(request: Request[Any, Any, Any]) -> UUID:
    return token_of(request).workspace_id


def check_scopes(handlers: Iterable[BaseRouteHandler]) -> None:
    """Refuse to start when a route is neither public nor says which scopes it needs."""
    for handler in handlers:
        if handler.opt.get("public"):
            continue
        if "scopes" not in handler.opt:
            raise RuntimeError(f"{handler} declares no scopes.")
        if unknown := set(handler.opt["scopes"]) - SCOPES.keys():
            raise RuntimeError(f"{handler} asks for scopes that do not exist: {sorted(unknown)}.")


def may_see_contact(request: Request[Any, Any, Any]) -> bool:
    """Whether the caller may see e-mail addresses."""
    return "people:contact:read" in token_of(request).scopes


def may_read_anywhere(request: Request[Any, Any, Any]) -> bool:
    """Whether the caller may name what only the operator may have kith read."""
    return "sources:anywhere:read" in token_of(request).scopes
