from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from kith.api.batches.records import AFFILIATIONS, CHANNELS, IDENTITIES, INTERACTIONS, MOST, shaped
from kith.api.http.problems import Fault

Atomic = Annotated[bool, Meta(description="Whether one refused record refuses the whole batch.")]
_SEVERAL = Meta(min_length=1, max_length=MOST, description="Records of the import format.")


class InteractionBatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Interactions, their endings and deletions, and how far they are complete."""

    items: Annotated[list[Annotated[msgspec.Raw, shaped(INTERACTIONS)]], _SEVERAL]
    atomic: Atomic = False


class IdentityBatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Identities, claims on them, and standings."""

    items: Annotated[list[Annotated[msgspec.Raw, shaped(IDENTITIES)]], _SEVERAL]
    atomic: Atomic = False


class ChannelBatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Channels and conversations."""

    items: Annotated[list[Annotated[msgspec.Raw, shaped(CHANNELS)]], _SEVERAL]
    atomic: Atomic = False


class AffiliationBatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Affiliations of identities with organizations."""

    items: Annotated[list[Annotated[msgspec.Raw, shaped(AFFILIATIONS)]], _SEVERAL]
    atomic: Atomic = False


class BatchItem(msgspec.Struct, frozen=True):
    """The result for one record."""

    index: Annotated[int, Meta(ge=0, description="Its place in `items`, from 0.")]
    status: Annotated[
        Literal[200, 201, 422],
        Meta(description="201: created. 200: changed, unchanged or stored. 422: refused."),
    ]
    outcome: Annotated[
        Literal["created", "changed", "unchanged", "stored", "refused"],
        Meta(description="What was done; `stored`: it is of a kind without an id."),
    ]
    id: Annotated[
        str | None, Meta(description="Id of what was written; null for kinds without an id.", examples=["int_…"])
    ] = None
    errors: Annotated[
        list[Fault] | UnsetType, Meta(description="Why it was refused, or which parts were left out.")
    ] = UNSET


class BatchAnswer(msgspec.Struct, frozen=True):
    """The result of a batch."""

    data: Annotated[list[BatchItem], Meta(description="One result for each record, in the order of the request.")]
    stored: Annotated[int, Meta(ge=0, description="Number of records that are stored.")]
    refused: Annotated[int, Meta(ge=0, description="Number of records that were refused.")]
