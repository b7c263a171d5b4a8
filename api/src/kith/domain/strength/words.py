"""One plain word beside the number, and whether contact grows or shrinks."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kith.domain.strength.contact import Reals
from kith.domain.strength.model import enough
from kith.domain.strength.tally import Tally

Word = Literal["strong", "steady", "fading", "new", "dormant", "one-sided", "unknown"]
WORDS: tuple[Word, ...] = ("unknown", "dormant", "new", "one-sided", "fading", "strong", "steady")
"""The first that holds is said."""

SILENT_GAPS = 8.0
"""Silence longer than so many usual gaps means that the tie has most likely ended (Navarro et al. 2017)."""
COOLING_GAPS = 3.0
SILENT_DAYS = 90
"""A silence shorter than the horizon of strength is no end."""
COOLING_DAYS = 14
NEW_DAYS = 30
ONE_SIDED = 0.1
"""Share of the weaker direction, halved every 90 days, below which a tie is one-sided; of at least five contacts."""
ONE_SIDED_CONTACTS = 5
STRONG = 0.8
IMPROBABLE = 0.1


def words(pairs: Tally, strength: Reals) -> NDArray[np.str_]:
    """Return the word of each pair; ``strength`` is nan below the floor of evidence."""
    gap = usual_gap(pairs)
    silence = pairs.silence
    both = pairs.sent_90 + pairs.received_90
    weaker = np.minimum(pairs.sent_90, pairs.received_90)
    dormant = (silence > SILENT_DAYS) & ((silence > SILENT_GAPS * gap) | (strength < IMPROBABLE))
    conditions = [
        ~enough(pairs),
        dormant,
        pairs.silence + (pairs.last - pairs.first) <= NEW_DAYS,
        (pairs.sent + pairs.received >= ONE_SIDED_CONTACTS) & (weaker < ONE_SIDED * both),
        (silence > COOLING_DAYS) & ((silence > COOLING_GAPS * gap) | (momentum(pairs) < -1.0)),
        strength >= STRONG,
    ]
    return np.select(conditions, WORDS[:-1], default=WORDS[-1])


def usual_gap(pairs: Tally) -> Reals:
    """Days from one day of contact to the next, on average; the days known so far where there was only one."""
    gaps = pairs.days - 1
    known = 1.0 * (pairs.last - pairs.first + pairs.silence)
    return np.where(gaps > 0, (pairs.last - pairs.first) / np.maximum(gaps, 1), known)


def momentum(pairs: Tally) -> Reals:
    """Log to base 2 of the rate of days with contact lately (half-life 30 days) over that of the year (365 days).

    Zero is as ever; 1 twice as often; -1 half as often. One day a year is added to both, so that few days say little.
    """
    lately, ever = pairs.days_30 * (365 / 30), pairs.days_365
    change: Reals = np.log2((lately + 1.0) / (ever + 1.0))
    return change
