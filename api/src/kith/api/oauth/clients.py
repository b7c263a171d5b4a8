"""Apps as Authlib wants to see them."""

from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin

from kith.api.oauth.bridge import Desk
from kith.domain.apps import GRANT_TYPES, methods
from kith.domain.ids import decode, encode
from kith.runtime.keyring import ALGORITHM
from kith.store.exchanges import Loaded
from kith.store.tokens import digest


class Client(ClientMixin):  # type: ignore[misc]  # Authlib ships no types
    """An app that calls."""

    id_token_signed_response_alg = ALGORITHM

    def __init__(self, desk: Desk, loaded: Loaded) -> None:
        self.desk, self.app, self.secrets = desk, loaded.app, loaded.secrets

    def get_client_id(self) -> str:
        return encode("app", self.app.id)

    def check_client_secret(self, client_secret: str) -> bool:
        return digest(client_secret) in self.secrets

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in methods(self.app.kind, has_keys=bool(self.app.keys))

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in GRANT_TYPES[self.app.kind]


def query_client(desk: Desk, client_id: Any) -> Client | None:
    """Return the app of this id, where it is the one that calls."""
    loaded = desk.loaded
    if loaded is None or decode("app", str(client_id)) != loaded.app.id:
        return None
    return Client(desk, loaded)
