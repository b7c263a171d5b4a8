from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from kith.domain.strength.calibration import WINDOWS, backtest, calibrate, calibrate_on
from kith.domain.strength.contact import Activity, Contacts
from kith.domain.strength.features import NAMES
from kith.domain.strength.fit import fit
from kith.domain.strength.lessons import LEARNT, base_rate, leveled, taught
from kith.domain.strength.model import shipped
from kith.domain.strength.quality import quality
from kith.domain.strength.windows import PAIRS, Window, window, windows

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


def shipped_truth(rows: int, move: float, stretch: float, seed: int) -> Window:
    """A past in which the shipped weights have the order right, and the level and spread not."""
    chance = np.random.default_rng(seed)
    values = chance.random((rows, len(NAMES))) * 2.0
    return Window(values, chance.random(rows) < expit(move + stretch * START.log_odds(values)))


def order(log_odds: np.ndarray) -> list[int]:
    return [int(place) for place in np.argsort(log_odds, kind="stable")]


def test_without_a_past_the_shipped_weights_stay() -> None:
    assert calibrate(START, [], made(5, 0.0, 0.0).values, "self") is START


@pytest.mark.parametrize(("move", "stretch"), [(-2.0, 1.0), (1.0, 0.5), (0.0, 1.5)])
def test_a_level_is_found_and_keeps_the_order(move: float, stretch: float) -> None:
    past = [shipped_truth(20_000, move, stretch, seed) for seed in range(WINDOWS)]
    model = calibrate(START, past, past[0].values, "self", own_weights=False)
    assert model.version == f"{START.version}+self"
    told = model.log_odds(past[0].values)
    assert order(told) == order(START.log_odds(past[0].values))
    assert told == pytest.approx(move + stretch * START.log_odds(past[0].values), abs=0.3)


def test_a_thin_past_teaches_a_level_and_no_order_and_moves_little() -> None:
    nobody = Window(made(40, 0.0, 0.0).values, np.zeros(40, dtype=np.bool_))
    assert taught(START, [nobody]) is None
    model = calibrate(START, [nobody], nobody.values, "self")
    told, before = model.log_odds(nobody.values), START.log_odds(nobody.values)
    assert order(told) == order(before)
    assert -3.0 < (told - before).mean() < -0.5


def test_a_level_that_was_wrong_before_is_not_believed() -> None:
    right = [shipped_truth(4_000, 0.0, 1.0, seed) for seed in range(2)]
    wrong = [shipped_truth(4_000, -2.0, 1.0, seed) for seed in range(2, 5)]
    assert calibrate(START, [*right, *wrong], right[0].values, "self", own_weights=False) is START


@pytest.mark.parametrize("seed", range(5))
def test_a_small_network_has_weights_of_its_own(seed: int) -> None:
    past = made(60, -3.0, 2.0, seed)
    assert LEARNT <= past.met.sum() <= 30
    model = calibrate(START, [past], past.values, "self")
    assert order(model.log_odds(past.values)) != order(START.log_odds(past.values))
    assert expit(model.log_odds(past.values)).mean() == pytest.approx(past.met.mean(), abs=0.03)


def test_own_weights_are_of_several_windows_at_the_level_of_the_last() -> None:
    past = [made(4_000, level, 3.0, seed) for seed, level in enumerate((-4.0, -2.0, -2.0))]
    model = taught(START, past)
    assert model is not None
    assert model.weights["recency"] == pytest.approx(3.0, abs=0.6)
    assert expit(model.log_odds(past[0].values)).mean() == pytest.approx(past[0].met.mean(), abs=0.01)


def drifting(drift: float, outcome: float) -> list[Window]:
    """Windows, the last first, that promise ever more while only ``outcome`` of the pairs meet."""
    found = []
    for age in range(WINDOWS):
        values = np.random.default_rng(age).random((4_000, len(NAMES))) - drift * age
        found.append(Window(values, np.random.default_rng(9 + age).random(4_000) < outcome))
        found[-1].values[:2000, 0] += 1.0
        found[-1].met[:200] = True
    return found


def test_the_base_rate_sets_the_level_where_that_would_have_helped_before() -> None:
    past = drifting(1.0, 0.2)
    now = past[0].values + 1.0
    model, alone = calibrate(START, past, now, "self"), taught(START, past)
    assert alone is not None
    assert expit(model.log_odds(now)).mean() == pytest.approx(past[0].met.mean(), abs=0.01)
    assert expit(alone.log_odds(now)).mean() > past[0].met.mean() + 0.02


def test_a_base_rate_that_nobody_could_try_is_not_believed() -> None:
    past = drifting(1.0, 0.2)[:2]
    now = past[0].values + 1.0
    alone = leveled(START, past)
    assert base_rate(START, past, now) is not None
    assert alone is not None
    assert calibrate(START, past, now, "self", own_weights=False).intercept == alone.intercept


def test_of_very_many_pairs_some_are_learnt_from() -> None:
    many = Window(np.zeros((2 * PAIRS + 1, 1)), np.zeros(2 * PAIRS + 1, dtype=np.bool_))
    assert PAIRS / 2 < len(many.thinned().met) <= PAIRS
    assert len(many.thinned().thinned().met) == len(many.thinned().met)


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
    own, found = calibrate_on(START, contacts, activity, 480, "own")
    assert own.version == f"{START.version}+own"
    assert found.pairs > LEARNT
    assert found.auc > 0.9
    assert found.ece < 0.1


def test_a_backtest_sees_nothing_of_the_window_that_it_is_judged_on() -> None:
    contacts = a_network(0)
    moved = replace(contacts, day=np.where(contacts.day > 390, contacts.day + 500, contacts.day))
    before, after = (calibrate_on(START, each, Activity.from_contacts(each), 390, "then") for each in (contacts, moved))
    assert before[0] == after[0]
    past = windows(contacts, Activity.from_contacts(contacts), 480, 90, WINDOWS + 1)
    assert [len(each.met) for each in past[1:]] == [
        len(each.met) for each in windows(moved, Activity.from_contacts(moved), 390, 90, WINDOWS)
    ]


def test_an_empty_network_has_no_quality() -> None:
    nobody = Contacts.of([], [], [])
    assert windows(nobody, Activity.from_contacts(nobody), 100, 90, WINDOWS) == []
    assert backtest(START, []).pairs == 0
