"""The endpoints that apps themselves call: token, revoke, introspect, device_authorization, par."""

from collections.abc import Callable
from typing import Any

from litestar import Request, Response, post

from kith.api.http.addresses import network_of
from kith.api.oauth import keys
from kith.api.oauth.authorization import read_authorization
from kith.api.oauth.bridge import Asked, Talk, asked, in_thread, possession
from kith.api.oauth.clients import Client
from kith.api.oauth.errors import PROTOCOL, Refused, answer
from kith.api.oauth.parameters import Parameters, checked, read_form
from kith.api.oauth.server import Neutral, Server
from kith.api.signin.telling import where
from kith.domain.apps import CODE
from kith.projections import audit
from kith.runtime.keyring import Signer
from kith.runtime.vault import open_vault
from kith.store import devices
from kith.store.db import Db, bind

REQUEST_URI = "urn:ietf:params:oauth:request_uri:"


@post("/oauth/token", operation_id="issueToken", status_code=200, **PROTOCOL)
async def issue_token(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Exchange a code, a refresh token, a secret or a device code for tokens."""
    form = await read_form(request)
    if "grant_type" not in form.values:
        raise Refused("invalid_request", "The parameter grant_type is missing.")
    async with request.app.state.turns.instance() as db:
        signer = await _signer(request, db) if form.values.get("grant_type") == CODE else None
        return await _serve(request, db, form, lambda server, ask: server.create_token_response(ask), signer)


@post("/oauth/revoke", operation_id="revokeAppToken", status_code=200, **PROTOCOL)
async def revoke_token(request: Request[Any, Any, Any]) -> Response[bytes]:
    """End a token of the app's own."""
    found = await _endpoint(request, "revocation")
    await request.app.state.tokens.catch_up()
    return found


@post("/oauth/introspect", operation_id="introspectToken", status_code=200, **PROTOCOL)
async def introspect(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Say what a token of the app's own is worth."""
    return await _endpoint(request, "introspection")


@post("/oauth/device_authorization", operation_id="authorizeDevice", status_code=200, **PROTOCOL)
async def authorize_device(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give a device a code for itself and one for a human."""
    return await _endpoint(request, "device_authorization")


@post("/oauth/par", operation_id="pushRequest", status_code=201, **PROTOCOL)
async def push_request(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Keep an authorization request for the browser that comes with its name (RFC 9126)."""
    form = await read_form(request)
    async with request.app.state.turns.instance() as db:
        issuer = request.app.state.settings.issuer
        talk = Talk(request, db, await possession(request, db))
        found = await in_thread(request, Server(talk).authenticated, asked(request, form))
        if not isinstance(found, Client):
            return answer(found.body, found.status, found.headers)
        secret = {"client_secret", "client_assertion", "client_assertion_type"}
        pairs = [(name, value) for name, value in form.pairs if name not in secret]
        if talk.thumbprint is not None and "dpop_jkt" not in form.values:
            pairs.append(("dpop_jkt", talk.thumbprint))
        read_authorization(checked(pairs), found.app, issuer)
        text = await devices.push(db, found.app.id, {"pairs": pairs})
    return answer({"request_uri": REQUEST_URI + text, "expires_in": devices.PUSHED_SECONDS}, 201)


async def _endpoint(request: Request[Any, Any, Any], name: str) -> Response[bytes]:
    form = await read_form(request)
    async with request.app.state.turns.instance() as db:
        return await _serve(request, db, form, lambda server, ask: server.create_endpoint_response(name, ask))


async def _serve(
    request: Request[Any, Any, Any],
    db: Db,
    form: Parameters,
    work: Callable[[Server, Asked], Neutral],
    signer: Signer | None = None,
) -> Response[bytes]:
    """Let Authlib answer. What it has changed is kept also when it refuses: a replay ends what came before."""
    talk = Talk(request, db, await possession(request, db), signer)
    found = await in_thread(request, work, Server(talk), asked(request, form))
    for told in talk.told:
        await bind(db, told.home)
        await audit.record(
            db, told.home, "app", told.operation, told.object, {"after": told.after} if told.after else {},
            app_id=told.app_id, network=network_of(where(request)),
            request_id=str(request.scope["kith.request_id"]),  # type: ignore[typeddict-item]  # our own key
        )  # fmt: skip
    named = {name: value for name, value in found.headers.items() if name.lower() == "www-authenticate"}
    return answer(found.body, found.status, named)


async def _signer(request: Request[Any, Any, Any], db: Db) -> Signer:
    return await keys.signer(db, open_vault(request.app.state.settings))


ROUTES = [issue_token, revoke_token, introspect, authorize_device, push_request]
