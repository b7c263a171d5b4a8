from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kith.api.decisions.schemas import FeatureContribution
from kith.api.http.ids import DecisionId, IdentityId, PersonId, SuggestionId, encode, encode_optional
from kith.api.http.kinds import Instant
from kith.api.http.moments import Moment
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.api.refs import IdentityRef
from kith.domain.matching import shipped
from kith.store import suggestions as store

Status = Annotated[
    Literal["open", "accepted", "rejected", "postponed", "joined", "withdrawn"],
    Meta(description="`joined`: other evidence made the two one person. `withdrawn`: nothing suggests it any longer."),
]
Probability = Annotated[float, Meta(ge=0, le=1)]


class SuggestionsParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    status: Annotated[tuple[Status, ...], Meta(max_length=6, description="Is one of these.")] = ("open",)
    person: Annotated[PersonId | None, Meta(description="Names an identity of this person.")] = None
    identity: Annotated[IdentityId | None, Meta(description="Names this identity.")] = None
    at_least: Annotated[Probability | None, Meta(description="At least this likely.")] = msgspec.field(
        name="probability[gte]", default=None
    )
    below: Annotated[Probability | None, Meta(description="Less likely.")] = msgspec.field(
        name="probability[lt]", default=None
    )


class Suggestion(msgspec.Struct, frozen=True):
    """Two identities that may be one person."""

    id: SuggestionId
    identities: Annotated[list[IdentityRef], Meta(description="The two identities, with their current people.")]
    status: Status
    probability: Annotated[float, Meta(description="How likely they are one person.", ge=0, le=1)]
    log_odds: Annotated[float, Meta(description="The same in nats: log(p / (1 - p)).")]
    contributions: Annotated[list[FeatureContribution], Meta(description="They add up to log_odds.")]
    model: Annotated[str, Meta(description="Version of the model.", examples=[shipped().version])]
    postponed_until: Annotated[Instant | None, Meta(description="When a postponed one is open again.")]
    decision_id: Annotated[DecisionId | None, Meta(description="Decision that accepted or rejected it.")]
    created_at: Annotated[Instant, Meta(description="When it was first suggested.")]
    updated_at: Annotated[Instant, Meta(description="When it last changed.")]

    @classmethod
    def of(cls, row: store.Suggestion, identities: list[IdentityRef]) -> "Suggestion":
        return shape(
            cls,
            row,
            id=encode("suggestion", row.id),
            identities=identities,
            contributions=[FeatureContribution.of(part) for part in row.contributions],
            decision_id=encode_optional("decision", row.decision_id),
        )


class SuggestionDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Decision on a suggestion."""

    verdict: Annotated[
        Literal["accept", "reject", "postpone", "reopen"],
        Meta(
            description="A rejection is remembered: the pair comes back only on strong new evidence. `reopen` takes "
            "back what was decided before."
        ),
    ]
    until: Annotated[Moment | None, Meta(description="When a postponed one is open again; null: in 30 days.")] = None


class SuggestionDecisionItem(SuggestionDecision, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Decision on one of several suggestions."""

    suggestion_id: SuggestionId


class SuggestionDecisions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Decisions on several suggestions, all or none."""

    decisions: Annotated[
        list[SuggestionDecisionItem],
        Meta(min_length=1, max_length=500, description="No suggestion may be named twice."),
    ]


class DecidedSuggestions(msgspec.Struct, frozen=True):
    """Suggestions after the decisions."""

    data: Annotated[list[Suggestion], Meta(description="In the order of the request.")]
