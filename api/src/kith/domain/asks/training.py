"""Learns the weights of asks from sentences that people have judged."""

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import expit

from kith.domain.asks.model import Model, fingerprint
from kith.domain.asks.parts import NAMED, named, phrases
from kith.domain.asks.words import words

_SEEN = 2  # sentences with a phrase, below which it teaches nothing
_PULL = 4.0  # what a learnt weight of 1 costs, twice, in log-likelihood
_FREE = 0.1  # the same of a named part, which many sentences share
_LEAST = 0.02  # weights below are left out of the file


def train(said: Sequence[str], asks: Sequence[bool], version: str, without: Collection[str] = ()) -> Model:
    """Return the most likely weights, drawn towards zero.

    ``without`` names parts that are left out, ``phrases`` among them, to see what they are worth.

    Raises:
        ValueError: all sentences are asks, or none is.
    """
    truth = np.array(asks, dtype=np.float64)
    if not 0 < truth.sum() < len(truth):
        raise ValueError("nothing can be learnt where every sentence is judged alike")
    spoken = [words(sentence) for sentence in said]
    rows = [_row(sentence, each, without) for sentence, each in zip(said, spoken, strict=True)]
    times = Counter(name for row in rows for name in row)
    names = sorted(name for name, count in times.items() if count >= _SEEN)
    point = _fit(rows, names, truth)
    weights = dict(zip(names, point[1:].tolist(), strict=True))
    marked = np.array([bool(row.keys() & {"named mark", "named mark inside"}) for row in rows])
    return Model(
        version,
        fingerprint(said),
        round(float(point[0]), 4),
        {part: round(weight, 4) for part in NAMED if (weight := weights.get(f"named {part}"))},
        _kept(weights) if "phrases" not in without else dict.fromkeys({word for each in spoken for word in each}, 0.0),
        _by_mark(marked, truth),
    )


def _kept(weights: dict[str, float]) -> dict[str, float]:
    """What goes into the file: all single words, which tell a known language, and phrases that matter."""
    return {
        name: round(weight, 3)
        for name, weight in weights.items()
        if not name.startswith("named ") and (abs(weight) >= _LEAST or " " not in name)
    }


def _row(sentence: str, spoken: Sequence[str], without: Collection[str]) -> dict[str, float]:
    row = {f"named {part}": size for part, size in named(sentence, spoken).items() if part not in without}
    if "phrases" not in without:
        row.update(dict.fromkeys(phrases(spoken), 1.0))
    return row


def _fit(rows: Sequence[dict[str, float]], names: Sequence[str], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    place = {name: i for i, name in enumerate(names)}
    cells = [(i, place[name], size) for i, row in enumerate(rows) for name, size in row.items() if name in place]
    row, column, size = (np.array(each) for each in zip(*cells, strict=True))
    design = csr_array((size, (row, column)), shape=(len(rows), len(names)))
    pull = np.array([_FREE if name.startswith("named ") else _PULL for name in names])

    def cost(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        log_odds = design @ point[1:] + point[0]
        wrong = expit(log_odds) - truth
        loss = float((np.logaddexp(0.0, log_odds) - truth * log_odds).sum() + pull @ point[1:] ** 2 / 2)
        return loss, np.concatenate([[wrong.sum()], design.T @ wrong + pull * point[1:]])

    found: NDArray[np.float64] = minimize(
        cost, np.zeros(len(names) + 1), jac=True, method="L-BFGS-B", options={"ftol": 1e-6}
    ).x
    return found


def _by_mark(marked: NDArray[np.bool_], truth: NDArray[np.float64]) -> tuple[float, float]:
    """The intercept and the weight of a question mark alone, each outcome counted once more."""
    without, having = (
        float(np.log((truth[rows].sum() + 1) / ((1 - truth[rows]).sum() + 1))) for rows in (~marked, marked)
    )
    return round(without, 4), round(having - without, 4)
