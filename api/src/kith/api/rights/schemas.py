from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kith.api.http.ids import PersonId, RightsRequestId, encode, encode_optional
from kith.api.http.kinds import Instant
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.store import rights_requests as store


class RightsRequestsParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    open: Annotated[bool | None, Meta(description="`true`: those that wait; `false`: those that are done.")] = None


class RightsRequestPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That a request was dealt with."""

    status: Annotated[Literal["done"], Meta(description="It was dealt with, and answered.")]


class RightsRequest(msgspec.Struct, frozen=True):
    """What somebody who is no member asked for, with a deadline."""

    id: RightsRequestId
    person_id: Annotated[
        PersonId | None, Meta(description="Of whom; null where several people have the address that was shown.")
    ]
    kind: Annotated[
        store.Kind,
        Meta(description="`other`: what `message` asks for, which a human has to do; kith does the others by itself."),
    ]
    proof: Annotated[
        store.Proof, Meta(description="What the person showed: an address by a link, or a handle by a code.")
    ]
    message: Annotated[str, Meta(description="What the person wrote.", examples=["My name is misspelt."])]
    address: Annotated[str | None, Meta(description="Where to answer, until it is done.", examples=["ada@example.org"])]
    object: Annotated[
        str | None, Meta(description="Id of what came of it.", examples=["drp_06ae9jv9tg8009z1ajt0ds00tg"])
    ]
    created_at: Annotated[Instant, Meta(description="When it was asked for.")]
    due_at: Annotated[Instant, Meta(description="Until when it has to be dealt with: 30 days later.")]
    done_at: Annotated[Instant | None, Meta(description="When it was dealt with; null until then.")]
    done_by: Annotated[str | None, Meta(description="Who dealt with it.", examples=["kith"])]

    @classmethod
    def of(cls, row: store.RightsRequest) -> "RightsRequest":
        return shape(cls, row, id=encode("rights-request", row.id), person_id=encode_optional("person", row.person_id))
