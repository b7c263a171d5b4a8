"""What contact says of each pair on one day: the sums that features, words and explanations are made of."""

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from kith.domain.strength.circles import Circles, overlap
from kith.domain.strength.contact import Activity, Contacts, Integers, Reals, changes, combined, counts, totals
from kith.domain.weights import WHOLE

ANSWER_DAYS = 7
"""A contact counts as answered when the other side contacts back within so many days."""
BLOCK_DAYS = 30
"""Regularity counts blocks of so many days with any contact."""

_OLDEST = 1 << 15


@dataclass(frozen=True, slots=True)
class People:
    """By number of person: days since the last act, and decayed active days and acts, as in ``Tally``."""

    idle: Integers
    days_30: Reals
    days_90: Reals
    acts_90: Reals


@dataclass(frozen=True, slots=True)
class Tally:
    """One row per pair with contact, sorted by ``a`` and ``b``, where ``a < b``; ages in days.

    Decayed sums halve with the half-life in days that their name ends in; days and weights in them count by the best
    class of their acts. ``sent`` is from ``a`` to ``b``, ``received`` the other way; ``quieter`` and ``busier`` is the
    less and the more active of the two.
    """

    a: Integers
    b: Integers
    first: Integers
    last: Integers
    silence: Integers
    days: Integers
    sent: Integers
    received: Integers
    contexts: Integers
    days_7: Reals
    days_30: Reals
    days_365: Reals
    sent_90: Reals
    received_90: Reals
    answered_365: Reals
    blocks_365: Reals
    contact_90: Reals
    quieter_acts_90: Reals
    quieter_idle: Integers
    busier_idle: Integers
    quieter_days_30: Reals
    busier_days_30: Reals
    quieter_days_90: Reals
    busier_days_90: Reals
    shared: Integers
    either: Integers

    def __len__(self) -> int:
        return len(self.a)

    def rows(self, keep: NDArray[np.bool_] | Integers) -> Self:
        """Return the chosen pairs."""
        return type(self)(*(getattr(self, field.name)[keep] for field in fields(self)))


