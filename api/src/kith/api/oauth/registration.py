"""Dynamic registration (RFC 7591): apps that register themselves, where the operator lets them."""

from typing import Any

import msgspec
from litestar import Request, Response, post

from kith.api.oauth.errors import PROTOCOL, Refused, answer
from kith.domain.apps import CODE, DEVICE, GRANT_TYPES, MACHINE, REFRESH, Kind, methods
from kith.domain.ids import encode
from kith.domain.redirects import fault
from kith.domain.scopes import IDENTITY, KNOWN, grantable, ordered
from kith.store import apps

AN_HOUR = 100
"""So many apps register themselves within an hour, at most: nobody vouches for them, and each takes room."""
_MOST_URIS = 20
_LONGEST = 200  # characters of a name


class Wanted(msgspec.Struct, frozen=True):
    """What an app says of itself; what is not here is of no use to kith and is not kept."""

    redirect_uris: list[str] = []
    client_name: str = "An app without a name"
    client_uri: str | None = None
    policy_uri: str | None = None
    token_endpoint_auth_method: str = "client_secret_basic"  # noqa: S105  # a method
    grant_types: tuple[str, ...] = (CODE,)
    response_types: tuple[str, ...] = ("code",)
    scope: str | None = None
    post_logout_redirect_uris: list[str] = []


@post("/oauth/register", operation_id="registerApp", status_code=201, **PROTOCOL)
async def register(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Register an app; before it can do anything, a workspace has to approve it and a member to let it in."""
    if request.app.state.settings.app_registration != "open":
        raise Refused("access_denied", "Apps cannot register themselves here; ask the operator.", 403)
    wanted = await _read(request)
    kind, scopes = _kind(wanted), _scopes(wanted)
    async with request.app.state.turns.instance() as db:
        if await apps.registered_lately(db) >= AN_HOUR:
            raise Refused(
                "temporarily_unavailable", "Too many apps have registered lately.", 429, {"Retry-After": "600"}
            )
        app = await apps.create_app(
            db, None, name=wanted.client_name, kind=kind, homepage=wanted.client_uri, policy_url=wanted.policy_uri,
            redirect_uris=wanted.redirect_uris, logout_uris=wanted.post_logout_redirect_uris, scopes=scopes,
        )  # fmt: skip
        secret = (await apps.add_secret(db, None, app.id, 0))[1] if "none" not in methods(kind) else None
    told: dict[str, Any] = {
        "client_id": encode("app", app.id),
        "client_id_issued_at": int(app.created_at.timestamp()),
        "client_name": app.name,
        "redirect_uris": app.redirect_uris,
        "token_endpoint_auth_method": wanted.token_endpoint_auth_method,
        "grant_types": sorted(set(wanted.grant_types) | {REFRESH}),
        "response_types": ["code"],
        "scope": " ".join(scopes),
    }
    if secret is not None:
        told |= {"client_secret": secret, "client_secret_expires_at": 0}
    return answer(told, 201)


async def _read(request: Request[Any, Any, Any]) -> Wanted:
    try:
        wanted = msgspec.json.decode(await request.body(), type=Wanted)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("invalid_client_metadata", f"The metadata cannot be read: {error}.") from error
    texts = [wanted.client_name, wanted.client_uri or "", wanted.policy_uri or ""]
    if any("\x00" in text or len(text) > 2000 for text in texts) or not 0 < len(wanted.client_name) <= _LONGEST:
        raise Refused("invalid_client_metadata", "A name or an address is too long, or holds U+0000.")
    for address in (wanted.client_uri, wanted.policy_uri):
        if address is not None and (not address.startswith("https://") or fault(address)):
            raise Refused("invalid_client_metadata", "client_uri and policy_uri are https addresses.")
    uris = [*wanted.redirect_uris, *wanted.post_logout_redirect_uris]
    if len(uris) > _MOST_URIS:
        raise Refused("invalid_redirect_uri", f"An app may have {_MOST_URIS} addresses at most.")
    for uri in uris:
        if wrong := fault(uri):
            raise Refused("invalid_redirect_uri", wrong)
    return wanted


def _kind(wanted: Wanted) -> Kind:
    """Return the kind of app that this is. Raises Refused."""
    asked, method = set(wanted.grant_types), wanted.token_endpoint_auth_method
    if wanted.response_types not in (("code",), ()):
        raise Refused("invalid_client_metadata", "There is the response type code alone.")
    if MACHINE in asked:
        raise Refused("invalid_client_metadata", "An app that registers itself cannot act without a member.")
    kind: Kind = "device" if DEVICE in asked else "browser" if method == "none" else "server"
    if method not in methods(kind) or asked - GRANT_TYPES[kind]:
        raise Refused("invalid_client_metadata", "Such a grant type or way to authenticate is not supported.")
    if CODE in asked and not wanted.redirect_uris:
        raise Refused("invalid_redirect_uri", "An app that asks for codes names where they are sent.")
    return kind


def _scopes(wanted: Wanted) -> list[str]:
    """Return what the app may ask for: what is left out is everything that an app of this sort may."""
    possible = grantable(registered=True)
    asked = set(wanted.scope.split()) if wanted.scope else set(possible)
    if unknown := sorted(asked - KNOWN):
        raise Refused("invalid_client_metadata", f"There is no scope {unknown[0]}.")
    return ordered((asked & possible) - IDENTITY.keys())


ROUTES = [register]
