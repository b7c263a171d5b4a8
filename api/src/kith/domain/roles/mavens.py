"""Mavens: people who give answers, reviews and help to many different others, and still do."""

import numpy as np

from kith.domain.roles.acts import NO_AREA, Acts, Floats, Ints, decayed

# Days. Someone's pace of helping, seen over a month, a quarter, half a year and a year; all four count alike.
HALF_LIVES = (30.0, 90.0, 180.0, 365.0)


def helping(helps: Acts, now: float) -> Floats:
    """Return how many different people each person helps per day, at the pace of the last month to the last year.

    ``helps`` are acts of help before ``now``. A person helped n times, each time decayed, counts log2(1 + n): one
    help counts 1, so breadth outweighs repetition. Help decayed with half-life h is divided by h / ln 2, over which
    it was gathered.
    """
    if not len(helps):
        return np.zeros(len(helps.people))
    pair, givers = pairs_of(helps)
    age = now - helps.day
    pace = np.zeros(len(helps.people))
    for half_life in HALF_LIVES:
        breadth = np.log2(1 + np.bincount(pair, decayed(age, half_life), len(givers)))
        pace += np.bincount(givers, breadth, len(helps.people)) * np.log(2) / half_life
    return pace / len(HALF_LIVES)


def helping_by_area(helps: Acts, now: float) -> dict[int, Floats]:
    """``helping`` within each area that has any help."""
    return {
        int(area): helping(helps.where(helps.area == area), now) for area in np.unique(helps.area) if area != NO_AREA
    }


def people_helped(helps: Acts) -> Ints:
    """How many different people each person helped."""
    return np.bincount(pairs_of(helps)[1], minlength=len(helps.people))


def pairs_of(directed: Acts) -> tuple[Ints, Ints]:
    """Number the pairs (actor, other): the pair of each act, and the actor of each pair."""
    keys, pair = np.unique(directed.actor * len(directed.people) + directed.other, return_inverse=True)
    return pair, keys // len(directed.people)
