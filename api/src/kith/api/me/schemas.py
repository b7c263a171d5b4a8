from typing import Annotated

import msgspec
from msgspec import Meta

from kith.api.http.ids import TokenId, WorkspaceId
from kith.api.http.kinds import Instant


class Workspace(msgspec.Struct, frozen=True):
    """The workspace that the token is bound to."""

    id: WorkspaceId
    name: Annotated[str, Meta(description="Name of the workspace.", examples=["default"])]


class Token(msgspec.Struct, frozen=True):
    """The token that was sent."""

    id: TokenId
    name: Annotated[str, Meta(description="Its name.", examples=["dashboard"])]
    scopes: Annotated[list[str], Meta(description="Its scopes.", examples=[["people:read"]])]
    created_at: Annotated[Instant, Meta(description="When it was created.")]
    expires_at: Annotated[Instant | None, Meta(description="When it expires; null: never.")]


class Me(msgspec.Struct, frozen=True):
    """Who asks."""

    workspace: Workspace
    token: Token
