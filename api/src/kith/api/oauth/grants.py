"""How apps get tokens: Authlib's grants, with locks, families and single use, which it leaves to its users."""

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
from kith.store import app_tokens, apps, devices
from kith.store import grants as store
from kith.store.app_tokens import Found, Held
from kith.store.db import new_id
from kith.store.devices import Device
from kith.store.tokens import CODE, REFRESH, workspace_of

METHODS = [METHOD, "client_secret_basic", "client_secret_post", "none"]


class InvalidTarget(OAuth2Error):  # type: ignore[misc]  # Authlib ships no types
    error = "invalid_target"
    description = "The resource is none of those that were granted."


class Credential:
    """What is exchanged for tokens, as Authlib wants to see it. home: the workspace.

    named: whether the request names the redirect URI, which then has to be the code's. It may leave it out, as OAuth
    2.1 has it: PKCE binds every code to who asked for it.
    """

    def __init__(self, home: UUID, row: Held | Found | Device, *, named: bool = False) -> None:
        self.home, self.row, self.named = home, row, named

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
        talk = self.server.talk
        if (home := workspace_of(code, CODE)) is None:
            return None
        talk.enter(home)
        held = talk.hop(app_tokens.take_code, home, code)
        if held is None or held.app_id != client.app.id:
            return None
        if held.spent:
            talk.hop(app_tokens.revoke_family, home, held.family_id)
            talk.tell(home, "endReplayedTokens", held.app_id, held.grant_id)
            return None
        _check_key(talk.thumbprint, held.thumbprint)
        return Credential(home, held, named="redirect_uri" in self.request.form) if held.living else None

    def authenticate_user(self, authorization_code: Credential) -> Credential:
        return authorization_code

    def save_token(self, token: dict[str, Any]) -> None:
        found = self.request.authorization_code
        held: Held = found.row
        _issue(self, found, token, family_id=held.family_id, grant_id=held.grant_id, refresh=True)
        self.server.talk.tell(found.home, "issueTokens", held.app_id, held.grant_id, scopes=token["scope"].split())

    def delete_authorization_code(self, authorization_code: Credential) -> None:
        row = authorization_code.row
        self.server.talk.hop(app_tokens.spend_code, authorization_code.home, row.hash)


class RenewalGrant(grants.RefreshTokenGrant):  # type: ignore[misc]  # Authlib ships no types
    """A refresh token for the next, once: whoever brings an old one again ends the family."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Credential | None:
        talk = self.server.talk
        if (home := workspace_of(refresh_token, REFRESH)) is None:
            return None
        talk.enter(home)
        found = talk.hop(app_tokens.find, home, refresh_token, lock=True)
        if found is None or found.app_id != self.request.client.app.id:
            return None
        if found.spent_at is not None:
            if not talk.hop(app_tokens.is_mere_race, home, found):
                talk.hop(app_tokens.revoke_family, home, found.family_id)
                talk.tell(home, "endReplayedTokens", found.app_id, found.grant_id)
            return None
        if not found.living:
            return None
        _check_key(talk.thumbprint, found.thumbprint)
        return Credential(home, found)

    def authenticate_user(self, refresh_token: Credential) -> Credential:
        return refresh_token

    def save_token(self, token: dict[str, Any]) -> None:
        found = self.request.refresh_token
        old: Found = found.row
        _issue(self, found, token, family_id=old.family_id, grant_id=old.grant_id, refresh=True, begun_at=old.begun_at)

    def revoke_old_credential(self, refresh_token: Credential) -> None:
        self.server.talk.hop(app_tokens.spend, refresh_token.home, refresh_token.row.hash)


class MachineGrant(grants.ClientCredentialsGrant):  # type: ignore[misc]  # Authlib ships no types
    """An app that acts by itself, in the workspace that owns it."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def create_token_response(self) -> Any:
        app = self.request.client.app
        talk = self.server.talk
        if app.owner_id is None:
            raise InvalidScopeError("No workspace owns this app.")
        talk.enter(app.owner_id)
        possible = set(talk.hop(apps.approved, app.owner_id, app.id) or ()) & set(app.scopes)
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
        app, talk, scopes = self.request.client.app, self.server.talk, self.request.scope.split()
        grant_id = talk.hop(store.add, app.owner_id, app.id, None, scopes)
        made_for = app_tokens.Issue(
            family_id=new_id(), grant_id=grant_id, app_id=app.id, scopes=scopes, thumbprint=talk.thumbprint,
            resources=self.server.resources(self.request),
        )  # fmt: skip
        token["access_token"] = talk.hop(app_tokens.issue, app.owner_id, "access", made_for)
        talk.tell(app.owner_id, "issueTokens", app.id, grant_id, scopes=scopes)


class DeviceGrant(DeviceCodeGrant):  # type: ignore[misc]  # Authlib ships no types
    """A device that a human has let in, once."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def query_device_credential(self, device_code: str) -> "DeviceCredential":
        found = self.server.talk.hop(devices.take_device, device_code)
        if found is None or found.spent or found.app_id != self.request.client.app.id:
            raise InvalidGrantError("The device code is unknown, another app's, or was exchanged.")
        return DeviceCredential(found.home_id or UUID(int=0), found)

    def query_user_grant(self, user_code: str) -> tuple[Any, bool] | None:
        device = self.device
        return None if device.granted is None else (device, device.granted)

    def validate_device_credential(self, credential: "DeviceCredential") -> Any:
        self.device: Device = credential.row
        return super().validate_device_credential(credential)

    def should_slow_down(self, credential: "DeviceCredential") -> bool:
        return not self.server.talk.hop(devices.note_poll, credential.row.hash)

    def save_token(self, token: dict[str, Any]) -> None:
        found, talk = self.request.credential, self.server.talk
        _check_key(talk.thumbprint, found.row.thumbprint)
        talk.enter(found.home)
        talk.hop(devices.spend_device, found.row.hash)
        _issue(self, found, token, family_id=new_id(), grant_id=found.row.grant_id, refresh=True)
        talk.tell(found.home, "issueTokens", found.row.app_id, found.row.grant_id, scopes=token["scope"].split())


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


def _issue(
    grant: Any, found: Credential, token: dict[str, Any], *, family_id: UUID, grant_id: UUID, refresh: bool,
    begun_at: Any = None,
) -> None:  # fmt: skip
    """Store the tokens of a family and put their texts into the answer."""
    talk, app = grant.server.talk, grant.request.client.app
    approved = talk.hop(apps.approved, found.home, app.id)
    if approved is None:
        raise InvalidGrantError("The workspace approves this app no more.")
    possible = (set(approved) & set(app.scopes)) | IDENTITY.keys()
    scopes = [scope for scope in token["scope"].split() if scope in possible]
    made_for = app_tokens.Issue(
        family_id=family_id, grant_id=grant_id, app_id=app.id, scopes=scopes, thumbprint=talk.thumbprint,
        resources=grant.server.resources(grant.request, found.row.resources), begun_at=begun_at,
    )  # fmt: skip
    token["scope"] = " ".join(scopes)
    token["access_token"] = talk.hop(app_tokens.issue, found.home, "access", made_for)
    if refresh:
        whole = app_tokens.Issue(
            family_id=family_id, grant_id=grant_id, app_id=app.id, scopes=found.row.scopes,
            thumbprint=talk.thumbprint if grant.request.auth_method == "none" else None,
            resources=found.row.resources, begun_at=begun_at,
        )  # fmt: skip
        token["refresh_token"] = talk.hop(app_tokens.issue, found.home, "refresh", whole)
