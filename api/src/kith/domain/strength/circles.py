"""Common acquaintances: how embedded a pair is in the circles of the two."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kith.domain.strength.contact import Integers, Reals

_STEPS_AT_ONCE = 2_000_000
"""Acquaintances that are looked through at once; each takes some 40 bytes meanwhile."""


@dataclass(frozen=True, slots=True)
class Circles:
    """How many people know both of a pair, and how many at least one of them; the two themselves left out."""

    shared: Integers
    either: Integers


@dataclass(frozen=True, slots=True)
class Triangles:
    """Three people who all know each other: the indices of their pairs, and for each pair the third person."""

    pairs: tuple[Integers, Integers, Integers]
    thirds: tuple[Integers, Integers, Integers]


def overlap(a: Integers, b: Integers) -> Circles:
    """Count the circles of each pair ``(a, b)`` of a whole network; each pair stands there once."""
    known = acquainted(a, b)
    shared = np.zeros(len(a), dtype=np.int64)
    for found in triangles(a, b):
        for pair in found.pairs:
            shared += np.bincount(pair, minlength=len(a))
    return Circles(shared, known[a] + known[b] - 2 - shared)


def within(a: Integers, b: Integers, person: Integers, acquaintance: Integers) -> Circles:
    """Count the circles of some pairs ``(a, b)`` who know each other.

    ``person`` knows ``acquaintance``, row by row, in any order, each row once: all acquaintances of all people of the
    pairs. These have numbers of their own, or 64 bits of a hash.
    """
    order = np.lexsort((acquaintance, person))
    person = person[order]
    _, known_as = np.unique(acquaintance[order], return_inverse=True)
    span = int(known_as.max(initial=-1)) + 1
    table = person * span + known_as
    people = int(max(b.max(initial=-1), a.max(initial=-1), person.max(initial=-1))) + 1
    known = np.bincount(person, minlength=people)
    begins = np.cumsum(known) - known
    few, many = np.where(known[a] <= known[b], a, b), np.where(known[a] <= known[b], b, a)
    shared = np.zeros(len(a), dtype=np.int64)
    for part in _parts(known[few]):
        size = known[few[part]]
        pair = np.repeat(np.arange(len(size)), size)
        place = np.arange(len(pair)) - np.repeat(np.cumsum(size) - size, size) + begins[few[part]][pair]
        asked = many[part][pair] * span + known_as[place]
        at = np.minimum(np.searchsorted(table, asked), len(table) - 1)
        shared[part] = np.bincount(pair[table[at] == asked], minlength=len(size))
    return Circles(shared, known[a] + known[b] - 2 - shared)


def adamic_adar(a: Integers, b: Integers) -> Reals:
    """Sum over the common acquaintances of each pair 1 / log(how many people they know) (Adamic and Adar 2003)."""
    rarity = 1.0 / np.log(np.maximum(acquainted(a, b), 2))
    total = np.zeros(len(a))
    for found in triangles(a, b):
        for pair, third in zip(found.pairs, found.thirds, strict=True):
            total += np.bincount(pair, weights=rarity[third], minlength=len(a))
    return total


def triangles(a: Integers, b: Integers) -> Iterator[Triangles]:
    """Find every triangle of the pairs ``(a, b)`` once, in batches.

    Each is found from the pair of its two least acquainted people, so that hubs cost no more than others: O(m √m) for m
    pairs at worst.
    """
    known = acquainted(a, b)
    people, pairs = len(known), len(a)
    swap = (known[a] > known[b]) | ((known[a] == known[b]) & (a > b))
    low, high = np.where(swap, b, a), np.where(swap, a, b)
    number = sparse.csr_array((np.arange(1, pairs + 1), (low, high)), shape=(people, people))
    linked = sparse.csr_array((np.ones(pairs, dtype=np.int64), (low, high)), shape=(people, people))
    steps = np.diff(linked.indptr)
    for part in _parts(steps[low] + steps[high]):
        lows, highs = low[part], high[part]
        from_low = number[lows].multiply(linked[highs]).tocsr()
        from_high = linked[lows].multiply(number[highs]).tocsr()
        row = np.repeat(np.arange(len(lows)), np.diff(from_low.indptr))
        yield Triangles(
            pairs=(row + part.start, from_low.data - 1, from_high.data - 1),
            thirds=(from_low.indices.astype(np.int64), highs[row], lows[row]),
        )


def _parts(steps: NDArray[np.integer[Any]]) -> Iterator[slice]:
    """Cut pairs into parts that take about as many steps as are taken at once; a pair of more is a part of its own."""
    ends, start = np.cumsum(steps), 0
    while start < len(steps):
        taken = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, taken + _STEPS_AT_ONCE, side="right")))
        yield slice(start, stop)
        start = stop


def acquainted(a: Integers, b: Integers) -> Integers:
    """Count how many people each person knows; length: the largest number of a person, plus one."""
    people = int(max(a.max(initial=-1), b.max(initial=-1))) + 1
    return np.bincount(a, minlength=people) + np.bincount(b, minlength=people)
