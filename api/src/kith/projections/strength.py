"""The strength of pairs: which model counts, what it reads of each pair, and the weighing of many pairs at once.

Pairs to be weighed stand in the temporary table ``contact_pairs``. The sums that they rest on are whole numbers, added
in one order, so that a pair has the same strength, to the last bit, alone and among millions.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray

from kith.domain.days import EPOCH, day_of
from kith.domain.strength.circles import Circles, overlap, within
from kith.domain.strength.contact import Activity, Contacts, Integers, Reals
from kith.domain.strength.model import Model, shipped, strength
from kith.domain.strength.tally import People, tally
from kith.domain.strength.words import WORDS, words
from kith.projections import network
from kith.projections.network import Network, Persons, Rows
from kith.store import calibration, columns
from kith.store import network as stored_network
from kith.store import strength as store
from kith.store.columns import Columns, short
from kith.store.db import Db

PAIRS = 10_000
"""Pairs whose contact is in memory at once; so is what is known of the activity and the circles of their people."""


async def current_model(db: Db, workspace_id: UUID) -> Model:
    """Return the weights that the workspace's own past has taught, drawn to those shipped; or the shipped ones."""
    model = shipped().model()
    found = await calibration.get_model(db, workspace_id, model.version)
    return model if found is None else msgspec.convert(found, Model)


async def weigh(db: Db, workspace_id: UUID, moment: datetime) -> None:
    """Compute the strengths of wanted_pairs on the day of ``moment``, in batches.

    Each pair's is as of the last day until which a source that sees the two was read.
    """
    model, day = await _prepare(db, workspace_id, moment), day_of(moment)
    await store.find_pairs(db, workspace_id, EPOCH + timedelta(day))
    pairs = await store.pairs(db)
    for start in range(0, len(pairs), PAIRS):
        batch = await _read(db, workspace_id, pairs, start, day)
        await _keep(db, batch.pairs["number"][batch.pairs["first_day"] <= day], *batch.weigh(model, day))


@dataclass(frozen=True)
class _Batch:
    """Some pairs with all that their strength rests on. acquaintances: who knows whom, since which day."""

    pairs: Columns
    rows: Columns
    activity: Activity
    acquaintances: Columns

    def weigh(self, model: Model, day: int) -> tuple[Reals, NDArray[np.int16]]:
        """Return strength and word, a place in WORDS, of the pairs that were in touch up to the day."""
        pairs = self.pairs[self.pairs["first_day"] <= day]
        strengths, said = np.full(len(pairs), np.nan), np.zeros(len(pairs), np.int16)
        as_of = np.minimum(pairs["as_of"], day)
        for now in np.unique(as_of).tolist():
            these = as_of == now
            strengths[these], said[these] = self._weigh(model, pairs[these], now)
        return strengths, said

    def _weigh(self, model: Model, pairs: Columns, now: int) -> tuple[Reals, NDArray[np.int16]]:
        rows = self.rows[np.isin(self.rows["pair"], pairs["number"])]
        place = np.searchsorted(pairs["number"], rows["pair"])
        contacts = network.contacts(pairs["one"][place], pairs["other"][place], rows)
        known = self.acquaintances[self.acquaintances["first_day"] <= now]
        one, other = _integers(pairs["one"]), _integers(pairs["other"])
        circles = within(one, other, _integers(known["person"]), short(known["other"]))
        return _weighed(model, contacts, self.activity, now, circles)


async def _read(db: Db, workspace_id: UUID, pairs: Columns, start: int, day: int) -> _Batch:
    bounds = (start, start + PAIRS)
    rows = await store.contacts(db, workspace_id, *bounds)
    acts = await store.activity(db, workspace_id, *bounds)
    known = await store.acquaintances(db, workspace_id, *bounds, EPOCH + timedelta(day))
    activity = Activity.of(acts["person"], acts["day"], acts["count"])
    return _Batch(pairs[start : start + PAIRS], rows, activity, known)


async def words_on(
    db: Db, workspace_id: UUID, pairs: Sequence[tuple[UUID, UUID]], days: Sequence[int]
) -> list[dict[str, int]]:
    """Count, for each of these days, the words of at most PAIRS pairs: those in touch until then, as it was then.

    Where no source that sees a pair was read until then, the word is that of the last day until which one was.
    """
    await store.want_pairs(db, pairs)
    if not pairs or not days:
        return [{} for _ in days]
    await store.find_pairs(db, workspace_id, EPOCH + timedelta(max(days)))
    model, known = await current_model(db, workspace_id), await store.pairs(db)
    batch = await _read(db, workspace_id, known, 0, max(days))
    return await asyncio.to_thread(lambda: [_said(model, batch, day) for day in days])


def _said(model: Model, batch: "_Batch", day: int) -> dict[str, int]:
    _, said = batch.weigh(model, day)
    return {word: int(count) for word, count in zip(WORDS, np.bincount(said, minlength=len(WORDS)), strict=True)}


async def weigh_all(db: Db, workspace_id: UUID, moment: datetime, known: Network, activity: Rows) -> Columns:
    """Compute the strengths of all pairs with contact, as ``weigh`` does, from the whole network in memory.

    Memory: 200 bytes for each pair, and 32 for each person and day that strengths are of. These days are as many as
    there are days on which the reading of a source ended, at most.
    """
    model, day = await _prepare(db, workspace_id, moment), day_of(moment)
    pairs = await asyncio.to_thread(_find_all_pairs, known, day)
    met = pairs["first_day"] <= day
    days, people = np.unique(pairs["as_of"][met]).tolist(), len(known.persons.ids)
    everyone = {now: await asyncio.to_thread(network.sum_up, activity, people, now) for now in days}
    del activity
    await asyncio.to_thread(_weigh_pairs, model, known, everyone, pairs, met)
    return pairs


