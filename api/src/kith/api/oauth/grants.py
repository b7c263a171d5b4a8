"""How apps get tokens: Authlib's grants, with families and single use, which it leaves to its users."""

from typing import Any
from uuid import UUID

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidScopeError, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8628 import DeviceCodeGrant

from kith.api.oauth.assertions import METHOD
from kith.api.oauth.clients import Client
from kith.domain.ids import encode
from kith.domain.scopes import IDENTITY, ordered
from kith.store import app_tokens, devices, exchanges
from kith.store import grants as store
from kith.store.app_tokens import Found, Held
from kith.store.db import new_id
from kith.store.devices import Device
from kith.store.exchanges import Brought, Exchange, Grant

METHODS = [METHOD, "client_secret_basic", "client_secret_post", "none"]


class InvalidTarget(OAuth2Error):  # type: ignore[misc]  # Authlib ships no types
    error = "invalid_target"
    description = "The resource is none of those that were granted."


class Credential:
    """What is exchanged for tokens, as Authlib wants to see it.

    named: whether the request names the redirect URI, which then has to be the code's. It may leave it out, as OAuth
    2.1 has it: PKCE binds every code to who asked for it.
    """

    def __init__(self, row: Held | Found | Device, *, named: bool = False) -> None:
        self.row, self.named = row, named

    def get_redirect_uri(self) -> Any:
        return getattr(self.row, "redirect_uri", None) if self.named else None

    def get_scope(self) -> str:
        return " ".join(self.row.scopes)

    def get_nonce(self) -> Any:
        return getattr(self.row, "nonce", None)

    def get_auth_time(self) -> int | None:
        return int(self.row.signed_in_at.timestamp()) if isinstance(self.row, Held) else None

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None

    def check_client(self, client: Client) -> bool:
        return self.row.app_id == client.app.id

    @property
    def code_challenge(self) -> Any:
        return getattr(self.row, "challenge", None)


class Challenge(CodeChallenge):  # type: ignore[misc]  # Authlib ships no types
    """PKCE with S256 for every app."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]  # noqa: RUF012  # as Authlib has it

    def get_authorization_code_challenge_method(self, authorization_code: Credential) -> str:
        return "S256"


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib ships no types
    """A code for tokens, once: whoever brings it again ends what it was exchanged for."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def query_authorization_code(self, code: str, client: Client) -> Credential | None:
        desk = self.server.desk
        held = desk.loaded.brought
        if held is None or held.app_id != client.app.id:
            return None
        if held.spent:
            desk.write(app_tokens.revoke_family, desk.home, held.family_id)
            desk.tell("endReplayedTokens", held.app_id, held.grant_id)
            return None
        _check_key(desk.thumbprint, held.thumbprint)
        return Credential(held, named="redirect_uri" in self.request.form) if held.living else None

    def authenticate_user(self, authorization_code: Credential) -> Credential:
        return authorization_code

    def save_token(self, token: dict[str, Any]) -> None:
        held: Held = self.request.authorization_code.row
        _issue(self, self.request.authorization_code, token, "code", held.family_id)
        self.server.desk.tell("issueTokens", held.app_id, held.grant_id, scopes=token["scope"].split())

    def delete_authorization_code(self, authorization_code: Credential) -> None:
        """It is spent as the tokens are stored."""


