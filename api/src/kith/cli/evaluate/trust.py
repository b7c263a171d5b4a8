"""``kith evaluate trust``: how well are ratings between people foretold?"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kith.cli.evaluate.files import UnreadableFile, encode, integers, read_columns, read_header, reals
from kith.domain.metrics import auc, brier, calibration_error, rmse
from kith.domain.trust.ratings import Integers, Leanings, Reals, bias, leanings

DAY = 86_400.0
SPLIT = 0.8
FOLDS = 10
WINDOWS = 10
FEWEST = 100
"""Ratings below which a past and ten windows cannot be told apart."""
LEVELS = {"Observer": 0.4, "Apprentice": 0.6, "Journeyer": 0.8, "Master": 1.0}
"""Advogato's levels as numbers, after Massa and Avesani 2005."""

Learner = Callable[[Integers, Integers, Reals, int], Leanings]


def trust(file: Path, *, seed: int = 0) -> None:
    """Foretell the ratings of FILE; prints metrics as JSON.

    With ts, src, dst, rating the last fifth is foretold from the first four fifths, in order of time, and each
    twentieth of the last half from all before it; auc is of a rating above zero, rmse on a scale where the largest
    rating is 1. With src, dst, level (Observer, Apprentice, Journeyer, Master), which has no time, ten random folds are
    foretold from the others; auc is of the level Master. `predictable` says whether the bias model was beaten in each
    of these windows or folds: in auc, and in rmse not worse to three decimals. Nobody's rating of themself counts.

    Args:
        file: csv or csv.zst.
        seed: of the random folds.
    """
    print(json.dumps(in_folds(file, seed) if "level" in read_header(file) else in_time_order(file), indent=2))


@dataclass(frozen=True, slots=True)
class Ratings:
    """Ratings of others, oldest first; times in days, the largest rating is 1 or -1."""

    day: Reals
    rater: Integers
    rated: Integers
    rating: Reals
    people: int
    self_ratings: int

    def foretell(self, start: int, end: int) -> "Foretold":
        """Foretell the ratings from ``start`` to ``end`` from those before."""
        past, asked = slice(0, start), slice(start, end)
        age = self.day[start - 1] - self.day[past]

        def learnt(rating: Reals) -> Reals:
            known = leanings(self.rater[past], self.rated[past], rating[past], self.people, age)
            return known.expect(self.rater[asked], self.rated[asked])

        plain = bias(self.rater[past], self.rated[past], self.rating[past], self.people)
        return Foretold(
            self.rating[asked],
            learnt((self.rating > 0).astype(np.float64)),
            learnt(self.rating),
            plain.expect(self.rater[asked], self.rated[asked]),
            np.full(end - start, self.rating[past].mean()),
        )


@dataclass(frozen=True, slots=True)
class Foretold:
    """Ratings, the chance of a positive one, the size that was expected, and what the baselines expected."""

    rating: Reals
    chance: Reals
    expected: Reals
    plain: Reals
    constant: Reals

    def scores(self) -> dict[str, dict[str, float | None]]:
        """The scores of the baselines."""
        positive = self.rating > 0
        return {
            "constant": _scores(positive, self.constant, self.constant, self.rating),
            "bias model": _scores(positive, self.plain, self.plain, self.rating),
        }

    def window(self) -> dict[str, object]:
        return _part(self.rating > 0, self.chance, self.expected, self.plain, self.rating)


def read(file: Path) -> Ratings:
    """Read a file of dated ratings, without those that people gave themselves."""
    columns = read_columns(file, ["ts", "src", "dst", "rating"])
    time = integers(columns["ts"], "ts")
    names, (rater, rated) = encode(columns["src"], columns["dst"])
    rating = reals(columns["rating"], "rating")
    order = np.argsort(time, kind="stable")
    order = order[rater[order] != rated[order]]
    rating = rating[order] / np.abs(rating[order]).max(initial=1)
    if len(order) < FEWEST:
        raise UnreadableFile(f"{file}: {len(order)} ratings of others are too few; {FEWEST} are needed")
    return Ratings(time[order] / DAY, rater[order], rated[order], rating, len(names), len(time) - len(order))


