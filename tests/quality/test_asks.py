"""Asks in sentences that people have judged."""

from typing import Any

from kith.cli.evaluate.asks import evaluation, in_folds, read
from kith.domain.metrics import average_precision
from tests.paths import shared


def test_asks_are_told_in_folds_that_the_model_has_not_seen() -> None:
    found: dict[str, Any] = evaluation(shared("data/asks-email/sentences.csv"))
    assert found["f1"] >= 0.80
    assert found["ap"] >= 0.88
    assert found["ece"] <= 0.05
    assert found["model_bytes"] <= 1_000_000
    assert found["f1"] > found["baselines"]["question mark or request words"]["f1"] + 0.08


def test_learnt_phrases_are_needed() -> None:
    said, truth = read(shared("data/asks-email/sentences.csv"))
    assert average_precision(truth, in_folds(said, truth, 0, "phrases")) < 0.80
