"""The whole network of a workspace in arrays: who is who, all contact and all activity, each read once.

Memory: 30 bytes for each row of contact_days and 12 for each of identity_days, twice that and a little more while they
are sorted; 60 for each person; and ROWS rows.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from kith.domain.strength.contact import Activity, Contacts, Integers, changes
from kith.domain.strength.tally import People, people
from kith.store import network as store
from kith.store.columns import Columns, short
from kith.store.db import Db

ROWS = 200_000
"""Rows that are worked on at once; each takes 200 bytes meanwhile."""
UNREAD = np.iinfo(np.int32).min


@dataclass(frozen=True)
class Persons:
    """All persons, numbered in the order of their ids, and whose each identity is."""

    ids: NDArray[np.void]
    identities: Integers
    numbers: NDArray[np.int32]

    def of(self, identities: NDArray[Any]) -> NDArray[np.int32]:
        """Return the number of each identity's person; -1 where it has none."""
        if not len(self.identities):
            return np.full(len(identities), -1, np.int32)
        asked = short(identities)
        starts = np.flatnonzero(changes(asked))
        asked = asked[starts]
        place = np.minimum(np.searchsorted(self.identities, asked), len(self.identities) - 1)
        found = np.where(self.identities[place] == asked, self.numbers[place], np.int32(-1))
        return np.repeat(found, np.diff(starts, append=len(identities)))


@dataclass(frozen=True)
class Rows:
    """Rows in the order of their key, a pair or a person, and where each key begins."""

    rows: Columns
    begins: Integers

    @classmethod
    def of(cls, rows: Columns, key: str) -> "Rows":
        rows = rows[np.argsort(rows[key])]
        return cls(rows, np.flatnonzero(changes(rows[key])))

    @property
    def lengths(self) -> Integers:
        return np.diff(self.begins, append=len(self.rows))

    def parts(self) -> Iterator[tuple[slice, Columns]]:
        """Yield some keys at a time, with all their rows: ROWS of them, or of one key alone."""
        start, ends = 0, np.append(self.begins[1:], len(self.rows))
        while start < len(self.begins):
            stop = max(start + 1, int(np.searchsorted(ends, self.begins[start] + ROWS, side="right")))
            yield slice(start, stop), self.rows[self.begins[start] : ends[stop - 1]]
            start = stop

    def combine(self, how: np.ufunc, values: NDArray[Any]) -> NDArray[Any]:
        """Combine the values of each key's rows."""
        return how.reduceat(values, self.begins) if len(values) else values


@dataclass(frozen=True)
class Network:
    """All contact, by pair of persons: the numbers of the two, the lesser first.

    until: by place of contact, the day until which a source that tells of it was read, or UNREAD.
    """

    persons: Persons
    contact: Rows
    until: NDArray[np.int32]

    @property
    def pairs(self) -> tuple[Integers, Integers]:
        return self._two(self.contact.rows["pair"][self.contact.begins])

    def numbers(self, part: slice) -> Integers:
        """Return the number of each pair of a part, rising."""
        found: Integers = self.contact.rows["pair"][self.contact.begins[part]]
        return found

    def number(self, source: Integers, target: Integers) -> Integers:
        """Return the number of the pair that a contact is of."""
        return np.minimum(source, target) * len(self.persons.ids) + np.maximum(source, target)

    def contacts(self, rows: Columns) -> Contacts:
        one, other = self._two(rows["pair"])
        return contacts(one, other, rows)

    def _two(self, pair: Integers) -> tuple[Integers, Integers]:
        one, other = np.divmod(pair, max(len(self.persons.ids), 1))
        return one, other


def contacts(one: Integers, other: Integers, rows: Columns) -> Contacts:
    """Return rows of pairs as contacts; ``given`` says that they go from the one to the other."""
    source, target = np.where(rows["given"], one, other), np.where(rows["given"], other, one)
    return Contacts.of(source, target, rows["day"], rows["context"], rows["count"], rows["weight"], rows["kind"])


