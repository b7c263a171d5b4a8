from typing import Annotated

from msgspec import Meta, Struct

from kith.api.http.coverage import Coverage
from kith.api.http.ids import ChannelId, InteractionId, PersonId, TopicId, encode
from kith.api.http.kinds import Instant
from kith.api.http.paging import Counted
from kith.api.http.shapes import shape
from kith.api.refs import PersonRef
from kith.store import topics as store


class TopicsParams(Counted, frozen=True, forbid_unknown_fields=True, kw_only=True):
    channel: Annotated[ChannelId | None, Meta(description="Occurs in this channel.")] = None
    ids: Annotated[tuple[TopicId, ...], Meta(max_length=200, description="Is one of these.")] = ()


class ExpertsParams(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=50, description="Maximum number of people.")] = 10
    asker: Annotated[
        PersonId | None,
        Meta(description="The person who asks: help that they received counts too, and they are left out."),
    ] = None


class Topic(Struct, frozen=True):
    """A subject people talk about."""

    id: TopicId
    name: Annotated[
        str, Meta(description="Its most telling terms; empty where the token sees none.", examples=["rebase, merge"])
    ]
    terms: Annotated[list[str], Meta(description="Its terms that the token sees, the most telling first.")]
    texts: Annotated[int, Meta(description="Conversations, and acts outside of any, about it.", ge=0)]
    computed_at: Annotated[Instant, Meta(description="The time that it covers.")]

    @classmethod
    def of(cls, row: store.Topic) -> "Topic":
        return shape(cls, row, id=encode("topic", row.id))


class TopicChannel(Struct, frozen=True):
    """A channel of a topic."""

    channel_id: ChannelId
    name: Annotated[str, Meta(description="Name of the channel.")]
    texts: Annotated[int, Meta(description="Conversations, and acts outside of any, about it there.", ge=0)]


class TopicDetail(Topic, frozen=True):
    """A topic and where it comes up."""

    channels: Annotated[list[TopicChannel], Meta(description="The 50 channels with most texts.")]
    coverage: Coverage


class Expert(Struct, frozen=True):
    """An expert on a topic."""

    person: PersonRef
    score: Annotated[float, Meta(description="Past help, faded; comparable within one answer.", ge=0)]
    helps: Annotated[int, Meta(description="Times that they helped in it.", ge=0)]
    people_helped: Annotated[int, Meta(description="How many people they helped in it.", ge=0)]
    last_at: Annotated[Instant, Meta(description="When they last did.")]
    interactions: Annotated[list[InteractionId], Meta(description="The latest of these acts.")]


class Experts(Struct, frozen=True):
    """Experts on a topic, the best first; empty when nobody is known to have helped."""

    data: Annotated[list[Expert], Meta(description="The best first.")]
    coverage: Coverage
