"""Authlib's server, one a request: which grants and endpoints there are, and what they answer."""

import time
from typing import Any, NamedTuple

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidClientError
from authlib.oauth2.rfc6749.util import extract_basic_authorization
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint
from authlib.oauth2.rfc8628.endpoint import create_string_user_code
from authlib.oidc.core import OpenIDCode

from kith.api.oauth.assertions import METHOD, KeyAssertion
from kith.api.oauth.authorization import read_authorization, read_resources, read_scopes
from kith.api.oauth.bridge import Asked, Desk
from kith.api.oauth.clients import Client, query_client
from kith.api.oauth.errors import Refused
from kith.api.oauth.grants import METHODS, Challenge, CodeGrant, DeviceGrant, InvalidTarget, MachineGrant, RenewalGrant
from kith.api.oauth.parameters import checked
from kith.domain.ids import encode, encode_optional
from kith.runtime.keyring import ALGORITHM
from kith.store import app_tokens, devices
from kith.store.app_tokens import ACCESS_SECONDS, Found

REQUEST_URI = "urn:ietf:params:oauth:request_uri:"
_SECRETS = frozenset({"client_secret", "client_assertion", "client_assertion_type"})


class Neutral(NamedTuple):
    """An answer before it is one of the framework."""

    status: int
    body: Any
    headers: dict[str, str]


class Server(AuthorizationServer):  # type: ignore[misc]  # Authlib ships no types
    """Everything that is asked with a form."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.register_grant(CodeGrant, [Challenge(), IdToken()])
        for grant in (RenewalGrant, MachineGrant, DeviceGrant):
            self.register_grant(grant)
        self.register_client_auth_method(METHOD, KeyAssertion(desk))
        for endpoint in (Revocation, Introspection, DeviceAuthorization):
            self.register_endpoint(endpoint)

    def query_client(self, client_id: Any) -> Client | None:
        return query_client(self.desk, client_id)

    def authenticate_client(self, request: Asked, methods: list[str], endpoint: str = "token") -> Client:
        """Return the app that calls. It proves who it is in one way, and names no other beside (RFC 6749, 2.3)."""
        named, form = extract_basic_authorization(request.headers)[0], request.form
        ways = [named, form.get("client_secret"), form.get("client_assertion")]
        if sum(map(bool, ways)) > 1 or (named and form.get("client_id", named) != named):
            raise OAuth2Error("The app proves who it is in more than one way.", error="invalid_request")
        found: Client = super().authenticate_client(request, methods, endpoint)
        request.client = found
        return found

    def create_oauth2_request(self, request: Asked) -> Asked:
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Neutral:
        return Neutral(status, body, dict(headers))

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def generate_token(self, *args: Any, scope: str | None = None, **options: Any) -> dict[str, Any]:
        """Return an answer that lacks the texts: they are made where they are stored."""
        kind = "DPoP" if self.desk.thumbprint else "Bearer"
        return {"token_type": kind, "expires_in": ACCESS_SECONDS, "scope": scope or ""}

    def resources(self, request: Asked, granted: list[str] | None = None) -> list[str]:
        """Return what tokens are for: what the request says of what was granted."""
        named = request.parameters.all("resource")
        if not named:
            return granted or []
        try:
            found = read_resources(named, self.desk.issuer)
        except Refused as error:
            raise InvalidTarget(error.description) from error
        if granted and set(found) - set(granted):
            raise InvalidTarget
        return found

    def push(self, asked: Asked) -> Neutral:
        """Keep an authorization request (RFC 9126). Raises Refused."""
        try:
            app = self.authenticate_client(asked, METHODS).app
        except OAuth2Error as error:
            return self.handle_error_response(asked, error)  # type: ignore[no-any-return]  # Authlib ships no types
        pairs = [(name, value) for name, value in asked.parameters.pairs if name not in _SECRETS]
        if self.desk.thumbprint is not None and "dpop_jkt" not in asked.form:
            pairs.append(("dpop_jkt", self.desk.thumbprint))
        read_authorization(checked(pairs), app, self.desk.issuer)
        text = devices.new_request(app.id)
        self.desk.write(devices.push, app.id, text, {"pairs": pairs})
        return Neutral(201, {"request_uri": REQUEST_URI + text, "expires_in": devices.PUSHED_SECONDS}, {})

    def handle_error_response(self, request: Asked, error: OAuth2Error) -> Any:
        """Answer 401 to whoever tried to prove who they are by the header, and say how (RFC 6749, 5.2)."""
        if isinstance(error, InvalidClientError):
            error.status_code = 401
        return super().handle_error_response(request, error)


class IdToken(OpenIDCode):  # type: ignore[misc]  # Authlib ships no types
    """Who has signed in, for the app that asked for ``openid``."""

    def exists_nonce(self, nonce: str, request: Asked) -> bool:
        """A nonce is the app's to judge: a code, with its nonce, is exchanged once."""
        return False

    def resolve_client_private_key(self, client: Client) -> dict[str, Any]:
        private: dict[str, Any] = self._signer(client).private
        return private

    def get_encode_header(self, client: Client) -> dict[str, str]:
        return {"alg": ALGORITHM, "kid": self._signer(client).id, "typ": "JWT"}

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        return {
            "iss": client.desk.issuer,
            "aud": client.get_client_id(),
            "exp": int(time.time()) + ACCESS_SECONDS,
        }

    def generate_user_info(self, user: Any, scope: str) -> dict[str, Any]:
        return {"sub": encode("member", user.row.member_id)}

    def _signer(self, client: Client) -> Any:
        if client.desk.signer is None:
            raise RuntimeError("A request that may ask for an ID token is given the signer.")
        return client.desk.signer


