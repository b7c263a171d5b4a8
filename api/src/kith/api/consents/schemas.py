from typing import Annotated

import msgspec
from msgspec import Meta

from kith.api.http.ids import ConsentId, PersonId, encode
from kith.api.http.kinds import TEXT, Instant
from kith.api.http.moments import Moment
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.store import consents as store

Purpose = Annotated[
    str,
    Meta(min_length=1, max_length=500, pattern=TEXT, description="What for.", examples=["Invitations to meetings"]),
]
Basis = Annotated[
    store.Basis, Meta(description="On which ground: article 6 of the General Data Protection Regulation.")
]
Evidence = Annotated[
    str,
    Meta(
        max_length=2_000, pattern=f"{TEXT}|^$", description="Where and how it was given; may be empty.",
        examples=["By mail, 2026-05-01"],
    ),
]  # fmt: skip


class ConsentsParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    person: Annotated[PersonId | None, Meta(description="Consents of this person alone.")] = None
    standing: Annotated[
        bool | None, Meta(description="`true`: those that stand; `false`: those that were withdrawn.")
    ] = None


class ConsentCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """For which purpose data of a person may be used."""

    purpose: Purpose
    basis: Basis = "consent"
    evidence: Evidence = ""
    given_at: Annotated[
        Moment | None, Meta(description="When it was given; the present moment where it is not said.")
    ] = None


class Consent(msgspec.Struct, frozen=True):
    """For which purpose data of a person may be used, on which ground, and since when."""

    id: ConsentId
    person_ids: Annotated[
        list[PersonId], Meta(description="Whose it is, as they stand now; several where the person was parted since.")
    ]
    purpose: Purpose
    basis: Basis
    evidence: Evidence
    author: Annotated[str, Meta(description="Who recorded it.", examples=["member:tok_06ae9jv9tg8009z1ajt0ds00tg"])]
    given_at: Annotated[Instant, Meta(description="When it was given.")]
    created_at: Annotated[Instant, Meta(description="When it was recorded.")]
    withdrawn_at: Annotated[Instant | None, Meta(description="When it was withdrawn; null while it stands.")]
    withdrawn_by: Annotated[str | None, Meta(description="Who recorded that it was withdrawn.")]

    @classmethod
    def of(cls, row: store.Consent) -> "Consent":
        return shape(
            cls, row, id=encode("consent", row.id), person_ids=[encode("person", id_) for id_ in row.person_ids]
        )
