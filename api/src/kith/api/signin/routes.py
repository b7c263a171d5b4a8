"""The pages of sign-in."""

from kith.api.signin.links import ROUTES as LINKS
from kith.api.signin.sign_in import ROUTES as SIGN_IN
from kith.api.signin.workspaces import ROUTES as WORKSPACES

ROUTES = [*SIGN_IN, *LINKS, *WORKSPACES]
