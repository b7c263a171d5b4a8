from typing import Annotated

import msgspec
from msgspec import Meta

from kith.api.http.ids import InvitationId, encode
from kith.api.http.kinds import Instant, Role
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.store import invitations as store

_SIGNS = r"[^@\s\u0000-\u001f\u0085\ufeff]+"  # what is white space differs by language
Address = Annotated[
    str,
    Meta(
        max_length=320, pattern=f"^{_SIGNS}@{_SIGNS}$", description="E-mail address.",
        examples=["theo@example.org"],
    ),
]  # fmt: skip
Status = Annotated[store.Status, Meta(description="Where it stands.")]


class InvitationsParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    status: Status | None = None


class InvitationCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to invite."""

    address: Address
    role: Role = "viewer"


class Invitation(msgspec.Struct, frozen=True):
    """An invitation to become a member."""

    id: InvitationId
    address: Address
    role: Role
    status: Status
    mailed: Annotated[bool, Meta(description="Whether the link went by mail.")]
    created_at: Annotated[Instant, Meta(description="When it was created.")]
    sent_at: Annotated[Instant, Meta(description="When its present link was made.")]
    expires_at: Annotated[Instant, Meta(description="Until when the link can be used.")]
    link: Annotated[
        str | None,
        Meta(description="The link, shown once, where this installation sends no mail: give it to whom it is for."),
    ] = None

    @classmethod
    def of(cls, row: store.Invitation) -> "Invitation":
        return shape(cls, row, id=encode("invitation", row.id), link=None)
