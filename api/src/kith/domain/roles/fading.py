"""Counts that fade, kept up to date act by act: what is known at any moment without counting all history again."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Fading:
    """How often each person acted in each group of acts, halved by each of several half-lives.

    ``group`` and ``person`` say where each act counts; acts are added in the order of time.
    """

    def __init__(self, group: Ints, person: Ints, half_lives: Sequence[float]) -> None:
        width = int(person.max(initial=-1)) + 1
        keys, self._entry = np.unique(group * max(width, 1) + person, return_inverse=True)
        self._people = keys % max(width, 1)
        groups = int(group.max(initial=-1)) + 1
        self._begins = np.searchsorted(keys, np.arange(groups + 1) * max(width, 1)).tolist()
        self._rates = 1.0 / np.array(half_lives)
        self._counts = np.zeros((len(keys), len(half_lives)))
        self._days = np.zeros(len(keys))
        self.acts = np.zeros(groups, np.int64)
        self._group = group

    def add(self, act: int, day: float) -> None:
        """Count one more act."""
        entry = self._entry[act]
        self._counts[entry] *= 2.0 ** ((self._days[entry] - day) * self._rates)
        self._counts[entry] += 1.0
        self._days[entry] = day
        self.acts[self._group[act]] += 1

    def of(self, group: int, day: float) -> tuple[Ints, Floats]:
        """Return who acts in a group at any time, and what is left of their acts by now, by half-life."""
        rows = slice(self._begins[group], self._begins[group + 1])
        return self._people[rows], self._counts[rows] * 2.0 ** ((self._days[rows] - day)[:, None] * self._rates)