async def read_persons(db: Db, workspace_id: UUID) -> Persons:
    rows = await store.persons(db, workspace_id)
    ids = np.empty(int(rows["number"].max(initial=-1)) + 1, "V16")
    ids[rows["number"]] = rows["person"]
    identities = short(rows["identity"])
    order = np.argsort(identities)
    return Persons(ids, identities[order], rows["number"][order])


async def read_contact(db: Db, workspace_id: UUID, persons: Persons) -> Network:
    parts, channels = [np.empty(0, _CONTACT_KEPT)], dict[bytes, int]()

    def keep(rows: Columns) -> None:
        actor, target = persons.of(rows["actor"]), persons.of(rows["target"])
        between = (actor != target) & (actor >= 0) & (target >= 0)
        part = np.empty(int(between.sum()), _CONTACT_KEPT)
        pair = np.minimum(actor, target).astype(np.int64) * len(persons.ids) + np.maximum(actor, target)
        part["pair"], part["given"] = pair[between], (actor < target)[between]
        part["context"] = _numbers(rows["channel"], channels)[between]
        for name in ("day", "kind", "count", "weight"):
            part[name] = rows[name][between]
        parts.append(part)

    await store.each_contact(db, workspace_id, ROWS, keep)
    kept = np.concatenate(parts)
    parts.clear()
    # As with a single pair, places are in the order of their ids.
    rank = np.empty(len(channels), np.int32)
    rank[sorted(range(len(channels)), key=list(channels).__getitem__)] = np.arange(len(channels))
    kept["context"] = rank[kept["context"]]
    until = np.full(len(channels), UNREAD, np.int32)
    for channel_id, day in await store.ends(db, workspace_id):
        if (number := channels.get(channel_id.bytes)) is not None:
            until[rank[number]] = day
    return Network(persons, await asyncio.to_thread(Rows.of, kept, "pair"), until)


async def read_activity(db: Db, persons: Persons, place: str, *values: object) -> Rows:
    """Return what each person did or received, by person. place: the FROM of identity_days, or of rows like these."""
    parts = [np.empty(0, _ACTIVITY_KEPT)]

    def keep(rows: Columns) -> None:
        person = persons.of(rows["identity"])
        known = person >= 0
        part = np.empty(int(known.sum()), _ACTIVITY_KEPT)
        part["person"] = person[known]
        for name in ("day", "count"):
            part[name] = rows[name][known]
        parts.append(part)

    await store.each_activity(db, place, values, ROWS, keep)
    kept = np.concatenate(parts)
    parts.clear()
    return await asyncio.to_thread(Rows.of, kept, "person")


def sum_up(activity: Rows, count: int, day: int) -> People:
    """Sum up what each of so many persons did up to and including the day."""
    everyone = people(Activity.of([], [], []), day, count)
    for _, rows in activity.parts():
        first, last = int(rows["person"][0]), int(rows["person"][-1])
        some = people(Activity.of(rows["person"] - first, rows["day"], rows["count"]), day, last - first + 1)
        for field in fields(People):
            getattr(everyone, field.name)[first : last + 1] = getattr(some, field.name)
    return everyone


def _numbers(ids: NDArray[Any], known: dict[bytes, int]) -> Integers:
    """Number ids in the order in which they are first met."""
    _, first, which = np.unique(short(ids), return_index=True, return_inverse=True)
    return np.array([known.setdefault(ids[at].tobytes(), len(known)) for at in first])[which]


_CONTACT_KEPT = [
    ("pair", "i8"), ("given", "?"), ("day", "i4"), ("context", "i4"), ("kind", "i1"), ("count", "i4"), ("weight", "i8"),
]  # fmt: skip

_ACTIVITY_KEPT = [("person", "i4"), ("day", "i4"), ("count", "i4")]
