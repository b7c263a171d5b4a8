"""Communities after a small change, without starting over."""

from collections import Counter, defaultdict, deque

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kith.domain.communities.contact import counted
from kith.domain.communities.detect import ALONE, Partition, describe
from kith.domain.graph import Graph

Ints = NDArray[np.int64]

# A person may move this often in one update: rounding must not let two of them change places for ever.
_MOVES = 5


def update(graph: Graph, former: Partition, touched: ArrayLike) -> Partition:
    """Let the people whose ties changed, and whoever they draw along, move to the community that fits them now.

    ``former.membership`` is aligned with ``graph``, newcomers stand ``ALONE``; ``touched`` are the positions at both
    ends of every changed tie. The resolution stays, and so does the way in which contact counts. Whole communities are
    neither merged nor cut here: that takes a look at all ties, which the next full run has.
    """
    places = _Places(counted(graph, former.counting), former)
    places.settle(places.unhappy(np.unique(np.asarray(touched, dtype=np.int64))))
    return describe(graph, places.membership, former.resolution, former.counting, former.foreseen)


class _Places:
    """Who is where, with what is needed to tell whether someone would fit better elsewhere."""

    def __init__(self, ties: Graph, former: Partition) -> None:
        self.graph, self.weights = ties, ties.weights
        self.strengths = ties.strengths()
        self.pull = former.resolution / max(float(self.strengths.sum()), np.finfo(float).tiny)
        self.membership = former.membership.copy()
        alone = self.membership == ALONE
        self.membership[alone] = len(former) + np.arange(int(alone.sum()))
        self.volume = np.bincount(self.membership, self.strengths)

    def unhappy(self, people: Ints) -> list[int]:
        """Those who would gain by moving, all seen at once."""
        starts, counts = self.graph.indptr[people], np.diff(self.graph.indptr)[people]
        arcs = np.repeat(starts - np.cumsum(counts) + counts, counts) + np.arange(int(counts.sum()))
        width = len(self.volume)
        row = np.repeat(np.arange(len(people)), counts)
        key, place = np.unique(row * width + self.membership[self.graph.indices[arcs]], return_inverse=True)
        row, community = key // width, key % width
        strength, home = self.strengths[people], self.membership[people]
        gain = np.bincount(place, self.weights[arcs], len(key)) - self.pull * strength[row] * self.volume[community]
        at_home = community == home[row]
        staying = -self.pull * strength * (self.volume[home] - strength)
        staying[row[at_home]] = gain[at_home] + self.pull * strength[row[at_home]] ** 2
        return [int(i) for i in people[np.unique(row[~at_home & (gain > staying[row] + 1e-9)])]]

    def settle(self, people: list[int]) -> None:
        """Move people one after the other, and look again at the contacts of whoever moved."""
        waiting, queued, moves = deque(people), set(people), Counter[int]()
        while waiting:
            person = waiting.popleft()
            queued.discard(person)
            better = self._better(person)
            if better is None or moves[person] == _MOVES:
                continue
            moves[person] += 1
            self.volume[self.membership[person]] -= self.strengths[person]
            self.volume[better] += self.strengths[person]
            self.membership[person] = better
            for contact in self.graph.indices[self.graph.indptr[person] : self.graph.indptr[person + 1]].tolist():
                if self.membership[contact] != better and contact not in queued:
                    waiting.append(contact)
                    queued.add(contact)

    def _better(self, person: int) -> int | None:
        row = slice(self.graph.indptr[person], self.graph.indptr[person + 1])
        home, strength = int(self.membership[person]), float(self.strengths[person])
        drawn: defaultdict[int, float] = defaultdict(float)
        for community, weight in zip(
            self.membership[self.graph.indices[row]].tolist(), self.weights[row].tolist(), strict=True
        ):
            drawn[community] += weight
        staying = drawn.pop(home, 0.0) - self.pull * strength * (self.volume[home] - strength)
        gains = {
            community: weight - self.pull * strength * self.volume[community] for community, weight in drawn.items()
        }
        best = max(gains, key=lambda community: (gains[community], -community), default=home)
        return best if best != home and gains[best] > staying + 1e-9 else None