class _Token:
    """A token as Authlib wants to see it."""

    def __init__(self, row: Found) -> None:
        self.row = row

    def check_client(self, client: Client) -> bool:
        return self.row.app_id == client.app.id

    def is_expired(self) -> bool:
        return not self.row.living

    def is_revoked(self) -> bool:
        return self.row.spent_at is not None


class Revocation(RevocationEndpoint):  # type: ignore[misc]  # Authlib ships no types
    """Ends a token; with a refresh token all that came from the same consent."""

    CLIENT_AUTH_METHODS = METHODS

    def query_token(self, token_string: str, token_type_hint: str | None) -> _Token | None:
        found = self.server.desk.loaded.brought
        return _Token(found) if found else None

    def check_params(self, request: Asked, client: Client) -> None:
        request.parameters.values.pop("token_type_hint", None)  # the prefix knows better
        super().check_params(request, client)

    def revoke_token(self, token: _Token, request: Asked) -> None:
        desk, row = self.server.desk, token.row
        if row.kind == "access":
            desk.write(app_tokens.revoke, desk.home, [row.hash])
        else:
            desk.write(app_tokens.revoke_family, desk.home, row.family_id)
        if row.living:
            desk.tell("revokeAppToken", row.app_id, row.grant_id, kind=row.kind)


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]  # Authlib ships no types
    """Tells an app what its own tokens are worth."""

    CLIENT_AUTH_METHODS = [METHOD, "client_secret_basic", "client_secret_post"]  # noqa: RUF012  # as Authlib has it

    def query_token(self, token_string: str, token_type_hint: str | None) -> _Token | None:
        found = self.server.desk.loaded.brought
        return _Token(found) if found else None

    def check_params(self, request: Asked, client: Client) -> None:
        request.parameters.values.pop("token_type_hint", None)  # the prefix knows better
        super().check_params(request, client)

    def check_permission(self, token: _Token, client: Client, request: Asked) -> bool:
        return token.check_client(client)

    def introspect_token(self, token: _Token) -> dict[str, Any]:
        row, issuer = token.row, self.server.desk.issuer
        told: dict[str, Any] = {
            "active": True,
            "client_id": encode("app", row.app_id),
            "token_type": "DPoP" if row.thumbprint else "Bearer",
            "scope": " ".join(row.scopes),
            "iss": issuer,
            "aud": row.resources or [issuer],
            "iat": int(row.created_at.timestamp()),
            "exp": int(row.expires_at.timestamp()),
        }
        if subject := encode_optional("member", row.member_id):
            told["sub"] = subject
        if row.thumbprint:
            told["cnf"] = {"jkt": row.thumbprint}
        return told


class DeviceAuthorization(DeviceAuthorizationEndpoint):  # type: ignore[misc]  # Authlib ships no types
    """Gives a device a code for itself and one for a human to type."""

    CLIENT_AUTH_METHODS = METHODS
    EXPIRES_IN = devices.DEVICE_SECONDS
    INTERVAL = devices.WAIT_SECONDS

    def create_endpoint_response(self, request: Asked) -> Any:
        client: Client = self.authenticate_client(request)
        if not client.check_grant_type(DeviceGrant.GRANT_TYPE):
            raise OAuth2Error("An app of this kind has no device.", error="unauthorized_client")
        try:
            scopes = read_scopes(request.payload.scope, client.app)
        except Refused as error:
            raise OAuth2Error(error.description, error=error.error) from error
        resources = self.server.resources(request)
        user_code, code = create_string_user_code(), devices.new_device(client.app.id)
        desk = self.server.desk
        desk.write(devices.add_device, client.app.id, code, user_code, scopes, resources, desk.thumbprint)
        address = f"{desk.issuer}/oauth/device"
        told = {
            "device_code": code,
            "user_code": user_code,
            "verification_uri": address,
            "verification_uri_complete": add_params_to_uri(address, [("user_code", user_code)]),
            "expires_in": self.EXPIRES_IN,
            "interval": self.INTERVAL,
        }
        return 200, told, []
