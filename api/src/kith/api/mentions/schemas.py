from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kith.api.http.ids import ChannelId, ConversationId, InteractionId, MentionId, PersonId, WatchId
from kith.api.http.kinds import Instant
from kith.api.http.moments import Bound
from kith.api.http.paging import Listing
from kith.api.presence.schemas import Presence
from kith.api.refs import ChannelRef, ConversationRef, IdentityRef, TopicRef

Reason = Annotated[
    Literal["name", "takes_part", "named_before", "named_beside"],
    Meta(
        description="name: an alias that is sure. Else a part of a name or a common word, and who is watched takes "
        "part in the conversation, was named in it before, or is named by another alias or a term in the same act."
    ),
]


class MentionsOfWatchParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    person: Annotated[PersonId | None, Meta(description="Said by this person.")] = None
    channel: Annotated[ChannelId | None, Meta(description="In this channel.")] = None
    conversation: Annotated[ConversationId | None, Meta(description="In this conversation.")] = None
    since: Annotated[Bound | None, Meta(description="Said at or after this time.")] = msgspec.field(
        name="occurred_at[gte]", default=None
    )
    before: Annotated[Bound | None, Meta(description="Said before this time.")] = msgspec.field(
        name="occurred_at[lt]", default=None
    )


class MentionsParams(MentionsOfWatchParams, frozen=True, forbid_unknown_fields=True, kw_only=True):
    watch: Annotated[WatchId | None, Meta(description="Found by this watch.")] = None


class WatchRef(msgspec.Struct, frozen=True):
    """A watch, as mentioned by a mention."""

    id: WatchId
    name: Annotated[str, Meta(description="Its name.", examples=["kith"])]


class Quote(msgspec.Struct, frozen=True):
    """The sentence in which it stands."""

    text: Annotated[str, Meta(description="300 characters at most.", examples=["We use kith a lot."])]
    start: Annotated[int, Meta(ge=0, description="Characters before the mention.", examples=[7])]
    stop: Annotated[int, Meta(ge=0, description="Characters up to its end.", examples=[11])]


class Mention(msgspec.Struct, frozen=True):
    """A place where a watch found what it listens for."""

    id: MentionId
    watch: WatchRef
    interaction_id: InteractionId
    speaker: IdentityRef
    targets: Annotated[list[IdentityRef], Meta(description="Whom it was said to; 10 at most.")]
    channel: ChannelRef | None
    conversation: ConversationRef | None
    topic: TopicRef | None
    occurred_at: Annotated[Instant, Meta(description="When it was said.")]
    reason: Reason
    quote: Annotated[Quote | None, Meta(description="null without the scope interactions:text:read.")]
    characters: Annotated[int, Meta(ge=0, description="Length of the quote, hidden or not.")]
    presence: Presence
    right: Annotated[bool | None, Meta(description="What a member said of it last; null: nobody did.")]


class VerdictCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a member says of a mention. The latest verdict counts; all are kept, through every rebuild."""

    right: Annotated[bool, Meta(description="Whether who or what is watched is meant.")]
