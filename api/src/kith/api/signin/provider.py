"""Signing in by way of another OpenID provider, which the operator has named: code flow with PKCE, state and nonce."""

import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Annotated, Any

import httpx2
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from kith.runtime.settings import Settings

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512"]
SECONDS = 10.0
_MOST = 1_000_000  # bytes of an answer
_SLACK = 60  # seconds by which clocks may differ


class NotTrusted(Exception):
    """What the provider said cannot be relied on, or it did not answer; the message is for the log."""


class Metadata(msgspec.Struct, frozen=True):
    """What the provider says of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class Waiting(msgspec.Struct, frozen=True):
    """What a browser was sent to the provider with. link_to: the sign-in that the provider is to know from now on."""

    state: str
    nonce: str
    verifier: str
    next: str
    link_to: str | None


class Known(msgspec.Struct, frozen=True):
    """Whom the provider knows. address: of mail, only where the provider has verified it."""

    issuer: str
    subject: str
    address: str | None


class _Claims(msgspec.Struct, frozen=True):
    iss: str
    sub: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    nonce: str
    email: str | None = None
    email_verified: bool | str = False


class Provider:
    """The provider that the settings name; asked each time, so that its keys may change at any moment."""

    def __init__(self, settings: Settings, http: httpx2.AsyncClient) -> None:
        self.settings, self.http = settings, http

    @property
    def return_address(self) -> str:
        return f"{self.settings.issuer}/sign-in/provider/return"

    async def begin(self, onward: str, link_to: str | None) -> tuple[str, Waiting]:
        """Return where to send the browser, and what to keep until it returns. Raises NotTrusted."""
        metadata = await self._metadata()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        waiting = Waiting(state, nonce, verifier, onward, link_to)
        asked = {
            "response_type": "code",
            "client_id": self.settings.oidc_client_id or "",
            "redirect_uri": self.return_address,
            "scope": "openid email",
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        return str(httpx2.URL(metadata.authorization_endpoint).copy_merge_params(asked)), waiting

    async def finish(self, waiting: Waiting, code: str, issuer: str | None) -> Known:
        """Exchange the code for who it is. issuer: as the answer names it, where it does. Raises NotTrusted."""
        metadata = await self._metadata()
        if issuer not in (None, metadata.issuer):
            raise NotTrusted("The answer comes from another issuer.")
        answer = await self._json("POST", metadata.token_endpoint, **self._exchange(metadata, waiting, code))
        jwks: Any = await self._json("GET", metadata.jwks_uri)
        try:
            keys = KeySet.import_key_set(jwks)
            token = jwt.decode(str(answer.get("id_token", "")), keys, algorithms=ALGORITHMS)
            JWTClaimsRegistry(
                leeway=_SLACK,
                iss={"essential": True, "value": metadata.issuer},
                aud={"essential": True, "value": self.settings.oidc_client_id or ""},
                exp={"essential": True},
                iat={"essential": True},
            ).validate(token.claims)
            claims = msgspec.convert(token.claims, _Claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise NotTrusted(f"The ID token is not valid ({type(error).__name__}).") from error
        if not hmac.compare_digest(claims.nonce.encode(errors="replace"), waiting.nonce.encode()):
            raise NotTrusted("The ID token was made for another request.")
        verified = claims.email_verified in (True, "true")
        return Known(claims.iss, claims.sub, claims.email.lower() if claims.email and verified else None)

    def _exchange(self, metadata: Metadata, waiting: Waiting, code: str) -> dict[str, Any]:
        client, secret = self.settings.oidc_client_id or "", self.settings.oidc_client_secret or ""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.return_address,
            "code_verifier": waiting.verifier,
        }
        if "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            return {"data": form, "auth": (client, secret)}
        return {"data": form | {"client_id": client, "client_secret": secret}}

    async def _metadata(self) -> Metadata:
        issuer = (self.settings.oidc_issuer or "").rstrip("/")
        said = await self._json("GET", f"{issuer}/.well-known/openid-configuration")
        try:
            metadata = msgspec.convert(said, Metadata)
        except msgspec.ValidationError as error:
            raise NotTrusted(f"The provider's document lacks something ({error}).") from error
        if metadata.issuer.rstrip("/") != issuer:
            raise NotTrusted(f"The provider calls itself {metadata.issuer}, and the setting says {issuer}.")
        return metadata

    async def _json(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        try:
            answer = await self.http.request(method, url, headers={"Accept": "application/json"}, **options)
            if answer.status_code != 200 or len(answer.content) > _MOST:
                raise NotTrusted(f"{httpx2.URL(url).host} answered {answer.status_code}.")
            found: dict[str, Any] = msgspec.json.decode(answer.content, type=dict[str, Any])
        except (httpx2.HTTPError, msgspec.MsgspecError) as error:
            raise NotTrusted(f"{httpx2.URL(url).host} cannot be used ({type(error).__name__}).") from error
        return found


def _challenge(verifier: str) -> str:
    """Return the S256 challenge of RFC 7636."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
