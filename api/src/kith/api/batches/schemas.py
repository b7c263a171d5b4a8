from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from kith import connectors as sdk
from kith.api.batches.records import MOST, shaped
from kith.api.http.problems import Fault

Atomic = Annotated[bool, Meta(description="Whether one refused record refuses all.")]
_SEVERAL = Meta(min_length=1, max_length=MOST, description="Records of the import format.")


class InteractionBatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happened, and what is known of it."""

    items: Annotated[
        list[Annotated[msgspec.Raw, shaped(sdk.Interaction, sdk.Ending, sdk.Tombstone, sdk.Sweep, sdk.Coverage)]],
        _SEVERAL,
    ]
    atomic: Atomic = False


class IdentityBatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who there is, and what is known of them."""

    items: Annotated[list[Annotated[msgspec.Raw, shaped(sdk.Identity, sdk.Claim, sdk.Edition, sdk.Standing)]], _SEVERAL]
    atomic: Atomic = False


class ChannelBatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where people meet."""

    items: Annotated[list[Annotated[msgspec.Raw, shaped(sdk.Channel, sdk.Conversation)]], _SEVERAL]
    atomic: Atomic = False


class AffiliationBatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who works where."""

    items: Annotated[list[Annotated[msgspec.Raw, shaped(sdk.Affiliation)]], _SEVERAL]
    atomic: Atomic = False


class BatchItem(msgspec.Struct, frozen=True):
    """What became of one record."""

    index: Annotated[int, Meta(ge=0, description="Its place in the request.")]
    status: Annotated[
        Literal[200, 201, 422],
        Meta(description="201: it was new; 200: it is known, as it is now; 422: it was refused."),
    ]
    outcome: Annotated[
        Literal["created", "changed", "unchanged", "stored", "refused"],
        Meta(description="`stored`: of a record that has no id."),
    ]
    id: Annotated[str | None, Meta(description="Of what it tells of, where that has one.", examples=["int_…"])] = None
    errors: Annotated[list[Fault] | UnsetType, Meta(description="Why it was refused, or what of it was left out.")] = (
        UNSET
    )


class BatchAnswer(msgspec.Struct, frozen=True):
    """What became of a batch."""

    data: Annotated[list[BatchItem], Meta(description="In the order of the request.")]
    stored: Annotated[int, Meta(ge=0, description="How many records are stored.")]
    refused: Annotated[int, Meta(ge=0, description="How many were refused.")]
