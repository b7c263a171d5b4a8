from typing import Annotated

import msgspec
from msgspec import Meta

from kith.api.http.ids import MemberId, encode
from kith.api.http.kinds import Instant, Role
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.store import members as store


class MembersParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Member(msgspec.Struct, frozen=True):
    """A human who may sign in to the workspace."""

    id: MemberId
    name: Annotated[str, Meta(description="Name, as the member gives it.", examples=["Olga Owner"])]
    address: Annotated[str | None, Meta(description="E-mail address that they sign in with; null: none yet.")]
    role: Role
    created_at: Annotated[Instant, Meta(description="When they became a member.")]
    updated_at: Annotated[Instant, Meta(description="When their role was last changed.")]

    @classmethod
    def of(cls, row: store.Member) -> "Member":
        return shape(cls, row, id=encode("member", row.id))


class MemberPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The role to give."""

    role: Role
