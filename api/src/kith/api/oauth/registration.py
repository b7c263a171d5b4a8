"""Dynamic registration (RFC 7591, 7592): apps that register and look after themselves, where the operator lets them."""

from typing import Any

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.params import FromPath

from kith.api.apps.logos import fetch
from kith.api.http.proofs import is_key
from kith.api.oauth.assertions import METHOD
from kith.api.oauth.errors import PROTOCOL, Refused, answer
from kith.domain.apps import CODE, DEVICE, GRANT_TYPES, MACHINE, REFRESH, Kind, methods
from kith.domain.ids import encode
from kith.domain.redirects import fault
from kith.domain.scopes import IDENTITY, KNOWN, grantable, ordered
from kith.store import apps
from kith.store.apps import App
from kith.store.db import Db
from kith.store.tokens import REGISTRATION, workspace_of

AN_HOUR = 100
"""So many apps register themselves within an hour, at most: nobody vouches for them, and each takes room."""
_MOST_URIS, _MOST_KEYS = 20, 5
_LONGEST = 200  # characters of a name


class Wanted(msgspec.Struct, frozen=True):
    """What an app says of itself; what is not here is of no use to kith and is not kept."""

    redirect_uris: list[str] = []
    client_name: str = "An app without a name"
    client_uri: str | None = None
    policy_uri: str | None = None
    logo_uri: str | None = None
    token_endpoint_auth_method: str = "client_secret_basic"  # noqa: S105  # a method
    grant_types: tuple[str, ...] = (CODE,)
    response_types: tuple[str, ...] = ("code",)
    scope: str | None = None
    post_logout_redirect_uris: list[str] = []
    jwks: dict[str, Any] | None = None
    client_id: str | None = None
    client_secret: str | None = None