def in_time_order(file: Path) -> dict[str, object]:
    """Foretell the last fifth from the first four fifths, and each twentieth of the last half from all before."""
    ratings = read(file)
    count = len(ratings.day)
    found = ratings.foretell(int(SPLIT * count), count)
    bounds = [int(count * (0.5 + 0.5 * i / WINDOWS)) for i in range(WINDOWS + 1)]
    windows = [ratings.foretell(start, end).window() for start, end in pairwise(bounds)]
    return _metrics(found.rating > 0, found.chance, found.rating, found.expected) | {
        "protocol": "the last fifth foretold from the first four fifths",
        "self_ratings_left_out": ratings.self_ratings,
        "baselines": found.scores(),
        "windows": windows,
        **_verdict(windows, "window"),
    }


def in_folds(file: Path, seed: int) -> dict[str, object]:
    """Foretell each of ten random folds from the nine others."""
    columns = read_columns(file, ["src", "dst", "level"])
    unknown = sorted(set(columns["level"]) - set(LEVELS))
    if unknown:
        raise UnreadableFile(f"{file}: unknown level {', '.join(unknown)}; known are {', '.join(LEVELS)}")
    names, (rater, rated) = encode(columns["src"], columns["dst"])
    others = rater != rated
    level = np.array([LEVELS[name] for name in columns["level"]])[others]
    rater, rated = rater[others], rated[others]
    master = level == LEVELS["Master"]
    fold = np.random.default_rng(seed).permutation(len(level)) % FOLDS
    chance = _foretold(fold, rater, rated, master * 1.0, len(names))
    expected = _foretold(fold, rater, rated, level, len(names))
    plain = _foretold(fold, rater, rated, level, len(names), bias)
    each = [fold == number for number in range(FOLDS)]
    folds = [_part(master[rows], chance[rows], expected[rows], plain[rows], level[rows]) for rows in each]
    return _metrics(master, chance, level, expected) | {
        "protocol": "ten random folds, each foretold from the others",
        "self_ratings_left_out": int((~others).sum()),
        "baselines": {"bias model": _scores(master, plain, plain, level)},
        "folds": folds,
        **_verdict(folds, "fold"),
    }


def _verdict(parts: list[dict[str, object]], word: str) -> dict[str, object]:
    """Whether the bias model is beaten in each window or fold, and what that says."""
    beaten = sum(bool(part["beaten"]) for part in parts)
    return {
        "predictable": beaten == len(parts),
        "says": f"Ratings can be foretold here: the bias model is beaten in each {word}."
        if beaten == len(parts)
        else f"Trust is not predictable here: the bias model is beaten in {beaten} of {len(parts)} {word}s only.",
    }


def _part(
    positive: NDArray[np.bool_], chance: Reals, expected: Reals, plain: Reals, rating: Reals
) -> dict[str, object]:
    """The scores of a window or fold beside those of the bias model, and whether that is beaten."""
    mine, other = _scores(positive, chance, expected, rating), _scores(positive, plain, plain, rating)
    beaten = _better(mine["auc"], other["auc"]) and round(mine["rmse"] or 0.0, 3) <= round(other["rmse"] or 0.0, 3)
    return {"ratings": len(rating), **mine, "bias model": other, "beaten": beaten}


def _better(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and one > other


def _foretold(
    fold: Integers, rater: Integers, rated: Integers, rating: Reals, people: int, learn: Learner = leanings
) -> Reals:
    expected = np.zeros(len(rating))
    for each in range(FOLDS):
        known, asked = fold != each, fold == each
        learnt = learn(rater[known], rated[known], rating[known], people)
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


def _scores(positive: NDArray[np.bool_], chance: Reals, expected: Reals, rating: Reals) -> dict[str, float | None]:
    ranking = auc(positive, chance)
    return {
        "auc": None if np.isnan(ranking) else round(ranking, 6),
        "rmse": round(rmse(rating, np.clip(expected, -1.0, 1.0)), 6),
    }
