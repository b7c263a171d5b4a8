"""How good predicted probabilities and rankings are."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


def auc(truth: Flags, score: Numbers) -> float:
    """Chance that a positive ranks above a negative, ties counting a half; nan where one kind is missing."""
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return float("nan")
    ranks = rankdata(score)
    return float((ranks[truth].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def average_precision(truth: Flags, score: Numbers) -> float:
    """Precision at each positive, averaged; equal scores count as one step; nan without positives."""
    if not truth.any():
        return float("nan")
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(truth[order])
    steps = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    precision = hits[steps] / (steps + 1)
    return float(np.sum(precision * np.diff(hits[steps], prepend=0)) / hits[-1])


def brier(truth: Flags, probability: Numbers) -> float:
    """Mean squared error of the probabilities."""
    return float(np.mean((probability - truth) ** 2))


def calibration_error(truth: Flags, probability: Numbers, bins: int = 10) -> float:
    """Expected calibration error over ``bins`` ranges of equal width: the mean gap of promise and outcome."""
    place = np.minimum((probability * bins).astype(np.int64), bins - 1)
    promised = np.bincount(place, weights=probability, minlength=bins)
    happened = np.bincount(place, weights=truth, minlength=bins)
    return float(np.abs(promised - happened).sum() / len(truth))


def rmse(truth: Numbers, guess: Numbers) -> float:
    """Root of the mean squared error, in the unit of both."""
    return float(np.sqrt(np.mean((guess - truth) ** 2)))
