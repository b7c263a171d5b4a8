"""The endpoints that apps themselves call: token, revoke, introspect, device_authorization, par."""

from collections.abc import Callable
from functools import partial
from typing import Any

from authlib.oauth2.rfc6749.util import extract_basic_authorization
from litestar import Request, Response, post

from kith.api.http import proofs
from kith.api.http.addresses import network_of
from kith.api.http.nonces import Stale, check_nonce
from kith.api.oauth.bridge import Asked, Desk, Told
from kith.api.oauth.desks import Case
from kith.api.oauth.errors import PROTOCOL, Refused, answer
from kith.api.oauth.parameters import Parameters, read_form
from kith.api.oauth.server import Neutral, Server
from kith.api.signin.telling import where
from kith.domain.audit import Entry
from kith.domain.ids import encode_optional
from kith.projections import audit
from kith.store import devices
from kith.store.db import Db

_CALLED = {**PROTOCOL, "straight": True}
_TRIES = 5  # user codes are short, and one may be taken

Incoming = Request[Any, Any, Any]


@post("/oauth/token", operation_id="issueToken", status_code=200, **_CALLED)
async def issue_token(request: Incoming) -> Response[bytes]:
    """Exchange a code, a refresh token, a secret or a device code for tokens."""
    form = await read_form(request)
    if "grant_type" not in form.values:
        raise Refused("invalid_request", "The parameter grant_type is missing.")
    return await _serve(request, form, lambda server, ask: server.create_token_response(ask), issues=True)


@post("/oauth/revoke", operation_id="revokeAppToken", status_code=200, **_CALLED)
async def revoke_token(request: Incoming) -> Response[bytes]:
    """End a token of the app's own."""
    found = await _endpoint(request, "revocation")
    await request.app.state.tokens.catch_up()
    return found


@post("/oauth/introspect", operation_id="introspectToken", status_code=200, **_CALLED)
async def introspect(request: Incoming) -> Response[bytes]:
    """Say what a token of the app's own is worth."""
    return await _endpoint(request, "introspection")


@post("/oauth/device_authorization", operation_id="authorizeDevice", status_code=200, **_CALLED)
async def authorize_device(request: Incoming) -> Response[bytes]:
    """Give a device a code for itself and one for a human."""
    return await _endpoint(request, "device_authorization")


@post("/oauth/par", operation_id="pushRequest", status_code=201, **_CALLED)
async def push_request(request: Incoming) -> Response[bytes]:
    """Keep an authorization request for the browser that comes with its name (RFC 9126)."""
    form = await read_form(request)
    return await _serve(request, form, lambda server, ask: server.push(ask))


async def _endpoint(request: Incoming, name: str) -> Response[bytes]:
    form = await read_form(request)
    return await _serve(request, form, lambda server, ask: server.create_endpoint_response(name, ask))


async def _serve(
    request: Incoming, form: Parameters, work: Callable[[Server, Asked], Neutral], *, issues: bool = False
) -> Response[bytes]:
    """Let Authlib answer. What it has changed is kept also when it refuses: a replay ends what came before.

    An app that proves who it is has units of its own; the rest share those of their address.
    """
    state, asked, admitted = request.app.state, _asked(request, form), False
    case, told = Case(asked, state.owners, issues=issues), partial(_entry, request)

    async def judge(desk: Desk) -> Neutral:
        nonlocal admitted
        found = work(Server(desk), asked)
        if asked.client and asked.auth_method != "none" and not admitted:
            await state.limits.admit_app(request.scope, asked.client.app.id)
            admitted = True
        return found

    if issues and proofs.HEADER not in request.headers:
        desk = await case.lay_with_others(state.settings, state.lots)
        if desk:
            found = await judge(desk)
            if await desk.save_with_others(state.lots, told):
                return _answer(found)
            asked = _asked(request, form)
    async with state.turns.single(case.home) as db:
        thumbprint = await _possession(request, db)
        for _ in range(_TRIES):
            desk = await case.lay(state.settings, db, thumbprint)
            found = await judge(desk)
            if await desk.save(db, told):
                return _answer(found)
            asked = _asked(request, form)
    raise Refused("temporarily_unavailable", "Others were first, again and again. Try again later.", 503)


def _answer(found: Neutral) -> Response[bytes]:
    named = {name: value for name, value in found.headers.items() if name.lower() == "www-authenticate"}
    return answer(found.body, found.status, named)


def _asked(request: Incoming, form: Parameters) -> Asked:
    """Return the request for Authlib. A header that is no base64 of UTF-8 proves nothing: Authlib breaks on it."""
    headers = {"Authorization": request.headers.get("authorization", "")}
    try:
        extract_basic_authorization(headers)
    except ValueError:
        headers = {}
    return Asked(request.scope["path"], form, headers)


async def _possession(request: Incoming, db: Db) -> str | None:
    """Return the thumbprint of the key that a request proves to have; None where it proves nothing. Raises Refused."""
    given = request.headers.getall(proofs.HEADER, [])
    if not given:
        return None
    if len(given) > 1:
        raise Refused("invalid_dpop_proof", "There is more than one proof.")
    try:
        proof = proofs.read_proof(given[0], request.method, request.app.state.settings.issuer + request.scope["path"])
        check_nonce(request, proof)
    except Stale as error:
        raise Refused("use_dpop_nonce", str(error), headers=error.headers) from error
    except proofs.Unproven as error:
        raise Refused("invalid_dpop_proof", str(error)) from error
    if not await devices.use_proof(db, proof.thumbprint, proof.id, proof.seconds):
        raise Refused("invalid_dpop_proof", "The proof was used before.")
    return proof.thumbprint


def _entry(request: Incoming, told: Told) -> Entry:
    return audit.entry(
        "app", told.operation, encode_optional("grant", told.grant_id), {"after": told.after} if told.after else {},
        app_id=told.app_id, network=network_of(where(request)),
        request_id=str(request.scope["kith.request_id"]),  # type: ignore[typeddict-item]  # our own key
    )  # fmt: skip


ROUTES = [issue_token, revoke_token, introspect, authorize_device, push_request]
