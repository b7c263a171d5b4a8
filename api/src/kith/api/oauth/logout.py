"""RP-initiated logout: an app asks the member to sign out of kith too."""

from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from litestar import Request, Response, get, post

from kith.api.oauth import parameters as read
from kith.api.oauth.consent import CONSENT
from kith.api.oauth.errors import Refused
from kith.api.oauth.parameters import Parameters
from kith.api.pages.forms import NoFields, read_form
from kith.api.pages.render import render
from kith.api.pages.sessions import find_visitor
from kith.api.signin.telling import tell
from kith.domain.ids import decode
from kith.runtime.keyring import ALGORITHM
from kith.store import apps, keys, sessions
from kith.store.apps import App
from kith.store.db import Db


@get("/oauth/logout", operation_id="showLogout", **CONSENT)
async def show_logout(request: Request[Any, Any, Any]) -> Response[Any]:
    """Ask whether to sign out; whoever has not signed in is sent on."""
    app, location = await _read(request)
    if await find_visitor(request) is None:
        return _done(request, location)
    query = request.scope["query_string"].decode("latin-1")
    return render(request, "oauth/logout.html", app=app, query=query, forms_to=[location] if location else [])


@post("/oauth/logout", operation_id="decideLogout", **CONSENT)
async def decide_logout(request: Request[Any, Any, Any]) -> Response[Any]:
    """Sign out and go where the app has asked."""
    _, location = await _read(request)
    await read_form(request, NoFields)
    if found := await find_visitor(request):
        async with request.app.state.turns.instance() as db:
            await sessions.end_session(db, found.sign_in.id, found.session.id)
            await tell(request, db, found.sign_in.id, "signOut")
    return _done(request, location)


def _done(request: Request[Any, Any, Any], location: str | None) -> Response[Any]:
    if location is None:
        return render(request, "oauth/signed_out.html")
    return Response(b"", status_code=303, headers={"Location": location})


async def _read(request: Request[Any, Any, Any]) -> tuple[App | None, str | None]:
    """Return which app asks, and where to go afterwards: only where it has registered. Raises Refused."""
    given = read.read_query(request)
    async with request.app.state.turns.instance() as db:
        app = await _app(request, db, given)
    uri = given.values.get("post_logout_redirect_uri")
    if uri is None:
        return app, None
    if app is None or uri not in app.logout_uris:
        raise Refused("invalid_request", "The app has not registered this post_logout_redirect_uri.")
    state = given.values.get("state")
    return app, read.with_query(uri, [("state", state)] if state else [])


async def _app(request: Request[Any, Any, Any], db: Db, given: Parameters) -> App | None:
    client_id, hint = given.values.get("client_id"), given.values.get("id_token_hint")
    if hint is not None:
        audience = await _audience(request, db, hint)
        if client_id not in (None, audience):
            raise Refused("invalid_request", "The id_token_hint is another app's.")
        client_id = audience
    app_id = decode("app", client_id) if client_id else None
    return await apps.find_app(db, app_id) if app_id else None


async def _audience(request: Request[Any, Any, Any], db: Db, hint: str) -> str:
    """Return whose ID token this is; one that has ended will do. Raises Refused."""
    shown = [key.public for key in await keys.shown(db)]
    try:
        believed = KeySet.import_key_set({"keys": shown})
        claims = jwt.decode(hint, believed, algorithms=[ALGORITHM]).claims
    except (JoseError, ValueError, IndexError, KeyError) as error:
        raise Refused("invalid_request", "The id_token_hint is none of ours.") from error
    if claims.get("iss") != request.app.state.settings.issuer:
        raise Refused("invalid_request", "The id_token_hint is none of ours.")
    return str(claims.get("aud"))


ROUTES = [show_logout, decide_logout]
