from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from kith.api.http.ids import JobId
from kith.api.http.kinds import Instant
from kith.api.refs import IdentityRef
from kith.domain.matching import shipped

JoinAbove = Annotated[
    float, Meta(ge=0, le=1, description="Pairs at least this likely are joined automatically.", examples=[0.5])
]
SuggestAbove = Annotated[
    float, Meta(ge=0, le=1, description="Pairs at least this likely, and not joined, are suggested.", examples=[0.12])
]


class Resolution(msgspec.Struct, frozen=True):
    """The thresholds of resolution."""

    join_above: JoinAbove
    suggest_above: SuggestAbove
    model: Annotated[str, Meta(description="Version of the model.", examples=[shipped().version])]
    precision: Annotated[
        float,
        Meta(description="Share of right joins at the model's own join_above, on the sets it was trained on."),
    ]
    updated_at: Annotated[Instant | None, Meta(description="Time of the last change; null: the model's own.")]
    job_id: Annotated[JobId | None, Meta(description="After a change: the job that resolves all identities again.")]


class ResolutionPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields to change; omitted fields keep their values."""

    join_above: JoinAbove | UnsetType = UNSET
    suggest_above: SuggestAbove | UnsetType = UNSET


class IdentityPair(msgspec.Struct, frozen=True):
    """Two identities."""

    identities: Annotated[list[IdentityRef], Meta(description="The two.")]
    probability: Annotated[float, Meta(description="How likely they are one person.", ge=0, le=1)]


class ThresholdEffect(msgspec.Struct, frozen=True):
    """Effect on pairs."""

    count: Annotated[int, Meta(description="How many pairs.", ge=0)]
    examples: Annotated[list[IdentityPair], Meta(description="The likeliest 20 of them.")]


class ResolutionPreview(msgspec.Struct, frozen=True):
    """Effect of other thresholds; nothing changes."""

    joined: Annotated[ThresholdEffect, Meta(description="Suggestions that would be joined.")]
    separated: Annotated[
        ThresholdEffect, Meta(description="Joins by rules that would be taken back, and suggested instead.")
    ]
    withdrawn: Annotated[int, Meta(description="Suggestions that would be withdrawn.", ge=0)]
    complete: Annotated[
        bool,
        Meta(description="False where suggest_above is lower than now: what it would add was never compared and kept."),
    ]
