"""A network's own past: windows with known outcome, the weights they teach, and how far to believe the result."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit

from kith.domain.metrics import auc, average_precision, brier, calibration_error
from kith.domain.strength.contact import Activity, Contacts, Integers, Reals
from kith.domain.strength.features import NAMES, measure
from kith.domain.strength.fit import Fit, fit
from kith.domain.strength.model import Model
from kith.domain.strength.tally import tally

PULL = 50.0
"""How hard own weights are drawn to the shipped ones, see ``fit``: decides below a few hundred pairs, fades above."""
STEADY = 0.3
"""A change of the base rate, in log-odds, at which it counts a half as a forecast of itself."""
LEARNT = 5
"""Fewest pairs that met, and that did not, for own weights; so few move them little, for the pull is the same."""
WORTH = 1.0
"""Log-likelihood that a correction has to gain in the past: as much as any further number costs (Akaike 1974)."""
WINDOWS = 3
"""Complete windows that are looked at, the last one first."""


@dataclass(frozen=True, slots=True)
class Window:
    """The features of all pairs on a past day, and whether they conversed within the time that followed."""

    values: Reals
    met: NDArray[np.bool_]


def window(contacts: Contacts, activity: Activity, start: int, end: int) -> Window:
    """Look at the pairs known on day ``start`` and at who conversed after it, up to and including day ``end``."""
    pairs = tally(contacts, activity, start)
    later = contacts.rows((contacts.day > start) & (contacts.day <= end)).conversations
    return Window(measure(pairs), meet(pairs.a, pairs.b, later.source, later.target))


def meet(a: Integers, b: Integers, source: Integers, target: Integers) -> NDArray[np.bool_]:
    """Whether each pair ``(a, b)``, where ``a < b``, is among the contacts ``source`` to ``target``, either way."""
    people = int(max(column.max(initial=0) for column in (b, source, target))) + 1
    return np.isin(a * people + b, np.minimum(source, target) * people + np.maximum(source, target))


def calibrate(shipped: Model, windows: Sequence[Window], now: Reals, name: str) -> Model:
    """Return the weights of a network's own past, drawn to the shipped ones, or these where the past is too thin.

    ``windows`` are complete and follow one another, the last first: it teaches the weights. Where the base rate has
    been steady it may also set the level: the mean over the pairs of ``now`` (features today) is then drawn to it.
    Whether that helps in this network, the windows before say. ``name`` becomes part of the version.
    """
    if not _teaches(windows[0]):
        return shipped
    learnt = _learn(shipped, windows[0])
    model = Model(
        f"{shipped.version}+{name}",
        shipped.horizon_days,
        learnt.intercept,
        dict(zip(NAMES, learnt.weights.tolist(), strict=True)),
    )
    if not _pays(shipped, windows[1:], windows[0]):
        return model
    level = _shift(model.log_odds(now), *windows[:2])
    return Model(model.version, model.horizon_days, model.intercept + level, model.weights)


def calibrate_on(shipped: Model, contacts: Contacts, activity: Activity, now: int, name: str) -> Model:
    """Return the weights that a whole network's complete horizons before day ``now`` teach, see ``calibrate``."""
    ends = [now - i * shipped.horizon_days for i in range(WINDOWS + 1)]
    windows = [window(contacts, activity, start, end) for end, start in pairwise(ends)]
    return calibrate(shipped, windows, measure(tally(contacts, activity, now)), name)


def _teaches(past: Window) -> bool:
    return min(int(past.met.sum()), int((~past.met).sum())) >= LEARNT


def _learn(shipped: Model, past: Window) -> Fit:
    return fit(past.values, past.met, prior=shipped.vector(), pull=PULL)


def _pays(shipped: Model, earlier: Sequence[Window], judge: Window) -> bool:
    """Whether setting the level by the base rate would have foretold the last window better than leaving it alone."""
    if len(earlier) < WINDOWS - 1 or not _teaches(earlier[0]) or not _varies(earlier[1]):
        return False
    learnt = _learn(shipped, earlier[0])
    log_odds = judge.values @ learnt.weights + learnt.intercept
    level = _shift(log_odds, *earlier)
    return _likelihood(log_odds + level, judge) - _likelihood(log_odds, judge) > WORTH


def _varies(past: Window) -> bool:
    return bool(past.met.any() and not past.met.all())


def _likelihood(log_odds: Reals, judge: Window) -> float:
    return float(-np.logaddexp(0.0, np.where(judge.met, -log_odds, log_odds)).sum())


@dataclass(frozen=True, slots=True)
class Quality:
    """How a model did on a window that it had not seen; ``ece`` over ten bins of equal width."""

    pairs: int
    met: float
    auc: float
    ap: float
    brier: float
    ece: float


def quality(met: NDArray[np.bool_], chance: Reals) -> Quality:
    """Compare what was promised with what happened; numbers that do not exist are nan."""
    if not len(met):
        return Quality(0, *[float("nan")] * 5)
    return Quality(
        pairs=len(met),
        met=float(met.mean()),
        auc=auc(met, chance),
        ap=average_precision(met, chance),
        brier=brier(met, chance),
        ece=calibration_error(met, chance),
    )


def backtest(shipped: Model, contacts: Contacts, activity: Activity, now: int) -> Quality:
    """Judge by what happened since what would have been said one horizon before day ``now``."""
    then = now - shipped.horizon_days
    model = calibrate_on(shipped, contacts, activity, then, "then")
    judged = window(contacts, activity, then, now)
    return quality(judged.met, expit(model.log_odds(judged.values)))


def _shift(log_odds: Reals, past: Window, before: Window) -> float:
    """How far to move all log-odds so that the mean chance nears the last base rate, as far as that is steady."""
    base, earlier, expected = (float(logit(p)) for p in (past.met.mean(), before.met.mean(), expit(log_odds).mean()))
    steady = 1.0 / (1.0 + ((base - earlier) / STEADY) ** 2)
    goal = expit((1.0 - steady) * expected + steady * base)
    return float(brentq(lambda shift: expit(log_odds + shift).mean() - goal, -20.0, 20.0))
