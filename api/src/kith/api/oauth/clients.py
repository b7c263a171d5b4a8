"""Apps as Authlib wants to see them."""

from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin

from kith.api.oauth.bridge import Talk
from kith.domain.apps import GRANT_TYPES, methods
from kith.domain.ids import decode, encode
from kith.runtime.keyring import ALGORITHM
from kith.store import apps
from kith.store.apps import App


class Client(ClientMixin):  # type: ignore[misc]  # Authlib ships no types
    """An app that calls."""

    id_token_signed_response_alg = ALGORITHM

    def __init__(self, app: App, talk: Talk) -> None:
        self.app, self.talk = app, talk

    def get_client_id(self) -> str:
        return encode("app", self.app.id)

    def check_client_secret(self, client_secret: str) -> bool:
        return self.talk.hop(apps.has_secret, self.app.id, client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in methods(self.app.kind, has_keys=bool(self.app.keys))

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in GRANT_TYPES[self.app.kind]


def query_client(talk: Talk, client_id: Any) -> Client | None:
    """Return the app of this id, from the thread."""
    app_id = decode("app", str(client_id))
    app = talk.hop(apps.find_app, app_id) if app_id else None
    return Client(app, talk) if app else None
