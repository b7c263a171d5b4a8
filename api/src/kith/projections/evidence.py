"""What the strength of one pair is made of, on any day, as it is known now or was known at any moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray

from kith.domain.classes import numbered
from kith.domain.days import EPOCH, day_of
from kith.domain.ids import NOWHERE
from kith.domain.strength.circles import Circles
from kith.domain.strength.contact import Activity, Contacts, Integers
from kith.domain.strength.explanation import Evidence
from kith.domain.weights import weight as weight_of
from kith.projections import ledger
from kith.store import evidence, reach
from kith.store.db import Db, is_narrow, whole
from kith.store.evidence import Contact, Days
from kith.store.interactions import Interaction

_EVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Tie:
    """Two people, numbered 0 and 1 in the order of their ids, and what is known of their contact.

    told: contact by kind, of which ``contacts`` counts each act once. channels: what the contexts of contact are.
    until: the last day on which a source that sees the two was read, None where that is not known. acquainted: the
    days, sorted, on which the first, the second, and both of them, got to know another. hidden: the rows of contact
    with acts that the reader does not see: side that acted, day, place among the channels.
    """

    identities: tuple[frozenset[UUID], frozenset[UUID]]
    told: Sequence[Contact]
    contacts: Contacts
    activity: Activity
    channels: list[UUID]
    until: int | None
    acquainted: tuple[Integers, Integers, Integers]
    hidden: frozenset[tuple[int, int, int]]

    def visible(self, contacts: Contacts) -> NDArray[np.bool_]:
        """Mark the rows of contact whose acts the reader sees."""
        rows = zip(contacts.source.tolist(), contacts.day.tolist(), contacts.context.tolist(), strict=True)
        return np.array([row not in self.hidden for row in rows], np.bool_)

    def as_of(self, day: int) -> int:
        """Return the day that can be spoken of when this day is asked for: silence that nobody read is no silence."""
        return day if self.until is None else min(day, int(self.contacts.day.max(initial=self.until)))

    def on(self, day: int) -> Evidence:
        """Return the evidence that there was up to and including the day."""
        one, other, both = (int(np.searchsorted(days, day, side="right")) for days in self.acquainted)
        circles = Circles(np.array([both]), np.array([one + other - both]))
        return Evidence(self.contacts.until(day), self.activity.until(day), circles)

    def without(self, found: Evidence, act: Interaction) -> Evidence:
        """Leave out one interaction."""
        targets = [id_ for id_ in act.target_ids if id_ != act.actor_id]
        day, weight = day_of(act.occurred_at), weight_of(len(targets))
        actor, sides = self._side(act.actor_id), [self._side(id_) for id_ in targets]
        moved = [side for side in (actor, *sides) if side is not None]
        n = sides.count(1 - actor) if actor is not None else 0
        less = Contact(actor == 0, EPOCH + timedelta(day), act.channel_id or NOWHERE, act.kind, n, n * weight)
        contacts = _contacts([_fewer(row, less) for row in self.told], self.channels)
        return found.less(contacts, Activity.of(moved, [day] * len(moved), [1] * len(moved)))

    def _side(self, identity_id: UUID) -> int | None:
        return next((side for side, ids in enumerate(self.identities) if identity_id in ids), None)


async def load(
    db: Db,
    workspace_id: UUID,
    person_ids: tuple[UUID, UUID],
    identities: tuple[Sequence[UUID], Sequence[UUID]],
    known_at: datetime | None,
) -> Tie:
    """Return what is known of two people, the lesser id first. known_at: only what kith had learnt by then.

    identities: those that were the two then. Who else was one person is as decided by then, too.
    """
    ones, others = identities
    async with whole(db):
        if known_at is None:
            contacts = await evidence.contacts(db, workspace_id, ones, others)
            activity = await evidence.activity(db, workspace_id, ones, others)
            acquainted = _days(await evidence.acquainted(db, workspace_id, *person_ids))
        else:
            contacts = await evidence.contacts_then(db, workspace_id, ones, others, known_at)
            activity = await evidence.activity_then(db, workspace_id, ones, others, known_at)
            acquainted = await _acquainted_then(db, workspace_id, identities, known_at)
    channels = sorted({row.channel_id for row in contacts})
    return Tie(
        (frozenset(ones), frozenset(others)),
        contacts,
        _contacts(contacts, channels),
        Activity.of(activity.persons, activity.days, activity.counts),
        channels,
        None if (until := await reach.of_channels(db, workspace_id, channels)) is None else day_of(until),
        acquainted,
        await _hidden(db, workspace_id, identities, contacts, channels, known_at) if is_narrow(db) else frozenset(),
    )


async def _hidden(
    db: Db,
    workspace_id: UUID,
    identities: tuple[Sequence[UUID], Sequence[UUID]],
    told: Sequence[Contact],
    channels: Sequence[UUID],
    known_at: datetime | None,
) -> frozenset[tuple[int, int, int]]:
    """Return which rows hold more acts than the reader sees."""
    rows = await evidence.contacts_then(db, workspace_id, *identities, known_at or _EVER)
    seen = {(row.given, row.day, row.channel_id, row.kind): row.count for row in rows}
    return frozenset(
        (0 if row.given else 1, day_of(row.day), channels.index(row.channel_id))
        for row in told
        if seen.get((row.given, row.day, row.channel_id, row.kind), 0) < row.count
    )


def _contacts(told: Sequence[Contact], channels: Sequence[UUID]) -> Contacts:
    place = {id_: number for number, id_ in enumerate(channels)}
    given = [row.given for row in told]
    return Contacts.of(
        [0 if forth else 1 for forth in given],
        [1 if forth else 0 for forth in given],
        [day_of(row.day) for row in told],
        [place[row.channel_id] for row in told],
        [row.count for row in told],
        [row.weight for row in told],
        numbered(row.kind for row in told),
    )


def _fewer(row: Contact, less: Contact) -> Contact:
    """Take what is less from the row that it is of."""
    if (row.given, row.day, row.channel_id, row.kind) != (less.given, less.day, less.channel_id, less.kind):
        return row
    return msgspec.structs.replace(row, count=row.count - less.count, weight=row.weight - less.weight)


async def _acquainted_then(
    db: Db, workspace_id: UUID, identities: tuple[Sequence[UUID], Sequence[UUID]], known_at: datetime
) -> tuple[Integers, Integers, Integers]:
    """Return the days on which the two got to know others, who are put together as was decided then."""
    rows = await evidence.met_then(db, workspace_id, *identities, known_at)
    persons = await ledger.roots_then(db, workspace_id, {row.they for row in rows}, as_of=None, known_at=known_at)
    met: tuple[dict[UUID, date], dict[UUID, date]] = ({}, {})
    for row in rows:
        days, person = met[row.side], persons[row.they]
        days[person] = min(row.first_day, days.get(person, row.first_day))
    one, other = met
    both = [max(one[person], other[person]) for person in one.keys() & other.keys()]
    return _days([sorted(one.values()), sorted(other.values()), sorted(both)])


def _days(row: Sequence[Days]) -> tuple[Integers, Integers, Integers]:
    one, other, both = (np.array([day_of(day) for day in days or ()], np.int64) for days in row)
    return one, other, both
