from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kith.api.http.coverage import Coverage
from kith.api.http.ids import ChannelId, CommunityId, InteractionId
from kith.api.http.moments import Until
from kith.api.http.paging import Listing
from kith.api.people.schemas import KnownAt
from kith.api.refs import IdentityRef, PersonRef
from kith.api.selections import pattern
from kith.domain.dialogue.shares import FLOOR

AsOf = Annotated[
    Until | None,
    Meta(description="Up to and including this day (UTC); by default the last day until which sources were read."),
]
Months = Annotated[int, Meta(ge=1, le=36, description="How many months before that count, of 30 days.")]
_Channel = Annotated[ChannelId | None, Meta(description="In this channel.")]


class OfPersonParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    other: Annotated[
        Annotated[str, Meta(pattern=pattern("person", "group"))] | None,
        Meta(description="With this person, or with the people of this group."),
    ] = msgspec.field(name="with", default=None)
    community: Annotated[CommunityId | None, Meta(description="With people of this community.")] = None
    channel: _Channel = None
    months: Months = 12
    as_of: AsOf = None
    known_at: KnownAt = None


class DialogueParams(OfPersonParams, frozen=True, forbid_unknown_fields=True, kw_only=True):
    of: Annotated[
        Annotated[str, Meta(pattern=pattern("person", "identity", "group"))] | None,
        Meta(description="Of this person, identity or group; of the group `team` by default."),
    ] = None


Order = Literal["directed", "exchanged", "answered", "initiated"]


class PeopleParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    of: Annotated[
        Annotated[str, Meta(pattern=pattern("group", "community"))] | None,
        Meta(description="People of this group or community; of the group `team` by default."),
    ] = None
    channel: _Channel = None
    months: Months = 12
    as_of: AsOf = None
    order: Annotated[Order, Meta(description="By which share, the lowest first; people without a number last.")] = (
        "exchanged"
    )


_Part = Annotated[float, Meta(ge=0, le=1)] | None


class Share(msgspec.Struct, frozen=True):
    """A share and its 90 % interval, which allows for acts of one conversation being alike."""

    share: Annotated[_Part, Meta(description=f"null below {FLOOR} conversations.")]
    low: Annotated[_Part, Meta(description="Lower end of the interval.")]
    high: Annotated[_Part, Meta(description="Upper end of the interval.")]
    such: Annotated[int, Meta(ge=0, description="How many are such.")]
    total: Annotated[int, Meta(ge=0, description="Out of how many.")]
    conversations: Annotated[
        int, Meta(ge=0, description=f"In how many conversations they stand; {FLOOR} are needed for a number.")
    ]


class AnswerWait(msgspec.Struct, frozen=True):
    """How long others wait for an answer, estimated with those that still wait (Kaplan and Meier)."""

    conversations: Annotated[int, Meta(ge=20, description="How many it rests on: the latest, 100 at most.")]
    median: Annotated[float | None, Meta(description="Seconds; null where too many have no answer.")]
    low: Annotated[float | None, Meta(description="One in ten waits less. Seconds.")]
    high: Annotated[float | None, Meta(description="One in ten waits longer. Seconds.")]


class Dialogue(msgspec.Struct, frozen=True):
    """How far somebody converses rather than broadcasts. Robots and lists are nobody to converse with."""

    acts: Annotated[int, Meta(ge=0, description="Acts of talk and help; with `with` or `community`, towards those.")]
    broadcasts: Annotated[int, Meta(ge=0, description="Of these, acts that address nobody and answer nothing.")]
    directed: Annotated[Share, Meta(description="Acts that address somebody, of all acts.")]
    exchanged: Annotated[
        Share, Meta(description="Acts in an exchange, of all acts: the other side acted, too, within 14 days.")
    ]
    answered: Annotated[
        Share,
        Meta(description="Conversations in which others turned to them and were answered within 7 days, of all such."),
    ]
    heard: Annotated[
        Share,
        Meta(description="Conversations in which they turned to others and were answered within 7 days, of all such."),
    ]
    initiated: Annotated[
        Share,
        Meta(description="Episodes that they began, of all; an episode begins after 14 days without contact of the "
             "two. `conversations` counts people."),
    ]  # fmt: skip
    wait: Annotated[AnswerWait | None, Meta(description="Until they answer; null below 20 conversations.")]
    sentences: Annotated[list[str], Meta(description="The main numbers in words.")]


class DialogueReport(msgspec.Struct, frozen=True):
    """The dialogue of one subject in a window, with what nobody answered."""

    since: Annotated[date, Meta(description="The first day (UTC) that counts.")]
    until: Annotated[date, Meta(description="The last day (UTC) that counts.")]
    dialogue: Dialogue
    open_asks: Annotated[
        list[InteractionId],
        Meta(
            description="Asks to them in the window that nobody answered, the newest first, 20 at most; see "
            "`GET /v1/asks/{ask_id}`."
        ),
    ]
    coverage: Coverage


class IdentityDialogue(msgspec.Struct, frozen=True):
    """The dialogue of one identity of a person."""

    identity: IdentityRef
    dialogue: Dialogue


class PersonDialogue(DialogueReport, frozen=True):
    """The dialogue of a person, and of each identity."""

    identities: Annotated[list[IdentityDialogue], Meta(description="The busiest first, 50 at most.")]


class PersonOfDialogue(msgspec.Struct, frozen=True):
    """A person, and how far they converse."""

    person: PersonRef
    dialogue: Dialogue
