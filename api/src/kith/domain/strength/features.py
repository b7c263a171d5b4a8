"""The named parts of strength. Each is a number per pair that another contact of the two never lowers, and that silence
alone never raises; the model only gives them weights of zero or more. A day of contact counts by the best class of its
acts: one of talk or help is a whole, one of handling alone a quarter.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import log1p

from kith.domain.strength.contact import Reals
from kith.domain.strength.tally import Tally


@dataclass(frozen=True, slots=True)
class Feature:
    """A named part; ``meaning`` completes "the number is ..."; ``of`` tells whose rows it rests on."""

    name: str
    meaning: str
    of: str
    value: Callable[[Tally], Reals]


FEATURES = (
    Feature("recency", "minus log(1 + days since the last contact)", "pair", lambda t: 0.0 - log1p(1.0 * t.silence)),
    Feature("days_7", "log(1 + days with contact), halved every 7 days", "pair", lambda t: log1p(t.days_7)),
    Feature("days_30", "log(1 + days with contact), halved every 30 days", "pair", lambda t: log1p(t.days_30)),
    Feature("days_365", "log(1 + days with contact), halved every 365 days", "pair", lambda t: log1p(t.days_365)),
    Feature(
        "mutual_90",
        "log(1 + root of sent times received), each halved every 90 days",
        "pair",
        lambda t: log1p(np.sqrt(t.sent_90 * t.received_90)),
    ),
    Feature(
        "answered_365",
        "log(1 + days answered within a week), halved every 365 days",
        "pair",
        lambda t: log1p(t.answered_365),
    ),
    Feature(
        "regularity_365",
        "log(1 + blocks of 30 days with contact), halved every 365 days",
        "pair",
        lambda t: log1p(t.blocks_365),
    ),
    Feature("breadth", "log(number of places of contact)", "pair", lambda t: log1p(t.contexts - 1.0)),
    Feature(
        "tenure", "log(1 + days from the first to the last contact)", "pair", lambda t: log1p(1.0 * (t.last - t.first))
    ),
    Feature(
        "attention_90",
        "share of this tie in all acts of the quieter person and three more, halved every 90 days",
        "pair",
        lambda t: np.minimum(t.contact_90 / (t.quieter_acts_90 + 3.0), 1.0),
    ),
    Feature(
        "embeddedness",
        "share of their acquaintances whom both know",
        "circle",
        lambda t: t.shared / np.maximum(t.either, 1),
    ),
    Feature(
        "quieter_idle",
        "minus log(1 + days since the quieter person was active)",
        "people",
        lambda t: 0.0 - log1p(1.0 * t.quieter_idle),
    ),
    Feature(
        "busier_idle",
        "minus log(1 + days since the busier person was active)",
        "people",
        lambda t: 0.0 - log1p(1.0 * t.busier_idle),
    ),
    Feature(
        "quieter_active_30",
        "active days of the quieter person, halved every 30 days, as a share of themselves and one",
        "people",
        lambda t: t.quieter_days_30 / (t.quieter_days_30 + 1.0),
    ),
    Feature(
        "busier_active_30",
        "active days of the busier person, halved every 30 days, as a share of themselves and one",
        "people",
        lambda t: t.busier_days_30 / (t.busier_days_30 + 1.0),
    ),
    Feature(
        "quieter_active_90",
        "active days of the quieter person, halved every 90 days, as a share of themselves and three",
        "people",
        lambda t: t.quieter_days_90 / (t.quieter_days_90 + 3.0),
    ),
    Feature(
        "busier_active_90",
        "active days of the busier person, halved every 90 days, as a share of themselves and three",
        "people",
        lambda t: t.busier_days_90 / (t.busier_days_90 + 3.0),
    ),
)

NAMES = tuple(feature.name for feature in FEATURES)


def measure(pairs: Tally) -> Reals:
    """Return the features of each pair, in the order of ``FEATURES``; shape (pairs, features)."""
    return np.array([feature.value(pairs) for feature in FEATURES], dtype=np.float64).T
