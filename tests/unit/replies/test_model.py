"""Which line answers which, in a room without reply pointers."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.domain.replies.lines import CONTEXT, NONE, Line, read
from kith.domain.replies.model import conversations, links, shipped, unanswered
from kith.domain.replies.said import BEFORE

TALK = [
    ("ann", 0, "how do I mount a usb stick?"),
    ("bob", 20, "has anyone tried the new kernel?"),
    ("cid", 40, "ann: plug it in, it mounts by itself"),
    ("ann", 70, "cid: nothing happens"),
    ("cid", 90, "ann: then look at dmesg"),
    ("ann", 120, "thanks"),
]


def lines(talk: list[tuple[str, int, str]]) -> list[Line]:
    actors = {name: i for i, name in enumerate(dict.fromkeys(name for name, _, _ in talk))}
    return [Line(actors[name], float(at), text, name) for name, at, text in talk]


def test_a_short_talk_is_linked_as_a_reader_would() -> None:
    found = links(shipped().chances(read(lines(TALK)), 0), 0)
    assert [link.answers for link in found] == [None, None, 0, 2, 3, 4]
    assert all(0 < link.chance <= 1 for link in found)


def test_chances_of_a_line_add_up_to_one_and_its_parts_to_its_log_odds() -> None:
    said, model = read(lines(TALK)), shipped()
    chances = model.chances(said, 0)
    assert chances.sum(1) == pytest.approx(np.ones(len(TALK)))
    assert (chances[0, :BEFORE] == 0).all()
    odds = {answers: math.fsum(part.weight for part in model.why(said, 4, answers)) for answers in (None, 0, 1, 2, 3)}
    total = sum(math.exp(odds_of) for odds_of in odds.values())
    assert math.exp(odds[3]) / total == pytest.approx(chances[4, 0], abs=1e-6)
    assert math.exp(odds[None]) / total == pytest.approx(chances[4, BEFORE], abs=1e-6)


def test_a_question_stays_open_by_the_product_of_all_chances() -> None:
    said = read(lines(TALK))
    chances = shipped().chances(said, 0)
    nobody = unanswered(chances, said.actor.tolist())
    assert nobody[0] < 0.2 < 0.8 < nobody[1]
    by_hand = math.prod(1 - chances[line, line - 1] for line in range(1, 6) if said.actor[line] != said.actor[0])
    assert nobody[0] == pytest.approx(by_hand)


def test_lines_that_are_tied_are_one_conversation() -> None:
    assert conversations(shipped().chances(read(lines(TALK)), 0), 0) == [0, 1, 0, 0, 0, 0]


def test_names_are_found_whatever_their_case_and_marks_and_nobody_names_themself() -> None:
    said = read(lines([("Ann", 0, "hi"), ("bob", 1, "@ann, hello"), ("bob", 2, "ANN: bob?"), ("cid", 3, "zoe: hello")]))
    assert said.named[:, 0].tolist() == [NONE, 0, 0, NONE]
    assert said.to.tolist() == [NONE, 0, 0, NONE]
    assert said.stranger.tolist() == [False, False, False, True]


WORDS = st.sampled_from(["ann:", "bob,", "cid", "why?", "thanks", "yes", "kernel", "mount", "the", "hello", "?"])
SPOKEN = st.tuples(
    st.sampled_from(["ann", "bob", "cid", "dan"]), st.integers(0, 400), st.lists(WORDS, max_size=6).map(" ".join)
)


@settings(max_examples=5, deadline=None)
@given(st.lists(SPOKEN, min_size=CONTEXT + 30, max_size=CONTEXT + 60))
def test_chances_depend_on_nothing_that_is_further_back_than_the_context(talk: list[tuple[str, int, str]]) -> None:
    said = [line._replace(at=60.0 * i) for i, line in enumerate(lines(talk))]
    names = {line.name: line.actor for line in said}
    first = len(said) - CONTEXT - 3
    whole = shipped().chances(read(said), CONTEXT + first)
    part = shipped().chances(read([line._replace(actor=names[line.name]) for line in said[first:]]), CONTEXT)
    assert (whole == part).all()


@pytest.mark.timeout(20)
def test_lines_of_a_million_characters_take_bounded_time() -> None:
    texts = ["a" * 1_000_000, "a: " * 300_000, "?" * 1_000_000, "", "漢" * 1_000_000]
    said = read([Line(i % 2, float(i), text, f"n{i % 2}") for i, text in enumerate(texts)])
    assert shipped().chances(said, 0).shape == (len(texts), BEFORE + 1)
