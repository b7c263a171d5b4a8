"""A plan comes near the best of all sets of steps, and asks of nobody more time than there is."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.cli.evaluate.files import UnreadableFile
from kith.cli.evaluate.plans import evaluation
from kith.domain.plans import Steps, plan, worth

STEPS = 11


def case(chance: np.random.Generator) -> dict[str, object]:
    people, minutes = int(chance.integers(3, 9)), chance.choice([10, 15, 20, 30, 45, 60], STEPS)
    steps = [
        {
            "person": int(chance.integers(people)),
            "minutes": int(each),
            "chance": float(chance.uniform(0.02, 0.9)),
            "followers": int(chance.pareto(1) * 100),
        }
        for each in minutes
    ]
    values = chance.gamma(1, 1.5, (people, 3)) * (chance.random((people, 3)) < 0.5)
    return {"minutes": float(chance.uniform(0.2, 0.6) * minutes.sum()), "steps": steps, "values": values.tolist()}


def test_plans_come_near_the_best(tmp_path: Path) -> None:
    chance = np.random.default_rng(11)
    file = tmp_path / "cases.jsonl"
    file.write_text("".join(json.dumps(case(chance)) + "\n" for _ in range(40)))
    found = evaluation(file)
    assert found["mean"] >= 0.97
    assert found["worst"] >= 0.88
    assert found["mean"] > found["baselines"]["by followers"]["mean"]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 400), st.floats(0, 500))
def test_a_plan_fits_and_repeats_nothing(seed: int, count: int, minutes: float) -> None:
    chance = np.random.default_rng(seed)
    people = max(count // 3, 1)
    steps = Steps(
        chance.integers(0, people, count), chance.uniform(0, 60, count), chance.uniform(0, 1, count),
        chance.gamma(1, 1, (people, 2)),
    )  # fmt: skip
    taken = plan(steps, minutes)
    assert len(set(taken)) == len(taken)
    assert steps.minutes[taken].sum() <= minutes + 1e-9
    assert taken == plan(steps, minutes)
    for step in np.flatnonzero(steps.minutes <= minutes)[:5].tolist():
        assert worth(steps, taken) >= worth(steps, [step]) - 1e-12, "one step alone is worth no more"


def test_without_the_value_of_a_person_the_plan_changes() -> None:
    steps = Steps(np.array([0, 1]), np.array([30.0, 30.0]), np.array([0.5, 0.5]), np.array([[2.0], [1.0]]))
    assert plan(steps, 30.0) == [0]
    assert plan(steps._replace(values=np.array([[0.0], [1.0]])), 30.0) == [1]


def test_a_file_that_is_no_case_is_named(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    for wrong in (
        {"minutes": 10, "steps": [], "values": [[1]]},
        {"minutes": 10, "steps": [{"person": 1, "minutes": 5, "chance": 0.5}], "values": [[1]]},
        {"minutes": 10, "steps": [{"person": 0, "minutes": 5, "chance": 2}], "values": [[1]]},
    ):
        file.write_text(json.dumps(wrong))
        with pytest.raises(UnreadableFile):
            evaluation(file)
