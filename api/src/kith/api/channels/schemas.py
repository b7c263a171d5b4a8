from typing import Annotated

import msgspec
from msgspec import Meta

from kith.api.http.ids import ChannelId, encode, encode_optional
from kith.api.http.kinds import Instant, Network, Visibility
from kith.api.http.paging import Counted
from kith.api.http.shapes import shape
from kith.store import channels as store

Kind = Annotated[str, Meta(description="Kind of place.", pattern="^[a-z][a-z0-9_]{0,62}$", examples=["repository"])]


class ChannelsParams(Counted, frozen=True, forbid_unknown_fields=True, kw_only=True):
    network: Annotated[tuple[Network, ...], Meta(max_length=20, description="Is on one of these.")] = ()
    kind: Annotated[tuple[Kind, ...], Meta(max_length=20, description="Is one of these.")] = ()
    parent: Annotated[ChannelId | None, Meta(description="Lies directly within this channel.")] = None
    ids: Annotated[tuple[ChannelId, ...], Meta(max_length=200, description="Is one of these.")] = ()


class Channel(msgspec.Struct, frozen=True):
    """A place where people meet: repository, list, room, forum category, hashtag, event."""

    id: ChannelId
    network: Network
    host: Annotated[str, Meta(description="The server that issued the key; empty where keys are globally unique.")]
    key: Annotated[str, Meta(description="The network's own id of it.")]
    kind: Kind
    name: Annotated[str, Meta(description="Its name on the network.")]
    url: Annotated[str | None, Meta(description="Its page on the network.")]
    parent_id: Annotated[ChannelId | None, Meta(description="The channel that contains it.")]
    visibility: Visibility
    interaction_count: Annotated[int, Meta(description="How many interactions were seen in it.", ge=0)]
    first_at: Annotated[Instant | None, Meta(description="First interaction.")]
    last_at: Annotated[Instant | None, Meta(description="Latest interaction.")]
    learnt_at: Annotated[Instant, Meta(description="When kith first learned of it.")]

    @classmethod
    def of(cls, channel: store.Channel) -> "Channel":
        return shape(
            cls,
            channel,
            id=encode("channel", channel.id),
            parent_id=encode_optional("channel", channel.parent_id),
        )
