"""Topics: communities of terms that occur in the same texts."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from kith.domain.communities.detect import detect
from kith.domain.graph import from_ties
from kith.domain.topics.terms import npmi, terms

Ints = NDArray[np.int64]

NO_TOPIC = -1
NAMED = 2
"""After so many of its terms a topic is named."""

# A term that stands in one text of three or more tells nothing apart; one in fewer than three texts is too rare.
_COMMON = 3
_RARE = 3
_TERMS = 2_000  # the vocabulary; beyond it terms are too rare to shape a topic
_TERMS_PER_TEXT = 40  # of a long text, those that tell it apart best


class Topic(msgspec.Struct, frozen=True):
    """A subject people talk about: its terms, the most telling first, named after the first two."""

    name: str
    terms: tuple[str, ...]
    texts: int


class Topics(msgspec.Struct, frozen=True):
    """Topics, the most frequent first, and the topic of each text or ``NO_TOPIC``. open: the terms of open texts."""

    topics: tuple[Topic, ...]
    of_text: Ints
    open: frozenset[str] = frozenset()


def topics(
    texts: Sequence[str], areas: Sequence[str] | None = None, seed: int = 0, is_open: Sequence[bool] | None = None
) -> Topics:
    """Find what these texts are about; ``areas`` (channel, part of a product, label) count as a term of their text.

    is_open: which texts all may read; by default none.

    Terms are tied by how much more often than by chance they share a text (normalized mutual information); the
    communities of that graph, at the resolution that it calls for itself, are the topics.
    """
    found = [dict.fromkeys(each) for each in terms(texts)]
    told = frozenset(term for each, may in zip(found, is_open or [], strict=False) if may for term in each)
    for each, area in zip(found, areas or [], strict=False):
        if area:
            each[area.casefold()] = None
    return replace(_grouped([list(each) for each in found], seed), open=told)


def _grouped(found: list[list[str]], seed: int) -> Topics:
    frequency = Counter(term for each in found for term in each)
    kept = [t for t, n in frequency.most_common() if n >= _RARE and n * _COMMON < max(len(found), 1)][:_TERMS]
    number = {term: i for i, term in enumerate(kept)}
    rows = [sorted((number[term] for term in each if term in number), reverse=True)[:_TERMS_PER_TEXT] for each in found]
    together = Counter(pair for row in rows for pair in combinations(sorted(row), 2))
    ties = {
        (a, b): similarity
        for (a, b), both in together.items()
        if both >= _RARE and (similarity := npmi(both, frequency[kept[a]], frequency[kept[b]], len(found))) > 0
    }
    if not ties:
        return Topics((), np.full(len(found), NO_TOPIC))
    first, second = zip(*ties, strict=True)
    groups = detect(from_ties(kept, first, second, list(ties.values())), seed).membership
    return _ranked(kept, rows, groups, np.array([np.log(len(found) / frequency[term]) for term in kept]))


def _ranked(kept: list[str], rows: list[list[int]], groups: Ints, telling: NDArray[np.float64]) -> Topics:
    of_text = np.full(len(rows), NO_TOPIC)
    use: list[Counter[int]] = [Counter() for _ in range(int(groups.max()) + 1)]
    for place, row in enumerate(rows):
        votes = Counter[int]()
        for term in row:
            if groups[term] >= 0:
                votes[int(groups[term])] += telling[term]
        if votes:
            of_text[place] = max(votes, key=lambda group: (votes[group], -group))
            use[of_text[place]].update(term for term in row if groups[term] == of_text[place])
    texts = np.bincount(of_text[of_text >= 0], minlength=len(use))
    order = np.lexsort((np.arange(len(use)), -texts))
    order = order[texts[order] > 0]
    rank = np.full(len(use) + 1, NO_TOPIC)  # the last place answers for NO_TOPIC
    rank[order] = np.arange(len(order))
    return Topics(tuple(_topic(kept, use[group], telling, int(texts[group])) for group in order), rank[of_text])


def _topic(kept: list[str], use: Counter[int], telling: NDArray[np.float64], texts: int) -> Topic:
    best = [kept[term] for term in sorted(use, key=lambda term: (-use[term] * telling[term], term))]
    return Topic(", ".join(best[:NAMED]), tuple(best[:10]), texts)
