"""References: people, identities, channels and the like, as other things mention them."""

from typing import Annotated, cast

import msgspec
from msgspec import Meta

from kith.api.http.ids import (
    ChannelId,
    CommunityId,
    ConversationId,
    IdentityId,
    OrganizationId,
    PersonId,
    TopicId,
    encode,
    encode_optional,
)
from kith.api.http.kinds import IdentityKind, Network
from kith.api.http.shapes import shape
from kith.store import identities, people


class PersonRef(msgspec.Struct, frozen=True):
    """A person, as mentioned by other things."""

    id: PersonId
    name: Annotated[str | None, Meta(description="As chosen from the identities; null when none has one.")]
    kind: IdentityKind
    networks: Annotated[list[Network], Meta(description="Where the person has identities.")]

    @classmethod
    def of(cls, person: people.PersonRef | people.Person) -> "PersonRef":
        kind = cast("IdentityKind", person.kind)
        return cls(encode("person", person.id), person.name, kind, person.networks)


class IdentityRef(msgspec.Struct, frozen=True):
    """An identity, as mentioned by other things."""

    id: IdentityId
    network: Network
    name: Annotated[str | None, Meta(description="Its name or handle.")]
    person_id: Annotated[PersonId | None, Meta(description="The person behind it.")]
    person_name: Annotated[str | None, Meta(description="Name of that person.")]

    @classmethod
    def of(cls, identity: identities.IdentityRef) -> "IdentityRef":
        return shape(
            cls,
            identity,
            id=encode("identity", identity.id),
            person_id=encode_optional("person", identity.person_id),
        )


class ChannelRef(msgspec.Struct, frozen=True):
    """The channel in which an interaction happened."""

    id: ChannelId
    name: Annotated[str | None, Meta(description="Name of the channel.")]


class ConversationRef(msgspec.Struct, frozen=True):
    """The conversation to which an interaction belongs."""

    id: ConversationId
    title: Annotated[
        str | None, Meta(description="Title of the conversation; null without the scope interactions:text:read.")
    ]


class CommunityRef(msgspec.Struct, frozen=True):
    """A community, as mentioned by other things."""

    id: CommunityId
    name: Annotated[str, Meta(description="Its name.", examples=["rebase, merge · git.git"])]


class TopicRef(msgspec.Struct, frozen=True):
    """A topic, as mentioned by other things."""

    id: TopicId
    name: Annotated[str, Meta(description="Its most telling terms.", examples=["rebase, merge"])]


class OrganizationRef(msgspec.Struct, frozen=True):
    """An organization, as mentioned by an affiliation."""

    id: OrganizationId
    name: Annotated[str, Meta(description="Its name.", examples=["Analytical Ltd"])]
