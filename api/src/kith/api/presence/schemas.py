from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from kith.api.http.coverage import Coverage
from kith.api.http.ids import ChannelId, InteractionId
from kith.api.http.kinds import Instant
from kith.api.http.moments import Bound
from kith.api.refs import PersonRef
from kith.domain.watches.presence import Evidence, State


class PresenceParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    at: Annotated[Bound | None, Meta(description="At this moment; by default as far as sources were read.")] = None


class Presence(msgspec.Struct, frozen=True):
    """Whether somebody of the group `team` was there."""

    state: Annotated[
        State,
        Meta(
            description="in_the_room: there is a sign of us. out_of_the_room: a complete list names none of us. "
            "not_seen: there is no sign, and no such list; or no group `team`."
        ),
    ]
    evidence: Annotated[
        Evidence | None,
        Meta(
            description="addressed: one of us said it, or it addresses one of us. acted: one of us acted there within "
            "30 days. member: one of us was a member. recipients, member_list: the list; null where nothing was seen."
        ),
    ]
    interaction_id: Annotated[
        InteractionId | None,
        Meta(description="The interaction that shows it; null for a list, and where it is hidden."),
    ]
    seen_at: Annotated[Instant | None, Meta(description="When that was, or the list was read.")]


class OneOfUs(msgspec.Struct, frozen=True):
    """A person of the group `team` in a channel."""

    person: PersonRef
    acts: Annotated[int, Meta(ge=0, description="Acts there in the 30 days before.")]
    last_day: Annotated[date | None, Meta(description="Day of the last act there; null: none is known.")]


class PresenceInChannel(msgspec.Struct, frozen=True):
    """Whether our people are in a channel."""

    channel_id: ChannelId
    at: Instant
    presence: Presence
    people: Annotated[list[OneOfUs], Meta(description="The group `team`; who acted there last comes first.")]
    coverage: Coverage
