"""Intervals of shares: as Wilson's for independent acts, and wider where acts of a conversation are alike."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kith.domain.dialogue.shares import FLOOR, Counted, each, interval

Z = 1.6449  # 90 %, both sides


def counted(conversations: list[tuple[int, int]]) -> Counted:
    """Return the sums over conversations, each with so many acts of which so many are such."""
    return Counted(
        len(conversations),
        sum(n for n, _ in conversations),
        sum(k for _, k in conversations),
        sum(k * k for _, k in conversations),
        sum(n * k for n, k in conversations),
        sum(n * n for n, _ in conversations),
    )


def test_ten_conversations_that_count_once_each_count_as_nine() -> None:
    """Wilson's interval of .8 and n = 9, worked out by hand: their spread has one degree of freedom less."""
    assert interval(each(10, 8)) == pytest.approx((0.8, 0.5262, 0.9351), abs=1e-4)
    assert interval(each(FLOOR - 1, 8)) is None


def test_acts_of_conversations_that_are_all_or_nothing_count_no_more_than_these() -> None:
    assert interval(counted([(10, 10)] * 8 + [(10, 0)] * 2)) == pytest.approx(interval(each(10, 8)))


@given(st.lists(st.integers(1, 50).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), min_size=FLOOR))
def test_an_interval_holds_its_share_and_all_that_independent_acts_do_not_exclude(
    conversations: list[tuple[int, int]],
) -> None:
    sums = counted(conversations)
    found = interval(sums)
    assert found
    assert 0 <= found.low <= found.share <= found.high <= 1
    for end in (found.low, found.high):
        assert abs(end - found.share) >= Z * sqrt(end * (1 - end) / sums.acts) - 1e-4
