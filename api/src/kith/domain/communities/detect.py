"""Which communities exist: Leiden, with the resolution that the graph itself calls for.

Modularity at resolution γ is, up to constants, the likelihood of a planted partition whose ties are ``inside`` times as
many within communities, and ``outside`` times as many between them, as people's activity alone would make; the two
rates and γ determine each other, γ = (inside - outside) / ln(inside / outside) (Newman 2016, Phys. Rev. E 94, 052315).
So kith starts at γ = 1, measures both rates, takes the γ that they imply, and repeats until γ rests. Of all divisions
on the way it keeps the one with the shortest description (Rissanen): bits for saying who is where, plus bits for the
ties given that. Leaving connected people undivided competes: it stands when no division is shorter and what a division
explains could be chance, so noise is not cut into pieces.

A second contact of the same two people says less than the first, see ``evidence``.
"""

import math
from collections.abc import Iterator
from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from kith.domain.communities.leiden import leiden, rewired, ties_of
from kith.domain.graph import Graph

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ALONE = -1  # the community of people without ties

# Ties looked at over all attempts: small graphs are tried up to ten times from other seeds, large ones once.
_WORK = 1_000_000
_ATTEMPTS = 10
_SHUFFLES = 19  # as many as a test at 5 % needs
_STEPS = 12
_AT_REST = 0.02  # relative change of the resolution


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


class Partition(msgspec.Struct, frozen=True):
    """A division of a graph's people into communities.

    ``membership[i]`` is the community of person i, numbered by size from 0, or ``ALONE``. ``bits`` is the length of
    its description, ``bits_undivided`` that of the connected parts left whole, ``bits_explained`` what its rates save
    on the ties.
    """

    membership: Ints
    resolution: float
    rates: Rates
    bits: float
    bits_explained: float
    bits_undivided: float

    def __len__(self) -> int:
        return int(self.membership.max(initial=ALONE)) + 1

    def members(self) -> list[Ints]:
        """The positions of the people of each community, ascending."""
        order = np.argsort(self.membership, kind="stable")
        ends = np.searchsorted(self.membership[order], np.arange(len(self) + 1))
        return [order[start:end] for start, end in pairwise(ends)]


def evidence(weights: Floats) -> Floats:
    """What contact of these weights counts as ties: 1 for a single contact, one more for each doubling.

    Where contact has faded so far that a tie counts less than 1 on average, all are raised alike: that everything has
    grown older does not make communities vaguer.
    """
    counts: Floats = np.log2(1 + weights)
    total = counts.sum()
    return counts * max(1.0, len(counts) / total) if total else counts


def detect(graph: Graph, seed: int = 0) -> Partition:
    """Divide the people into communities; the same graph and seed give the same division."""
    first, second, weights = graph.pairs()
    ties = Ties(len(graph), first, second, evidence(weights))
    undivided = ties.undivided()
    if not len(first):
        return undivided
    divided = [found for attempt in ties.attempts(_ATTEMPTS, seed) for found in _towards_rest(ties, attempt)]
    best = min(divided, key=lambda each: each.bits)
    if best.bits >= undivided.bits and not _beats_chance(divided[0], ties, seed):
        best = undivided
    return msgspec.structs.replace(best, bits_undivided=undivided.bits)


