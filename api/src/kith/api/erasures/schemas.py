from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kith.api.http.ids import ErasureId, JobId, PersonId, encode, encode_optional
from kith.api.http.kinds import Instant
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.store import erasures as store


class ErasuresParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Erasure(msgspec.Struct, frozen=True):
    """That somebody was erased, and how far that is."""

    id: ErasureId
    person_id: Annotated[
        PersonId | None, Meta(description="Whom it was asked for; null where the journal or an address brought it.")
    ]
    cause: Annotated[
        Literal["asked", "journal", "address"],
        Meta(
            description="`journal`: an older database was restored. `address`: an identity showed the address of "
            "somebody who was erased."
        ),
    ]
    author: Annotated[str, Meta(description="Who asked for it.", examples=["member:tok_06ae9jv9tg8009z1ajt0ds00tg"])]
    status: Annotated[
        Literal["queued", "unlisted", "hidden", "erased"],
        Meta(
            description="`unlisted`: gone from every list, while texts are still read through. `hidden`: gone from "
            "every answer, event and queue. `erased`: gone from the files, too."
        ),
    ]
    counts: Annotated[
        dict[str, Annotated[int, Meta(ge=0)]],
        Meta(
            description="Rows that went, by table; `interactions_towards`: acts of others that are towards nobody "
            "more; `texts`: those that say someone now.",
            examples=[{"identities": 2, "interactions": 41, "texts": 7}],
        ),
    ]
    receipt: Annotated[
        str | None,
        Meta(
            description="The signed receipt: a JWS (RFC 7515), verified by the keys at `/oauth/jwks`. Null until "
            "`hidden`; another one follows with `erased`.",
            examples=["eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl"],
        ),
    ]
    requested_at: Annotated[Instant, Meta(description="When it was asked for.")]
    hidden_at: Annotated[Instant | None, Meta(description="When the first stage ended.")]
    erased_at: Annotated[Instant | None, Meta(description="When the second stage ended.")]

    @classmethod
    def of(cls, row: store.Erasure) -> "Erasure":
        status = "unlisted" if row.status == "begun" else row.status
        person_id = encode_optional("person", row.person_id)
        return shape(cls, row, id=encode("erasure", row.id), person_id=person_id, status=status)


class AskedErasure(Erasure, frozen=True):
    """An erasure that was just asked for."""

    job_id: Annotated[JobId, Meta(description="The job that does it.")]
