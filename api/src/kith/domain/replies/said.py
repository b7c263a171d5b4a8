"""Lines of rooms as they are stored, and what is inferred of them."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

BEFORE = 50
"""Lines before a line that it may answer."""


class Said(NamedTuple):
    """A line of a room. key: of who spoke. reply_to: what it answers, as its network tells.

    stated: whether a member said what it answers, and this is answers_id, None for nothing.
    """

    id: UUID
    actor_id: UUID
    key: str
    occurred_at: datetime
    text: str
    reply_to: UUID | None
    stated: bool
    answers_id: UUID | None


class Inferred(NamedTuple):
    """What a line answers: earlier lines, the likeliest first, each with its chance, and the chance that it is none.

    known: its network or a member said so.
    """

    interaction_id: UUID
    answers: list[UUID]
    chances: list[float]
    begins: float
    known: bool
