from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from kith.api.decisions.schemas import Decision
from kith.api.http.coverage import Coverage
from kith.api.http.ids import (
    AttributeId,
    ChannelId,
    CommunityId,
    IdentityId,
    PersonId,
    SuggestionId,
    encode,
)
from kith.api.http.kinds import TEXT, Instant, Network, Words
from kith.api.http.kinds import IdentityKind as Kind
from kith.api.http.moments import Bound, Until
from kith.api.http.paging import Counted, Listing
from kith.api.http.shapes import shape
from kith.api.identities.schemas import Identity, Standing
from kith.store import people as store
from kith.store.corrections import Field
from kith.store.corrections import Name as FieldName

KnownAt = Annotated[Until | None, Meta(description="Only what kith knew at this time; now by default.")]


class PeopleParams(Counted, frozen=True, forbid_unknown_fields=True, kw_only=True):
    q: Words | None = None
    network: Annotated[tuple[Network, ...], Meta(max_length=20, description="Has an identity on one of these.")] = ()
    attribute: Annotated[AttributeId | None, Meta(description="Has this tag or field; needs the scope notes:read.")] = (
        None
    )
    community: Annotated[
        CommunityId | None, Meta(description="Belongs to this community; needs the scope communities:read.")
    ] = None
    kind: Annotated[tuple[Kind, ...], Meta(max_length=5, description="Is one of these.")] = ()
    seen_since: Annotated[Bound | None, Meta(description="Last seen at or after this time.")] = msgspec.field(
        name="last_seen[gte]", default=None
    )
    seen_before: Annotated[Bound | None, Meta(description="Last seen before this time.")] = msgspec.field(
        name="last_seen[lt]", default=None
    )
    ids: Annotated[tuple[PersonId, ...], Meta(max_length=200, description="Is one of these.")] = ()
    sort: Annotated[
        Literal["-last_seen", "name"], Meta(description="Last seen first, or by name; the unknown last.")
    ] = "-last_seen"


class Person(msgspec.Struct, frozen=True):
    """A human, or a bot so flagged, behind one or more identities."""

    id: PersonId
    name: Annotated[str | None, Meta(description="As chosen from the identities; null when none has one.")]
    kind: Kind
    suspected: Annotated[bool, Meta(description="Suspected to be a list: never acts, and many address it.")]
    networks: Annotated[list[Network], Meta(description="Where the person has identities.")]
    identity_count: Annotated[int, Meta(description="How many identities.", ge=1)]
    interaction_count: Annotated[int, Meta(description="How many acts by the person.", ge=0)]
    first_seen: Annotated[Instant | None, Meta(description="First act by or towards the person.")]
    last_seen: Annotated[Instant | None, Meta(description="Latest act by or towards the person.")]

    @classmethod
    def of(cls, person: store.Person) -> "Person":
        return shape(cls, person, id=encode("person", person.id))


class PersonChannel(msgspec.Struct, frozen=True):
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
    def of(cls, use: store.ChannelUse) -> "PersonChannel":
        return shape(cls, use, channel_id=encode("channel", use.channel_id) if use.channel_id.int else None)


class ThenParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    as_of: Annotated[Until | None, Meta(description="Identities and acts up to this time.")] = None
    known_at: KnownAt = None


class IdentitiesOfPersonParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    as_of: Annotated[Until | None, Meta(description="Identities by the decisions up to this time.")] = None
    known_at: KnownAt = None


class PersonIdentity(msgspec.Struct, frozen=True):
    """An identity of a person, and why it is this person's."""

    identity: Identity
    decisions: Annotated[
        list[Decision],
        Meta(description="The chain that leads to it from the identity whose id the person has; empty for that one."),
    ]


class PersonField(msgspec.Struct, frozen=True):
    """Which identity or human gave a field of a person."""

    field: Annotated[FieldName, Meta(description="Which field.")]
    value: Annotated[str, Meta(description="Its value.", examples=["Ada Lovelace"])]
    given_by: Annotated[
        Literal["correction", "verified", "newest"],
        Meta(description="A human; an identity whose network vouches for it; the identity seen last."),
    ]
    identity_id: Annotated[
        IdentityId, Meta(description="The identity that shows it, or that the correction is kept with.")
    ]
    author: Annotated[str | None, Meta(description="Who corrected it.", examples=["member:tok_…"])]
    at: Annotated[Instant | None, Meta(description="When it was corrected, or seen so.")]

    @classmethod
    def of(cls, row: Field) -> "PersonField":
        return shape(cls, row, identity_id=encode("identity", row.identity_id))


_Corrected = Annotated[str, Meta(min_length=1, max_length=200, pattern=TEXT)]


class PersonPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is right of a person; null takes an earlier correction back, what is left out stays as it is."""

    name: Annotated[_Corrected | None, Meta(description="Name.", examples=["Ada Lovelace"])] | UnsetType = UNSET
    kind: Annotated[Kind | None, Meta(description="What is behind it.")] | UnsetType = UNSET
    handle: Annotated[_Corrected | None, Meta(description="Handle.", examples=["ada"])] | UnsetType = UNSET
    address: Annotated[_Corrected | None, Meta(description="Address.", examples=["ada@example.org"])] | UnsetType = (
        UNSET
    )
    url: Annotated[_Corrected | None, Meta(description="Page.", examples=["https://example.org"])] | UnsetType = UNSET


class SuspectedDouble(msgspec.Struct, frozen=True):
    """A person who may be the same human; no relationship of the two is listed until that is decided."""

    person_id: Annotated[PersonId, Meta(description="The other person.")]
    person_name: Annotated[str | None, Meta(description="Name of that person.")]
    suggestion_id: Annotated[SuggestionId, Meta(description="The suggestion, to be accepted, rejected or postponed.")]
    probability: Annotated[float, Meta(description="How likely they are one person.", ge=0, le=1)]


class PersonDetail(Person, frozen=True):
    """A person with the identities behind it and the channels where it meets others."""

    objects: Annotated[bool, Meta(description="Objects to being scored: no number is of them, and none names them.")]
    fields: Annotated[list[PersonField], Meta(description="Which identity or human gave each field.")]
    avatar_url: Annotated[str | None, Meta(description="The picture of the identity seen last that has one.")]
    standings: Annotated[list[Standing], Meta(description="How networks rate the identities: the first 200, by kind.")]
    identities: Annotated[list[Identity], Meta(description="The first 200; GET /v1/identities?person= has all.")]
    channels: Annotated[list[PersonChannel], Meta(description="The busiest 50.")]
    suspected_doubles: Annotated[
        list[SuspectedDouble], Meta(description="The likeliest 20 people who may be the same human.")
    ]
    coverage: Coverage
