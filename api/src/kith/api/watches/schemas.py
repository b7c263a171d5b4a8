from typing import Annotated, cast

import msgspec
from msgspec import UNSET, Meta, UnsetType

from kith.api.http.coverage import Coverage
from kith.api.http.ids import OrganizationId, PersonId, WatchId, encode, encode_optional
from kith.api.http.kinds import TEXT, Instant
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.api.mentions.schemas import Quote, Reason
from kith.api.refs import ChannelRef, IdentityRef
from kith.domain.watches.finding import Rule
from kith.projections import mentions as projection
from kith.store import watches as store
from kith.store.mentions import Counts

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=TEXT, description="For humans.", examples=["kith"])]
Person = Annotated[PersonId | None, Meta(description="The person who is watched.", examples=[None])]
Organization = Annotated[OrganizationId | None, Meta(description="The organization that is watched.", examples=[None])]
Terms = Annotated[
    list[Annotated[str, Meta(min_length=2, max_length=200, pattern=TEXT)]],
    Meta(
        max_length=100,
        description="Words of the subject: beside one of them in the same act, an alias in context is meant.",
        examples=[["relationships"]],
    ),
]
Days = Annotated[
    Annotated[int, Meta(ge=1, le=3650)] | None,
    Meta(
        description="How many days to listen before the end of what was read; by default 90, or as far as it goes.",
        examples=[None],
    ),
]


class Alias(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is listened for."""

    text: Annotated[
        str,
        Meta(
            min_length=2,
            max_length=200,
            pattern=r"^[^\u0000]*\S[^\u0000]*$",
            description="A name, handle, domain or word.",
            examples=["kith.dev"],
        ),
    ]
    rule: Annotated[
        Rule,
        Meta(
            description="always: wherever it stands, for full names, handles, domains and products. in_context: where "
            "the conversation says so, for given names, family names and common words."
        ),
    ]


Aliases = Annotated[list[Alias], Meta(max_length=500, description="At least one.")]


class WatchesParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class WatchPreview(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A watch to try."""

    aliases: Aliases
    person: Person = None
    organization: Organization = None
    terms: Terms = []
    days: Days = None


class WatchCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A watch to create."""

    name: Name
    aliases: Aliases
    person: Person = None
    organization: Organization = None
    terms: Terms = []
    days: Days = None


class WatchPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields to change; omitted fields keep their values."""

    name: Name | UnsetType = UNSET
    aliases: Aliases | UnsetType = UNSET
    person: Person | UnsetType = UNSET
    organization: Organization | UnsetType = UNSET
    terms: Terms | UnsetType = UNSET


class Precision(msgspec.Struct, frozen=True):
    """How many of the mentions are right, by the verdicts of members, with a 90 % interval."""

    share: Annotated[float, Meta(ge=0, le=1, description="Right ones of all with a verdict.")]
    low: Annotated[float, Meta(ge=0, le=1, description="Lower end.")]
    high: Annotated[float, Meta(ge=0, le=1, description="Upper end.")]


class Watch(msgspec.Struct, frozen=True):
    """A standing rule of listening."""

    id: WatchId
    name: Name
    aliases: Aliases
    person: Person
    organization: Organization
    terms: Terms
    since: Annotated[Instant, Meta(description="What was said before is not listened to.")]
    heard: Annotated[bool, Meta(description="Whether all since then has been listened to; false: a job is at it.")]
    mentions: Annotated[int, Meta(ge=0, description="How many there are.")]
    verdicts: Annotated[int, Meta(ge=0, description="On how many of its mentions members gave a verdict.")]
    precision: Annotated[Precision | None, Meta(description="null below 10 verdicts.")]
    tells: Annotated[
        bool, Meta(description="Whether its mentions become events; false where fewer than half are right.")
    ]
    created_at: Annotated[Instant, Meta(description="When it was created.")]
    updated_at: Annotated[Instant, Meta(description="When it was last changed.")]

    @classmethod
    def of(cls, row: store.Watch, counts: Counts) -> "Watch":
        found = projection.precision(counts)
        return shape(
            cls,
            row,
            id=encode("watch", row.id),
            aliases=[Alias(text, cast("Rule", rule)) for text, rule in zip(row.aliases, row.rules, strict=True)],
            person=encode_optional("person", row.person_id),
            organization=encode_optional("organization", row.organization_id),
            heard=row.heard_since <= row.since,
            mentions=counts.mentions,
            verdicts=counts.verdicts,
            precision=Precision(*(round(number, 4) for number in found)) if found else None,
            tells=projection.tells(counts),
        )


class Sample(msgspec.Struct, frozen=True):
    """A mention that the watch would have."""

    speaker: IdentityRef | None
    channel: ChannelRef | None
    occurred_at: Annotated[Instant, Meta(description="When it was said.")]
    reason: Reason
    quote: Annotated[Quote | None, Meta(description="null without the scope interactions:text:read.")]


class Previewed(msgspec.Struct, frozen=True):
    """What a watch would have found."""

    since: Annotated[Instant, Meta(description="Listened back to this moment.")]
    acts: Annotated[int, Meta(ge=0, description="How many acts were listened to; the latest 50,000 at most.")]
    complete: Annotated[bool, Meta(description="Whether all acts of the window were listened to; false: the latest.")]
    mentions: Annotated[int, Meta(ge=0, description="How many mentions it would have.")]
    in_context: Annotated[int, Meta(ge=0, description="How many of them rest on the conversation.")]
    speakers: Annotated[int, Meta(ge=0, description="By how many identities.")]
    channels: Annotated[int, Meta(ge=0, description="In how many channels.")]
    samples: Annotated[list[Sample], Meta(description="The latest, 20 at most.")]
    coverage: Coverage
