"""Directed acts between people as arrays: what roles are read from."""

from collections.abc import Hashable, Sequence

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from kith.domain import classes
from kith.domain.graph import Graph, from_ties

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Kinds of interaction by which the actor helps the other.
HELP = classes.of_class("help")
TALK = classes.of_class("talk")

NOBODY = -1
NO_AREA = -1


class Acts(msgspec.Struct, frozen=True):
    """m dated acts among n people, oldest first.

    ``day`` is in days since any fixed moment, ``actor`` and ``other`` are positions of ``people``; ``other`` is
    ``NOBODY`` for a broadcast. ``kind`` numbers ``kinds``; ``area`` numbers ``areas`` (what it was about: a topic, a
    channel, a part of a product) or is ``NO_AREA``.
    """

    people: Sequence[Hashable]
    day: Floats
    actor: Ints
    other: Ints
    kind: Ints
    kinds: Sequence[str]
    area: Ints
    areas: Sequence[str]

    def __len__(self) -> int:
        return len(self.day)

    def where(self, picked: Flags | Ints | slice) -> "Acts":
        """The acts of this mask, these positions or this slice, among the same people."""
        return msgspec.structs.replace(
            self,
            day=self.day[picked],
            actor=self.actor[picked],
            other=self.other[picked],
            kind=self.kind[picked],
            area=self.area[picked],
        )

    def of_kind(self, names: frozenset[str]) -> Flags:
        """Which acts are of these kinds."""
        return np.isin(self.kind, [i for i, name in enumerate(self.kinds) if name in names])

    def helps(self) -> "Acts":
        """The acts by which one person helped another."""
        return self.where(self.of_kind(HELP) & (self.other != NOBODY) & (self.other != self.actor))

    @property
    def worth(self) -> Floats:
        """What each act counts as contact, by its class: a conversation 1."""
        of_kind = [classes.weight(kind) for kind in self.kinds]
        worth: Floats = np.array([*of_kind, 0.0])[self.kind]
        return worth

    def told_once(self) -> Ints:
        """The acts without handling that is told twice, as by committer and sign-off of one commit; positions.

        Of several kinds of handling of the same other, at the same moment in the same area, the most frequent counts.
        """
        handled = self.of_kind(classes.HANDLING)
        keys = np.stack([self.actor, self.other, self.area, self.kind])[:, handled]
        order = np.lexsort((keys[3], keys[2], keys[1], keys[0], self.day[handled]))
        place, day, keys = np.flatnonzero(handled)[order], self.day[handled][order], keys[:, order]
        same = np.zeros(len(place), dtype=bool)
        same[1:] = (day[1:] == day[:-1]) & (keys[:, 1:] == keys[:, :-1]).all(axis=0)
        run = np.arange(len(place))
        nth = run - np.maximum.accumulate(np.where(same, 0, run))  # of this kind, here, at this moment
        first = np.unique(np.stack([day, *keys[:3], nth]), axis=1, return_index=True)[1] if len(place) else place
        kept: Ints = np.sort(np.concatenate([np.flatnonzero(~handled), place[first]]))
        return kept

    def before(self, day: float) -> "Acts":
        return self.where(slice(0, int(np.searchsorted(self.day, day))))

    def since(self, day: float) -> "Acts":
        return self.where(slice(int(np.searchsorted(self.day, day)), None))

    def contacts(self, weight: Floats | None = None) -> Graph:
        """Who was in touch with whom, in either direction; each act counts 1 or its ``weight``."""
        directed = self.other != NOBODY
        counts = np.ones(len(self)) if weight is None else weight
        return from_ties(self.people, self.actor[directed], self.other[directed], counts[directed])

    def count(self, who: Ints, weight: Floats | None = None) -> Floats:
        """How often, or with what weight, each person stands in a column such as ``actor``; never ``NOBODY``."""
        someone = who != NOBODY
        weights = np.ones(len(who)) if weight is None else weight
        return np.bincount(who[someone], weights[someone], len(self.people)).astype(np.float64)


def acts(
    people: Sequence[Hashable],
    day: ArrayLike,
    actor: ArrayLike,
    other: ArrayLike,
    kind: Sequence[str] | None = None,
    area: Sequence[str] | None = None,
) -> Acts:
    """Sort acts by day and number their kinds and areas; an empty area is none. Without kinds all are messages."""
    days = np.asarray(day, dtype=np.float64)
    order = np.argsort(days, kind="stable")
    kinds, kind_of = np.unique(np.array(kind if kind is not None else ["message"] * len(days)), return_inverse=True)
    areas, area_of = np.unique(np.array(area if area is not None else [""] * len(days)), return_inverse=True)
    named = [str(name) for name in areas if name]
    number = area_of - (len(areas) - len(named))  # the empty name sorts first and becomes NO_AREA
    return Acts(
        people,
        days[order],
        np.asarray(actor, dtype=np.int64)[order],
        np.asarray(other, dtype=np.int64)[order],
        kind_of[order],
        [str(name) for name in kinds],
        number[order],
        named,
    )


def decayed(age: Floats, half_life: float) -> Floats:
    """What an act of this age still counts: 1 now, a half after one half-life (both in days)."""
    return 2.0 ** (-age / half_life)