@post("/oauth/register", operation_id="registerApp", status_code=201, **PROTOCOL)
async def register(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Register an app; before it can do anything, a workspace has to approve it and a member to let it in."""
    if request.app.state.settings.app_registration != "open":
        raise Refused("access_denied", "Apps cannot register themselves here; ask the operator.", 403)
    wanted = await _read(request)
    content = _content(wanted)
    if wanted.logo_uri:
        async with request.app.state.turns.instance() as db:
            await _check_room(db)
        content |= apps.logo_columns(await fetch(wanted.logo_uri))
    async with request.app.state.turns.instance() as db:
        await _check_room(db)
        app = await apps.create_app(db, None, **content)
        told = _told(request, app) | {"registration_access_token": await apps.entrust(db, app.id)}
        if "client_secret_basic" in _methods(app):
            secret = (await apps.add_secret(db, None, app.id, 0))[1]
            told |= {"client_secret": secret, "client_secret_expires_at": 0}
    # What was asked for, where it is one of several that there are.
    told |= {"token_endpoint_auth_method": wanted.token_endpoint_auth_method}
    return answer(told | {"grant_types": sorted(set(wanted.grant_types) | {REFRESH})}, 201)


@get("/oauth/register/{client_id:str}", operation_id="showRegistration", **PROTOCOL)
async def show_registration(request: Request[Any, Any, Any], client_id: FromPath[str]) -> Response[bytes]:
    """Show an app what is known of it (RFC 7592)."""
    async with request.app.state.turns.instance() as db:
        return answer(_told(request, await _entrusted(request, db, client_id)))


@put("/oauth/register/{client_id:str}", operation_id="changeRegistration", **PROTOCOL)
async def change_registration(request: Request[Any, Any, Any], client_id: FromPath[str]) -> Response[bytes]:
    """Let an app say all of itself again. Once a workspace has approved it, only its keys may change."""
    wanted = await _read(request)
    content = _content(wanted)
    async with request.app.state.turns.instance() as db:
        app = await _entrusted(request, db, client_id)
    if wanted.logo_uri != app.logo_uri:
        content |= apps.logo_columns(await fetch(wanted.logo_uri) if wanted.logo_uri else None)
    async with request.app.state.turns.instance() as db:
        app = await _entrusted(request, db, client_id)
        if wanted.client_id != client_id or content.pop("kind") != app.kind or bool(content["keys"]) != bool(app.keys):
            raise Refused("invalid_client_metadata", "An app keeps its client_id, kind and way to authenticate.")
        if wanted.client_secret is not None and not await apps.has_secret(db, app.id, wanted.client_secret):
            raise Refused("invalid_client_metadata", "This is not the app's secret.")
        changed = {name: value for name, value in content.items() if name == "logo" or getattr(app, name) != value}
        if changed.keys() - {"keys", "logo"} and await apps.was_approved(db, app.id):
            raise Refused("access_denied", "A workspace has approved the app as it is: register another.", 403)
        if changed:
            await apps.update_app(db, None, app.id, **changed)
        return answer(_told(request, await _entrusted(request, db, client_id)))


@delete("/oauth/register/{client_id:str}", operation_id="deleteRegistration", status_code=200, **PROTOCOL)
async def delete_registration(request: Request[Any, Any, Any], client_id: FromPath[str]) -> Response[bytes]:
    """End an app and its tokens everywhere."""
    async with request.app.state.turns.instance() as db:
        app = await _entrusted(request, db, client_id)
        await apps.delete_app(db, None, app.id)
    await request.app.state.tokens.catch_up()
    return Response(b"", status_code=204, headers={"Cache-Control": "no-store"})


async def _check_room(db: Db) -> None:
    """Raises Refused."""
    if await apps.registered_lately(db) >= AN_HOUR:
        raise Refused("temporarily_unavailable", "Too many apps have registered lately.", 429, {"Retry-After": "600"})


async def _entrusted(request: Request[Any, Any, Any], db: Db, client: str) -> App:
    """Return the app that the sender looks after. Raises Refused."""
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    app_id = workspace_of(text.strip(), REGISTRATION)
    found = None
    if kind.lower() == "bearer" and app_id is not None and encode("app", app_id) == client:
        found = await apps.find_entrusted(db, app_id, text.strip())
    if found is None:
        challenge = {"WWW-Authenticate": 'Bearer realm="kith", error="invalid_token"'}
        raise Refused("invalid_token", "The token looks after no such app.", 401, challenge)
    return found


def _methods(app: App) -> tuple[str, ...]:
    return methods(app.kind, has_keys=bool(app.keys))


def _told(request: Request[Any, Any, Any], app: App) -> dict[str, Any]:
    """Return what an app is told of itself."""
    client_id = encode("app", app.id)
    told: dict[str, Any] = {
        "client_id": client_id,
        "client_id_issued_at": int(app.created_at.timestamp()),
        "client_name": app.name,
        "redirect_uris": app.redirect_uris,
        "token_endpoint_auth_method": _methods(app)[0],
        "grant_types": sorted(GRANT_TYPES[app.kind]),
        "response_types": ["code"],
        "scope": " ".join(app.scopes),
        "registration_client_uri": f"{request.app.state.settings.issuer}/oauth/register/{client_id}",
    }
    more = {
        "client_uri": app.homepage,
        "policy_uri": app.policy_url,
        "logo_uri": app.logo_uri,
        "post_logout_redirect_uris": app.logout_uris,
        "jwks": {"keys": app.keys} if app.keys else None,
    }
    return told | {name: value for name, value in more.items() if value}


def _content(wanted: Wanted) -> dict[str, Any]:
    """Return what is kept of what an app says of itself. Raises Refused."""
    return {
        "name": wanted.client_name, "kind": _kind(wanted), "homepage": wanted.client_uri,
        "policy_url": wanted.policy_uri, "logo_uri": wanted.logo_uri, "redirect_uris": wanted.redirect_uris,
        "logout_uris": wanted.post_logout_redirect_uris, "scopes": _scopes(wanted), "keys": _keys(wanted),
    }  # fmt: skip


async def _read(request: Request[Any, Any, Any]) -> Wanted:
    try:
        wanted = msgspec.json.decode(await request.body(), type=Wanted)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("invalid_client_metadata", f"The metadata cannot be read: {error}.") from error
    addresses = {"client_uri": wanted.client_uri, "policy_uri": wanted.policy_uri}
    texts = [wanted.client_name, wanted.logo_uri or "", *(address or "" for address in addresses.values())]
    if any("\x00" in text or len(text) > 2000 for text in texts) or not 0 < len(wanted.client_name) <= _LONGEST:
        raise Refused("invalid_client_metadata", "A name or an address is too long, or holds U+0000.")
    for name, address in addresses.items():
        if address is not None and not _is_https(address):
            raise Refused("invalid_client_metadata", f"{name} is an https address.")
    uris = [*wanted.redirect_uris, *wanted.post_logout_redirect_uris]
    if len(uris) > _MOST_URIS:
        raise Refused("invalid_redirect_uri", f"An app may have {_MOST_URIS} addresses at most.")
    for uri in uris:
        if wrong := fault(uri):
            raise Refused("invalid_redirect_uri", wrong)
    logo_uri = wanted.logo_uri if wanted.logo_uri and _is_https(wanted.logo_uri) else None
    return msgspec.structs.replace(wanted, logo_uri=logo_uri)


def _is_https(address: str) -> bool:
    return address.startswith("https://") and not fault(address)


def _kind(wanted: Wanted) -> Kind:
    """Return the kind of app that this is. Raises Refused."""
    asked, method = set(wanted.grant_types), wanted.token_endpoint_auth_method
    if wanted.response_types not in (("code",), ()):
        raise Refused("invalid_client_metadata", "There is the response type code alone.")
    if MACHINE in asked:
        raise Refused("invalid_client_metadata", "An app that registers itself cannot act without a member.")
    kind: Kind = "device" if DEVICE in asked else "browser" if method == "none" else "server"
    if method not in methods(kind, has_keys=bool(_keys(wanted))) or asked - GRANT_TYPES[kind]:
        raise Refused("invalid_client_metadata", "Such a grant type or way to authenticate is not supported.")
    if CODE in asked and not wanted.redirect_uris:
        raise Refused("invalid_redirect_uri", "An app that asks for codes names where they are sent.")
    return kind


def _keys(wanted: Wanted) -> list[dict[str, Any]]:
    """Return the keys of an app that proves with them who it is; they are not fetched from ``jwks_uri``."""
    if wanted.token_endpoint_auth_method != METHOD:
        return []
    keys = (wanted.jwks or {}).get("keys")
    if not isinstance(keys, list) or not 0 < len(keys) <= _MOST_KEYS or not all(map(is_key, keys)):
        raise Refused("invalid_client_metadata", "Send jwks with one to five public keys on P-256.")
    return [{name: str(key[name]) for name in ("kty", "crv", "x", "y", "kid") if name in key} for key in keys]


def _scopes(wanted: Wanted) -> list[str]:
    """Return what the app may ask for: what is left out is everything that an app of this sort may."""
    possible = grantable(registered=True)
    asked = set(wanted.scope.split()) if wanted.scope else set(possible)
    if unknown := sorted(asked - KNOWN):
        raise Refused("invalid_client_metadata", f"There is no scope {unknown[0]}.")
    return ordered((asked & possible) - IDENTITY.keys())


ROUTES = [register, show_registration, change_registration, delete_registration]
