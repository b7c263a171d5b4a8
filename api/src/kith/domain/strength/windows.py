"""A network's past: complete windows of which it is known how they ended."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kith.domain.strength.contact import Activity, Contacts, Integers, Reals
from kith.domain.strength.features import measure
from kith.domain.strength.tally import tally

PAIRS = 100_000
"""Pairs of an earlier window that are learnt from; of more, every second, third and so on is."""


@dataclass(frozen=True, slots=True)
class Window:
    """The features of all pairs on a past day, and whether they conversed within the time that followed."""

    values: Reals
    met: NDArray[np.bool_]

    def thinned(self) -> "Window":
        """Return the pairs at even distances that suffice to learn from."""
        step = max(1, -(-len(self.met) // PAIRS))
        return Window(self.values[::step].copy(), self.met[::step].copy()) if step > 1 else self

    def varies(self) -> bool:
        """Whether some pairs met and some did not."""
        return bool(self.met.any() and not self.met.all())


def window(contacts: Contacts, activity: Activity, start: int, end: int) -> Window:
    """Look at the pairs known on day ``start`` and at who conversed after it, up to and including day ``end``."""
    pairs = tally(contacts, activity, start)
    later = contacts.rows((contacts.day > start) & (contacts.day <= end)).conversations
    return Window(measure(pairs), meet(pairs.a, pairs.b, later.source, later.target))


def windows(contacts: Contacts, activity: Activity, now: int, days: int, count: int) -> list[Window]:
    """Look at so many windows of ``days`` that follow one another up to day ``now``, the last one first.

    The last is whole, those before it are thinned; those in which nobody was known yet are left out.
    """
    found: list[Window] = []
    for end, start in pairwise(now - i * days for i in range(count + 1)):
        each = window(contacts, activity, start, end)
        if not len(each.met):
            break
        found.append(each.thinned() if found else each)
    return found


def meet(a: Integers, b: Integers, source: Integers, target: Integers) -> NDArray[np.bool_]:
    """Whether each pair ``(a, b)``, where ``a < b``, is among the contacts ``source`` to ``target``, either way."""
    people = int(max(column.max(initial=0) for column in (b, source, target))) + 1
    return np.isin(a * people + b, np.minimum(source, target) * people + np.maximum(source, target))
