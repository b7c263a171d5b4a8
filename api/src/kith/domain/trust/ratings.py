"""Explicit ratings of people by people: what a rating will be, from how the rater rates and how the rated is rated."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Reals = NDArray[np.float64]

HALF_LIFE = 180.0
"""Days after which a rating counts a half: on Bitcoin OTC better in every period than not forgetting."""
PULL = 3.0
"""A person's leaning counts as if so many average ratings stood beside the real ones."""
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


def leanings(
    rater: Integers, rated: Integers, rating: Reals, people: int, age: Reals | None = None, pull: float = PULL
) -> Leanings:
    """Fit the leanings of ``people`` persons by ridge regression, forgetting with ``age`` in days where that is known.

    Source: the bias model of Koren 2009, which beats fairness and goodness (Kumar et al. 2016) on every set;
    forgetting is ours. For the chance of trust, pass ones for trust and zeros for none as ``rating``.

    Raises:
        ValueError: there is no rating.
    """
    if not len(rating):
        raise ValueError("no rating to learn from")
    worth = np.ones(len(rating)) if age is None else 2.0 ** (-age / HALF_LIFE)
    mean = float(np.average(rating, weights=worth))
    off = worth * (rating - mean)
    gave = np.bincount(rater, worth, people) + pull
    got = np.bincount(rated, worth, people) + pull
    given, received = np.zeros(people), np.zeros(people)
    for _ in range(SWEEPS):
        received = np.bincount(rated, off - worth * given[rater], people) / got
        given = np.bincount(rater, off - worth * received[rated], people) / gave
    return Leanings(mean, given, received)
