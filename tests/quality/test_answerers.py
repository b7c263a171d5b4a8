"""Who will answer, and when: named from the past, judged by what came."""

import pytest

from kith.cli.evaluate.answerers import evaluation, waits
from tests.paths import shared

LEAST = {"asks-quantumcomputing": (0.38, 0.63), "asks-beer": (0.31, 0.54)}


@pytest.mark.parametrize("name", LEAST)
def test_who_answers_a_question_is_named_first_or_among_three(name: str) -> None:
    found = evaluation(shared(f"data/{name}/acts.csv.zst"))
    assert found["hit1"] >= LEAST[name][0]
    assert found["hit3"] >= LEAST[name][1]


def test_who_helps_with_a_patch_is_among_three() -> None:
    assert evaluation(shared("data/trailers-git/interactions.csv.zst"))["hit3"] >= 0.71


@pytest.mark.parametrize("name", LEAST)
def test_a_range_of_waiting_that_should_hold_eighty_percent_does(name: str) -> None:
    found = waits(shared(f"data/{name}/acts.csv.zst"))
    assert 0.77 <= found["held"] <= 0.88
    assert found["held"] > found["baselines"]["percentiles of the answered"]["held"]
