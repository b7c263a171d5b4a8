"""What clients read before they begin: who issues tokens, where, and how."""

from typing import Any

from litestar import Request, Response, get

from kith.api.http import problems
from kith.api.http.auth import RESOURCES
from kith.api.oauth.assertions import METHOD
from kith.api.oauth.errors import answer
from kith.domain.apps import CODE, DEVICE, MACHINE, REFRESH
from kith.domain.scopes import FOR_AGENTS, IDENTITY, TABLE
from kith.runtime.keyring import ALGORITHM
from kith.runtime.settings import Settings
from kith.store import keys

PUBLIC: dict[str, Any] = {"public": True, "hidden": True, "exception_handlers": problems.HANDLERS}
_KEEP = {"Cache-Control": "public, max-age=300"}
_CLAIMS = ("sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "name", "email", "email_verified")
_METHODS = [METHOD, "client_secret_basic", "client_secret_post"]


@get("/.well-known/oauth-authorization-server", operation_id="showAuthorizationServer", **PUBLIC)
async def show_authorization_server(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Describe the authorization server (RFC 8414)."""
    return answer(describe(request.app.state.settings), headers=_KEEP)


@get("/.well-known/openid-configuration", operation_id="showOpenidConfiguration", **PUBLIC)
async def show_openid_configuration(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Describe the provider of OpenID Connect."""
    return answer(describe(request.app.state.settings), headers=_KEEP)


_PROTECTED = "/.well-known/oauth-protected-resource"


@get([_PROTECTED, *(_PROTECTED + path for path in RESOURCES)], operation_id="showProtectedResource", **PUBLIC)
async def show_protected_resource(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Say who issues tokens for this API, or for what agents call (RFC 9728)."""
    issuer = request.app.state.settings.issuer
    resource = request.scope["path"].removeprefix(_PROTECTED)
    told = {
        "resource": issuer + resource,
        "resource_name": "kith",
        "authorization_servers": [issuer],
        "scopes_supported": [*FOR_AGENTS] if resource else [*TABLE],
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": [ALGORITHM],
        "resource_documentation": f"{issuer}/docs",
    }
    return answer(told, headers=_KEEP)


@get("/oauth/jwks", operation_id="showKeys", **PUBLIC)
async def show_keys(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Show the keys that sign ID tokens: the one that does, and those that lately did."""
    async with request.app.state.turns.instance() as db:
        found = await keys.shown(db)
    return answer({"keys": [key.public for key in found]}, headers=_KEEP, media_type="application/jwk-set+json")


def describe(settings: Settings) -> dict[str, Any]:
    """Return what clients may rely on."""
    issuer = settings.issuer
    told: dict[str, Any] = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "device_authorization_endpoint": f"{issuer}/oauth/device_authorization",
        "pushed_authorization_request_endpoint": f"{issuer}/oauth/par",
        "userinfo_endpoint": f"{issuer}/oauth/userinfo",
        "end_session_endpoint": f"{issuer}/oauth/logout",
        "jwks_uri": f"{issuer}/oauth/jwks",
        "service_documentation": f"{issuer}/docs",
        "scopes_supported": [*IDENTITY, *TABLE],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [CODE, REFRESH, MACHINE, DEVICE],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": [*_METHODS, "none"],
        "revocation_endpoint_auth_methods_supported": [*_METHODS, "none"],
        "introspection_endpoint_auth_methods_supported": _METHODS,
        **{
            f"{endpoint}_endpoint_auth_signing_alg_values_supported": [ALGORITHM]
            for endpoint in ("token", "revocation", "introspection")
        },
        "authorization_response_iss_parameter_supported": True,
        "require_pushed_authorization_requests": False,
        "dpop_signing_alg_values_supported": [ALGORITHM],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "claims_supported": [*_CLAIMS],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "claims_parameter_supported": False,
    }
    if settings.app_registration == "open":
        told["registration_endpoint"] = f"{issuer}/oauth/register"
    return told


ROUTES = [show_authorization_server, show_openid_configuration, show_protected_resource, show_keys]
