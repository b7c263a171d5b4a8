"""How much an act gives to each whom it addresses."""

from math import sqrt

WHOLE = 1000
"""The weight of one ordinary interaction: weights are thousandths."""


def weight(addressed: int) -> int:
    """Return what an act towards so many gives to each, in thousandths: to one a whole, to many little."""
    return round(WHOLE / sqrt(addressed))
