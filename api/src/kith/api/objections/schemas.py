from typing import Annotated

import msgspec
from msgspec import Meta

from kith.api.http.ids import ObjectionId, PersonId, encode
from kith.api.http.kinds import TEXT, Instant
from kith.api.http.moments import Moment
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.store import objections as store

Reason = Annotated[
    str,
    Meta(
        max_length=2_000, pattern=f"{TEXT}|^$", description="Why, as the person gave it; empty where they gave none.",
        examples=["I do not want to be ranked."],
    ),
]  # fmt: skip
_OBJECTED_AT = "When the person objected; the present moment where it is not said."


class ObjectionsParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    person: Annotated[PersonId | None, Meta(description="Objections of this person alone.")] = None
    standing: Annotated[
        bool | None, Meta(description="`true`: those that stand; `false`: those that were taken back.")
    ] = None


class ObjectionCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """That a person objects to being scored."""

    reason: Reason = ""
    objected_at: Annotated[Moment | None, Meta(description=_OBJECTED_AT)] = None


class Objection(msgspec.Struct, frozen=True):
    """That a person objects to being scored, since when, and who recorded it."""

    id: ObjectionId
    person_ids: Annotated[
        list[PersonId],
        Meta(description="Whom it is about, as they stand now; several where the person was parted since."),
    ]
    reason: Reason
    author: Annotated[str, Meta(description="Who recorded it.", examples=["member:tok_06ae9jv9tg8009z1ajt0ds00tg"])]
    objected_at: Annotated[Instant, Meta(description="When the person objected.")]
    created_at: Annotated[Instant, Meta(description="When it was recorded.")]
    ended_at: Annotated[Moment | None, Meta(description="When it was taken back; null while it stands.")]
    ended_by: Annotated[str | None, Meta(description="Who recorded that it was taken back.")]

    @classmethod
    def of(cls, row: store.Objection) -> "Objection":
        return shape(
            cls, row, id=encode("objection", row.id), person_ids=[encode("person", id_) for id_ in row.person_ids]
        )
