"""Which steps towards a goal to take with the time there is.

A plan is worth the sum over the parts of the goal of ln(1 + what its people bring), where a person brings their value
times the chance that at least one step reaches them. Chances of one person multiply and further people of one part add
less, so that the worth is submodular: steps taken by gain, or by gain per minute, whichever is worth more, come near
the best plan (Leskovec et al. 2007). A swap of what was taken last for what fits better closes most of what is left.
"""

import heapq
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_FEW = 30
"""Steps with each of which a plan is begun; of more, one alone takes little of the time."""

_PROMISING = 500
"""Steps per part of the goal that are weighed; a member takes far fewer."""


class Steps(NamedTuple):
    """What could be done, one row a step: towards which person, for how many minutes, with which chance.

    values: what each person (row) brings to each part of the goal (column) if they are reached; at least 0.
    """

    person: Ints
    minutes: Floats
    chance: Floats
    values: Floats


class _Worth:
    """The worth of the steps taken so far."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.missed = np.ones(len(steps.values))
        self.brought = np.zeros(steps.values.shape[1])
        self.minutes = 0.0
        self.taken: list[int] = []

    @property
    def total(self) -> float:
        return float(np.log1p(self.brought).sum())

    def gain(self, step: int) -> float:
        return float(np.log1p(self._extra(step) / (1 + self.brought)).sum())

    def gains(self) -> Floats:
        """Return the gain of each step from here."""
        who = self.steps.person
        extra = (self.missed[who] * self.steps.chance)[:, None] * self.steps.values[who]
        gains: Floats = np.log1p(extra / (1 + self.brought)).sum(axis=1)
        return gains

    def take(self, step: int) -> None:
        self.brought += self._extra(step)
        self.missed[self.steps.person[step]] *= 1 - self.steps.chance[step]
        self.minutes += float(self.steps.minutes[step])
        self.taken.append(step)

    def _extra(self, step: int) -> Floats:
        who = self.steps.person[step]
        extra: Floats = self.missed[who] * self.steps.chance[step] * self.steps.values[who]
        return extra


def worth(steps: Steps, taken: Sequence[int]) -> float:
    """Return what these steps are worth together; the order does not matter."""
    found = _Worth(steps)
    for step in taken:
        found.take(step)
    return found.total


def plan(steps: Steps, minutes: float) -> list[int]:
    """Return the steps to take within so many minutes, the most gain per minute first."""
    fits = _promising(steps, minutes)
    at_hand = Steps(steps.person[fits], steps.minutes[fits], steps.chance[fits], steps.values)
    first = _Worth(at_hand).gains()
    per_minute = 1 / np.maximum(at_hand.minutes, 1.0)
    firsts: list[tuple[int, ...]] = [(), *((step,) for step in range(len(fits)) if len(fits) <= _FEW)]
    tried = [
        _greedy(at_hand, minutes, first * weight, weight, begun)
        for weight in (per_minute, np.ones(len(fits)))
        for begun in firsts
    ]
    best = max(tried, key=lambda taken: worth(at_hand, taken))
    ordered = _greedy(at_hand, minutes, first * per_minute, per_minute, (), best)
    chosen: list[int] = fits[ordered].tolist()
    return chosen


def _promising(steps: Steps, minutes: float) -> Ints:
    """Return the steps that fit and bring most to some part of the goal, alone or per minute."""
    fits = np.flatnonzero((steps.minutes <= minutes) & (steps.chance > 0))
    if len(fits) <= _PROMISING:
        return fits
    brought = steps.chance[fits, None] * steps.values[steps.person[fits]]
    rates = brought / np.maximum(steps.minutes[fits, None], 1.0)
    most = [np.argpartition(column, -_PROMISING)[-_PROMISING:] for column in np.hstack((brought, rates)).T]
    return fits[np.unique(np.concatenate(most))]


def _greedy(
    steps: Steps,
    minutes: float,
    first: Floats,
    weight: Floats,
    begun: Sequence[int],
    among: Sequence[int] | None = None,
) -> list[int]:
    """Take what gains most, weighed, as long as it fits; a gain is counted again only where it could be the most."""
    found = _Worth(steps)
    for step in begun:
        found.take(step)
    heap = [(-gain, step) for step, gain in enumerate(first.tolist()) if gain > 0 and step not in begun]
    if among is not None:
        heap = [(-float(first[step]), step) for step in among]
    heapq.heapify(heap)
    while heap:
        _, step = heapq.heappop(heap)
        if found.minutes + steps.minutes[step] > minutes:
            continue
        now = -found.gain(step) * float(weight[step])
        if heap and now > heap[0][0]:
            heapq.heappush(heap, (now, step))
        elif now < 0:
            found.take(step)
    return found.taken
