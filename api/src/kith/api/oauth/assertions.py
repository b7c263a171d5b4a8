"""How an app proves who it is with a key of its own (``private_key_jwt``, RFC 7523)."""

import time
from typing import Any

from authlib.oauth2.rfc6749 import InvalidClientError
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from kith.api.oauth.bridge import Asked, Desk
from kith.api.oauth.clients import Client
from kith.runtime.keyring import ALGORITHM
from kith.store.devices import use_proof

METHOD = "private_key_jwt"
LONGEST_SECONDS = 3600
"""How far ahead an assertion may end: until then it is remembered, to be used once."""


class KeyAssertion(JWTBearerClientAssertion):  # type: ignore[misc]  # Authlib ships no types
    """A JWT that an app signs for this server, once."""

    CLIENT_AUTH_METHOD = METHOD

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk

    def __call__(self, query_client: Any, request: Any) -> Client | None:
        found: Client | None = super().__call__(query_client, request)
        if found and request.form.get("client_id", found.get_client_id()) != found.get_client_id():
            raise InvalidClientError(description="The assertion is another app's.")
        return found

    def extract_assertion(self, assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
        return _parts(assertion)

    def get_audiences(self) -> list[str]:
        return [self.desk.issuer, f"{self.desk.issuer}/oauth/token"]

    def resolve_client_public_key(self, client: Client) -> KeySet:
        if not client.app.keys:
            raise InvalidClientError(description="The app has no key.")
        return KeySet.import_key_set({"keys": client.app.keys})

    def process_assertion_claims(self, assertion: str, keys: KeySet) -> Any:
        """Return the claims of an assertion that one of the keys has signed; what it says of its key is not asked."""
        for key in keys.keys:
            try:
                claims = jwt.decode(assertion, key, algorithms=[ALGORITHM]).claims
            except (JoseError, ValueError, RecursionError):
                continue
            self.verify_claims(claims)
            return claims
        raise InvalidClientError(description=f"No key of the app has signed the assertion with {ALGORITHM}.")

    def validate_jti(self, claims: dict[str, Any], jti: Any) -> bool:
        now = time.time()
        if not isinstance(jti, str) or not claims["exp"] <= now + LONGEST_SECONDS:  # which holds for no NaN
            raise InvalidClientError(description="The assertion lives too long, or its jti is no text.")
        if self.desk.used:
            return False
        self.desk.write(use_proof, claims["sub"], jti, max(claims["exp"] - now, 0) + self.leeway)
        return True


def claims_of(request: Asked) -> dict[str, Any]:
    """Return what an assertion says, whoever may have signed it: where to look for its app."""
    if (text := request.form.get("client_assertion")) is None:
        return {}
    try:
        return _parts(text)[1]
    except InvalidClientError:
        return {}


def _parts(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the header and the claims of an assertion. Raises InvalidClientError."""
    try:
        header, claims = JWTBearerClientAssertion().extract_assertion(text)
    except RecursionError as error:
        raise InvalidClientError(description="The assertion is nested too deeply.") from error
    return header, claims
