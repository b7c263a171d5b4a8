"""How long asks usually wait, and whom to ask."""

import numpy as np
import pytest

from kith.domain.asks.answerers import ELSEWHERE, Helps, History, rank
from kith.domain.asks.waiting import FLOOR, Usual, Waited, usual


def test_below_the_floor_there_is_no_usual_wait() -> None:
    assert usual([Waited(60.0, answered=True)] * (FLOOR - 1)) is None


def test_asks_that_wait_still_lengthen_the_usual_wait() -> None:
    answered = [Waited(float(i), answered=True) for i in range(1, 21)]
    assert usual(answered) == Usual(2.0, 10.0, 18.0, 20)
    waiting = [Waited(100.0, answered=False)] * 20
    assert usual([*waiting, *answered]) == Usual(4.0, 20.0, None, 40)


def test_only_the_latest_hundred_count() -> None:
    old = [Waited(1.0, answered=True)] * 500
    found = usual([*old, *[Waited(9.0, answered=True)] * 100])
    assert found == Usual(9.0, 9.0, 9.0, 100)


def helps(rows: list[tuple[float, int, int, str]]) -> Helps:
    day, actor, asker, topic = zip(*rows, strict=True)
    return Helps(np.array(day), np.array(actor), np.array(asker), [(each,) for each in topic])


def test_help_in_the_topic_outweighs_help_elsewhere_and_nobody_is_to_ask_themself() -> None:
    history = History(helps([(0.0, 1, 0, "a"), (1.0, 2, 0, "b"), (1.0, 2, 3, "b"), (2.0, 0, 1, "a")]), 4)
    history.take(4)
    found = history.evidence(3, ("a",), 3.0)
    score = found.score(history.elsewhere)
    assert score[3] == 0.0
    assert history.elsewhere == ELSEWHERE[0]
    assert history.evidence(0, ("a",), 3.0).score(0.02)[0] == 0.0
    assert rank(score, {1}) <= 3.0
    assert score[0] > score[1] > 0.0


def test_the_past_chooses_how_much_help_elsewhere_counts() -> None:
    rows = [(float(i), 1, 0, f"topic {i}") for i in range(60)] + [(59.5, 2, 3, "topic 100")]
    history = History(helps(rows), 4)
    history.take(len(rows))
    for _ in range(40):
        history.learn(history.evidence(3, ("topic 100",), 60.0), {1})
    assert history.elsewhere > ELSEWHERE[0]


@pytest.mark.parametrize("helpers", [set(), {3}])
def test_who_was_never_seen_to_help_has_no_rank(helpers: set[int]) -> None:
    history = History(helps([(0.0, 1, 0, "a")]), 4)
    history.take(1)
    assert rank(history.evidence(2, ("a",), 1.0).score(1.0), helpers) == np.inf
