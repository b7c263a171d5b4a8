"""The first, honest strength of a relationship: directed contact that fades with a half-life.

A contact of weight w, d days ago, counts w · 2^(-d / 90). The sum s over both directions is mapped to [0, 1) by
s / (1 + s): absolute, so a pair's strength rests on its own contact alone. Every sum halves in the same time, hence the
order of two pairs, both taken at the same moment, never changes until one of them is in touch again.
"""

import numpy as np
from numpy.typing import NDArray

MODEL = "decay/1"
HALF_LIFE = 90.0  # days
FLOOR = 3  # interactions; below it there is no number
THOUSAND = 1000.0  # weights are whole thousandths


def strengths(
    pair: NDArray[np.int64],
    days_ago: NDArray[np.int64],
    weight: NDArray[np.int64],
    count: NDArray[np.int64],
    pairs: int,
) -> NDArray[np.float64]:
    """Return the strength of each of ``pairs`` pairs; nan below the floor of evidence.

    One entry of the other arrays is one day's contact of one direction: the pair's number, how many days ago (contact
    that lies ahead, by a wrong clock, counts nothing yet), its weight in thousandths, and its interactions.
    """
    past = days_ago >= 0
    faded = weight / THOUSAND * np.exp2(-np.maximum(days_ago, 0) / HALF_LIFE) * past
    total = np.bincount(pair, faded, minlength=pairs)
    enough = np.bincount(pair, count * past, minlength=pairs) >= FLOOR
    return np.where(enough, total / (1 + total), np.nan)
