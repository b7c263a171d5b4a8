from typing import Annotated, Any

import msgspec
from msgspec import Meta

from kith.api.http.ids import EventId, encode
from kith.api.http.kinds import Instant
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.domain import events
from kith.domain.events import KINDS, Kind
from kith.store import events as store

Type = Annotated[events.Type, Meta(description="What happened; `GET /v1/event-kinds` says what `data` holds.")]
Types = Annotated[tuple[Type, ...], Meta(max_length=20, description="Of one of these types.")]


class EventsParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    type: Types = ()
    after: Annotated[EventId | None, Meta(description="Continues after this event, the oldest first.")] = None


class StreamParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    type: Types = ()
    after: Annotated[
        EventId | None, Meta(description="Continues after this event; so does the header Last-Event-ID.")
    ] = None


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


class EventKind(msgspec.Struct, frozen=True):
    """A type of events."""

    type: Type
    meaning: Annotated[
        str, Meta(description="What such an event reports.", examples=["A person was found to be another."])
    ]
    scope: Annotated[str, Meta(description="Scope that it takes, beside events:read.", examples=["people:read"])]
    schema: Annotated[dict[str, Any], Meta(description="JSON schema of `data`.", examples=[{"type": "object"}])]
    example: Annotated[dict[str, Any], Meta(description="Example of `data`.", examples=[{"person_id": "per_…"}])]

    @classmethod
    def of(cls, type_: events.Type, kind: Kind) -> "EventKind":
        return cls(type_, kind.meaning, kind.scope, kind.schema, msgspec.to_builtins(kind.example))


class EventKinds(msgspec.Struct, frozen=True):
    """All types of events."""

    data: Annotated[list[EventKind], Meta(description="In the order of docs/events.md.")]


def kinds() -> EventKinds:
    return EventKinds([EventKind.of(name, kind) for name, kind in KINDS.items()])
