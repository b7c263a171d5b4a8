from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from kith.api.events.schemas import Type
from kith.api.http.ids import AppId, DeliveryId, EventId, WebhookId, encode, encode_optional
from kith.api.http.kinds import TEXT, Instant
from kith.api.http.moments import Bound
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.store import webhooks as store

Url = Annotated[
    str,
    Meta(min_length=1, max_length=2000, pattern=TEXT, description="Where to.", examples=["https://app.example/hooks"]),
]
Types = Annotated[list[Type], Meta(max_length=100, description="Which events; all where there are none.")]
Secret = Annotated[
    str,
    Meta(
        description="What its deliveries are signed with; shown once.",
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw2vR5vXWsQ2M="],
    ),
]


class WebhooksParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class DeliveriesParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    event: Annotated[EventId | None, Meta(description="Of this event.")] = None


class WebhookCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A webhook to be."""

    url: Url
    types: Types = []


class WebhookPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields to change; omitted fields keep their values."""

    url: Url | UnsetType = UNSET
    types: Types | UnsetType = UNSET
    status: (
        Annotated[Literal["active", "paused"], Meta(description="`active` also of one that was disabled.")] | UnsetType
    ) = UNSET


class Replay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be delivered again: one event, or those of a period."""

    event_id: Annotated[EventId | None, Meta(description="This one.")] = None
    since: Annotated[Bound | None, Meta(description="Those that happened at or after this time.")] = None
    before: Annotated[Bound | None, Meta(description="Those that happened before this time.")] = None


class Replayed(msgspec.Struct, frozen=True):
    """What is delivered again."""

    events: Annotated[int, Meta(ge=0, description="How many events.")]


class Webhook(msgspec.Struct, frozen=True):
    """Where events are handed on to."""

    id: WebhookId
    url: Url
    types: Types
    status: Annotated[
        store.Status, Meta(description="`disabled`: it said that it is gone, or took nothing for five days.")
    ]
    reason: Annotated[str | None, Meta(description="Why it was disabled.")]
    app_id: Annotated[AppId | None, Meta(description="The app that it belongs to.")]
    scopes: Annotated[
        list[str],
        Meta(description="Of whoever created it: events beyond them are left out.", examples=[["people:read"]]),
    ]
    failing_since: Annotated[Instant | None, Meta(description="Since when it has taken nothing; null: it takes.")]
    created_at: Annotated[Instant, Meta(description="When it was created.")]
    updated_at: Annotated[Instant, Meta(description="When it was last changed.")]

    @classmethod
    def of(cls, row: store.Webhook) -> "Webhook":
        return shape(cls, row, id=encode("webhook", row.id), app_id=encode_optional("app", row.app_id))


class WebhookWithSecret(Webhook, frozen=True):
    """A webhook, and its secret."""

    secret: Secret | None


class Delivery(msgspec.Struct, frozen=True):
    """One attempt to hand an event on to a webhook."""

    id: DeliveryId
    event_id: EventId
    type: Annotated[str | None, Meta(description="Of the event; null where it is kept no longer.")]
    attempt: Annotated[int, Meta(ge=1, description="The how-manieth attempt it was.")]
    status: Annotated[int | None, Meta(description="HTTP status of the answer; null: none came.")]
    problem: Annotated[str | None, Meta(description="Why it failed; null: it did not.")]
    milliseconds: Annotated[int, Meta(ge=0, description="How long it took.")]
    delivered_at: Annotated[Instant, Meta(description="When it ended.")]

    @classmethod
    def of(cls, row: store.Delivery) -> "Delivery":
        return shape(cls, row, id=encode("delivery", row.id), event_id=encode("event", row.event_id))
