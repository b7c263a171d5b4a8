"""Whether our people were there when something was said: never a guess."""

from datetime import timedelta
from typing import Literal, NamedTuple

NEAR = timedelta(days=30)
"""Before and after: who acted so near was there, and so long a list of members holds."""

State = Literal["in_the_room", "out_of_the_room", "not_seen"]
Evidence = Literal["addressed", "acted", "member", "member_list", "recipients"]


class Signs(NamedTuple):
    """What speaks for or against it.

    ours: we have people at all. addressed: one of us said it, or it is said to one of us. acted: one of us acted there
    near the moment. member: one of us was a member then. listed: all members were told near the moment. received: all
    whom it was said to are known, and there are some.
    """

    ours: bool
    addressed: bool
    acted: bool
    member: bool
    listed: bool
    received: bool


def presence(signs: Signs) -> tuple[State, Evidence | None]:
    """Return whether we were there, and why; a complete list alone says that we were not."""
    if not signs.ours:
        return "not_seen", None
    there: tuple[tuple[bool, Evidence], ...] = (
        (signs.addressed, "addressed"),
        (signs.acted, "acted"),
        (signs.member, "member"),
    )
    for holds, evidence in there:
        if holds:
            return "in_the_room", evidence
    away: tuple[tuple[bool, Evidence], ...] = ((signs.received, "recipients"), (signs.listed, "member_list"))
    for holds, evidence in away:
        if holds:
            return "out_of_the_room", evidence
    return "not_seen", None
