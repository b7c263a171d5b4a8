"""How far two divisions of the same people agree: normalized mutual information and the adjusted Rand index."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def nmi(one: ArrayLike, other: ArrayLike) -> float:
    """Mutual information over the mean of both entropies (arithmetic, as usual): 0 independent, 1 equal."""
    both, rows, columns = _crossed(one, other)
    mean = (_entropy(rows) + _entropy(columns)) / 2
    if mean == 0:
        return 1.0
    return float(np.clip((_entropy(rows) + _entropy(columns) - _entropy(both)) / mean, 0.0, 1.0))


def ari(one: ArrayLike, other: ArrayLike) -> float:
    """Rand index of pairs, corrected for chance (Hubert & Arabie 1985): 0 by chance, 1 equal, negative below chance."""
    both, rows, columns = _crossed(one, other)
    together, everyone = _pairs(both), _pairs(both.sum(keepdims=True))
    by_chance = _pairs(rows) * _pairs(columns) / everyone if everyone else 0.0
    most = (_pairs(rows) + _pairs(columns)) / 2
    return 1.0 if most == by_chance else (together - by_chance) / (most - by_chance)


def _crossed(one: ArrayLike, other: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Numbers of people per pair of groups (where any), per group of one and per group of the other."""
    rows, columns = np.unique(one, return_inverse=True)[1], np.unique(other, return_inverse=True)[1]
    if len(rows) != len(columns) or not len(rows):
        raise ValueError("two divisions can be compared only over the same people, at least one")
    both = np.unique(rows * (int(columns.max()) + 1) + columns, return_counts=True)[1]
    return both.astype(float), np.bincount(rows).astype(float), np.bincount(columns).astype(float)


def _entropy(count: Floats) -> float:
    share = count / count.sum()
    return float(-(share * np.log(share)).sum())


def _pairs(count: Floats) -> float:
    return float((count * (count - 1) / 2).sum())
