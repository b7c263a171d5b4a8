from typing import Annotated

import msgspec
from msgspec import Meta

from kith.api.http.ids import AppId, GrantId, MemberId, encode, encode_optional
from kith.api.http.kinds import HeldScope, Instant
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.store import grants as store


class GrantsParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    app: Annotated[AppId | None, Meta(description="Was granted to this app.")] = None
    member: Annotated[MemberId | None, Meta(description="Was granted by this member.")] = None


class GrantedApp(msgspec.Struct, frozen=True):
    """The app that something was granted to."""

    id: AppId
    name: Annotated[str, Meta(description="Its name.", examples=["Community map"])]


class Grant(msgspec.Struct, frozen=True):
    """What a member granted an app, or what an app may do by itself."""

    id: GrantId
    app: GrantedApp
    member_id: Annotated[MemberId | None, Meta(description="Who granted it; null: the app acts by itself.")]
    scopes: Annotated[list[HeldScope], Meta(description="The scopes.", examples=[["people:read"]])]
    created_at: Annotated[Instant, Meta(description="When it was first granted.")]
    updated_at: Annotated[Instant, Meta(description="When it last grew.")]

    @classmethod
    def of(cls, row: store.Grant) -> "Grant":
        return shape(
            cls,
            row,
            id=encode("grant", row.id),
            app=GrantedApp(encode("app", row.app_id), row.app),
            member_id=encode_optional("member", row.member_id),
        )
