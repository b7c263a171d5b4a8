import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.domain.trust.ratings import Leanings, leanings


def test_leanings_are_found_again() -> None:
    chance = np.random.default_rng(0)
    given_by, got_by = chance.normal(0, 0.3, 50), chance.normal(0, 0.5, 50)
    rater, rated = chance.integers(0, 50, 20_000), chance.integers(0, 50, 20_000)
    rating = 0.2 + given_by[rater] + got_by[rated] + chance.normal(0, 0.1, 20_000)
    found = leanings(rater, rated, rating, 50)
    assert np.corrcoef(found.given, given_by)[0, 1] > 0.99
    assert np.corrcoef(found.received, got_by)[0, 1] > 0.99


def test_of_strangers_the_mean_is_expected() -> None:
    found = leanings(np.array([0, 1]), np.array([1, 0]), np.array([1.0, 0.0]), people=3)
    assert found.expect(np.array([2]), np.array([2])).tolist() == [0.5]


def test_one_rating_says_less_than_ten() -> None:
    def received(times: int) -> float:
        rated = np.concatenate([np.zeros(times, np.int64), np.full(20, 1)])
        rater = np.arange(2, 2 + len(rated))
        rating = np.concatenate([np.full(times, 1.0), np.zeros(20)])
        found = leanings(rater, rated, rating, 60)
        return float(found.mean + found.received[0])

    assert 0 < received(1) < received(10) < 1


def test_old_ratings_fade() -> None:
    rater, rated, rating = np.array([0, 1]), np.array([2, 2]), np.array([1.0, -1.0])
    faded = leanings(rater, rated, rating, 3, age=np.array([0.0, 1800.0]))
    kept = leanings(rater, rated, rating, 3)
    assert faded.mean > 0.7 > kept.mean


ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.floats(-1, 1)), min_size=1, max_size=30)


@settings(deadline=None)
@given(ROWS.filter(lambda rows: any(rater != rated for rater, rated, _ in rows)), st.booleans())
def test_nobody_rates_themself(rows: list[tuple[int, int, float]], dated: bool) -> None:
    def learnt(kept: list[tuple[int, int, float]]) -> Leanings:
        rater, rated = (np.array([row[i] for row in kept], dtype=np.int64) for i in (0, 1))
        age = np.array([10.0 * rows.index(row) for row in kept]) if dated else None
        return leanings(rater, rated, np.array([row[2] for row in kept], dtype=np.float64), 5, age)

    whole, others = learnt(rows), learnt([row for row in rows if row[0] != row[1]])
    assert whole.mean == pytest.approx(others.mean)
    assert whole.received == pytest.approx(others.received)
    assert whole.given == pytest.approx(others.given)


@settings(deadline=None)
@given(ROWS.filter(lambda rows: any(rater != rated for rater, rated, _ in rows)))
def test_expectations_are_the_sum_of_three_parts(rows: list[tuple[int, int, float]]) -> None:
    rater, rated = (np.array([row[i] for row in rows], dtype=np.int64) for i in (0, 1))
    rating = np.array([row[2] for row in rows], dtype=np.float64)
    found = leanings(rater, rated, rating, 5)
    expected = found.mean + found.given[rater] + found.received[rated]
    assert found.expect(rater, rated).tolist() == expected.tolist()


def test_no_ratings_teach_nothing() -> None:
    none = np.array([], dtype=np.int64)
    with pytest.raises(ValueError, match="no rating"):
        leanings(none, none, np.zeros(0), 3)
