"""Ratings between people, foretold."""

from typing import Any

from kith.cli.evaluate.trust import in_folds, in_time_order
from tests.paths import shared


def test_later_ratings_follow_from_earlier_ones() -> None:
    found: dict[str, Any] = in_time_order(shared("data/bitcoin-otc/ratings.csv.zst"))
    assert found["auc"] >= 0.728
    assert found["rmse"] <= 0.3685
    assert found["auc"] > found["baselines"]["bias model"]["auc"] + 0.03


def test_the_bias_model_is_beaten_in_each_of_ten_rolling_windows() -> None:
    found: dict[str, Any] = in_time_order(shared("data/bitcoin-otc/ratings.csv.zst"))
    assert [window["beaten"] for window in found["windows"]] == [True] * 10
    assert found["predictable"]
    assert sum(window["auc"] for window in found["windows"]) / 10 >= 0.79


def test_who_is_a_master_follows_from_the_other_certificates() -> None:
    for seed in (0, 1):
        found: dict[str, Any] = in_folds(shared("data/advogato-2000/certifications.csv.zst"), seed)
        assert found["auc"] >= 0.952
        assert found["rmse"] <= 0.1065
        assert [fold["beaten"] for fold in found["folds"]] == [True] * 10
        assert found["predictable"]
