"""What a network's past can teach: a level for the weights that it starts from, weights of its own, a base rate."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.special import expit, logit

from kith.domain.strength.contact import Reals
from kith.domain.strength.features import NAMES
from kith.domain.strength.fit import fit
from kith.domain.strength.model import Model
from kith.domain.strength.windows import Window

PULL = 50.0
"""How hard own weights are drawn to the shipped ones, see ``fit``: decides below a few hundred pairs, fades above."""
LEARNT = 5
"""Fewest pairs that met, and that did not, for own weights; so few move them little, for the pull is the same."""
TAUGHT_BY = 3
"""The newest windows that lessons are drawn from, all alike."""
SPREAD = 1.0
"""Standard deviation of a network's level around that of the shipped weights, in log-odds."""
STEADY = 0.3
"""A change of the base rate, in log-odds, at which it counts a half as a forecast of itself."""


def unchanged(shipped: Model, past: Sequence[Window]) -> Model | None:
    """Return the weights as they are shipped, whatever the past."""
    return shipped


def leveled(shipped: Model, past: Sequence[Window]) -> Model | None:
    """Return the shipped weights moved and stretched alike, most likely given the past; their order stays.

    Both numbers are drawn to no change, so a few pairs move them little, and also pairs of which none met teach.
    """
    if not past:
        return None
    known = _together(past)
    log_odds, signs = shipped.log_odds(known.values), known.met * 1.0

    def cost(point: Reals) -> tuple[float, Reals]:
        said = point[0] + point[1] * log_odds
        wrong = expit(said) - signs
        pulls = np.array([SPREAD**-2, PULL])
        off = point - start
        loss = float((np.logaddexp(0.0, said) - signs * said).sum() + (pulls * off * off).sum() / 2)
        return loss, np.array([wrong.sum(), wrong @ log_odds]) + pulls * off

    start = np.array([0.0, 1.0])
    move, stretch = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=[(None, None), (0.0, None)]).x.tolist()
    weights = {name: stretch * weight for name, weight in shipped.weights.items()}
    return Model(shipped.version, shipped.horizon_days, move + stretch * shipped.intercept, weights)


def taught(shipped: Model, past: Sequence[Window]) -> Model | None:
    """Return weights of the network's own, drawn to the shipped ones; None where the past is too thin.

    Their order is that of several windows, their level that of the last one: who matters changes slower than how much
    goes on.
    """
    if not past:
        return None
    known = _together(past)
    if min(int(known.met.sum()), int((~known.met).sum())) < LEARNT:
        return None
    learnt = fit(known.values, known.met, prior=shipped.vector(), pull=PULL)
    weights = dict(zip(NAMES, learnt.weights.tolist(), strict=True))
    return leveled(Model(shipped.version, shipped.horizon_days, learnt.intercept, weights), past[:1])


def base_rate(model: Model, past: Sequence[Window], now: Reals) -> float | None:
    """Return how far to move all log-odds of ``now`` so that their mean chance nears the last base rate.

    It does so as far as that was steady from one window to the next; None where this cannot be said.
    """
    if not len(now) or len(past) < 2 or not all(each.varies() for each in past[:2]):
        return None
    log_odds = model.log_odds(now)
    base, earlier, expected = (
        float(logit(p)) for p in (past[0].met.mean(), past[1].met.mean(), expit(log_odds).mean())
    )
    steady = 1.0 / (1.0 + ((base - earlier) / STEADY) ** 2)
    goal = expit((1.0 - steady) * expected + steady * base)
    return float(brentq(lambda shift: expit(log_odds + shift).mean() - goal, -20.0, 20.0))


def _together(past: Sequence[Window]) -> Window:
    chosen = [each.thinned() for each in past[:TAUGHT_BY]]
    return Window(np.concatenate([each.values for each in chosen]), np.concatenate([each.met for each in chosen]))
