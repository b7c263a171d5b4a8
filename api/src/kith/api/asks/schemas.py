from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kith.api.http.coverage import Coverage
from kith.api.http.ids import ChannelId, ConversationId, InteractionId, PersonId
from kith.api.http.kinds import Instant
from kith.api.http.moments import Bound
from kith.api.http.paging import Listing
from kith.api.refs import ChannelRef, ConversationRef, IdentityRef, PersonRef

AskState = Literal["open", "answered", "accepted", "reopened", "withdrawn", "closed"]
_Seconds = Annotated[float | None, Meta(description="Seconds; null where so many were never answered.")]


class AsksParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    state: Annotated[tuple[AskState, ...], Meta(max_length=6, description="Is in one of these states.")] = ()
    person: Annotated[PersonId | None, Meta(description="Of this person.")] = None
    channel: Annotated[ChannelId | None, Meta(description="In this channel.")] = None
    conversation: Annotated[ConversationId | None, Meta(description="In this conversation.")] = None
    to_us: Annotated[bool | None, Meta(description="Whether it is towards one of the group `team`.")] = None
    chance: Annotated[
        float, Meta(ge=0, le=1, description="Asks something at least so likely; what a network marks is certain.")
    ] = msgspec.field(name="chance[gte]", default=0.7)
    since: Annotated[Bound | None, Meta(description="Asked at or after this time.")] = msgspec.field(
        name="occurred_at[gte]", default=None
    )
    before: Annotated[Bound | None, Meta(description="Asked before this time.")] = msgspec.field(
        name="occurred_at[lt]", default=None
    )


class UsualWait(msgspec.Struct, frozen=True):
    """How long asks wait for a first answer here; those that wait still are counted as waiting."""

    of: Annotated[
        Literal["channel", "workspace"],
        Meta(description="Whose latest asks, 100 at most: the channel's where it has 20."),
    ]
    asks: Annotated[int, Meta(description="How many.", ge=20)]
    median: _Seconds
    low: Annotated[_Seconds, Meta(description="Start of the range that holds 80 %, in seconds.")]
    high: Annotated[_Seconds, Meta(description="End of that range, in seconds.")]


class Ask(msgspec.Struct, frozen=True):
    """All that one person asks in one conversation."""

    id: Annotated[InteractionId, Meta(description="The first act that asks.")]
    asker: IdentityRef
    channel: ChannelRef | None
    conversation: ConversationRef | None
    sentence: Annotated[str | None, Meta(description="What asks most; null without the scope interactions:text:read.")]
    native: Annotated[bool, Meta(description="Whether its network calls it a question.")]
    chance: Annotated[float, Meta(ge=0, le=1, description="That it asks something, not that it will be answered.")]
    learnt: Annotated[bool, Meta(description="Whether words were judged; false: its question mark alone.")]
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
    answered_at: Annotated[Instant | None, Meta(description="When that was.")]
    answerer: Annotated[IdentityRef | None, Meta(description="Who gave it.")]
    to_us: Annotated[bool, Meta(description="Whether it is towards one of the group `team`.")]
    taken_by: Annotated[str | None, Meta(description="The member who said that they take it.")]
    usual_wait: Annotated[UsualWait | None, Meta(description="null: fewer than 20 asks are known.")]
    overdue_at: Annotated[
        Instant | None,
        Meta(description="From when on it waits longer than 90 % of asks here; null: not known, or answered."),
    ]
    overdue: Annotated[bool, Meta(description="Whether that time has come.")]


class AskPart(msgspec.Struct, frozen=True):
    """What speaks for its being an ask, or against it."""

    part: Annotated[
        str,
        Meta(
            description="A named part, or learnt words; these are shown together as `words` without the scope "
            "interactions:text:read.",
            examples=["mark"],
        ),
    ]
    meaning: Annotated[str | None, Meta(description="Of a named part.")]
    weight: Annotated[float, Meta(description="What it adds to the log-odds.")]


class Answerer(msgspec.Struct, frozen=True):
    """Who could be asked: they have answered here, or this asker, and acted in the last 14 days."""

    person: PersonRef
    score: Annotated[float, Meta(ge=0, description="Sum of the next three.")]
    here: Annotated[float, Meta(ge=0, description="Answers in this channel, the older the less.")]
    for_asker: Annotated[float, Meta(ge=0, description="Answers to this asker.")]
    elsewhere: Annotated[float, Meta(ge=0, description="Other answers, weighed as the workspace's own past has it.")]
    answers: Annotated[list[InteractionId], Meta(description="The latest that this rests on, 3 at most.")]


class AskDetail(Ask, frozen=True):
    """An ask, why it is one, and who could answer it."""

    intercept: Annotated[
        float | None, Meta(description="Log-odds before any part; null where its network says it asks.")
    ]
    contributions: Annotated[
        list[AskPart], Meta(description="With the intercept they add up to the log-odds of the chance.")
    ]
    answerers: Annotated[list[Answerer], Meta(description="The best five; robots and lists are none.")]
    coverage: Coverage


class AskPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a member says of an ask. It survives every rebuild; the latest word counts."""

    state: Annotated[
        Literal["open", "answered", "withdrawn", "closed", "not_an_ask"] | None,
        Meta(description="answered: elsewhere. open: as what was read says. not_an_ask: it is left out of all lists."),
    ] = None
    taken: Annotated[bool | None, Meta(description="Whether you take it.")] = None


class AskSaid(msgspec.Struct, frozen=True):
    """What was said of an ask, and the ask after it."""

    id: InteractionId
    said: AskPatch
    ask: Annotated[Ask | None, Meta(description="null where it is none, or where it is part of an earlier one.")]
