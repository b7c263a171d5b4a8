from typing import Annotated, Any

import msgspec
from msgspec import Meta

from kith.api.http.ids import EventId, encode
from kith.api.http.kinds import Instant
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.store import events as store

Type = Annotated[store.Type, Meta(description="What happened; docs/events.md says what `data` holds.")]


class EventsParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    type: Annotated[tuple[Type, ...], Meta(max_length=20, description="Is one of these.")] = ()


class Event(msgspec.Struct, frozen=True):
    """Something that happened in kith."""

    id: EventId
    type: Type
    data: Annotated[
        dict[str, Any], Meta(description="What it is about.", examples=[{"person_id": "per_…", "retired_id": "per_…"}])
    ]
    occurred_at: Annotated[Instant, Meta(description="When it happened.")]

    @classmethod
    def of(cls, row: store.Event) -> "Event":
        return shape(cls, row, id=encode("event", row.id))
