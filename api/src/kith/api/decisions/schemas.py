from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from kith.api.http.ids import DecisionId, IdentityId, PersonId, encode, encode_optional
from kith.api.http.kinds import Instant
from kith.api.http.moments import Bound
from kith.api.http.paging import Listing
from kith.api.refs import IdentityRef
from kith.domain.matching import FEATURES, shipped
from kith.store import decisions as store
from kith.store.suggestions import Contribution as StoredContribution

Verdict = Annotated[
    Literal["same", "different", "retract"],
    Meta(description="`retract` takes an earlier decision back, as if it had never been made."),
]
AuthorKind = Annotated[Literal["member", "rule", "import"], Meta(description="Who decided: a human, a rule, a file.")]
_MEANINGS = {feature.name: feature.meaning for feature in FEATURES} | {
    "intercept": "how likely two identities are one person before anything is compared",
    "cohesion": "what the names of the two persons as wholes say against joining them",
    "two_employers": "both work at one time, each for another organization, and only a name speaks for one person",
}


class DecisionsParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    verdict: Annotated[tuple[Verdict, ...], Meta(max_length=3, description="Is one of these.")] = ()
    author: Annotated[tuple[AuthorKind, ...], Meta(max_length=3, description="Was made by one of these.")] = ()
    person: Annotated[PersonId | None, Meta(description="Names an identity of this person.")] = None
    identity: Annotated[IdentityId | None, Meta(description="Names this identity.")] = None
    learnt_since: Annotated[Bound | None, Meta(description="kith learned of it at or after this time.")] = (
        msgspec.field(name="learnt_at[gte]", default=None)
    )
    learnt_before: Annotated[Bound | None, Meta(description="kith learned of it before this time.")] = msgspec.field(
        name="learnt_at[lt]", default=None
    )


class FeatureContribution(msgspec.Struct, frozen=True):
    """What one feature adds to the log-odds that two identities are one person."""

    feature: Annotated[str, Meta(description="Name of the feature.", examples=["same_address"])]
    meaning: Annotated[str, Meta(description="What the feature says.", examples=["one mailbox"])]
    value: Annotated[float, Meta(description="How much of it there is.", examples=[1.0])]
    log_odds: Annotated[float, Meta(description="What it adds, in nats.", examples=[5.3])]

    @classmethod
    def of(cls, part: StoredContribution) -> "FeatureContribution":
        return cls(part.feature, _MEANINGS.get(part.feature, part.feature), part.value, part.log_odds)


class DecisionEvidence(msgspec.Struct, frozen=True):
    """Evidence of a decision."""

    log_odds: Annotated[float | None, Meta(description="Log-odds of the pair when it was decided; null: not compared.")]
    contributions: Annotated[list[FeatureContribution], Meta(description="They add up to log_odds.")]

    @classmethod
    def of(cls, evidence: dict[str, Any]) -> "DecisionEvidence":
        parts = msgspec.convert(evidence.get("contributions", []), list[StoredContribution])
        return cls(evidence.get("log_odds"), [FeatureContribution.of(part) for part in parts])


class Decision(msgspec.Struct, frozen=True):
    """A decision on two identities, as in the ledger."""

    id: DecisionId
    verdict: Verdict
    identities: Annotated[list[IdentityRef], Meta(description="The two identities, as they are now.")]
    retracts: Annotated[DecisionId | None, Meta(description="The decision that a retraction takes back.")]
    retracted_by: Annotated[DecisionId | None, Meta(description="The retraction that takes it back; null: it stands.")]
    author: Annotated[
        str,
        Meta(
            description="Who decided: `member:…`, `rule:name/version`, `import:…`.",
            examples=[f"rule:matching/{shipped().version}"],
        ),
    ]
    confidence: Annotated[float, Meta(description="Certainty of the author.", ge=0, le=1)]
    evidence: DecisionEvidence
    decided_at: Annotated[Instant, Meta(description="When it was decided.")]
    learnt_at: Annotated[Instant, Meta(description="When kith learned of it.")]

    @classmethod
    def of(cls, row: store.Decision, identities: list[IdentityRef], retracted_by: UUID | None) -> "Decision":
        return cls(
            id=encode("decision", row.id),
            verdict=row.verdict,  # type: ignore[arg-type]  # the table allows these three only
            identities=identities,
            retracts=encode_optional("decision", row.retracts),
            retracted_by=encode_optional("decision", retracted_by),
            author=row.author,
            confidence=row.confidence,
            evidence=DecisionEvidence.of(row.evidence),
            decided_at=row.decided_at,
            learnt_at=row.learnt_at,
        )


class DecisionCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A human's statement on two identities."""

    verdict: Annotated[Literal["same", "different"], Meta(description="Whether they are one person.")]
    one_id: Annotated[IdentityId, Meta(description="One of the two.")]
    other_id: Annotated[IdentityId, Meta(description="The other.")]
