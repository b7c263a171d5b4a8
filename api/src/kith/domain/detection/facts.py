"""What a detection reads and what it finds. People are named by their places, 0 to n - 1; ids are 16 bytes."""

import math
from datetime import date, timedelta
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from kith.domain.communities.contact import Counting
from kith.domain.communities.health import Health
from kith.domain.communities.track import CommunityEvent
from kith.domain.roles.acts import Acts
from kith.domain.roles.roles import Role

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

HALF_LIFE = 365.0
"""Days in which contact counts half: who belongs together does so for years, also in months of silence."""
LIVING = 1 / 16
"""What must be left of the contact of two people to tie them: as much as of a single act four years ago."""
HISTORY = 5 * 365.0
"""Days of acts that roles and health are read from; of those before, only when each person came."""
CHANGED = 0.1
"""The share of changed ties above which everything, or all of one community, is looked at from scratch."""
FEWEST = 3
"""Two people alone are a relationship, not a community."""


class Former(msgspec.Struct, frozen=True):
    """A community as the last detection left it.

    id: as text; people: places of those who still exist; looked: the day of the last look at it, minus infinity where
    people of it were joined with others since.
    """

    id: str
    level: int
    people: Ints
    looked: float = -math.inf


class Last(msgspec.Struct, frozen=True):
    """The division that the last detection found, and who had contact since: places, ``touched``."""

    resolution: float
    counting: Counting
    foreseen: float
    touched: Ints


class Texts(msgspec.Struct, frozen=True):
    """What was written: texts with their ids, each in a channel (a place in ``channels``, or -1).

    open: whether nothing of a text is private. hidden: whether a channel is.
    """

    ids: list[bytes]
    said: list[str]
    channel: Ints
    channels: list[str]
    open: Flags
    hidden: Flags


class Facts(msgspec.Struct, frozen=True):
    """All that a detection needs to know.

    All days count from 1970. ``now`` is until when it tells, ``moment`` when the detection is made, which is part of
    new ids. ``first[i]`` and ``second[i]`` are in touch, each pair once: ``weight[i]`` is their living contact,
    ``days[i]`` its days, as faded. ``acts`` reach back
    ``HISTORY`` days, with their areas being channels; ``act_ids`` (16 bytes each), ``act_texts`` (places, or -1) and
    ``act_learnt`` (days) go with them, and ``act_ends``: until when is told what happens in the channel of each.
    ``places`` says of each channel in which it lies, itself if in none; ``arrivals`` is the day of each person's first
    act ever, infinite without. ``last`` is None for a detection from scratch. ``curated`` are declared communities:
    ids and people.
    """

    now: float
    moment: float
    id_key: bytes
    people: list[bytes]
    first: Ints
    second: Ints
    weight: Floats
    days: Floats
    acts: Acts
    act_ids: NDArray[np.void]
    act_texts: Ints
    act_learnt: Floats
    act_ends: Floats
    places: Ints
    arrivals: Floats
    us: Ints
    texts: Texts
    former: tuple[Former, ...]
    last: Last | None
    curated: tuple[tuple[str, Ints], ...]
    topics: dict[str, tuple[str, ...]]

    @property
    def as_of(self) -> date:
        """The day that the detection speaks of."""
        return day_of(self.now)

    @property
    def subjects(self) -> Flags:
        """Which channels are about something: not those that hold others, as a repository holds areas."""
        own = np.arange(len(self.places))
        return ~np.isin(own, self.places[self.places != own])


def day_of(moment: float) -> date:
    return date(1970, 1, 1) + timedelta(days=math.floor(moment))


class HeldRole(msgspec.Struct, frozen=True):
    """A role, the places of acts that it rests on, and the place of its holder among those who matter, from 1."""

    role: Role
    acts: Ints
    place: int | None


class Portrait(msgspec.Struct, frozen=True):
    """What a detection says of one community. born: when enough of its people were there. end: until when it tells."""

    born: float
    end: float
    health: Health
    map: bytes
    roles: tuple[HeldRole, ...]


class Names(NamedTuple):
    """Of a community: its name, and what it is called for those to whom a topic has its open or plain words alone."""

    name: str
    open: str
    plain: str


class Community(msgspec.Struct, frozen=True):
    """A community. ``belonging`` is the share of each person's ties; ``home`` says who was put here by detection.

    ``portrait`` is None where little has changed since the last one, which then still stands.
    """

    id: str
    kind: Literal["detected", "curated"]
    level: int
    parent: str | None
    names: Names
    people: Ints
    belonging: Floats | None
    home: Flags
    portrait: Portrait | None


class Words(msgspec.Struct, frozen=True):
    """Terms of a topic, the most telling first, and its name of them."""

    name: str
    terms: tuple[str, ...]


class FoundTopic(msgspec.Struct, frozen=True):
    """A topic and its id.

    open: its words for who does not see what is private: those that an open text or channel has. plain: those for who
    sees no texts: names of open channels.
    """

    id: str
    name: str
    terms: tuple[str, ...]
    texts: int
    open: Words
    plain: Words


class Found(msgspec.Struct, frozen=True):
    """What there is. ``of_text`` is the topic of each text of the facts, a place in ``topics`` or -1."""

    people: int
    ties: int
    resolution: float
    counting: Counting
    foreseen: float
    communities: tuple[Community, ...]
    events: tuple[CommunityEvent, ...]
    topics: tuple[FoundTopic, ...]
    of_text: Ints
