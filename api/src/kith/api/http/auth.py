"""Who asks, for which workspace, with which scopes. A token is bound to one workspace; so is every request."""

from collections.abc import Iterable, Mapping
from typing import Any

from litestar.connection import Request
from litestar.handlers.base import BaseRouteHandler
from litestar.types import Scope

from kith.api.http import proofs
from kith.api.http.known import Tokens
from kith.api.http.nonces import Stale, check_nonce
from kith.api.http.problems import Problem
from kith.domain.scopes import SCOPES, Sight
from kith.store.devices import use_proof
from kith.store.tokens import Token

REALM = 'realm="kith"'
_BEARER = b"Bearer "
RESOURCES = ("/mcp",)  # paths that clients take for resources of their own (RFC 9728)
_NOT_TO_HAVE = ("",)  # where a route declares no scopes, it is public, and asks for no token


async def guard(request: Request[Any, Any, Any]) -> None:
    """Let a request pass when its token has every scope that the route declares."""
    opt = request.route_handler.opt
    if opt.get("public"):
        return
    admitted: Token | None = request.scope.get("kith.admitted")  # type: ignore[assignment]  # our own key: see mcp
    request.scope["kith.token"] = admitted or await authenticate(request)  # type: ignore[typeddict-unknown-key]  # our own key
    for scope in opt["scopes"]:
        require(request, scope)


def require(request: Request[Any, Any, Any], scope: str) -> None:
    """Refuse a request whose token, which is accepted, lacks a scope."""
    if scope not in token_of(request).allowed:
        detail = f"The token lacks the scope {scope}."
        raise _refuse(request, "missing_scope", detail, f'error="insufficient_scope", scope="{scope}"')


def recognize(scope: Any) -> Token | None:
    """Return a token that is remembered and has the scopes, where nothing else is to be checked: of most requests."""
    asked: Mapping[bytes, bytes] = scope["kith.asked"]
    header = asked.get(b"authorization", b"")
    if header[:7] != _BEARER or b"origin" in asked:
        return None
    found: Token | None = scope["litestar_app"].state.tokens.remembered(header[7:].decode("latin-1"))
    if found is None or found.resources or found.thumbprint is not None:
        return None
    for needed in scope["route_handler"].opt.get("scopes", _NOT_TO_HAVE):
        if needed not in found.allowed:
            return None
    return found


async def authenticate(request: Request[Any, Any, Any]) -> Token:
    """Return the living token that a request sends, as its sender may send it. Raises Problem."""
    kind, _, text = _header(request, b"authorization").partition(" ")
    kind, text = kind.lower(), text.strip()
    if kind not in ("bearer", "dpop") or not text:
        raise _refuse(request, "unauthenticated")
    tokens: Tokens = request.app.state.tokens
    found = tokens.remembered(text) or await tokens.find(text)
    if found is None:
        raise _refuse(request, "invalid_token", None, 'error="invalid_token"')
    if found.thumbprint is not None or kind == "dpop":
        await _check_possession(request, found, kind, text)
    _check_place(request, found)
    return found


async def _check_possession(request: Request[Any, Any, Any], token: Token, kind: str, text: str) -> None:
    """Refuse a token that is bound to a key where the sender does not prove to have it."""
    try:
        await _prove(request, token, kind, text)
    except proofs.Unproven as error:
        why, named = ("use_dpop_nonce", error.headers) if isinstance(error, Stale) else ("invalid_token", {})
        challenge = f'DPoP {REALM}, algs="ES256", error="{why}", {_metadata(request)}'
        raise Problem("invalid_token", str(error), headers={"WWW-Authenticate": challenge, **named}) from error


async def _prove(request: Request[Any, Any, Any], token: Token, kind: str, text: str) -> None:
    """Raises Unproven."""
    if kind != "dpop" or token.thumbprint is None:
        raise proofs.Unproven(f"The token is to be sent as {'DPoP' if token.thumbprint else 'Bearer'}.")
    address = request.app.state.settings.issuer + request.scope["path"]
    method = "HEAD" if request.scope.get("kith.head") else request.method
    proof = proofs.read_proof(request.headers.get(proofs.HEADER, ""), method, address, text)
    check_nonce(request, proof)
    if proof.thumbprint != token.thumbprint:
        raise proofs.Unproven("The token is bound to another key.")
    async with request.app.state.turns.instance() as db:
        if not await use_proof(db, proof.thumbprint, proof.id, proof.seconds):
            raise proofs.Unproven("The proof was used before.")


def _check_place(request: Request[Any, Any, Any], token: Token) -> None:
    """Refuse a token of an app that is for other addresses, or sent by a page that the app does not name."""
    if token.resources:
        here = request.app.state.settings.issuer + request.scope["path"]
        if not any(here == one or here.startswith(one.rstrip("/") + "/") for one in token.resources):
            raise _refuse(request, "invalid_token", "The token is for another resource.", 'error="invalid_token"')
    origin = _header(request, b"origin")
    if origin and not request.app.state.origins.may_send(origin, token.origins):
        raise Problem("foreign_origin")


def _header(request: Request[Any, Any, Any], name: bytes) -> str:
    """Return a header of those that the edge has read; nothing where there is none."""
    value: bytes = request.scope["kith.asked"].get(name, b"")  # type: ignore[typeddict-item]  # our own key
    return value.decode("latin-1")


def _refuse(request: Request[Any, Any, Any], code: str, detail: str | None = None, why: str = "") -> Problem:
    challenge = ", ".join(part for part in (f"Bearer {REALM}", why, _metadata(request)) if part)
    return Problem(code, detail, headers={"WWW-Authenticate": challenge})


def _metadata(request: Request[Any, Any, Any]) -> str:
    """Say where a client learns how to get a token (RFC 9728)."""
    at = request.scope["path"] if request.scope["path"] in RESOURCES else ""
    return f'resource_metadata="{request.app.state.settings.issuer}/.well-known/oauth-protected-resource{at}"'


def token_of(request: Request[Any, Any, Any]) -> Token:
    """Return the token that the guard has accepted."""
    token: Token = request.scope["kith.token"]  # type: ignore[typeddict-item]  # our own key
    return token


def check_scopes(handlers: Iterable[BaseRouteHandler]) -> None:
    """Refuse to start when a route is neither public nor says which scopes it needs."""
    for handler in handlers:
        if handler.opt.get("public"):
            continue
        if "scopes" not in handler.opt:
            raise RuntimeError(f"{handler} declares no scopes.")
        if unknown := set(handler.opt["scopes"]) - SCOPES.keys():
            raise RuntimeError(f"{handler} asks for scopes that do not exist: {sorted(unknown)}.")


def sight_of(request: Request[Any, Any, Any]) -> Sight:
    """Return what the caller sees of what the route answers."""
    return token_of(request).sight


def scopes_of(scope: Scope) -> frozenset[str]:
    """Return the scopes of the token that was accepted."""
    token: Token = scope["kith.token"]  # type: ignore[typeddict-item]  # our own key
    return token.allowed


def may_read_anywhere(request: Request[Any, Any, Any]) -> bool:
    """Whether the caller may name what only the operator may have kith read."""
    return "sources:anywhere:read" in token_of(request).scopes
