"""Which of the lessons of a network's own past to believe: those that would have foretold its last windows best."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from kith.domain.strength.contact import Activity, Contacts, Reals
from kith.domain.strength.features import measure
from kith.domain.strength.lessons import TAUGHT_BY, base_rate, leveled, taught, unchanged
from kith.domain.strength.model import Model
from kith.domain.strength.quality import Quality, quality
from kith.domain.strength.tally import tally
from kith.domain.strength.windows import Window, windows

WORTH = 1.0
"""Log-likelihood that a base rate has to gain in the past: as much as any further number costs (Akaike 1974). The other
lessons are drawn to the shipped weights and need no such price."""
JUDGES = 2
"""The newest windows, each foretold from those before it, that decide which lessons are believed."""
WINDOWS = JUDGES + TAUGHT_BY
"""Complete windows that are looked at."""

Lesson = Callable[[Model, Sequence[Window]], Model | None]


def calibrate(shipped: Model, past: Sequence[Window], now: Reals, name: str, *, own_weights: bool = True) -> Model:
    """Return what the past of a network makes of the shipped weights; these where it teaches nothing better.

    ``past`` are complete windows that follow one another, the last first. From the simplest lesson to the richest
    (level, own weights, each with the base rate as well or without), the next is believed where it would have foretold
    the last windows better; or, without a base rate, where these cannot say. ``now`` are today's features. Without
    ``own_weights`` the order of the shipped weights stays. ``name`` becomes part of the version.
    """
    lessons = (unchanged, leveled, taught) if own_weights else (unchanged, leveled)
    best, *rivals = (trial for lesson in lessons for trial in _trials(lesson, shipped, past, now))
    for rival in rivals:
        if rival.beats(best):
            best = rival
    if best.model is shipped:
        return shipped
    return Model(f"{shipped.version}+{name}", shipped.horizon_days, best.model.intercept, best.model.weights)


def calibrate_on(shipped: Model, contacts: Contacts, activity: Activity, now: int, name: str) -> tuple[Model, Quality]:
    """Return what a whole network's past up to day ``now`` teaches, and how the same would have done before."""
    past = windows(contacts, activity, now, shipped.horizon_days, WINDOWS + 1)
    model = calibrate(shipped, past[:WINDOWS], measure(tally(contacts, activity, now)), name)
    return model, backtest(shipped, past)


def backtest(shipped: Model, past: Sequence[Window]) -> Quality:
    """Judge by the last window what would have been said before it."""
    if not past:
        return quality(np.zeros(0, dtype=np.bool_), np.zeros(0))
    model = calibrate(shipped, past[1:], past[0].values, "then")
    return quality(past[0].met, expit(model.log_odds(past[0].values)))


@dataclass(frozen=True, slots=True)
class _Trial:
    """A lesson as it would count now, and the log-likelihood of the last windows by it; nan where it said nothing."""

    model: Model
    likelihoods: Reals
    with_base_rate: bool

    def beats(self, other: "_Trial") -> bool:
        gains = self.likelihoods - other.likelihoods
        known = ~np.isnan(gains)
        if not known.any():
            return not self.with_base_rate
        return bool(gains[known].sum() > (WORTH if self.with_base_rate else 0.0))


def _trials(lesson: Lesson, shipped: Model, past: Sequence[Window], now: Reals) -> list[_Trial]:
    """Return a lesson without and with the base rate, as far as it can be had."""
    model = lesson(shipped, past)
    if model is None:
        return []
    before = [lesson(shipped, past[i + 1 :]) for i in range(min(JUDGES, len(past)))]
    plain = [_likelihood(then, each, 0.0) for then, each in zip(before, past, strict=False)]
    found = [_Trial(model, np.array(plain), with_base_rate=False)]
    shift = base_rate(model, past, now)
    if shift is not None:
        judged = [
            _likelihood(then, past[i], base_rate(then, past[i + 1 :], past[i].values)) if then else np.nan
            for i, then in enumerate(before)
        ]
        moved = Model(model.version, model.horizon_days, model.intercept + shift, model.weights)
        found.append(_Trial(moved, np.array(judged), with_base_rate=True))
    return found


def _likelihood(model: Model | None, judge: Window, shift: float | None) -> float:
    if model is None or shift is None:
        return np.nan
    log_odds = model.log_odds(judge.values) + shift
    return float(-np.logaddexp(0.0, np.where(judge.met, -log_odds, log_odds)).sum())
