from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kith.api.http.ids import IdentityId, MemberId, TokenId, WorkspaceId
from kith.api.http.kinds import HeldScope, Instant, Network, Role
from kith.api.http.paging import Listing


class Workspace(msgspec.Struct, frozen=True):
    """The workspace that the token is bound to."""

    id: WorkspaceId
    name: Annotated[str, Meta(description="Name of the workspace.", examples=["default"])]


class Token(msgspec.Struct, frozen=True):
    """The token that was sent."""

    id: TokenId
    name: Annotated[str, Meta(description="Its name.", examples=["dashboard"])]
    scopes: Annotated[list[HeldScope], Meta(description="Its scopes.", examples=[["people:read"]])]
    created_at: Annotated[Instant, Meta(description="When it was created.")]
    expires_at: Annotated[Instant | None, Meta(description="When it expires; null: never.")]


class MyMembership(msgspec.Struct, frozen=True):
    """The member for whom the token acts."""

    id: MemberId
    role: Role


class Me(msgspec.Struct, frozen=True):
    """Who asks."""

    workspace: Workspace
    token: Token
    member: Annotated[MyMembership | None, Meta(description="For whom the token acts; null: for nobody in particular.")]


class MyIdentitiesParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class MyIdentityCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An identity that the member says is their own."""

    identity: IdentityId


class MyIdentity(msgspec.Struct, frozen=True):
    """An identity that is the member's own. E-mail addresses are absent without `people:contact:read`."""

    id: IdentityId
    network: Network
    host: Annotated[str, Meta(description="Host of the network.")]
    name: Annotated[str | None, Meta(description="Display name.")]
    handle: Annotated[str | None, Meta(description="Handle.")]
    proof: Annotated[
        Literal["address", "word"],
        Meta(description="`address`: it has the address that the member's sign-in has verified; `word`: they say so."),
    ]
    confirmed_at: Annotated[Instant, Meta(description="When they confirmed it.")]
