"""What strength has to beat: single numbers, and a logistic model of the eleven best parts in the literature."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import log1p

from kith.domain.strength.circles import adamic_adar
from kith.domain.strength.contact import Contacts, Reals, totals
from kith.domain.strength.tally import Tally
from kith.domain.weights import WHOLE


def baselines(contacts: Contacts, pairs: Tally, now: int) -> dict[str, Reals]:
    """Return each baseline's score per pair, in the order of ``pairs``; the parts of logit-11 under their names too."""
    low, high = np.minimum(contacts.source, contacts.target), np.maximum(contacts.source, contacts.target)
    people = int(pairs.b.max(initial=0)) + 1
    pair = np.searchsorted(pairs.a * people + pairs.b, low * people + high)
    age, amount, forth = now - contacts.day, contacts.amount / WHOLE, contacts.source == low

    def decayed(half_life: float, rows: NDArray[np.bool_] | slice = slice(None)) -> Reals:
        return totals(pair[rows], (amount * 2.0 ** (-age / half_life))[rows], len(pairs))

    def active(half_life: float) -> tuple[Reals, Reals]:
        weights = amount * 2.0 ** (-age / half_life)
        each = totals(contacts.source, weights, people) + totals(contacts.target, weights, people)
        return np.minimum(each[pairs.a], each[pairs.b]), np.maximum(each[pairs.a], each[pairs.b])

    quieter, busier = active(30)
    return {
        "count": (pairs.sent + pairs.received) * 1.0,
        "recency": -log1p(pairs.silence * 1.0),
        "exp7": log1p(decayed(7)),
        "exp30": log1p(decayed(30)),
        "exp90": log1p(decayed(90)),
        "exp180": log1p(decayed(180)),
        "geo90": log1p(np.sqrt(decayed(90, forth) * decayed(90, ~forth))),
        "geo180": log1p(np.sqrt(decayed(180, forth) * decayed(180, ~forth))),
        "days": log1p(pairs.days * 1.0),
        "embeddedness": pairs.shared / np.maximum(pairs.either, 1),
        "adamic_adar": log1p(adamic_adar(pairs.a, pairs.b)),
        "quieter_last": -log1p(pairs.quieter_idle * 1.0),
        "quieter_30": log1p(quieter),
        "busier_30": log1p(busier),
        "act_min90": active(90)[0],
    }


SINGLE = ("count", "recency", "exp30", "exp90", "geo90", "act_min90")
LOGIT_11 = (
    "recency", "exp7", "exp30", "exp180", "geo180", "days",
    "embeddedness", "adamic_adar", "quieter_last", "quieter_30", "busier_30",
)  # fmt: skip
