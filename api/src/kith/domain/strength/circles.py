"""Common acquaintances: how embedded a pair is in the circles of the two."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from kith.domain.strength.ledger import Integers, Reals

_PAIRS_AT_ONCE = 100_000


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
    for start in range(0, pairs, _PAIRS_AT_ONCE):
        lows, highs = low[start : start + _PAIRS_AT_ONCE], high[start : start + _PAIRS_AT_ONCE]
        from_low = number[lows].multiply(linked[highs]).tocsr()
        from_high = linked[lows].multiply(number[highs]).tocsr()
        row = np.repeat(np.arange(len(lows)), np.diff(from_low.indptr))
        yield Triangles(
            pairs=(row + start, from_low.data - 1, from_high.data - 1),
            thirds=(from_low.indices.astype(np.int64), highs[row], lows[row]),
        )


def acquainted(a: Integers, b: Integers) -> Integers:
    """Count how many people each person knows; length: the largest number of a person, plus one."""
    people = int(max(a.max(initial=-1), b.max(initial=-1))) + 1
    return np.bincount(a, minlength=people) + np.bincount(b, minlength=people)
