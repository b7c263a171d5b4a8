"""What an interaction is, in words."""

import re
from datetime import date, timedelta
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from kith.cli.sources import _fate
from kith.connectors import InteractionKind
from kith.domain.communities import health
from kith.domain.maps.community import summary
from kith.domain.maps.history_svg import Week, history_svg
from kith.domain.sentences import DEEDS, sentence
from kith.domain.strength.explanation import _why
from kith.store.sources import Removal

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


FEW = st.integers(0, 3)
SHARES = st.none() | st.sampled_from([0.0, 0.5, 1.0])
MANY_OF_ONE = re.compile(
    r"(?<![\d,.%])1 (?:\w+s|people)\b|(?<![\d,.%])(?:0|[2-9]) (?:person|tie|week|interaction|claim|question)\b"
)


@given(FEW, FEW, FEW, st.integers(1, 3), SHARES, SHARES)
def test_one_is_one_and_more_are_many(
    one: int, other: int, third: int, people: int, share: float | None, kept: float | None
) -> None:
    """In whatever counts something, none included."""
    of_all = health.Health(people, share, kept, one, kept, other, share, kept, one / people if one else None)
    weeks = [Week(date(2026, 1, 5) + timedelta(weeks=week), 1.0, 0.0, share) for week in range(one)]
    said = (
        health.sentence(of_all),
        summary(people, other, [("core", people)]),
        _fate(Removal(one, other, third, 0, one)),
        _why(one > 1, one, 90),
        re.sub("<[^>]*>", " ", history_svg("Ada", "Bo", weeks)),
    )
    for each in said:
        assert not MANY_OF_ONE.search(each), each
