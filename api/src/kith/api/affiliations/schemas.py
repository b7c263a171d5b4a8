from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kith.api.http.ids import AffiliationId, IdentityId, OrganizationId, encode
from kith.api.http.kinds import TEXT, Instant
from kith.api.http.moments import Day
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.api.refs import IdentityRef, OrganizationRef
from kith.domain.affiliations import Evidence as EvidenceKind
from kith.store import affiliations as store

Evidence = Annotated[
    EvidenceKind,
    Meta(
        description="The best first: an address used in the act, an own statement, a dated record, an address that was "
        "merely seen, a broker of data."
    ),
]
Since = Annotated[date | None, Meta(description="First day; null: unknown.")]
Until = Annotated[date | None, Meta(description="Last day; null: unknown, or still so.")]
Title = Annotated[str, Meta(max_length=200, pattern=TEXT, examples=["Engineer"])]


class AffiliationsParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    on: Annotated[Day | None, Meta(description="Those of this day alone.")] = None


class AffiliatesParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    on: Annotated[Day | None, Meta(description="Those of this day alone.")] = None


class Affiliation(msgspec.Struct, frozen=True):
    """An affiliation with its evidence."""

    id: AffiliationId
    organization: OrganizationRef
    identity_id: Annotated[IdentityId, Meta(description="The identity with the evidence.")]
    since: Since
    until: Until
    seen_since: Annotated[date | None, Meta(description="First day on which it is evidenced; null: no act shows it.")]
    seen_until: Annotated[date | None, Meta(description="Latest day on which it is evidenced; null: no act shows it.")]
    evidence: Evidence
    confidence: Annotated[float, Meta(description="Certainty.", ge=0, le=1)]
    title: Annotated[Title | None, Meta(description="Title of the person there.")]
    author: Annotated[str, Meta(description="Author of the statement.", examples=["rule:address/1"])]
    learnt_at: Annotated[Instant, Meta(description="When kith learned of it.")]

    @classmethod
    def of(cls, row: store.Affiliation) -> "Affiliation":
        return shape(
            cls,
            row,
            id=encode("affiliation", row.id),
            organization=OrganizationRef(encode("organization", row.organization_id), row.organization),
            identity_id=encode("identity", row.identity_id),
        )


class Affiliate(msgspec.Struct, frozen=True):
    """A person's affiliation with an organization."""

    identity: Annotated[IdentityRef, Meta(description="The identity with the evidence, and its person.")]
    affiliation: Affiliation


class AffiliationCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An affiliation to add."""

    organization_id: OrganizationId
    since: Since = None
    until: Until = None
    evidence: Annotated[
        Literal["own_statement", "dated_record", "broker"], Meta(description="What kind of knowledge it is.")
    ] = "dated_record"
    confidence: Annotated[float, Meta(description="Certainty.", gt=0, le=1)] = 1.0
    title: Annotated[Title | None, Meta(description="Title of the person there.")] = None


class Affiliations(msgspec.Struct, frozen=True):
    """The organizations of a person."""

    data: Annotated[list[Affiliation], Meta(description="The best evidence first.")]
