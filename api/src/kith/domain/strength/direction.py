"""Who starts, who answers, how fast, and how the balance moves: one pair, from its contact by day."""

import msgspec
import numpy as np

from kith.domain.strength.contact import Contacts, Integers
from kith.domain.strength.tally import ANSWER_DAYS

PERIOD_DAYS = 90


class Side(msgspec.Struct, frozen=True):
    """What one of the two does towards the other.

    ``started`` counts exchanges started after a week of silence; ``asked`` days on which the other made contact, and
    ``answered`` those followed by contact back within a week; ``days_to_answer`` is the median of these.
    """

    contacts: int
    started: int
    asked: int
    answered: int
    days_to_answer: float | None


class Period(msgspec.Struct, frozen=True):
    """Contact in 90 days up to and including the day ``end``; ``balance`` is the share of ``a``."""

    end: int
    sent: int
    received: int
    balance: float | None


class Direction(msgspec.Struct, frozen=True):
    """``a`` is the person of the smaller number; ``together`` counts exchanges that both began on the same day."""

    a: Side
    b: Side
    together: int
    first: int
    last: int
    days: int
    contexts: list[int]
    balance: list[Period]


def direction(contacts: Contacts, now: int) -> Direction:
    """Describe the contact of one pair up to and including day ``now``.

    Raises:
        ValueError: there is none, or it is of more than one pair.
    """
    rows = contacts.until(now)
    low, high = np.minimum(rows.source, rows.target), np.maximum(rows.source, rows.target)
    if not len(low) or (low != low[0]).any() or (high != high[0]).any():
        raise ValueError("direction is of exactly one pair with contact")
    forth = rows.source == low
    by_a, by_b = np.unique(rows.day[forth]), np.unique(rows.day[~forth])
    days = np.union1d(by_a, by_b)
    starts = days[np.diff(days, prepend=days[0] - ANSWER_DAYS - 1) > ANSWER_DAYS]
    a_starts, b_starts = np.isin(starts, by_a), np.isin(starts, by_b)
    return Direction(
        a=_side(int(rows.count[forth].sum()), int((a_starts & ~b_starts).sum()), by_b, by_a),
        b=_side(int(rows.count[~forth].sum()), int((b_starts & ~a_starts).sum()), by_a, by_b),
        together=int((a_starts & b_starts).sum()),
        first=int(days[0]),
        last=int(days[-1]),
        days=len(days),
        contexts=np.unique(rows.context).tolist(),
        balance=_balance(rows, now),
    )


def _side(contacts: int, started: int, asked: Integers, answers: Integers) -> Side:
    wait = np.append(answers, np.iinfo(np.int64).max)[np.searchsorted(answers, asked)] - asked
    quick = wait[wait <= ANSWER_DAYS]
    return Side(contacts, started, len(asked), len(quick), float(np.median(quick)) if len(quick) else None)


def _balance(rows: Contacts, now: int) -> list[Period]:
    forth = rows.source < rows.target
    period = (now - rows.day) // PERIOD_DAYS
    periods = int(period.max()) + 1
    sent = np.bincount(period[forth], rows.count[forth], periods).astype(int).tolist()
    received = np.bincount(period[~forth], rows.count[~forth], periods).astype(int).tolist()
    return [
        Period(now - i * PERIOD_DAYS, sent[i], received[i], sent[i] / both if (both := sent[i] + received[i]) else None)
        for i in reversed(range(periods))
    ]
