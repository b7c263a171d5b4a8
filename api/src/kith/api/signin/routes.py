"""The pages of sign-in."""

from kith.api.signin.by_provider import ROUTES as PROVIDER
from kith.api.signin.invited import ROUTES as INVITED
from kith.api.signin.links import ROUTES as LINKS
from kith.api.signin.my_data import ROUTES as MY_DATA
from kith.api.signin.passkeys import ROUTES as PASSKEYS
from kith.api.signin.second_factor import ROUTES as SECOND_FACTOR
from kith.api.signin.security import ROUTES as SECURITY
from kith.api.signin.sign_in import ROUTES as SIGN_IN
from kith.api.signin.workspaces import ROUTES as WORKSPACES

ROUTES = [*SIGN_IN, *SECOND_FACTOR, *LINKS, *PASSKEYS, *PROVIDER, *SECURITY, *WORKSPACES, *INVITED, *MY_DATA]
