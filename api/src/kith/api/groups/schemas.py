from datetime import date
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from kith.api.http.coverage import Coverage
from kith.api.http.ids import (
    AttributeId,
    ChannelId,
    CommunityId,
    GroupId,
    OrganizationId,
    PersonId,
    encode,
    encode_optional,
)
from kith.api.http.kinds import TEXT, Instant, Words
from kith.api.http.paging import Counted, Listing
from kith.api.http.shapes import shape
from kith.api.relationships.schemas import Word
from kith.store import groups as store

Name = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=TEXT, description="Unique in the workspace.", examples=["team"])
]
Description = Annotated[
    Annotated[str, Meta(max_length=2000, pattern=TEXT)] | None, Meta(description="Purpose of the group.")
]
Organization = Annotated[OrganizationId | None, Meta(description="Includes people affiliated with it today.")]
Channel = Annotated[ChannelId | None, Meta(description="Includes people who acted in it.")]


class GroupSearch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A saved search: who meets all that is set, now and later."""

    q: Annotated[Words | None, Meta(description="Part of a name or handle.")] = None
    attribute: Annotated[AttributeId | None, Meta(description="Has this tag or field.")] = None
    community: Annotated[CommunityId | None, Meta(description="Belongs to this community.")] = None

    @classmethod
    def of(cls, row: store.Group) -> "GroupSearch | None":
        found = cls(
            row.words, encode_optional("attribute", row.attribute_id), encode_optional("community", row.community_id)
        )
        return None if found == cls() else found


Search = Annotated[GroupSearch | None, Meta(description="Includes people that this search finds, now and later.")]
People = Annotated[list[PersonId], Meta(max_length=1000, description="People named one by one.")]


class GroupsParams(Counted, frozen=True, forbid_unknown_fields=True, kw_only=True):
    ids: Annotated[tuple[GroupId, ...], Meta(max_length=200, description="Is one of these.")] = ()


class PeopleOfGroupParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class MixParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    other: Annotated[
        str,
        Meta(
            pattern="^(others|grp_[0-7][0-9abcdefghjkmnpqrstvwxyz]{25})$",
            description="The other group, which may be the same; `others` means everyone outside the group.",
        ),
    ] = msgspec.field(name="with", default="others")
    months: Annotated[int, Meta(ge=0, le=36, description="How many months to look back.")] = 12


class Group(msgspec.Struct, frozen=True):
    """A saved selection of people: customers, press, partners, us."""

    id: GroupId
    name: Name
    description: Description
    people: People
    organization: Organization
    channel: Channel
    search: Search
    size: Annotated[int, Meta(description="Number of people.", ge=0)]
    created_at: Annotated[Instant, Meta(description="When it was created.")]
    updated_at: Annotated[Instant, Meta(description="When it was last changed.")]

    @classmethod
    def of(cls, row: store.Group) -> "Group":
        return shape(
            cls,
            row,
            id=encode("group", row.id),
            people=[encode("person", id_) for id_ in row.listed],
            organization=encode_optional("organization", row.organization_id),
            channel=encode_optional("channel", row.channel_id),
            search=GroupSearch.of(row),
            size=row.people,
        )


class GroupCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A group to create."""

    name: Name
    description: Description = None
    people: People = []
    organization: Organization = None
    channel: Channel = None
    search: Search = None


class GroupPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields to change; omitted fields keep their values."""

    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    people: People | UnsetType = UNSET
    organization: Organization | UnsetType = UNSET
    channel: Channel | UnsetType = UNSET
    search: Search | UnsetType = UNSET


class WordShare(msgspec.Struct, frozen=True):
    """The relationships with one word."""

    word: Word
    pairs: Annotated[int, Meta(description="How many.", ge=1)]
    strength: Annotated[float | None, Meta(description="Their mean strength; null where none has a number.")]
    given: Annotated[int, Meta(description="Interactions from this group to the other.", ge=0)]
    received: Annotated[int, Meta(description="Interactions from the other to this group.", ge=0)]

    @classmethod
    def of(cls, row: store.Share) -> "WordShare":
        return shape(cls, row)


class WordCount(msgspec.Struct, frozen=True):
    """How many relationships had a word."""

    word: Word
    pairs: Annotated[int, Meta(description="How many.", ge=1)]


class MonthMix(msgspec.Struct, frozen=True):
    """The mix at the end of a day."""

    day: Annotated[date, Meta(description="The last day of a month (UTC); `as_of` at the end.")]
    mix: Annotated[list[WordCount], Meta(description="By word; who was not in touch until then is not counted.")]


class RelationshipMix(msgspec.Struct, frozen=True):
    """The mix of relationships between the people of two groups."""

    pairs: Annotated[int, Meta(description="Pairs with a relationship.", ge=0)]
    as_of: Annotated[
        date,
        Meta(description="The last day (UTC) that the numbers cover: a source that sees any pair was read until then."),
    ]
    mix: Annotated[list[WordShare], Meta(description="By word, as stored.")]
    months: Annotated[
        list[MonthMix] | None,
        Meta(description="The oldest first, with the people who are in the groups now; null above 10,000 pairs."),
    ]
    coverage: Coverage
