"""Asks of many texts at once: the same as those of each text by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kith.domain.asks.judging import shipped_judge
from kith.domain.asks.model import SHOWN, shipped
from kith.domain.asks.parts import OPENERS

_WORDS = (
    *sorted(OPENERS), "please", "let me know", "I'd like", "we’d", "you", "the", "report", "lädt", "Größe", "Σίσυφος;",
    "質問。", "42", "x²", "_", "!!", "?", "¿", "a.b", "`a`", "> quoted\n", "\n-- \n", "https://example.org/?", "<pre>",
)  # fmt: skip
_SAID = st.lists(st.sampled_from(_WORDS) | st.text(max_size=5), max_size=25).flatmap(
    lambda words: st.sampled_from([" ", "  ", "\n", ". ", "? ", ""]).map(lambda between: between.join(words))
)


@given(texts=st.lists(_SAID, max_size=6))
def test_many_texts_are_judged_as_each_by_itself(texts: list[str]) -> None:
    found = shipped_judge().asks(texts)
    for text, ask in zip(texts, found, strict=True):
        alone = shipped().ask(text)
        assert (ask is not None) == (alone is not None and alone.chance >= SHOWN)
        if ask and alone:
            assert (ask.sentence, ask.learnt) == (alone.sentence, alone.learnt)
            assert ask.chance == pytest.approx(alone.chance, abs=1e-9)


@pytest.mark.timeout(10)
def test_texts_without_an_end_take_bounded_time() -> None:
    said = ["a" * 1_000_000, "? " * 500_000, "a." * 500_000, "why? " * 200_000, "漢字" * 500_000, "<" * 1_000_000]
    assert len(shipped_judge().asks(said)) == len(said)
