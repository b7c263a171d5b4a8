"""Which communities exist: Leiden, as finely as foresees ties best that were held out.

Modularity at resolution γ is, up to constants, the likelihood of a planted partition whose ties are ``inside`` times as
many within communities, and ``outside`` times as many between them, as people's activity alone would make; the two
rates and γ determine each other, γ = (inside - outside) / ln(inside / outside) (Newman 2016, Phys. Rev. E 94, 052315).
So kith holds ties out, starts at that of two γ far apart which foresees more, takes the γ that the rates among the
ties held out imply, and repeats while more is foreseen; from there it looks a step further and a step closer. Coarse
and fine divisions may both be hilltops: from one start alone, chance would choose between them. Contact counted by days
or act by act replaces the logarithm where it foresees more. Connected people are left undivided where no division
foresees more than their activity does: noise is not cut into pieces, however easily it could be.
"""

import math
from collections.abc import Iterator
from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from kith.domain.communities.contact import Counting, counted, evidence
from kith.domain.communities.foresight import Foresight, Rates, Trial, ratio
from kith.domain.communities.leiden import leiden, ties_of
from kith.domain.graph import Graph

Ints = NDArray[np.int64]

ALONE = -1  # the community of people without ties

_STARTS = (1.0, 1 / 4)  # in large graphs, where chance has less of a say and looks take long, the first alone
_ROUNDS = 12  # towards the resolution that the rates imply
_AT_REST = 0.02  # relative change of the resolution
_POLISH = 3
_STEP = math.sqrt(2)  # of the resolution, further away and closer
_BETTER, _CERTAIN = 1.0, 2.0  # standard errors: to prefer another division, and to divide at all


class Partition(msgspec.Struct, frozen=True):
    """A division of a graph's people into communities.

    ``membership[i]`` is the community of person i, numbered by size from 0, or ``ALONE``. ``rates`` are those of the
    evidence, ``counting`` is how contact counted in the search, ``foreseen`` the bits by which a tie that was held out
    was likelier than by activity alone; 0 for the connected parts, left whole.
    """

    membership: Ints
    resolution: float
    rates: Rates
    counting: Counting = "log"
    foreseen: float = 0.0

    def __len__(self) -> int:
        return int(self.membership.max(initial=ALONE)) + 1

    def members(self) -> list[Ints]:
        """The positions of the people of each community, ascending."""
        order = np.argsort(self.membership, kind="stable")
        ends = np.searchsorted(self.membership[order], np.arange(len(self) + 1))
        return [order[start:end] for start, end in pairwise(ends)]


def detect(graph: Graph, seed: int = 0) -> Partition:
    """Divide the people into communities; the same graph and seed give the same division."""
    first, second, _ = graph.pairs()
    best = _best(Trial(graph, seed)) if len(first) > 1 else None
    if best is None:
        parts = np.array(ties_of(len(graph), first, second).connected_components().membership, dtype=np.int64)
        return describe(graph, parts, 0.0)
    found = max(_divisions(graph, best, seed), key=lambda each: each[0])[1]
    return describe(graph, found, best.resolution, best.counting, best.foreseen)


def _best(trial: Trial) -> Foresight | None:
    """The divisions that foresee most; None where none foresees more than activity, or than the connected parts."""
    starts = [trial.at("log", resolution) for resolution in _STARTS[: 1 if trial.large else None]]
    best = _climb(trial, max(starts, key=lambda start: start.foreseen))
    for counting in trial.countings[1:]:
        other = trial.at(counting, best.resolution)
        if best.above(other) < _BETTER and (other := _climb(trial, other)).above(best) > _BETTER:
            best = other
    whole = trial.undivided()
    if min(best.above(None), best.above(whole)) <= _CERTAIN:
        return None
    return best if trial.large else _finest(trial, best)


def _climb(trial: Trial, best: Foresight) -> Foresight:
    """Go where the rates point while that foresees more, then by steps while it clearly does."""
    for _ in range(_ROUNDS):
        implied = best.rates.resolution
        if implied is None:
            break
        if trial.large and abs(math.log(implied / best.resolution)) < _AT_REST:
            return best
        further = trial.at(best.counting, implied, best)
        if further.foreseen <= best.foreseen:
            break
        best = further
    for step in (_STEP, 1 / _STEP):
        while (further := trial.at(best.counting, best.resolution * step, best)).above(best) > _BETTER:
            best = further
    return best


def _finest(trial: Trial, best: Foresight) -> Foresight:
    """The finest divisions on the way from the best that foresee not clearly less: a finer one says more."""
    finest = best
    while best.above(finer := trial.at(best.counting, finest.resolution * _STEP, finest)) < _BETTER:
        finest = finer
    return finest


def _divisions(graph: Graph, best: Foresight, seed: int) -> Iterator[tuple[float, Ints]]:
    """Divisions of all ties with their modularity, from each division that foresaw."""
    ties = counted(graph, best.counting)
    first, second, weights = ties.pairs()
    bare, listed = ties_of(len(graph), first, second), (weights.tolist(), ties.strengths().tolist())
    for number, start in enumerate(best.divisions):
        groups = start
        for _ in range(min(_POLISH, len(best.divisions))):
            groups = leiden(bare, *listed, best.resolution, seed=seed + number, start=groups)
        within, expected, _ = _inside(ties, groups)
        yield within - best.resolution * expected, groups


def describe(
    graph: Graph, groups: Ints, resolution: float, counting: Counting = "log", foreseen: float = 0.0
) -> Partition:
    """Number the groups by size and measure their rates; people without ties stand ``ALONE``."""
    membership = by_size(np.where(np.diff(graph.indptr) > 0, groups, ALONE))
    within, expected, total = _inside(graph.reweighted(evidence(graph.weights)), np.maximum(membership, 0))
    rates = Rates(ratio(within, expected), ratio(total - within, total - expected))
    return Partition(membership, resolution, rates, counting, foreseen)


def _inside(ties: Graph, groups: Ints) -> tuple[float, float, float]:
    """The weight of the ties inside groups, how much activity alone would make of it, and that of all ties."""
    first, second, weights = ties.pairs()
    within, total = float(weights[groups[first] == groups[second]].sum()), float(weights.sum())
    volumes = np.bincount(groups, ties.strengths())
    return within, float((volumes**2).sum()) / (4 * total) if total else 0.0, total


def by_size(groups: Ints) -> Ints:
    """Number groups from 0 by falling size, then by their first member; negative ones become ``ALONE``."""
    names, firsts, inverse, sizes = np.unique(groups, return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort((firsts, -sizes, names < 0))
    number = np.empty(len(names), dtype=np.int64)
    number[order] = np.arange(len(names))
    number[names < 0] = ALONE
    return number[inverse]