class Ties:
    """Ties in the forms that the search needs; ``weights`` are evidence."""

    def __init__(self, people: int, first: Ints, second: Ints, weights: Floats) -> None:
        self.first, self.second, self.weights = first, second, weights
        strengths = np.bincount(first, weights, people) + np.bincount(second, weights, people)
        self._bare = ties_of(people, first, second)
        self._listed = weights.tolist(), strengths.tolist()

    def attempts(self, most: int, seed: int) -> range:
        """Seeds for as many attempts as the number of ties allows, at least one."""
        return range(seed * most, seed * most + max(1, min(most, _WORK // len(self.weights))))

    def undivided(self) -> Partition:
        """The connected parts, whole."""
        return self.described(np.array(self._bare.connected_components().membership, dtype=np.int64), 0.0)

    def divided(self, resolution: float, seed: int, start: Ints | None = None) -> Partition:
        """What Leiden finds at this resolution, from a division on if given."""
        return self.described(leiden(self._bare, *self._listed, resolution, seed=seed, start=start), resolution)

    def described(self, groups: Ints, resolution: float) -> Partition:
        """The division into these groups, measured."""
        return describe(groups, resolution, self.first, self.second, self.weights)

    def shuffled(self, seed: int) -> "Ties":
        """Ties of people who keep their number of contacts and nothing else; the weights are shuffled."""
        weights = np.random.default_rng(seed).permutation(self.weights)
        return Ties(self._bare.vcount(), *rewired(self._bare, seed), weights)


def _towards_rest(ties: Ties, seed: int) -> Iterator[Partition]:
    """Each division between resolution 1 and the resolution that implies itself; each starts from the one before."""
    resolution, groups = 1.0, None
    for _ in range(_STEPS):
        partition = ties.divided(resolution, seed, groups)
        yield partition
        implied = partition.rates.resolution
        if implied is None or abs(math.log(implied / resolution)) < _AT_REST:
            return
        resolution, groups = implied, partition.membership


def _beats_chance(found: Partition, ties: Ties, seed: int) -> bool:
    """Whether a division explains more bits of the ties than the same search explains in any shuffled graph."""
    return all(
        ties.shuffled(each).divided(found.resolution, each).bits_explained < found.bits_explained
        for each in ties.attempts(_SHUFFLES, seed)
    )


def describe(groups: Ints, resolution: float, first: Ints, second: Ints, weights: Floats) -> Partition:
    """Number the groups by size and measure the division; people without ties stand ``ALONE`` and cost nothing."""
    people = len(groups)
    strengths = np.bincount(first, weights, people) + np.bincount(second, weights, people)
    membership = by_size(np.where(strengths > 0, groups, ALONE))
    linked = membership != ALONE
    sizes = np.bincount(membership[linked]).astype(float)
    total = float(weights.sum())
    within = float(weights[membership[first] == membership[second]].sum())
    expected = float((np.bincount(membership[linked], strengths[linked]) ** 2).sum()) / (4 * total) if total else 0.0
    rates = Rates(_ratio(within, expected), _ratio(total - within, total - expected))
    explained = _bits_saved(within, expected) + _bits_saved(total - within, total - expected)
    bits = _bits_of_places(sizes) - explained
    return Partition(membership, resolution, rates, bits, explained, bits)


def by_size(groups: Ints) -> Ints:
    """Number groups from 0 by falling size, then by their first member; negative ones become ``ALONE``."""
    names, firsts, inverse, sizes = np.unique(groups, return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort((firsts, -sizes, names < 0))
    number = np.empty(len(names), dtype=np.int64)
    number[order] = np.arange(len(names))
    number[names < 0] = ALONE
    return number[inverse]


def _ratio(observed: float, expected: float) -> float:
    # A remainder of rounding is no expectation: with one community, nothing is expected between communities.
    return observed / expected if expected > 1e-9 * max(observed, 1.0) else 0.0


def _bits_saved(observed: float, expected: float) -> float:
    """Bits by which knowing the rate shortens the ties: observed × log2 of the rate, by Poisson likelihood."""
    rate = _ratio(observed, expected)
    return observed * math.log2(rate) if rate > 0 else 0.0


def _bits_of_places(sizes: Floats) -> float:
    """Bits that say who is in which community: their number, their sizes, then who (Peixoto 2017, Phys. Rev. E 95)."""
    people, groups = sizes.sum(), len(sizes)
    if not groups:
        return 0.0
    compositions = gammaln(people) - gammaln(groups) - gammaln(people - groups + 1)
    arrangements = gammaln(people + 1) - gammaln(sizes + 1).sum()
    return float(np.log(people) + compositions + arrangements) / math.log(2)
