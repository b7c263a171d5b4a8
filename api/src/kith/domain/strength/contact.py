"""Contact by day in memory: integers only, so sums are exact and do not depend on the order of rows."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kith.domain.classes import CLASSES, HANDLING, KINDS, ORDER
from kith.domain.weights import WHOLE

Integers = NDArray[np.int64]
Reals = NDArray[np.float64]

_WORTH: Integers = np.array([CLASSES[KINDS[kind].name].weight for kind in ORDER], dtype=np.int64)
_HANDLING = np.array([kind in HANDLING for kind in ORDER])


@dataclass(frozen=True, slots=True)
class Contacts:
    """Directed contact, one row per source, target, day and context, sorted by pair, day, direction and context.

    ``source`` and ``target`` are numbers of people, ``day`` counts from any fixed date, ``context`` numbers the
    places of contact, ``count`` is a number of interactions, ``amount`` their summed weight in thousandths, ``weight``
    the same by their classes, and ``worth`` the weight of the best class among them, a whole where they conversed.
    """

    source: Integers
    target: Integers
    day: Integers
    context: Integers
    count: Integers
    amount: Integers
    weight: Integers
    worth: Integers

    @classmethod
    def of(
        cls,
        source: ArrayLike,
        target: ArrayLike,
        day: ArrayLike,
        context: ArrayLike | None = None,
        count: ArrayLike | None = None,
        weight: ArrayLike | None = None,
        kind: ArrayLike | None = None,
    ) -> Self:
        """Sort rows, add up equal ones and leave out contact of people with themselves.

        ``kind`` numbers ``classes.ORDER``; without it all is talk. Of several kinds of handling in one place on one day
        the most frequent counts: they are the same acts told twice.

        Raises:
            ValueError: a count or weight is negative, or the columns differ in length.
        """
        sources = np.asarray(source, dtype=np.int64)
        ones = np.ones_like(sources)
        counts = ones if count is None else np.asarray(count, dtype=np.int64)
        weights = counts * WHOLE if weight is None else np.asarray(weight, dtype=np.int64)
        contexts = ones * 0 if context is None else np.asarray(context, dtype=np.int64)
        kinds = ones * 0 if kind is None else np.asarray(kind, dtype=np.int64)
        columns = [
            sources,
            np.asarray(target, dtype=np.int64),
            np.asarray(day, dtype=np.int64),
            contexts,
            kinds,
            counts,
            weights,
        ]
        if len({column.shape for column in columns}) > 1:
            raise ValueError("columns must have one length")
        if len(sources) and min(counts.min(), weights.min()) < 0:
            raise ValueError("counts and weights of contact are never negative")
        keep = (columns[0] != columns[1]) & (counts > 0)
        return cls(*_summed([column[keep] for column in columns]))

    def until(self, now: int) -> Self:
        """Return the rows up to and including day ``now``."""
        return self if not len(self.day) or self.day.max() <= now else self.rows(self.day <= now)

    def rows(self, keep: NDArray[np.bool_] | Integers) -> Self:
        """Return the chosen rows, which must keep their order."""
        return type(self)(
            self.source[keep],
            self.target[keep],
            self.day[keep],
            self.context[keep],
            self.count[keep],
            self.amount[keep],
            self.weight[keep],
            self.worth[keep],
        )

    @property
    def conversations(self) -> Self:
        """The rows in which the two conversed, by word or by help."""
        return self.rows(self.worth == WHOLE)


@dataclass(frozen=True, slots=True)
class Activity:
    """The days on which a person did or received anything, sorted by person and day; ``count`` says how much."""

    person: Integers
    day: Integers
    count: Integers

    @classmethod
    def of(cls, person: ArrayLike, day: ArrayLike, count: ArrayLike) -> Self:
        """Sort rows and add up equal ones; days without anything are left out."""
        people, days, counts = (np.asarray(column, dtype=np.int64) for column in (person, day, count))
        keep = counts > 0
        people, days, counts = people[keep], days[keep], counts[keep]
        order = np.argsort(combined(people, days), kind="stable")
        people, days, counts = people[order], days[order], counts[order]
        starts = np.flatnonzero(changes(people, days))
        return cls(people[starts], days[starts], _sums(counts, starts))

    @classmethod
    def from_contacts(cls, contacts: Contacts) -> Self:
        """Return what is known of people from their contacts alone."""
        return cls.of(
            np.concatenate([contacts.source, contacts.target]),
            np.concatenate([contacts.day, contacts.day]),
            np.concatenate([contacts.count, contacts.count]),
        )

    def until(self, now: int) -> Self:
        """Return the rows up to and including day ``now``."""
        return self if not len(self.day) or self.day.max() <= now else self.rows(self.day <= now)

    def rows(self, keep: NDArray[np.bool_]) -> Self:
        """Return the chosen rows."""
        return type(self)(self.person[keep], self.day[keep], self.count[keep])


def combined(*columns: NDArray[np.integer[Any]] | NDArray[np.bool_]) -> Integers:
    """Return one number per row that sorts as the columns do in turn; their ranges multiply up to 2**63 at most."""
    key = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        low, high = (int(column.min()), int(column.max())) if len(column) else (0, 0)
        key = key * (high - low + 1) + (column - low)
    return key


def changes(*columns: Integers) -> NDArray[np.bool_]:
    """Return where a sorted table begins a new combination of ``columns``."""
    first = np.zeros(len(columns[0]), dtype=np.bool_)
    first[:1] = True
    for column in columns:
        first[1:] |= column[1:] != column[:-1]
    return first


def _summed(columns: list[Integers]) -> list[Integers]:
    source, target, day, context, kind, count, weight = columns
    low, high = np.minimum(source, target), np.maximum(source, target)
    order = np.lexsort((combined(day, source != low, context, kind), combined(low, high)))
    source, target, day, context, kind = (column[order] for column in (source, target, day, context, kind))
    starts = np.flatnonzero(changes(source, target, day, context, kind))
    keys = [column[starts] for column in (source, target, day, context)]
    count, amount = _sums(count[order], starts), _sums(weight[order], starts)
    worth = _WORTH[kind[starts]]
    if _HANDLING[kind[starts]].any():
        count, amount = _told_once(keys, kind[starts], count, amount)
    places = np.flatnonzero(changes(*keys))
    best = np.maximum.reduceat(worth, places) if len(places) else worth
    sums = (_sums(column, places) for column in (count, amount, amount * worth // WHOLE))
    return [*(column[places] for column in keys), *sums, best]


def _told_once(keys: list[Integers], kind: Integers, count: Integers, weight: Integers) -> tuple[Integers, Integers]:
    """Let of several kinds of handling in one place on one day only the most frequent count."""
    handled = np.flatnonzero(_HANDLING[kind])
    places = np.cumsum(changes(*(column[handled] for column in keys))) - 1
    count, weight = count.copy(), weight.copy()
    for values in (count, weight):
        most = np.zeros(int(places.max(initial=-1)) + 1, np.int64)
        np.maximum.at(most, places, values[handled])
        values[handled] = 0
        first = np.unique(places, return_index=True)[1]
        values[handled[first]] = most
    return count, weight


def _sums(values: Integers, starts: Integers) -> Integers:
    return np.add.reduceat(values, starts) if len(starts) else values[:0]


def totals(index: Integers, values: NDArray[np.floating[Any]], length: int) -> Reals:
    """Add up ``values`` per index, each in the order of rows: the same bits whatever else is in the table."""
    return np.bincount(index, weights=values, minlength=length).astype(np.float64, copy=False)


def counts(index: Integers, length: int) -> Integers:
    """Count the rows per index."""
    return np.bincount(index, minlength=length).astype(np.int64, copy=False)
