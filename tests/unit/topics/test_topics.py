import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.domain.topics.characteristic import characteristic
from kith.domain.topics.terms import npmi, terms, words
from kith.domain.topics.topics import NO_TOPIC, topics

BAKING = ["sourdough", "starter", "rye", "bread", "flour", "yeast", "oven", "crust", "dough", "hydration"]
SAILING = ["jib", "sail", "regatta", "wind", "tiller", "mast", "harbour", "knot", "rudder", "hull"]


def texts_about(subject: list[str], count: int, seed: int) -> list[str]:
    """Texts of four words each, in any order."""
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(subject, 4, replace=False)) for _ in range(count)]


def test_words_leave_out_links_quotes_code_and_grammar() -> None:
    assert words("> quoted\nSee https://x.org, the Node.js `build` of ada@x.org ```secret``` über C++") == [
        "see", "node.js", "build", "über", "c++",
    ]  # fmt: skip


def test_words_that_belong_together_become_a_phrase() -> None:
    found = terms(["merge conflict today", "another merge conflict", "merge conflict again", "today another"])
    assert found[0] == ["merge conflict", "today"]


def test_npmi_is_bounded() -> None:
    assert npmi(0, 5, 5, 10) == -1
    assert npmi(10, 10, 10, 10) == 1
    assert math.isclose(npmi(1, 2, 5, 10), 0, abs_tol=1e-12)


def test_texts_of_two_subjects_make_two_topics() -> None:
    found = topics(texts_about(BAKING, 60, 1) + texts_about(SAILING, 60, 2))
    assert len(found.topics) == 2
    assert len(set(found.of_text[:60])) == len(set(found.of_text[60:])) == 1
    baking = found.topics[found.of_text[0]]
    assert set(baking.terms) <= set(BAKING)
    assert baking.texts == 60


def test_an_area_is_a_term_of_its_texts() -> None:
    found = topics(texts_about(BAKING, 60, 1) + texts_about(SAILING, 60, 2), ["Kitchen"] * 30 + [""] * 90)
    assert "kitchen" in found.topics[found.of_text[0]].terms


def test_few_texts_make_no_topics() -> None:
    found = topics(["hello there", ""])
    assert found.topics == ()
    assert found.of_text.tolist() == [NO_TOPIC, NO_TOPIC]


def test_what_everyone_uses_is_nobodys_own() -> None:
    found = characteristic([{"patch": 10, "rebase": 5}, {"patch": 10, "docs": 5}])
    assert [[name for name, _ in each] for each in found] == [["rebase"], ["docs"]]


@settings(deadline=None)
@given(st.lists(st.text(max_size=60), max_size=12))
def test_any_text_is_understood(texts: list[str]) -> None:
    found = topics(texts)
    assert len(found.of_text) == len(texts)
    assert all(-1 <= topic < len(found.topics) for topic in found.of_text)
