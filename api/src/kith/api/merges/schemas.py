from typing import Annotated

import msgspec
from msgspec import Meta

from kith.api.decisions.schemas import Decision
from kith.api.http.ids import PersonId
from kith.api.http.paging import Listing
from kith.api.refs import PersonRef


class MergesParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class MergeCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who else is this person."""

    person_id: Annotated[PersonId, Meta(description="The other, who becomes one with the person in the path.")]


class Merge(msgspec.Struct, frozen=True):
    """What a merge, or its undoing, came to."""

    decision: Decision
    people: Annotated[list[PersonRef], Meta(description="Who there is now instead: one after a merge.")]
    settled: Annotated[
        bool,
        Meta(description="Whether all answers show it already; false while much is being read: within seconds then."),
    ]
