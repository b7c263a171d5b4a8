"""Shares of acts that stand in conversations, which are no independent draws."""

from math import sqrt
from typing import NamedTuple

FLOOR = 10
"""Conversations below which there is no number."""

_Z = 1.6448536269514722  # 90 %, both sides


class Counted(NamedTuple):
    """Sums over conversations i, each with n_i acts of which k_i are such: how many, Σn, Σk, Σk², Σkn, Σn²."""

    conversations: int
    acts: int
    such: int
    such_squared: int
    such_by_acts: int
    acts_squared: int


class Interval(NamedTuple):
    """A share and its 90 % interval."""

    share: float
    low: float
    high: float


def interval(counted: Counted) -> Interval | None:
    """Return the share Σk/Σn and Wilson's 90 % interval; None below FLOOR conversations.

    Acts of one conversation resemble each other, so that n acts count as n/d: d is the design effect of conversations
    as clusters (Kish 1965), at least 1.
    """
    many, acts = counted.conversations, counted.acts
    if many < FLOOR:
        return None
    share = counted.such / acts
    spread = counted.such_squared - 2 * share * counted.such_by_acts + share**2 * counted.acts_squared
    variance = acts * share * (1 - share)
    design = max(1.0, spread * many / (many - 1) / variance) if variance > 0 else 1.0
    return _wilson(share, acts / design)


def each(conversations: int, such: int) -> Counted:
    """Return the sums of conversations that count once each."""
    return Counted(conversations, conversations, such, such, such, conversations)


def _wilson(share: float, n: float) -> Interval:
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return Interval(share, min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half)))
