from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from kith.api.dialogue.schemas import AsOf, Months, Share
from kith.api.http.coverage import Coverage
from kith.api.http.ids import InteractionId
from kith.api.refs import ChannelRef, PersonRef
from kith.api.selections import pattern


class AttractionParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    of: Annotated[
        Annotated[str, Meta(pattern=pattern("person", "group"))] | None,
        Meta(description="Of this person or group; of the group `team` by default."),
    ] = None
    months: Months = 12
    as_of: AsOf = None


class TiesBegun(msgspec.Struct, frozen=True):
    """New ties that one side began."""

    ties: Annotated[int, Meta(ge=0, description="How many.")]
    lasted: Annotated[
        Share,
        Meta(description="Ties with contact again on days 31 to 180, of those that are old enough to say."),
    ]


class AttractedTie(msgspec.Struct, frozen=True):
    """A tie that the other began, without any contact before."""

    person: PersonRef
    day: Annotated[date, Meta(description="When it began (UTC).")]
    interaction_id: Annotated[InteractionId, Meta(description="The first interaction between, by the other.")]
    channel: ChannelRef | None
    drawn_by: Annotated[
        InteractionId | None,
        Meta(description="Our interaction that it answers, or follows in the same conversation; null: not known."),
    ]
    lasted: Annotated[bool | None, Meta(description="Whether it lasted; null before day 180.")]


class Draw(msgspec.Struct, frozen=True):
    """One of our interactions, and how many people it drew."""

    interaction_id: InteractionId
    people: Annotated[int, Meta(ge=1, description="How many began a tie by it.")]


class Attraction(msgspec.Struct, frozen=True):
    """Who came by themselves, what drew them, and how many stayed."""

    since: Annotated[date, Meta(description="The first day (UTC) that counts.")]
    until: Annotated[date, Meta(description="The last day (UTC) that counts.")]
    came: Annotated[TiesBegun, Meta(description="Ties that others began: none of us had turned to them before.")]
    sought: Annotated[TiesBegun, Meta(description="Ties that we began in the same time.")]
    truncated: Annotated[bool, Meta(description="Whether there are more than 2,000 new ties; the latest count.")]
    ties: Annotated[list[AttractedTie], Meta(description="Those that others began, the newest first, 100 at most.")]
    draws: Annotated[list[Draw], Meta(description="What drew most people, 20 at most.")]
    coverage: Coverage
