"""``kith evaluate trust``: how well are ratings between people foretold?"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kith.cli.evaluate.files import UnreadableFile, encode, integers, read_columns, read_header, reals
from kith.domain.metrics import auc, brier, calibration_error, rmse
from kith.domain.trust.ratings import Integers, Reals, leanings

DAY = 86_400.0
SPLIT = 0.8
FOLDS = 10
LEVELS = {"Observer": 0.4, "Apprentice": 0.6, "Journeyer": 0.8, "Master": 1.0}
"""Advogato's levels as numbers, after Massa and Avesani 2005."""


def trust(file: Path, *, seed: int = 0) -> None:
    """Foretell the ratings of FILE; prints metrics as JSON.

    With ts, src, dst, rating the last fifth is foretold from the first four fifths, in order of time; auc is of a
    rating above zero, rmse on a scale where the largest rating is 1. With src, dst, level (Observer, Apprentice,
    Journeyer, Master), which has no time, ten random folds are foretold from the others; auc is of the level Master.

    Args:
        file: csv or csv.zst.
        seed: of the random folds.
    """
    print(json.dumps(in_folds(file, seed) if "level" in read_header(file) else in_time_order(file), indent=2))


def in_time_order(file: Path) -> dict[str, object]:
    """Foretell the last fifth from the first four fifths."""
    columns = read_columns(file, ["ts", "src", "dst", "rating"])
    time = integers(columns["ts"], "ts")
    names, (rater, rated) = encode(columns["src"], columns["dst"])
    rating = reals(columns["rating"], "rating")
    order = np.argsort(time, kind="stable")
    time, rater, rated, rating = time[order], rater[order], rated[order], rating[order] / np.abs(rating).max(initial=1)
    split = int(SPLIT * len(time))
    if not 0 < split < len(time):
        raise UnreadableFile(f"{file}: {len(time)} ratings are too few to split")
    age = (time[split - 1] - time[:split]) / DAY
    past = (rater[:split], rated[:split])
    signs = leanings(*past, (rating[:split] > 0) * 1.0, len(names), age)
    sizes = leanings(*past, rating[:split], len(names), age)
    chance, expected = signs.expect(rater[split:], rated[split:]), sizes.expect(rater[split:], rated[split:])
    constant = np.full(len(expected), rating[:split].mean())
    plain = leanings(*past, rating[:split], len(names)).expect(rater[split:], rated[split:])
    return _metrics(rating[split:] > 0, chance, rating[split:], expected) | {
        "protocol": "the last fifth foretold from the first four fifths",
        "baselines": {
            "constant": _scores(rating[split:] > 0, constant, rating[split:]),
            "bias model": _scores(rating[split:] > 0, plain, rating[split:]),
        },
    }


def in_folds(file: Path, seed: int) -> dict[str, object]:
    """Foretell each of ten random folds from the nine others."""
    columns = read_columns(file, ["src", "dst", "level"])
    unknown = sorted(set(columns["level"]) - set(LEVELS))
    if unknown:
        raise UnreadableFile(f"{file}: unknown level {', '.join(unknown)}; known are {', '.join(LEVELS)}")
    names, (rater, rated) = encode(columns["src"], columns["dst"])
    level = np.array([LEVELS[name] for name in columns["level"]])
    master = level == LEVELS["Master"]
    fold = np.random.default_rng(seed).permutation(len(level)) % FOLDS
    chance = _foretold(fold, rater, rated, master * 1.0, len(names))
    expected = _foretold(fold, rater, rated, level, len(names))
    return _metrics(master, chance, level, expected) | {
        "protocol": "ten random folds, each foretold from the others",
        "baselines": {"bias model": _scores(master, expected, level)},
    }


def _foretold(fold: Integers, rater: Integers, rated: Integers, rating: Reals, people: int) -> Reals:
    expected = np.zeros(len(rating))
    for each in range(FOLDS):
        known, asked = fold != each, fold == each
        learnt = leanings(rater[known], rated[known], rating[known], people, pull=1.0)
        expected[asked] = learnt.expect(rater[asked], rated[asked])
    return expected


def _metrics(positive: NDArray[np.bool_], chance: Reals, rating: Reals, expected: Reals) -> dict[str, object]:
    bounded = np.clip(chance, 0.0, 1.0)
    return {
        "auc": round(auc(positive, chance), 6),
        "rmse": round(rmse(rating, np.clip(expected, -1.0, 1.0)), 6),
        "brier": round(brier(positive, bounded), 6),
        "ece": round(calibration_error(positive, bounded), 6),
        "ratings": len(rating),
        "positive": round(float(positive.mean()), 6),
    }


def _scores(positive: NDArray[np.bool_], expected: Reals, rating: Reals) -> dict[str, float]:
    return {"auc": round(auc(positive, expected), 6), "rmse": round(rmse(rating, np.clip(expected, -1.0, 1.0)), 6)}
