from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kith.api.coverage import Coverage
from kith.api.identities.schemas import Identity
from kith.api.ids import ChannelId, PersonId, encode
from kith.api.kinds import IdentityKind as Kind
from kith.api.kinds import Instant, Network, Words
from kith.api.paging import Listing
from kith.api.shapes import shape
from kith.store import people as store


class PeopleParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    q: Words | None = None
    network: Annotated[tuple[Network, ...], Meta(max_length=20, description="Has an identity on one of these.")] = ()
    kind: Annotated[tuple[Kind, ...], Meta(max_length=5, description="Is one of these.")] = ()
    seen_since: Annotated[Instant | None, Meta(description="Last seen then or later.")] = msgspec.field(
        name="last_seen[gte]", default=None
    )
    seen_before: Annotated[Instant | None, Meta(description="Last seen before.")] = msgspec.field(
        name="last_seen[lt]", default=None
    )
    sort: Annotated[
        Literal["-last_seen", "name"], Meta(description="Last seen first, or by name; the unknown last.")
    ] = "-last_seen"


class PersonRef(msgspec.Struct, frozen=True):
    """A person, as mentioned by other things."""

    id: PersonId
    name: Annotated[str | None, Meta(description="As chosen from the identities; null when none has one.")]
    kind: Kind
    networks: Annotated[list[Network], Meta(description="Where the person has identities.")]

    @classmethod
    def of(cls, person: store.PersonRef | store.Person) -> "PersonRef":
        return shape(cls, person, id=encode("person", person.id))


class Person(msgspec.Struct, frozen=True):
    """A human, or a bot so flagged, behind one or more identities."""

    id: PersonId
    name: Annotated[str | None, Meta(description="As chosen from the identities; null when none has one.")]
    kind: Kind
    networks: Annotated[list[Network], Meta(description="Where the person has identities.")]
    identity_count: Annotated[int, Meta(description="How many identities.", ge=1)]
    interaction_count: Annotated[int, Meta(description="How many acts by the person.", ge=0)]
    first_seen: Annotated[Instant | None, Meta(description="First act by or towards the person.")]
    last_seen: Annotated[Instant | None, Meta(description="Latest act by or towards the person.")]

    @classmethod
    def of(cls, person: store.Person) -> "Person":
        return shape(cls, person, id=encode("person", person.id))


class ChannelUse(msgspec.Struct, frozen=True):
    """What a person does in a channel."""

    channel_id: Annotated[ChannelId | None, Meta(description="Null for what happened in no channel.")]
    name: Annotated[str | None, Meta(description="Name of the channel.")]
    network: Annotated[str | None, Meta(description="Network of the channel.")]
    kind: Annotated[str | None, Meta(description="Kind of the channel.", examples=["repository"])]
    acts: Annotated[int, Meta(description="Acts by the person.", ge=0)]
    received: Annotated[int, Meta(description="Acts towards the person.", ge=0)]
    first_day: Annotated[date, Meta(description="First day (UTC) of either.")]
    last_day: Annotated[date, Meta(description="Latest day (UTC) of either.")]

    @classmethod
    def of(cls, use: store.ChannelUse) -> "ChannelUse":
        return shape(cls, use, channel_id=encode("channel", use.channel_id) if use.channel_id.int else None)


class PersonDetail(Person, frozen=True):
    """A person with the identities behind it and the channels where it meets others."""

    identities: Annotated[list[Identity], Meta(description="The first 200; GET /v1/identities?person= has all.")]
    channels: Annotated[list[ChannelUse], Meta(description="The busiest 50.")]
    coverage: Coverage
