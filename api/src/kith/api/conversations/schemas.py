from typing import Annotated, Any, Self

import msgspec
from msgspec import Meta

from kith.api.http.ids import ChannelId, ConversationId, encode, encode_optional
from kith.api.http.kinds import Instant, Network
from kith.api.http.moments import Bound
from kith.api.http.paging import Counted
from kith.api.http.shapes import shape
from kith.api.refs import IdentityRef
from kith.domain.scopes import Sight
from kith.store import conversations as store


class ConversationsParams(Counted, frozen=True, forbid_unknown_fields=True, kw_only=True):
    channel: Annotated[ChannelId | None, Meta(description="In this channel.")] = None
    network: Annotated[tuple[Network, ...], Meta(max_length=20, description="On one of these.")] = ()
    since: Annotated[Bound | None, Meta(description="Latest interaction at or after this time.")] = msgspec.field(
        name="last_at[gte]", default=None
    )
    before: Annotated[Bound | None, Meta(description="Latest interaction before this time.")] = msgspec.field(
        name="last_at[lt]", default=None
    )
    ids: Annotated[tuple[ConversationId, ...], Meta(max_length=200, description="Is one of these.")] = ()


class Conversation(msgspec.Struct, frozen=True):
    """A thread of interactions."""

    id: ConversationId
    network: Network
    host: Annotated[str, Meta(description="The server that issued the key; empty where keys are globally unique.")]
    key: Annotated[str, Meta(description="The network's own id of it.")]
    title: Annotated[str | None, Meta(description="Its subject; null without the scope interactions:text:read.")]
    url: Annotated[str | None, Meta(description="Its page on the network.")]
    channel_id: Annotated[ChannelId | None, Meta(description="Where it takes place.")]
    channel_name: Annotated[str | None, Meta(description="Name of that channel.")]
    interaction_count: Annotated[int, Meta(description="How many interactions.", ge=0)]
    identity_count: Annotated[int, Meta(description="How many identities acted.", ge=0)]
    first_at: Annotated[Instant, Meta(description="First interaction.")]
    last_at: Annotated[Instant, Meta(description="Latest interaction.")]
    learnt_at: Annotated[Instant, Meta(description="When kith first learned of it.")]

    @classmethod
    def of(cls, conversation: store.Conversation, sight: Sight, **parts: Any) -> Self:
        return shape(
            cls,
            conversation,
            id=encode("conversation", conversation.id),
            title=conversation.title if sight.text else None,
            channel_id=encode_optional("channel", conversation.channel_id),
            **parts,
        )


class Participation(msgspec.Struct, frozen=True):
    """One identity's part in a conversation."""

    identity: IdentityRef
    interaction_count: Annotated[int, Meta(description="How many acts.", ge=1)]
    first_at: Annotated[Instant, Meta(description="First act.")]
    last_at: Annotated[Instant, Meta(description="Latest act.")]


class ConversationDetail(Conversation, frozen=True):
    """A conversation and who took part."""

    participants: Annotated[list[Participation], Meta(description="The most active 50.")]
