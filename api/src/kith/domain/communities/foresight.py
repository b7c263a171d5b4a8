"""Which division foresees ties that it has not seen.

Ties are held out, a fifth at a time; the others are divided. If the division says anything about people, then the ties
held out run inside its communities more often than people's activity alone would make them. How many times as many run
inside, and how many between, are the rates at which the division foresees: log2 of its rate is what each tie gains over
activity alone, in bits. A division that only fits the ties that it has seen gains nothing.

A tie counts by its evidence, however contact was counted to find the division: so that all are judged alike.
"""

import math
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from kith.domain.communities.contact import Counting, counted, countings
from kith.domain.communities.leiden import leiden, ties_of
from kith.domain.graph import Graph

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_PARTS = 5  # a fifth of the ties is held out
_FOLDS = 10  # in small graphs each tie is held out twice
_WORK = 200_000  # ties divided for one answer: in large graphs a fifth of them is held out, once


class Rates(msgspec.Struct, frozen=True):
    """How many times as many ties as activity alone would make, within communities and between them."""

    inside: float
    outside: float

    @property
    def resolution(self) -> float | None:
        """The resolution that these rates imply; None when they imply no communities, or no ties between them."""
        if not 0 < self.outside < self.inside:
            return None
        return (self.inside - self.outside) / math.log(self.inside / self.outside)


class Foresight(msgspec.Struct, frozen=True):
    """What divisions at a resolution foresee: bits of each tie held out, negative where they mislead.

    ``divisions`` holds the group of each person, for every fold.
    """

    counting: Counting
    resolution: float
    rates: Rates
    bits: Floats
    divisions: tuple[Ints, ...]

    @property
    def foreseen(self) -> float:
        """Bits that a tie gains on average."""
        return float(self.bits.mean())

    def above(self, other: "Foresight | None") -> float:
        """By how many standard errors these divisions foresee more than others, or than none at all."""
        gains = self.bits if other is None else self.bits - other.bits
        error = float(gains.std()) / math.sqrt(len(gains))
        return float(gains.mean()) / error if error else 0.0


class Trial:
    """Ties of a graph, held out in turn."""

    def __init__(self, graph: Graph, seed: int) -> None:
        first, second, _ = graph.pairs()
        self.countings = countings(graph)
        weights = {each: counted(graph, each).pairs()[2] for each in self.countings}
        folds = min(_FOLDS, max(1, _WORK // len(first)))
        held = list(_held_out(len(first), folds, seed))
        self._folds = [_Fold(len(graph), first, second, weights, each) for each in held]
        self._place = np.unique(np.concatenate([np.flatnonzero(each) for each in held]), return_inverse=True)[1]

    @property
    def large(self) -> bool:
        """Whether each answer takes a look at nearly all ties of a large graph."""
        return len(self._folds) == 1

    def at(self, counting: Counting, resolution: float, start: Foresight | None = None) -> Foresight:
        """What divisions at this resolution foresee; the search for them begins at ``start``."""
        starts = start.divisions if start else [None] * len(self._folds)
        divisions = [
            fold.divided(counting, resolution, seed, each)
            for seed, (fold, each) in enumerate(zip(self._folds, starts, strict=True))
        ]
        return self._judged(counting, resolution, divisions)

    def undivided(self) -> Foresight:
        """What the connected parts foresee."""
        return self._judged("log", 0.0, [fold.parts() for fold in self._folds])

    def _judged(self, counting: Counting, resolution: float, divisions: Sequence[Ints]) -> Foresight:
        inside = [fold.inside(each) for fold, each in zip(self._folds, divisions, strict=True)]
        expected = sum(fold.expected(each) for fold, each in zip(self._folds, divisions, strict=True))
        total = sum(float(fold.worth.sum()) for fold in self._folds)
        within = sum(float(fold.worth[each].sum()) for fold, each in zip(self._folds, inside, strict=True))
        rates = Rates(ratio(within, expected), ratio(total - within, total - expected))
        gains = [fold.worth * _gain(each, rates) for fold, each in zip(self._folds, inside, strict=True)]
        bits = np.bincount(self._place, np.concatenate(gains)).astype(np.float64)
        return Foresight(counting, resolution, rates, bits * (len(bits) / max(total, 1e-300)), tuple(divisions))


def ratio(observed: float, expected: float) -> float:
    """Observed by expected; a remainder of rounding is no expectation, as between communities where there is one."""
    return observed / expected if expected > 1e-9 * max(observed, 1.0) else 0.0


class _Fold:
    """Ties that are seen, and others held out whose two ends are in some tie that is seen."""

    def __init__(
        self, people: int, first: Ints, second: Ints, weights: dict[Counting, Floats], held_out: Flags
    ) -> None:
        seen = ~held_out
        self._first, self._second = first[seen], second[seen]
        self._ties = ties_of(people, self._first, self._second)
        strengths = {each: self._strengths_of(weight[seen], people) for each, weight in weights.items()}
        self._listed = {each: (weight[seen].tolist(), strengths[each].tolist()) for each, weight in weights.items()}
        self._strengths = strengths["log"]
        self._chances = self._strengths[self._first] * self._strengths[self._second]
        self._own = float((self._strengths**2).sum())
        self._unseen = float(self._strengths.sum() ** 2) - self._own - 2 * float(self._chances.sum())
        self._ends = first[held_out], second[held_out]
        known = (self._strengths[self._ends[0]] > 0) & (self._strengths[self._ends[1]] > 0)
        self.worth = np.where(known, weights["log"][held_out], 0.0)

    def _strengths_of(self, weights: Floats, people: int) -> Floats:
        both = np.bincount(self._first, weights, people) + np.bincount(self._second, weights, people)
        return both.astype(np.float64)

    def divided(self, counting: Counting, resolution: float, seed: int, start: Ints | None) -> Ints:
        return leiden(self._ties, *self._listed[counting], resolution, seed=seed, start=start)

    def parts(self) -> Ints:
        return np.array(self._ties.connected_components().membership, dtype=np.int64)

    def inside(self, groups: Ints) -> Flags:
        """Which ties held out run inside a group."""
        within: Flags = groups[self._ends[0]] == groups[self._ends[1]]
        return within

    def expected(self, groups: Ints) -> float:
        """How much of the ties held out would run inside groups if only people's activity counted.

        A tie held out is none of those seen, and nobody is tied to themself: two hubs who are seen to be tied will not
        be tied again.
        """
        volumes = np.bincount(groups, self._strengths)
        inside = groups[self._first] == groups[self._second]
        unseen = float((volumes**2).sum()) - self._own - 2 * float(self._chances[inside].sum())
        return float(self.worth.sum()) * ratio(max(unseen, 0.0), self._unseen)


def _held_out(ties: int, folds: int, seed: int) -> Iterator[Flags]:
    for fold in range(folds):
        round_, part = divmod(fold, _PARTS)
        if not part:
            order = np.random.default_rng((seed, round_)).permutation(ties)
        yield order % _PARTS == part


def _gain(inside: Flags, rates: Rates) -> Floats:
    """Bits by which each tie is likelier than by activity alone; rates the wrong way round mislead."""
    least = np.finfo(float).tiny  # where no tie is, no rate is read
    bits: Floats = np.log2(np.where(inside, max(rates.inside, least), max(rates.outside, least)))
    return bits if rates.inside >= rates.outside else -bits
