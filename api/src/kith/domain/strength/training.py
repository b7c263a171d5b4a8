"""Shipped weights: what several networks teach about the next 90 days, one voice each."""

from collections.abc import Sequence

import numpy as np

from kith.domain.strength.features import NAMES
from kith.domain.strength.fit import fit
from kith.domain.strength.model import Network
from kith.domain.strength.windows import Window

MOMENTS = (0.4, 0.5, 0.6, 0.7, 0.8)
"""Shares of a network's interactions after which it is looked at, each time for the horizon that follows."""


def learn(name: str, windows: Sequence[Window]) -> Network:
    """Fit one network's weights; all its windows together count as one.

    Raises:
        ValueError: no window is complete, or all pairs have the same outcome.
    """
    if not windows:
        raise ValueError(f"{name}: no complete window to learn from")
    met = np.concatenate([window.met for window in windows])
    learnt = fit(np.concatenate([window.values for window in windows]), met, np.full(len(met), 1 / len(windows)))
    weights = {
        name: round(weight, 6) if seen else None
        for name, weight, seen in zip(NAMES, learnt.weights.tolist(), learnt.seen.tolist(), strict=True)
    }
    return Network(name, len(met), round(float(met.mean()), 6), round(learnt.intercept, 6), weights)
