"""How long asks of a place usually wait for a first answer (Kaplan and Meier 1958)."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

LATEST = 100
"""Asks of a place that are looked at, the latest."""
FLOOR = 20
"""Asks below which a place says nothing, and the next larger one is asked."""


class Waited(NamedTuple):
    """How long an ask waited, in seconds, and whether it was answered then; if not, it waits still."""

    seconds: float
    answered: bool


class Usual(msgspec.Struct, frozen=True):
    """The usual wait in seconds; None where so many were never answered that there is no such time.

    ``low`` and ``high`` hold 80 %; an ask older than ``high`` is overdue.
    """

    low: float | None
    median: float | None
    high: float | None
    asks: int


def usual(waits: Sequence[Waited]) -> Usual | None:
    """Return the usual wait of the latest asks, which stand last; None below the floor.

    Those that wait still count as still waiting, so that they lengthen the wait and do not fall out.
    """
    latest = waits[-LATEST:]
    if len(latest) < FLOOR:
        return None
    seconds = np.array([wait.seconds for wait in latest])
    answered = np.array([wait.answered for wait in latest])
    order = np.lexsort((~answered, seconds))  # an answer comes before the end of watching at the same moment
    seconds, answered = seconds[order], answered[order]
    at_risk = np.arange(len(seconds), 0, -1)
    waiting = np.cumprod(np.where(answered, 1.0 - 1.0 / at_risk, 1.0))

    def reached(share: float) -> float | None:
        below = np.flatnonzero(waiting <= share + 1e-9)
        return float(seconds[below[0]]) if len(below) else None

    return Usual(reached(0.9), reached(0.5), reached(0.1), len(latest))
