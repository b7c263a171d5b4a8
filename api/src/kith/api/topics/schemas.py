from typing import Annotated

from msgspec import Meta, Struct

from kith.api.http.coverage import Coverage
from kith.api.http.ids import ChannelId, InteractionId, PersonId, TopicId, encode
from kith.api.http.kinds import Instant
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.api.refs import PersonRef
from kith.store import topics as store


class TopicsParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    channel: Annotated[ChannelId | None, Meta(description="Comes up in this channel.")] = None


class ExpertsParams(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=50, description="How many people to name at most.")] = 10
    asker: Annotated[
        PersonId | None, Meta(description="Who asks: help that this person got counts too, and they are left out.")
    ] = None


class Topic(Struct, frozen=True):
    """A subject people talk about."""

    id: TopicId
    name: Annotated[str, Meta(description="Its most telling terms.", examples=["rebase, merge"])]
    terms: Annotated[list[str], Meta(description="What is said when it is talked about, the most telling first.")]
    texts: Annotated[int, Meta(description="Conversations, and acts outside of any, about it.", ge=0)]
    computed_at: Annotated[Instant, Meta(description="The moment that it speaks of.")]

    @classmethod
    def of(cls, row: store.Topic) -> "Topic":
        return shape(cls, row, id=encode("topic", row.id))


class TopicChannel(Struct, frozen=True):
    """Where a topic comes up."""

    channel_id: ChannelId
    name: Annotated[str, Meta(description="Name of the channel.")]
    texts: Annotated[int, Meta(description="Conversations, and acts outside of any, about it there.", ge=0)]


class TopicDetail(Topic, frozen=True):
    """A topic and where it comes up."""

    channels: Annotated[list[TopicChannel], Meta(description="The 50 where it comes up most.")]
    coverage: Coverage


class Expert(Struct, frozen=True):
    """Whom to ask about a topic."""

    person: PersonRef
    score: Annotated[float, Meta(description="What past help in it still counts; comparable within one answer.", ge=0)]
    helps: Annotated[int, Meta(description="Times that they helped in it.", ge=0)]
    people_helped: Annotated[int, Meta(description="How many people they helped in it.", ge=0)]
    last_at: Annotated[Instant, Meta(description="When they last did.")]
    interactions: Annotated[list[InteractionId], Meta(description="The latest of these acts.")]


class Experts(Struct, frozen=True):
    """Whom to ask about a topic, the best first. Empty where nobody is known to have helped in it."""

    data: Annotated[list[Expert], Meta(description="The best first.")]
    coverage: Coverage
