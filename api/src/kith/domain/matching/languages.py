"""Words of one language go together in names: how much more often than by chance.

Names are taken for a mixture of languages, in each of which the two words of a name are drawn apart: a latent class
model fitted by expectation maximisation (Hofmann 1999). The languages need no names, and one may be found as two.
"""

from collections.abc import Collection, Iterable, Mapping
from operator import mul

import numpy as np
from numpy.typing import NDArray

_LANGUAGES = 12  # more than communities show; one that is found twice does no harm
_ROUNDS = 60  # the likelihood of 100,000 identities changes by less than a thousandth afterwards
_FEWEST_NAMES = 10_000  # fewer of two common words do not tell languages apart
_PRIOR = 0.01  # names which each word is given in advance, shared among the languages by their size


def find_languages(words: Collection[str], names: Iterable[tuple[str, ...]]) -> dict[str, tuple[float, ...]]:
    """Place each of `words` among languages, for `affinity`; nothing where there are too few names to tell."""
    index = {word: position for position, word in enumerate(words)}
    ends = ((index.get(name[0], -1), index.get(name[-1], -1)) for name in names)
    pairs = np.sort(
        np.array([(a, b) for a, b in ends if a >= 0 and b >= 0 and a != b], np.int64).reshape(-1, 2), axis=1
    )
    pairs = np.unique(pairs, axis=0)
    if len(pairs) < _FEWEST_NAMES:
        return {}
    places = _separate(pairs[:, 0], pairs[:, 1], len(index))
    return {word: tuple(place) for word, place in zip(words, places.round(3).tolist(), strict=True)}


def affinity(places: Mapping[str, tuple[float, ...]], one: str, other: str) -> float:
    """How many times more often than by chance two words meet in one name, at least 1.

    A word without a place is taken to be of the other's language.
    """
    first = places.get(one) or places.get(other)
    if first is None:
        return 1.0
    together: float = sum(map(mul, first, places.get(other) or first))
    return max(1.0, together)


def _separate(one: NDArray[np.int64], other: NDArray[np.int64], size: int) -> NDArray[np.float64]:
    """Return each word's shares of the languages over the root of their sizes, shape (words, languages).

    The product of two rows is then P(both words in one name) / (P(one) P(other)).
    """
    share = np.full(_LANGUAGES, 1.0 / _LANGUAGES)
    use = np.random.default_rng(0).dirichlet(np.ones(size), _LANGUAGES).T
    ends = np.concatenate((one, other))
    by_word = np.argsort(ends, kind="stable")
    met, starts = np.unique(ends[by_word], return_index=True)
    pairs, counts = by_word % len(one), np.zeros((size, _LANGUAGES))
    for _ in range(_ROUNDS):
        belongs = share * use[one] * use[other]
        belongs /= belongs @ np.ones((_LANGUAGES, 1))
        share = belongs.mean(axis=0)
        counts[met] = np.add.reduceat(belongs[pairs], starts, axis=0)
        found = counts + _PRIOR * share
        use = found / found.sum(axis=0)
    return np.asarray(found / found.sum(axis=1, keepdims=True) / np.sqrt(share))