class RenewalGrant(grants.RefreshTokenGrant):  # type: ignore[misc]  # Authlib ships no types
    """A refresh token for the next, once: whoever brings an old one again ends the family."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Credential | None:
        desk = self.server.desk
        found = desk.loaded.brought
        if found is None or found.app_id != self.request.client.app.id:
            return None
        if found.spent_at is not None:
            if not found.raced:
                desk.write(app_tokens.revoke_family, desk.home, found.family_id)
                desk.tell("endReplayedTokens", found.app_id, found.grant_id)
            return None
        if not found.living:
            return None
        _check_key(desk.thumbprint, found.thumbprint)
        return Credential(found)

    def authenticate_user(self, refresh_token: Credential) -> Credential:
        return refresh_token

    def save_token(self, token: dict[str, Any]) -> None:
        found = self.request.refresh_token
        _issue(self, found, token, "token", found.row.family_id)

    def revoke_old_credential(self, refresh_token: Credential) -> None:
        """It is spent as the tokens are stored."""


class MachineGrant(grants.ClientCredentialsGrant):  # type: ignore[misc]  # Authlib ships no types
    """An app that acts by itself, in the workspace that owns it."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def create_token_response(self) -> Any:
        app = self.request.client.app
        if app.owner_id is None:
            raise InvalidScopeError("No workspace owns this app.")
        possible = set(self.server.desk.loaded.approved or ()) & set(app.scopes)
        asked = set((self.request.payload.scope or " ".join(possible)).split())
        if not asked or asked - possible:
            raise InvalidScopeError("The app is not approved for such scopes.")
        self.request.scope = " ".join(ordered(asked))
        return super().create_token_response()

    def generate_token(self, **options: Any) -> Any:
        return super().generate_token(**{**options, "scope": self.request.scope})

    def validate_requested_scope(self) -> None:
        """It is judged once the workspace is known."""

    def save_token(self, token: dict[str, Any]) -> None:
        app, desk, scopes = self.request.client.app, self.server.desk, self.request.scope.split()
        granted: Grant | None = desk.loaded.brought
        if granted is None or set(scopes) - set(granted.scopes):
            desk.want(store.add, desk.home, app.id, None, scopes)
            return
        made = exchanges.new_token(
            desk.home, "access", scopes=scopes, thumbprint=desk.thumbprint,
            resources=self.server.resources(self.request),
        )  # fmt: skip
        desk.exchange = Exchange(brought="grant", key=granted.id, family_id=new_id(), tokens=[made])
        token["access_token"] = made.text
        desk.tell("issueTokens", app.id, granted.id, scopes=scopes)


class DeviceGrant(DeviceCodeGrant):  # type: ignore[misc]  # Authlib ships no types
    """A device that a human has let in, once."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def query_device_credential(self, device_code: str) -> "DeviceCredential":
        found = self.server.desk.loaded.brought
        if found is None or found.spent or found.app_id != self.request.client.app.id:
            raise InvalidGrantError("The device code is unknown, another app's, or was exchanged.")
        return DeviceCredential(found)

    def query_user_grant(self, user_code: str) -> tuple[Any, bool] | None:
        device = self.device
        return None if device.granted is None else (device, device.granted)

    def validate_device_credential(self, credential: "DeviceCredential") -> Any:
        self.device: Device = credential.row
        return super().validate_device_credential(credential)

    def should_slow_down(self, credential: "DeviceCredential") -> bool:
        self.server.desk.write(devices.note_poll, credential.row.hash)
        return credential.row.hasty

    def save_token(self, token: dict[str, Any]) -> None:
        found, desk = self.request.credential, self.server.desk
        _check_key(desk.thumbprint, found.row.thumbprint)
        _issue(self, found, token, "device", new_id())
        desk.tell("issueTokens", found.row.app_id, found.row.grant_id, scopes=token["scope"].split())


class DeviceCredential(Credential):
    """A device that waits."""

    row: Device

    def get_client_id(self) -> str:
        return encode("app", self.row.app_id)

    def get_user_code(self) -> str:
        return self.row.user_code

    def is_expired(self) -> bool:
        return not self.row.living


def _check_key(proven: str | None, bound: str | None) -> None:
    """Refuse what is bound to a key that the sender does not prove to have."""
    if bound is not None and proven != bound:
        raise InvalidGrantError("It is bound to a key that the request does not prove to have.")


def _issue(grant: Any, found: Credential, token: dict[str, Any], brought: Brought, family_id: UUID) -> None:
    """Have the tokens of a family stored, and put their texts into the answer."""
    desk, app = grant.server.desk, grant.request.client.app
    if desk.loaded.approved is None:
        raise InvalidGrantError("The workspace approves this app no more.")
    possible = (set(desk.loaded.approved) & set(app.scopes)) | IDENTITY.keys()
    scopes = [scope for scope in token["scope"].split() if scope in possible]
    access = exchanges.new_token(
        desk.home, "access", scopes=scopes, thumbprint=desk.thumbprint,
        resources=grant.server.resources(grant.request, found.row.resources),
    )  # fmt: skip
    refresh = exchanges.new_token(
        desk.home, "refresh", scopes=found.row.scopes, resources=found.row.resources,
        thumbprint=desk.thumbprint if grant.request.auth_method == "none" else None,
    )  # fmt: skip
    token |= {"scope": " ".join(scopes), "access_token": access.text, "refresh_token": refresh.text}
    desk.exchange = Exchange(brought=brought, key=found.row.hash, family_id=family_id, tokens=[access, refresh])