async def keep_all(db: Db, persons: Persons, pairs: Columns) -> None:
    """Write what ``weigh_all`` found into the table ``weighed``: both sides of each pair, in the order of their ids."""
    person, other = (np.concatenate([pairs[a], pairs[b]]) for a, b in (("one", "other"), ("other", "one")))
    order = np.argsort(person.astype(np.int64) * len(persons.ids) + other)
    await store.prepare_weighed(db)
    for start in range(0, len(order), _SIDES):
        sides = order[start : start + _SIDES]
        part, forth = pairs[sides % len(pairs)], sides < len(pairs)
        await columns.write(
            db, "weighed",
            person_id=persons.ids[person[sides]], other_id=persons.ids[other[sides]],
            given=np.where(forth, part["given"], part["received"]),
            received=np.where(forth, part["received"], part["given"]),
            **{name: part[name] for name in ("first_day", "last_day", "as_of", "strength", "word")},
        )  # fmt: skip


def _find_all_pairs(known: Network, day: int) -> Columns:
    contact = known.contact
    pairs = np.empty(len(contact.begins), _PAIR)
    pairs["one"], pairs["other"] = known.pairs
    pairs["first_day"], pairs["last_day"] = (
        contact.combine(how, contact.rows["day"]) for how in (np.minimum, np.maximum)
    )
    until = contact.combine(np.maximum, known.until[contact.rows["context"]])
    pairs["as_of"] = np.minimum(np.maximum(pairs["last_day"], np.where(until == network.UNREAD, day, until)), day)
    pairs["strength"], pairs["word"] = np.nan, WORDS.index("unknown")
    return pairs


def _weigh_pairs(
    model: Model, known: Network, everyone: dict[int, People], pairs: Columns, met: NDArray[np.bool_]
) -> None:
    circles, place = _circles(pairs[met]), np.cumsum(met) - 1
    for part, rows in known.contact.parts():
        lengths = known.contact.lengths[part]
        told = known.contacts(rows)
        pair = np.searchsorted(known.numbers(part), known.number(told.source, told.target))
        for name, way in (("given", told.source < told.target), ("received", told.source > told.target)):
            pairs[name][part] = np.bincount(pair, told.count * way, len(lengths))
        for now in np.unique(pairs["as_of"][part][met[part]]).tolist():
            these = met[part] & (pairs["as_of"][part] == now)
            at = place[part][these]
            among = Circles(circles.shared[at], circles.either[at])
            contacts = told.rows(these[pair])
            pairs["strength"][part][these], pairs["word"][part][these] = _weighed(
                model, contacts, everyone[now], now, among
            )


def _circles(pairs: Columns) -> Circles:
    """Return the circles of all pairs, each as of its day."""
    shared, either = np.zeros((2, len(pairs)), np.int64)
    for now in np.unique(pairs["as_of"]).tolist():
        known = np.flatnonzero(pairs["first_day"] <= now)
        found = overlap(_integers(pairs["one"][known]), _integers(pairs["other"][known]))
        these = pairs["as_of"][known] == now
        shared[known[these]], either[known[these]] = found.shared[these], found.either[these]
    return Circles(shared, either)


async def load_all(db: Db, workspace_id: UUID, day: int, most: int) -> tuple[Contacts, Activity] | None:
    """Return the whole network up to and including the day; None where it has more than so many rows of contact."""
    if await stored_network.count_contact(db, workspace_id) > most:
        return None
    persons = await network.read_persons(db, workspace_id)
    known = await network.read_contact(db, workspace_id, persons)
    acts = (await network.read_activity(db, persons, stored_network.ACTIVITY, workspace_id)).rows
    activity = Activity.of(acts["person"], acts["day"], acts["count"])
    return known.contacts(known.contact.rows).until(day), activity.until(day)


def _weighed(
    model: Model, contacts: Contacts, activity: Activity | People, day: int, circles: Circles
) -> tuple[Reals, NDArray[np.int16]]:
    pairs = tally(contacts, activity, day, circles)
    strengths = strength(model, pairs)
    place = np.argsort(WORDS)
    return strengths, place[np.searchsorted(WORDS, words(pairs, strengths), sorter=place)].astype(np.int16)


async def _prepare(db: Db, workspace_id: UUID, moment: datetime) -> Model:
    model = await current_model(db, workspace_id)
    await store.start(db, moment, model.version, WORDS)
    return model


async def _keep(db: Db, numbers: Integers, strengths: Reals, said: NDArray[np.int16]) -> None:
    await columns.write(db, "computed_strengths", number=numbers, strength=strengths, word=said)


def _integers(column: NDArray[Any]) -> Integers:
    return column.astype(np.int64)


_PAIR = [
    ("one", "i4"), ("other", "i4"), ("given", "i8"), ("received", "i8"), ("first_day", "i4"), ("last_day", "i4"),
    ("as_of", "i4"), ("strength", "f8"), ("word", "i2"),
]  # fmt: skip
_SIDES = 100_000
"""Sides of pairs that are written at once; each takes 500 bytes meanwhile."""
