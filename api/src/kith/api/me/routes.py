from litestar import get
from litestar.di import NamedDependency

from kith.api.http.ids import encode
from kith.api.http.shapes import shape
from kith.api.me.schemas import Me, Workspace
from kith.api.me.schemas import Token as ShownToken
from kith.store.tokens import Token


@get("/v1/me", operation_id="getMe", tags=["meta"], scopes=[])
async def get_me(token: NamedDependency[Token]) -> Me:
    """Show the token in use.

    Its workspace, and its scopes. Every token may call this.
    """
    workspace = Workspace(encode("workspace", token.workspace_id), token.workspace)
    return Me(workspace, shape(ShownToken, token, id=encode("token", token.id)))


ROUTES = [get_me]
