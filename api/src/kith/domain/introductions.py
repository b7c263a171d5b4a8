"""Who can introduce one person to another: paths of ties in which both sides are in touch lately.

The weaker side of a tie and the best-connected person are bad guides: on mail of a firm, the person in balanced contact
with both sides was the one who made the introduction most often (``kith evaluate introducers``).
"""

from collections.abc import Sequence

HALVED_DAYS = 90.0
"""In which the contact that a path rests on counts half."""

MOST_HOPS = 3
FURTHER = 0.7
"""How much of its worth a path keeps with each hop beyond two; chosen, not measured."""


def decayed(contact: float, days: float) -> float:
    """Return what contact counts so many days later."""
    return float(contact * 0.5 ** (days / HALVED_DAYS))


def worth(hops: Sequence[float]) -> float:
    """Return what a path is worth: the geometric mean of the two-way contact of its hops, less with each beyond two."""
    product = 1.0
    for hop in hops:
        product *= hop
    return float(product ** (1 / len(hops)) * FURTHER ** max(len(hops) - 2, 0))
