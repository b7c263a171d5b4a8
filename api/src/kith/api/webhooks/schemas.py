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
    Meta(
        min_length=1,
        max_length=2000,
        pattern=TEXT,
        description="Address that gets the events.",
        examples=["https://app.example/hooks"],
    ),
]
Types = Annotated[list[Type], Meta(max_length=100, description="Types of events to send; empty: all.")]
Secret = Annotated[
    str,
    Meta(
        description="Signs the deliveries (Standard Webhooks); shown once.",
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw2vR5vXWsQ2M="],
    ),
]


class WebhooksParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class DeliveriesParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    event: Annotated[EventId | None, Meta(description="Attempts to deliver this event.")] = None


class WebhookCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A webhook to create."""

    url: Url
    types: Types = []


class WebhookPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields to change; omitted fields keep their values."""

    url: Url | UnsetType = UNSET
    types: Types | UnsetType = UNSET
    status: (
        Annotated[Literal["active", "paused"], Meta(description="`active` also resumes a webhook that was disabled.")]
        | UnsetType
    ) = UNSET


class Replay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to deliver again: one event, or those of a period."""

    event_id: Annotated[EventId | None, Meta(description="The one event to deliver; without `since` and `before`.")] = (
        None
    )
    since: Annotated[Bound | None, Meta(description="Events that happened at or after this time.", examples=[None])] = (
        None
    )
    before: Annotated[Bound | None, Meta(description="Events that happened before this time.", examples=[None])] = None


class Replayed(msgspec.Struct, frozen=True):
    """What is delivered again."""

    events: Annotated[int, Meta(ge=0, description="How many events.")]


class Webhook(msgspec.Struct, frozen=True):
    """An address to which kith sends events."""

    id: WebhookId
    url: Url
    types: Types
    status: Annotated[store.Status, Meta(description="`disabled`: it answered 410, or accepted nothing for five days.")]
    reason: Annotated[str | None, Meta(description="Why it was disabled; null: it was not.")]
    app_id: Annotated[AppId | None, Meta(description="The app that created it; null: a member did.")]
    scopes: Annotated[
        list[str],
        Meta(description="Scopes of its creator; events that take others are left out.", examples=[["people:read"]]),
    ]
    failing_since: Annotated[
        Instant | None, Meta(description="Since when every attempt has failed; null: the last one succeeded.")
    ]
    created_at: Annotated[Instant, Meta(description="When it was created.")]
    updated_at: Annotated[Instant, Meta(description="When it was last changed.")]

    @classmethod
    def of(cls, row: store.Webhook) -> "Webhook":
        return shape(cls, row, id=encode("webhook", row.id), app_id=encode_optional("app", row.app_id))


class WebhookWithSecret(Webhook, frozen=True):
    """A webhook, and its secret."""

    secret: Annotated[Secret | None, Meta(description="null where the answer is repeated (Idempotency-Key).")]


class Delivery(msgspec.Struct, frozen=True):
    """One attempt to deliver an event to a webhook."""

    id: DeliveryId
    event_id: EventId
    type: Annotated[str | None, Meta(description="Type of the event; null where the event is no longer kept.")]
    attempt: Annotated[int, Meta(ge=1, description="Number of the attempt, from 1.")]
    status: Annotated[int | None, Meta(description="HTTP status of the answer; null: there was none.")]
    problem: Annotated[str | None, Meta(description="Why it failed; null: it succeeded.")]
    milliseconds: Annotated[int, Meta(ge=0, description="How long it took, in milliseconds.")]
    delivered_at: Annotated[Instant, Meta(description="When it ended.")]

    @classmethod
    def of(cls, row: store.Delivery) -> "Delivery":
        return shape(cls, row, id=encode("delivery", row.id), event_id=encode("event", row.event_id))
