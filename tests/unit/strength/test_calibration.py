from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from kith.domain.strength.calibration import LEARNT, PULL, Window, backtest, calibrate, calibrate_on, quality, window
from kith.domain.strength.contact import Activity, Contacts
from kith.domain.strength.features import NAMES
from kith.domain.strength.fit import fit
from kith.domain.strength.model import shipped

START = shipped().model()


def made(rows: int, intercept: float, slope: float, seed: int = 0) -> Window:
    """A past in which the first feature alone decides."""
    chance = np.random.default_rng(seed)
    values = chance.random((rows, len(NAMES)))
    return Window(values, chance.random(rows) < expit(intercept + slope * values[:, 0]))


def test_a_known_truth_is_found_again() -> None:
    past = made(40_000, -2.0, 3.0)
    found = fit(past.values, past.met, pull=0.0)
    assert found.intercept == pytest.approx(-2.0, abs=0.15)
    assert found.weights[0] == pytest.approx(3.0, abs=0.15)
    assert found.weights[1:].max() < 0.15


def test_no_weight_falls_below_zero() -> None:
    past = made(5_000, 1.0, -3.0)
    assert fit(past.values, past.met).weights.min() == 0.0


def test_little_evidence_stays_near_the_prior_and_much_leaves_it() -> None:
    prior = np.full(len(NAMES), 1.0)
    little, much = (
        fit(past.values, past.met, prior=prior, pull=100.0) for past in (made(60, -2, 3), made(40_000, -2, 3))
    )
    assert abs(little.weights[0] - 1.0) < 0.5
    assert abs(much.weights[0] - 3.0) < 0.3


def test_a_feature_that_never_varies_keeps_the_weight_of_the_prior() -> None:
    past = made(500, -1.0, 2.0)
    past.values[:, 3] = 0.7
    found = fit(past.values, past.met, prior=np.full(len(NAMES), 0.4))
    assert (found.weights[3], bool(found.seen[3])) == (0.4, False)
    chance = expit(found.intercept + past.values @ found.weights)
    assert chance.mean() == pytest.approx(past.met.mean(), abs=0.01)


def test_nothing_is_learnt_where_all_outcomes_are_the_same() -> None:
    with pytest.raises(ValueError, match="every outcome is the same"):
        fit(np.zeros((3, 2)), np.ones(3, dtype=np.bool_))


def levelled(windows: list[Window], now: np.ndarray) -> bool:
    """Whether the level was set: else the weights of the last window stand as they were learnt."""
    learnt = fit(windows[0].values, windows[0].met, prior=START.vector(), pull=PULL)
    return calibrate(START, windows, now, "self").intercept != learnt.intercept


def test_a_thin_past_leaves_the_shipped_weights() -> None:
    past = made(40, -20.0, 2.0)
    assert past.met.sum() < LEARNT
    assert calibrate(START, [past], past.values, "self") is START


@pytest.mark.parametrize("seed", range(5))
def test_a_small_network_has_weights_of_its_own(seed: int) -> None:
    past = made(60, -3.0, 2.0, seed)
    assert LEARNT <= past.met.sum() <= 30
    model = calibrate(START, [past], past.values, "self")
    assert model.version == f"{START.version}+self"
    assert expit(model.log_odds(past.values)).mean() == pytest.approx(past.met.mean(), abs=0.02)


def drifting(drift: float, outcome: float) -> list[Window]:
    """Windows, the last first, that promise ever more while only ``outcome`` of the pairs meet."""
    found = []
    for age in range(3):
        values = np.random.default_rng(age).random((4_000, len(NAMES))) - drift * age
        found.append(Window(values, np.random.default_rng(9 + age).random(4_000) < outcome))
        found[-1].values[:2000, 0] += 1.0
        found[-1].met[:200] = True
    return found


def test_the_level_is_set_where_it_would_have_helped_before() -> None:
    windows = drifting(1.0, 0.2)
    now = windows[0].values + 1.0
    assert levelled(windows, now)
    model = calibrate(START, windows, now, "self")
    assert expit(model.log_odds(now)).mean() == pytest.approx(windows[0].met.mean(), abs=0.03)


def test_the_level_is_left_alone_where_it_would_not_have_helped_or_nobody_knows() -> None:
    steady = drifting(0.0, 0.2)
    assert not levelled(steady, steady[0].values)
    assert not levelled(drifting(1.0, 0.2)[:2], steady[0].values)


def test_a_window_knows_who_met_after_its_start() -> None:
    contacts = Contacts.of([0, 0, 1, 2], [1, 2, 0, 3], [10, 10, 15, 15])
    found = window(contacts, Activity.from_contacts(contacts), 12, 20)
    assert found.met.tolist() == [True, False]


def test_promises_that_are_kept_have_no_calibration_error() -> None:
    met = np.tile(np.array([True, False, False, False]), 250)
    found = quality(met, np.full(1000, 0.25))
    assert (found.ece, found.auc, found.met) == (0.0, 0.5, 0.25)
    assert found.brier == pytest.approx(0.1875)


def a_network(seed: int, days: int = 500) -> Contacts:
    """Sixty people; pairs of even numbers talk every ten days, the others once."""
    chance = np.random.default_rng(seed)
    source, target, day = [], [], []
    for a in range(60):
        for b in range(a + 1, 60):
            often = days // 10 if (a + b) % 10 == 0 else 1
            source += [a] * often
            target += [b] * often
            day += chance.integers(0, days, often).tolist()
    return Contacts.of(source, target, day)


def test_a_network_teaches_itself_and_can_be_judged_by_its_past() -> None:
    contacts = a_network(0)
    activity = Activity.from_contacts(contacts)
    own = calibrate_on(START, contacts, activity, 480, "own")
    assert own.version == f"{START.version}+own"
    found = backtest(START, contacts, activity, 480)
    assert found.pairs > LEARNT
    assert found.auc > 0.9
    assert found.ece < 0.1


def test_a_backtest_sees_nothing_of_the_window_that_it_is_judged_on() -> None:
    contacts = a_network(0)
    moved = replace(contacts, day=np.where(contacts.day > 390, contacts.day + 500, contacts.day))
    before, after = (calibrate_on(START, each, Activity.from_contacts(each), 390, "then") for each in (contacts, moved))
    assert before == after


def test_an_empty_network_has_no_quality() -> None:
    nobody = Contacts.of([], [], [])
    assert backtest(START, nobody, Activity.from_contacts(nobody), 100).pairs == 0
