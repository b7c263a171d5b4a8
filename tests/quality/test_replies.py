"""Replies in chat that people have linked by hand; the model has seen neither part."""

from typing import Any

import pytest

from kith.cli.evaluate.replies import evaluation
from tests.paths import shared

LEAST = {"dev": (0.675, 0.695, 0.78, 0.90, 0.88), "test": (0.665, 0.69, 0.80, 0.90, 0.91)}


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return evaluation(shared("data/irc-ubuntu/irc-ubuntu.tar.zst"))


@pytest.mark.parametrize("part", LEAST)
def test_replies_persons_conversations_and_open_questions_are_found(found: dict[str, Any], part: str) -> None:
    links, with_notices, person, conversations, nobody = LEAST[part]
    mine = found[part]
    assert mine["f1"] >= links
    assert mine["f1_with_notices"] >= with_notices
    assert mine["person"] >= person
    assert mine["conversations"] >= conversations
    assert mine["nobody_answered"]["f1"] >= nobody
    assert mine["nobody_answered"]["ece"] <= 0.08
    assert mine["ece"] <= 0.05
    assert mine["sure"]["precision"] >= 0.87
    rules = mine["baselines"]["three rules"]
    assert all(mine[name] > rules[name] for name in ("f1", "person", "conversations"))


def test_the_published_baseline_is_reproduced_to_the_digit(found: dict[str, Any]) -> None:
    previous = found["test"]["baselines"]["previous line"]
    assert previous["f1_with_notices"] == pytest.approx(0.350, abs=0.001)
    assert previous["conversations"] == pytest.approx(0.661, abs=0.001)
