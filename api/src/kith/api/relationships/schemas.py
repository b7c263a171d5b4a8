from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from kith.api.coverage import Coverage
from kith.api.ids import ChannelId, PersonId
from kith.api.interactions.schemas import TimelineItem
from kith.api.kinds import Instant
from kith.api.paging import Listing
from kith.api.people.schemas import PersonRef
from kith.api.shapes import shape
from kith.store import relationships as store

Strength = Annotated[float, Meta(ge=0, le=1)]
MIN = "At least this strong, as stored; leaves out those without a number."


class RelationshipsOfPersonParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    channel: Annotated[ChannelId | None, Meta(description="Were in touch in this channel.")] = None
    min_strength: Annotated[Strength | None, Meta(description=MIN)] = msgspec.field(name="strength[gte]", default=None)
    last_since: Annotated[date | None, Meta(description="Last contact on this day (UTC) or later.")] = msgspec.field(
        name="last_day[gte]", default=None
    )
    last_before: Annotated[date | None, Meta(description="Last contact before this day (UTC).")] = msgspec.field(
        name="last_day[lt]", default=None
    )


class RelationshipsParams(RelationshipsOfPersonParams, frozen=True, forbid_unknown_fields=True, kw_only=True):
    person: Annotated[PersonId | None, Meta(description="Those of this person, seen from their side.")] = None


class EvidenceParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Relationship(msgspec.Struct, frozen=True):
    """The tie of two persons, seen from the first."""

    person: PersonRef
    other: PersonRef
    strength: Annotated[
        Strength | None, Meta(description="How much they are in touch, 0 to 1; null below the floor of evidence.")
    ]
    given: Annotated[int, Meta(description="Interactions from person to other.", ge=0)]
    received: Annotated[int, Meta(description="Interactions from other to person.", ge=0)]
    first_day: Annotated[date, Meta(description="First contact (UTC).")]
    last_day: Annotated[date, Meta(description="Latest contact (UTC).")]
    computed_at: Annotated[Instant, Meta(description="The moment that strength speaks of.")]
    model: Annotated[str, Meta(description="What computed it.", examples=["decay/1"])]

    @classmethod
    def of(cls, row: store.Relationship, people: Mapping[UUID, PersonRef]) -> "Relationship":
        return shape(cls, row, person=people[row.person_id], other=people[row.other_id])


class Model(msgspec.Struct, frozen=True):
    """How strength is computed.

    contact = sum of weight · 2^(-days_ago / half_life_days); strength = contact / (1 + contact).
    """

    name: Annotated[str, Meta(description="Name and version.", examples=["decay/1"])]
    half_life_days: Annotated[float, Meta(description="In so many days contact counts half.", gt=0)]
    floor: Annotated[int, Meta(description="Below so many interactions there is no number.", ge=0)]


class Contribution(msgspec.Struct, frozen=True):
    """What one day adds to the contact of a direction."""

    day: Annotated[date, Meta(description="The day (UTC).")]
    interactions: Annotated[int, Meta(description="Interactions on that day.", ge=0)]
    weight: Annotated[float, Meta(description="Their weight: one towards n people counts 1/√n for each.", ge=0)]
    days_ago: Annotated[int, Meta(description="Days up to computed_at; negative where a clock was wrong.")]
    contact: Annotated[float, Meta(description="weight · 2^(-days_ago / half_life_days); 0 for days ahead.", ge=0)]


class Earlier(msgspec.Struct, frozen=True):
    """What all days before the listed ones add, together."""

    days: Annotated[int, Meta(description="How many days.", ge=0)]
    interactions: Annotated[int, Meta(description="Interactions on them.", ge=0)]
    weight: Annotated[float, Meta(description="Their weight.", ge=0)]
    contact: Annotated[float, Meta(description="What is left of it.", ge=0)]


class Direction(msgspec.Struct, frozen=True):
    """One direction of a relationship. The contact of days and earlier adds up to contact."""

    interactions: Annotated[int, Meta(description="Interactions in this direction.", ge=0)]
    contact: Annotated[float, Meta(description="Their weights, faded.", ge=0)]
    days: Annotated[list[Contribution], Meta(description="The latest 30 days with contact, the latest first.")]
    earlier: Earlier


class RelationshipDetail(msgspec.Struct, frozen=True):
    """The tie of two persons for the moment asked, with what it is made of."""

    person: PersonRef
    other: PersonRef
    strength: Annotated[
        Strength | None, Meta(description="How much they are in touch, 0 to 1; null below the floor of evidence.")
    ]
    contact: Annotated[float, Meta(description="given.contact + received.contact.", ge=0)]
    given: Direction
    received: Direction
    first_day: Annotated[date, Meta(description="First contact (UTC).")]
    last_day: Annotated[date, Meta(description="Latest contact (UTC).")]
    computed_at: Annotated[Instant, Meta(description="The moment that strength speaks of: this day's beginning (UTC).")]
    model: Model
    evidence: Annotated[
        list[TimelineItem], Meta(description="The latest 10 interactions that it rests on; …/interactions has all.")
    ]
    coverage: Coverage
