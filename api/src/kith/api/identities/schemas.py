from typing import Annotated

import msgspec
from msgspec import Meta

from kith.api.http.ids import ChannelId, IdentityId, PersonId, encode, encode_optional
from kith.api.http.kinds import IdentityKind, Instant, Network, Words
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.store import identities as store
from kith.store import standings


class IdentitiesParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    q: Words | None = None
    person: Annotated[PersonId | None, Meta(description="Belongs to this person.")] = None
    network: Annotated[tuple[Network, ...], Meta(max_length=20, description="Is on one of these.")] = ()
    kind: Annotated[tuple[IdentityKind, ...], Meta(max_length=5, description="Is one of these.")] = ()
    suspected: Annotated[bool | None, Meta(description="Is suspected to be a list, or is not.")] = None
    ids: Annotated[tuple[IdentityId, ...], Meta(max_length=200, description="Is one of these.")] = ()


class Identity(msgspec.Struct, frozen=True):
    """One account, address or handle on a network."""

    id: IdentityId
    person_id: Annotated[PersonId | None, Meta(description="The person behind it; null until it is resolved.")]
    person_name: Annotated[str | None, Meta(description="Name of that person.")]
    network: Network
    host: Annotated[str, Meta(description="The server that issued the key; empty where keys are globally unique.")]
    key: Annotated[
        str | None,
        Meta(
            description="The network's own id for it; null where it is an address and people:contact:read is missing."
        ),
    ]
    kind: IdentityKind
    kind_reason: Annotated[
        str,
        Meta(
            description="What the kind rests on: correction, network, list (a source names its address as one), mark, "
            "model, service, robot_name, robot_address, list_address, name, nobody (set where nobody was named), "
            "addressed; empty: what was seen."
        ),
    ]
    suspected: Annotated[
        bool, Meta(description="Suspected to be a list: never acts, and many address it. A correction of kind decides.")
    ]
    name: Annotated[str | None, Meta(description="The newest name that was seen.")]
    handle: Annotated[str | None, Meta(description="The newest handle that was seen.", examples=["ada"])]
    address: Annotated[str | None, Meta(description="E-mail address; null without the scope people:contact:read.")]
    url: Annotated[str | None, Meta(description="Its page on the network.")]
    avatar_url: Annotated[str | None, Meta(description="Its picture; kith does not fetch it.")]
    verified: Annotated[bool, Meta(description="Whether the network vouches that one human owns it.")]
    seen_at: Annotated[Instant | None, Meta(description="When name, handle, address, url and avatar were observed.")]
    learnt_at: Annotated[Instant, Meta(description="When kith first learned of it.")]

    @classmethod
    def of(cls, identity: store.Identity, contact: bool) -> "Identity":
        """contact: whether the caller may see addresses."""
        return shape(
            cls,
            identity,
            id=encode("identity", identity.id),
            person_id=encode_optional("person", identity.person_id),
            key=identity.key if contact or "@" not in identity.key else None,
            address=identity.address if contact else None,
        )


class Standing(msgspec.Struct, frozen=True):
    """How a network, or a channel of it, rates an identity. It is shown, and weighs nothing."""

    identity_id: Annotated[IdentityId, Meta(description="Whom it rates.")]
    channel_id: Annotated[ChannelId | None, Meta(description="Where it holds; null: on the network.")]
    kind: Annotated[str, Meta(description="The network's word for it.", examples=["reputation", "badge"])]
    label: Annotated[str, Meta(description="Which one, such as the name of a badge; empty where there is but one.")]
    value: Annotated[float, Meta(description="Points; of a badge, how often it was given.", examples=[1520])]
    seen_at: Annotated[Instant, Meta(description="When it was seen last.")]

    @classmethod
    def of(cls, row: standings.Standing) -> "Standing":
        channel_id = encode("channel", row.channel_id) if row.channel_id.int else None
        return shape(cls, row, identity_id=encode("identity", row.identity_id), channel_id=channel_id)


class IdentityPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands behind an identity; null takes an earlier correction back."""

    kind: Annotated[IdentityKind | None, Meta(description="What stands behind it.")]
