"""What an interaction is, in words."""

from datetime import date
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from kith.connectors import InteractionKind
from kith.domain.sentences import DEEDS, sentence

NAMES = st.one_of(st.none(), st.text(min_size=1))


def test_every_kind_has_words() -> None:
    assert set(DEEDS) == set(get_args(InteractionKind))


def test_a_sentence_says_who_did_what_towards_whom_where_and_when() -> None:
    day = date(2026, 5, 4)
    assert sentence("review", "Ada", ["Bo"], "core", day, "docs: a typo") == (
        "Ada reviewed work of Bo in core on 4 May 2026: “docs: a typo”."
    )
    assert sentence("post", None, [], None, day, None) == "Someone without a name posted on 4 May 2026."
    assert sentence("thank", "Ada", ["Bo", None], None, day, None) == (
        "Ada thanked Bo and someone without a name on 4 May 2026."
    )
    assert sentence("copy", "Ada", ["Bo", "Cyd", "Dan", "Eve", "Bo"], "x", day, "") == (
        "Ada copied in Bo, Cyd, Dan and 1 more in x on 4 May 2026."
    )


@given(st.sampled_from(sorted(DEEDS)), NAMES, st.lists(NAMES, max_size=6), NAMES, st.dates(), NAMES)
def test_whatever_happened_has_a_sentence(
    kind: str, actor: str | None, targets: list[str | None], channel: str | None, day: date, title: str | None
) -> None:
    said = sentence(kind, actor, targets, channel, day, title)
    assert said.endswith(".")
    assert str(day.year) in said
    assert (actor or "Someone") in said
