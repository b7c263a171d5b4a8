from typing import Annotated

import msgspec
from msgspec import Meta

from kith.api.http.ids import MemberId, TokenId, encode, encode_optional
from kith.api.http.kinds import TEXT, HeldScope, Instant, ScopeName
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.store import tokens as store

Scopes = Annotated[
    list[HeldScope],
    Meta(max_length=200, description="What it may do.", examples=[["people:read"]]),
]
Asked = Annotated[list[ScopeName], Meta(min_length=1, max_length=200, examples=[["people:read"]])]
Name = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=TEXT, description="What it is for.", examples=["nightly report"])
]


class TokensParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class PersonalToken(msgspec.Struct, frozen=True):
    """A personal token, without its text."""

    id: TokenId
    name: Name
    scopes: Scopes
    member_id: Annotated[MemberId | None, Meta(description="For whom it acts; null: the operator's.")]
    created_at: Annotated[Instant, Meta(description="When it was created.")]
    expires_at: Annotated[Instant | None, Meta(description="When it expires; null: never.")]


class CreatedToken(PersonalToken, frozen=True):
    """A personal token and its text."""

    token: Annotated[str | None, Meta(description="Shown only now: null where this answer is a repeated one.")]


class TokenCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A personal token to create."""

    name: Name
    scopes: Annotated[Asked, Meta(description="What it may do; not more than the token that creates it.")]
    days: Annotated[
        Annotated[int, Meta(ge=1, le=3650)] | None, Meta(description="How long it lives; null: until it is revoked.")
    ] = 90


def show(row: store.Token) -> PersonalToken:
    return shape(PersonalToken, row, id=encode("token", row.id), member_id=encode_optional("member", row.member_id))
