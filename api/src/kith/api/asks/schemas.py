from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kith.api.http.coverage import Coverage
from kith.api.http.ids import ChannelId, CommunityId, ConversationId, GroupId, InteractionId, PersonId, TopicId
from kith.api.http.kinds import Instant
from kith.api.http.moments import Bound
from kith.api.http.paging import Listing
from kith.api.refs import ChannelRef, ConversationRef, IdentityRef, PersonRef

AskState = Literal["open", "answered", "accepted", "reopened", "withdrawn", "closed"]


class AsksParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    state: Annotated[tuple[AskState, ...], Meta(max_length=6, description="In one of these states.")] = ()
    person: Annotated[PersonId | None, Meta(description="Asked by this person.")] = None
    group: Annotated[
        GroupId | None, Meta(description="Asked by somebody of this group, which has 1,000 people at most.")
    ] = None
    community: Annotated[
        CommunityId | None, Meta(description="Asked by somebody of this community, which has 1,000 people at most.")
    ] = None
    topic: Annotated[TopicId | None, Meta(description="Where people talk about this.")] = None
    channel: Annotated[ChannelId | None, Meta(description="In this channel.")] = None
    conversation: Annotated[ConversationId | None, Meta(description="In this conversation.")] = None
    to_us: Annotated[bool | None, Meta(description="Whether it addresses somebody of the group `team`.")] = None
    chance: Annotated[
        float, Meta(ge=0, le=1, description="With at least this chance; questions that a network marks have 1.")
    ] = msgspec.field(name="chance[gte]", default=0.7)
    since: Annotated[Bound | None, Meta(description="Asked at or after this time.")] = msgspec.field(
        name="occurred_at[gte]", default=None
    )
    before: Annotated[Bound | None, Meta(description="Asked before this time.")] = msgspec.field(
        name="occurred_at[lt]", default=None
    )


class UsualWait(msgspec.Struct, frozen=True):
    """How long asks wait for a first answer, estimated with those that still wait."""

    of: Annotated[
        Literal["channel", "workspace"],
        Meta(description="Where the asks are from: the channel if it has 20, else the workspace."),
    ]
    asks: Annotated[int, Meta(description="How many asks it rests on: the latest, 100 at most.", ge=20)]
    median: Annotated[
        float | None, Meta(description="Half of the asks wait longer. Seconds; null where too many have no answer.")
    ]
    low: Annotated[
        float | None, Meta(description="One ask in ten waits less. Seconds; null where too many have no answer.")
    ]
    high: Annotated[
        float | None, Meta(description="One ask in ten waits longer. Seconds; null where too many have no answer.")
    ]


class Ask(msgspec.Struct, frozen=True):
    """All that one person asks in one conversation."""

    id: Annotated[InteractionId, Meta(description="Id of the first interaction that asks.")]
    asker: IdentityRef
    channel: ChannelRef | None
    conversation: ConversationRef | None
    sentence: Annotated[
        str | None, Meta(description="The sentence that asks; null without the scope interactions:text:read.")
    ]
    native: Annotated[bool, Meta(description="Whether its network marks it as a question.")]
    chance: Annotated[
        float, Meta(ge=0, le=1, description="The chance that it is an ask, not that it will be answered.")
    ]
    learnt: Annotated[bool, Meta(description="Whether its words were judged; false: only its question mark.")]
    occurred_at: Annotated[Instant, Meta(description="When it was asked first.")]
    asked_at: Annotated[Instant, Meta(description="When it was asked last.")]
    state: Annotated[
        AskState,
        Meta(
            description="open: no other human has answered. answered: one has. accepted: the asker took an answer. "
            "reopened: asked again after the last answer. withdrawn, closed: as a member says."
        ),
    ]
    answer_id: Annotated[InteractionId | None, Meta(description="The first answer by another human.")]
    answered_at: Annotated[Instant | None, Meta(description="When the first answer was given.")]
    answerer: Annotated[IdentityRef | None, Meta(description="The identity that gave the first answer.")]
    nobody_answered: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        Meta(
            description="In a room without threads: the chance that no other human answered, over all lines after it. "
            "Below .5 the state is answered. null where replies point at what they answer.",
        ),
    ]
    to_us: Annotated[bool, Meta(description="Whether it addresses somebody of the group `team`.")]
    taken_by: Annotated[str | None, Meta(description="The member who takes care of it.")]
    usual_wait: Annotated[UsualWait | None, Meta(description="null where kith knows fewer than 20 asks.")]
    overdue_at: Annotated[
        Instant | None,
        Meta(description="When it has waited longer than nine of ten asks do; null if unknown or answered."),
    ]
    overdue: Annotated[bool, Meta(description="Whether `overdue_at` has passed.")]


class AskPart(msgspec.Struct, frozen=True):
    """A reason why it is an ask, or is none."""

    part: Annotated[
        str,
        Meta(
            description="A named part, or learnt words. Without the scope interactions:text:read, all learnt words "
            "are one part, `words`.",
            examples=["mark"],
        ),
    ]
    meaning: Annotated[str | None, Meta(description="What a named part looks at; null for learnt words.")]
    weight: Annotated[float, Meta(description="What it adds to the log-odds.")]


class Answerer(msgspec.Struct, frozen=True):
    """A person who could answer: they have answered asks, and acted in the last 14 days."""

    person: PersonRef
    score: Annotated[float, Meta(ge=0, description="Sum of the next three; it orders the list and has no unit.")]
    here: Annotated[float, Meta(ge=0, description="Answers in this channel; older ones count less.")]
    for_asker: Annotated[float, Meta(ge=0, description="Answers to this asker; older ones count less.")]
    elsewhere: Annotated[
        float, Meta(ge=0, description="Other answers, by a weight learnt from the workspace's own past.")
    ]
    answers: Annotated[
        list[InteractionId], Meta(description="Ids of the latest answers that this rests on, 3 at most.")
    ]


class AskDetail(Ask, frozen=True):
    """An ask, why it is one, and who could answer it."""

    intercept: Annotated[
        float | None, Meta(description="Log-odds before any part; null where its network marks it as a question.")
    ]
    contributions: Annotated[
        list[AskPart], Meta(description="With the intercept, their weights add up to the log-odds of the chance.")
    ]
    answerers: Annotated[list[Answerer], Meta(description="The best five people, no robots and lists.")]
    coverage: Coverage


class AskPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a member says of an ask. It survives every rebuild; the latest statement counts."""

    state: Annotated[
        Literal["open", "answered", "withdrawn", "closed", "not_an_ask"] | None,
        Meta(description="answered: elsewhere. open: go back to what was read. not_an_ask: leave it out of all lists."),
    ] = None
    taken: Annotated[bool | None, Meta(description="Whether you take care of it.")] = None


class AskSaid(msgspec.Struct, frozen=True):
    """What was said of an ask, and the ask as it is now."""

    id: InteractionId
    said: AskPatch
    ask: Annotated[Ask | None, Meta(description="null where it is no ask, or belongs to an earlier one.")]
