"""The interval holds the effect that is there, and claims none where there is none."""

from pathlib import Path

import numpy as np
import pytest

from kith.cli.evaluate.comparisons import evaluation
from kith.domain.comparisons import People, compare
from tests.quality import worlds

WORLDS = 60  # of 200 that were run once for the page


@pytest.mark.parametrize("effect", [0.0, 0.5])
def test_the_interval_holds_the_effect(tmp_path: Path, effect: float) -> None:
    worlds.write(tmp_path / "worlds.csv", WORLDS, effect, seed=7)
    found = evaluation(tmp_path / "worlds.csv")
    assert found["compared"] >= 0.9 * WORLDS
    assert 0.85 <= found["held"] <= 0.98
    if not effect:
        assert found["false_gains"] <= 0.08
        assert found["baselines"]["plain difference"]["false_gains"] > 0.2


def _people(count: int, exposed: int) -> People:
    chance = np.random.default_rng(5)
    flags = np.arange(count) < exposed
    return People(flags, chance.normal(size=count), chance.normal(size=(count, 2)), np.zeros(count, np.int64))


@pytest.mark.parametrize(
    ("people", "reason"),
    [
        (_people(500, 19), "few_exposed"),
        (_people(25, 22), "few_alike"),
        (_people(500, 100)._replace(traits=9.0 * (np.arange(500.0) < 100)[:, None].astype(np.float64)), "few_alike"),
        (_people(500, 100)._replace(traits=np.arange(500.0)[:, None]), "unbalanced"),
        (_people(0, 0), "few_exposed"),
    ],
)
def test_what_cannot_be_compared_has_a_reason_and_no_number(people: People, reason: str) -> None:
    found = compare(people)
    assert (found.reason, found.difference, found.low, found.high) == (reason, None, None, None)


def test_a_trait_that_nobody_differs_in_changes_nothing() -> None:
    people = _people(400, 60)
    with_one = people._replace(traits=np.column_stack((people.traits, np.ones(400))))
    one, other = compare(people), compare(with_one)
    assert one.difference == pytest.approx(other.difference)
    assert one.e_value is not None
    assert 1.0 <= (one.e_value_low or 0.0) <= one.e_value
