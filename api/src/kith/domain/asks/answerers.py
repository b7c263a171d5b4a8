"""Whom to ask: those who helped in this topic or this asker lately, and how much help elsewhere says of them."""

from collections.abc import Collection, Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kith.domain.roles.acts import Floats, Ints, decayed
from kith.domain.roles.experts import HALF_LIVES

ELSEWHERE = (0.02, 0.1, 0.3, 1.0)
"""What help to others in other topics may count; the network's own past chooses."""
_FADES = 0.99  # what a request still says of the weights at the next one: networks change
_FEWEST = 30  # requests, below which the past says nothing and the least of ELSEWHERE counts


class Helps(NamedTuple):
    """Acts of help, oldest first: when (days since any fixed moment), by whom, for whom, and in which topics."""

    day: Floats
    actor: Ints
    asker: Ints
    topics: Sequence[Collection[Hashable]]


class Evidence(NamedTuple):
    """What speaks for each actor, each help fading: help at all, in the topics, and for the asker."""

    at_large: Floats
    in_topic: Floats
    for_asker: Floats

    def score(self, elsewhere: float) -> Floats:
        """The sum, help at large weighed."""
        return elsewhere * self.at_large + self.in_topic + self.for_asker


class History:
    """Help up to a moment, and which weight of help elsewhere would have named the helpers best."""

    def __init__(self, helps: Helps, people: int) -> None:
        self._helps, self._people = helps, people
        self._by_topic: dict[Hashable, list[int]] = {}
        self._known = 0
        self._hits = np.zeros(len(ELSEWHERE))
        self._requests = 0

    @property
    def elsewhere(self) -> float:
        """The weight that the past has chosen; of equal ones the least."""
        return ELSEWHERE[int(self._hits.argmax())] if self._requests >= _FEWEST else ELSEWHERE[0]

    def knows(self, helpers: Collection[int]) -> bool:
        """Whether any of these has helped before."""
        return bool(np.isin(self._helps.actor[: self._known], list(helpers)).any())

    def take(self, end: int) -> None:
        """Take in the first ``end`` acts of help."""
        for help_ in range(self._known, end):
            for topic in self._helps.topics[help_]:
                self._by_topic.setdefault(topic, []).append(help_)
        self._known = max(self._known, end)

    def evidence(self, asker: int, topics: Collection[Hashable], day: float) -> Evidence:
        """Return what speaks for everybody but the asker now."""
        past = slice(0, self._known)
        actor = self._helps.actor[past]
        age = day - self._helps.day[past]
        fresh = sum((decayed(age, half_life) / np.sqrt(half_life) for half_life in HALF_LIVES), np.zeros(len(age)))
        near = np.array([i for topic in topics for i in self._by_topic.get(topic, ())], dtype=np.int64)
        mine = np.flatnonzero(self._helps.asker[past] == asker)
        found = Evidence(*(self._sum(actor[rows], fresh[rows]) for rows in (slice(None), near, mine)))
        for each in found:
            each[asker] = 0.0
        return found

    def learn(self, evidence: Evidence, helpers: Collection[int]) -> None:
        """Take in who answered a request: each weight gains the reciprocal rank of the best of them."""
        self._requests += 1
        self._hits *= _FADES
        self._hits += [1.0 / place for place in (rank(evidence.score(weight), helpers) for weight in ELSEWHERE)]

    def _sum(self, actor: Ints, weight: Floats) -> Floats:
        return np.bincount(actor, weight, self._people).astype(np.float64)


def rank(score: NDArray[np.float64], helpers: Collection[int]) -> float:
    """Return the place of the best-ranked helper, 1 for the first; infinite where nothing speaks for any."""
    best = float(max((score[helper] for helper in helpers), default=0.0))
    return 1.0 + float((score > best).sum()) if best > 0 else np.inf