def tally(contacts: Contacts, activity: Activity | People, now: int, circles: Circles | None = None) -> Tally:
    """Sum up every pair of ``contacts`` as of day ``now``; later rows do not count.

    Activity may be summed up already, for the same day. A single pair may be asked for by giving its rows alone, the
    activity of the two and their ``circles``; the sums are then bit by bit those of the whole network.
    """
    contacts = contacts.until(now)
    low, high = np.minimum(contacts.source, contacts.target), np.maximum(contacts.source, contacts.target)
    starts = np.flatnonzero(changes(low, high))
    a, b = low[starts], high[starts]
    pairs = len(starts)
    pair = np.repeat(np.arange(pairs), np.diff(starts, append=len(low)))
    ends = np.append(starts[1:], len(low)) - 1 if pairs else starts
    age = now - contacts.day
    amount: Reals = contacts.weight / WHOLE
    forth = contacts.source == low
    fresh_day = changes(pair, contacts.day)
    turns = np.flatnonzero(changes(pair, contacts.day, contacts.source))
    answered = _answered(pair[turns], contacts.day[turns], forth[turns])
    blocks = np.flatnonzero(changes(pair, contacts.day // BLOCK_DAYS))
    last_of_blocks = np.append(blocks[1:], len(pair)) - 1 if pairs else blocks

    def total(values: NDArray[np.floating[Any]], rows: NDArray[np.bool_] | Integers | slice = slice(None)) -> Reals:
        return totals(pair[rows], values[rows], pairs)

    def best(starts: Integers) -> Reals:
        worth: Reals = (np.maximum.reduceat(contacts.worth, starts) if len(starts) else starts) / WHOLE
        return worth

    days, day_worth = np.flatnonzero(fresh_day), best(np.flatnonzero(fresh_day))

    def halved(days: int) -> Reals:
        return _halving(days)[np.minimum(age, _OLDEST)]

    amount_90: Reals = amount * halved(90)
    year = halved(365)
    person = activity if isinstance(activity, People) else people(activity, now, length=int(b.max(initial=-1)) + 1)
    circles = circles if circles is not None else overlap(a, b)
    return Tally(
        a=a,
        b=b,
        first=contacts.day[starts],
        last=contacts.day[ends],
        silence=age[ends],
        days=counts(pair[fresh_day], pairs),
        sent=total(contacts.count * 1.0, forth).astype(np.int64),
        received=total(contacts.count * 1.0, ~forth).astype(np.int64),
        contexts=_distinct(pair, contacts.context, pairs),
        days_7=totals(pair[days], halved(7)[days] * day_worth, pairs),
        days_30=totals(pair[days], halved(30)[days] * day_worth, pairs),
        days_365=totals(pair[days], year[days] * day_worth, pairs),
        sent_90=total(amount_90, forth),
        received_90=total(amount_90, ~forth),
        answered_365=totals(pair[turns[answered]], (year[turns] * best(turns))[answered], pairs),
        blocks_365=totals(pair[blocks], year[last_of_blocks] * best(blocks), pairs),
        contact_90=total(contacts.amount / WHOLE * halved(90)),
        quieter_acts_90=np.minimum(person.acts_90[a], person.acts_90[b]),
        quieter_idle=np.maximum(person.idle[a], person.idle[b]),
        busier_idle=np.minimum(person.idle[a], person.idle[b]),
        quieter_days_30=np.minimum(person.days_30[a], person.days_30[b]),
        busier_days_30=np.maximum(person.days_30[a], person.days_30[b]),
        quieter_days_90=np.minimum(person.days_90[a], person.days_90[b]),
        busier_days_90=np.maximum(person.days_90[a], person.days_90[b]),
        shared=circles.shared,
        either=circles.either,
    )


@cache
def _halving(days: int) -> Reals:
    # A table, since a power taken of one number and of a long array may differ in the last bit.
    return np.array([2.0 ** (-age / days) for age in range(_OLDEST + 1)])


def _answered(pair: Integers, day: Integers, forth: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether a turn (a pair's day in one direction) is followed by one in the other within ``ANSWER_DAYS``."""
    count = len(pair)
    place = np.arange(count)
    next_forth = np.minimum.accumulate(np.where(forth, place, count)[::-1])[::-1]
    next_back = np.minimum.accumulate(np.where(forth, count, place)[::-1])[::-1]
    other = np.where(forth, next_back, next_forth)
    found = np.minimum(other, count - 1)
    later: NDArray[np.bool_] = (other < count) & (pair[found] == pair) & (day[found] - day <= ANSWER_DAYS)
    same_day = np.zeros(count, dtype=np.bool_)
    same_day[1:] = (pair[1:] == pair[:-1]) & (day[1:] == day[:-1])
    return later | same_day


def _distinct(pair: Integers, context: Integers, pairs: int) -> Integers:
    places = int(np.ptp(context)) + 1 if len(context) else 1
    return counts(np.unique(combined(pair, context)) // places, pairs)


def people(activity: Activity, now: int, length: int) -> People:
    """Sum up what each person did up to and including day ``now``, for at least ``length`` people."""
    activity = activity.until(now)
    length = max(length, int(activity.person.max(initial=-1)) + 1)
    age = np.minimum(now - activity.day, _OLDEST)
    idle = np.full(length, _OLDEST, dtype=np.int64)
    idle[activity.person] = age  # rows are sorted by day: the last one stays
    month, quarter = _halving(30)[age], _halving(90)[age]
    return People(
        idle=idle,
        days_30=totals(activity.person, month, length),
        days_90=totals(activity.person, quarter, length),
        acts_90=totals(activity.person, quarter * activity.count, length),
    )
