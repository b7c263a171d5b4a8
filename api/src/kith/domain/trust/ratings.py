"""Explicit ratings of people by people: what a rating will be, from how the rater rates and how the rated is rated."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Reals = NDArray[np.float64]

HALF_LIVES = (90.0, 180.0, 365.0, np.inf)
"""Days after which a rating counts a half. Which suits differs from quarter to quarter, so all are asked alike."""
PULLS = (1.0, 3.0, 10.0)
"""A person's leaning counts as if so many average ratings stood beside the real ones; all are asked alike, too. Where
nothing is forgotten, ratings held out say which suits.
"""
FOLDS = 5
SWEEPS = 30


@dataclass(frozen=True, slots=True)
class Leanings:
    """A rating is ``mean`` + ``given[rater]`` + ``received[rated]``: three named parts that add up.

    ``given`` is how much more than average a person gives, ``received`` how much more a person gets, whoever the
    other is.
    """

    mean: float
    given: Reals
    received: Reals

    def expect(self, rater: Integers, rated: Integers) -> Reals:
        """Return the expected rating of each pair; of unknown people it is the mean."""
        expected: Reals = self.mean + self.given[rater] + self.received[rated]
        return expected


def leanings(rater: Integers, rated: Integers, rating: Reals, people: int, age: Reals | None = None) -> Leanings:
    """Average what ridge regressions with each pull and half-life say; without ``age`` in days nothing is forgotten.

    For the chance of trust, pass ones for trust and zeros for none as ``rating``. Nobody's rating of themself counts.

    Raises:
        ValueError: there is no rating.
    """
    others = rater != rated
    rater, rated, rating = rater[others], rated[others], rating[others]
    if age is None:
        return bias(rater, rated, rating, people, _suiting(rater, rated, rating, people))
    worths = [2.0 ** (-age[others] / half_life) for half_life in HALF_LIVES]
    found = [bias(rater, rated, rating, people, pull, worth) for worth in worths for pull in PULLS]
    return Leanings(
        float(np.mean([each.mean for each in found])),
        np.mean([each.given for each in found], axis=0),
        np.mean([each.received for each in found], axis=0),
    )


def _suiting(rater: Integers, rated: Integers, rating: Reals, people: int) -> float:
    """Return the pull with which ratings that are held out are foretold best; of few ratings the middle one."""
    fold = np.arange(len(rating)) % FOLDS

    def missed(pull: float) -> float:
        wrong = 0.0
        for each in range(FOLDS):
            asked, known = fold == each, fold != each
            learnt = bias(rater[known], rated[known], rating[known], people, pull)
            wrong += float(((rating[asked] - learnt.expect(rater[asked], rated[asked])) ** 2).sum())
        return wrong

    return min(reversed(PULLS), key=missed) if len(rating) > people else PULLS[1]


def bias(
    rater: Integers, rated: Integers, rating: Reals, people: int, pull: float = 3.0, worth: Reals | None = None
) -> Leanings:
    """Fit the leanings of ``people`` persons by one ridge regression; each rating counts its ``worth``.

    Source: the bias model of Koren 2009, which beats fairness and goodness (Kumar et al. 2016) on every set.
    """
    others = rater != rated
    if not others.any():
        raise ValueError("no rating to learn from")
    rater, rated, rating = rater[others], rated[others], rating[others]
    worth = np.ones(len(rating)) if worth is None else worth[others]
    mean = float(np.average(rating, weights=worth))
    off = worth * (rating - mean)
    gave = np.bincount(rater, worth, people) + pull
    got = np.bincount(rated, worth, people) + pull
    given, received = np.zeros(people), np.zeros(people)
    for _ in range(SWEEPS):
        received = np.bincount(rated, off - worth * given[rater], people) / got
        given = np.bincount(rater, off - worth * received[rated], people) / gave
    return Leanings(mean, given, received)
