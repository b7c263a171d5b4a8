"""The routes of the authorization server. They are the protocol's and not in the OpenAPI document: docs/apps.md lists
them.
"""

from litestar.handlers import HTTPRouteHandler

from kith.api.oauth.connected import ROUTES as CONNECTED
from kith.api.oauth.consent import ROUTES as CONSENT
from kith.api.oauth.device import ROUTES as DEVICE
from kith.api.oauth.logout import ROUTES as LOGOUT
from kith.api.oauth.metadata import ROUTES as METADATA
from kith.api.oauth.registration import ROUTES as REGISTRATION
from kith.api.oauth.tokens import ROUTES as TOKENS
from kith.api.oauth.userinfo import ROUTES as USERINFO

ROUTES: list[HTTPRouteHandler] = [
    *CONSENT,
    *TOKENS,
    *DEVICE,
    *USERINFO,
    *REGISTRATION,
    *LOGOUT,
    *METADATA,
    *CONNECTED,
]
