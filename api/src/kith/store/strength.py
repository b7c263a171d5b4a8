"""The strength of pairs: which model counts, what it reads of each pair, and the weighing of many pairs at once.

Pairs to be weighed stand in the temporary table ``contact_pairs``. The sums that they rest on are whole numbers, added
in one order, so that a pair has the same strength, to the last bit, alone and among millions.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray

from kith.domain.strength.circles import Circles, overlap, within
from kith.domain.strength.ledger import Activity, Contacts, Integers, Reals
from kith.domain.strength.model import Model, shipped, strength
from kith.domain.strength.tally import People, tally
from kith.domain.strength.words import WORDS, words
from kith.store import columns, network, reach
from kith.store.columns import Columns, short
from kith.store.db import Db
from kith.store.network import Network, Persons, Rows

EPOCH = date(2000, 1, 1)
"""Days are counted from it, as in PostgreSQL."""
PAIRS = 10_000
"""Pairs whose contact is in memory at once; so is what is known of the activity and the circles of their people."""

WANTED_PAIRS = """
    -- Pairs of persons, the lesser id first.
    CREATE TEMPORARY TABLE IF NOT EXISTS wanted_pairs (one_id uuid, other_id uuid, PRIMARY KEY (one_id, other_id))
        ON COMMIT DELETE ROWS;
    TRUNCATE wanted_pairs;
"""

TABLES = """
    -- Pairs with contact, the lesser id first, numbered in the order of their ids; and their people likewise.
    CREATE TEMPORARY TABLE IF NOT EXISTS contact_pairs (
        number integer NOT NULL, one_id uuid NOT NULL, other_id uuid NOT NULL, given bigint NOT NULL,
        received bigint NOT NULL, first_day date NOT NULL, last_day date NOT NULL, as_of date NOT NULL
    ) ON COMMIT DELETE ROWS;
    CREATE INDEX IF NOT EXISTS contact_pairs_by_one ON contact_pairs (one_id);
    CREATE INDEX IF NOT EXISTS contact_pairs_by_other ON contact_pairs (other_id);
    CREATE INDEX IF NOT EXISTS contact_pairs_by_number ON contact_pairs (number);
    CREATE TEMPORARY TABLE IF NOT EXISTS contact_people (number integer NOT NULL, person_id uuid PRIMARY KEY)
        ON COMMIT DELETE ROWS;
    -- What was computed: strength is nan below the floor of evidence, word a place in kith.domain.strength.words.WORDS.
    CREATE TEMPORARY TABLE IF NOT EXISTS computed_strengths (number integer, strength double precision, word smallint)
        ON COMMIT DELETE ROWS;
    CREATE TEMPORARY TABLE IF NOT EXISTS computed_with (computed_at timestamptz, model text, words text[])
        ON COMMIT DELETE ROWS;
    TRUNCATE contact_pairs, contact_people, computed_strengths, computed_with;
"""

COMPUTED = """
    SELECT side.person_id, side.other_id, side.given, side.received, p.first_day, p.last_day, p.as_of,
        nullif(s.strength, 'NaN') AS strength, coalesce(w.words[s.word + 1], 'unknown') AS word, w.computed_at, w.model
    FROM contact_pairs p CROSS JOIN computed_with w LEFT JOIN computed_strengths s USING (number)
    CROSS JOIN LATERAL (VALUES
        (p.one_id, p.other_id, p.given, p.received), (p.other_id, p.one_id, p.received, p.given)
    ) AS side (person_id, other_id, given, received)
"""


COMPUTED_ALL = """
    SELECT person_id, other_id, given, received, first_day, last_day, as_of,
        nullif(strength, 'NaN') AS strength, words[word + 1] AS word, computed_at, model
    FROM weighed CROSS JOIN computed_with
"""


async def current_model(db: Db, workspace_id: UUID) -> Model:
    """Return the weights that the workspace's own past has taught, drawn to those shipped; or the shipped ones."""
    model = shipped().model()
    row = await db.fetchrow(
        """
        SELECT model FROM strength_models WHERE workspace_id = $1 AND shipped = $2
        ORDER BY fitted_at DESC, version DESC LIMIT 1
        """,
        workspace_id,
        model.version,
    )
    return msgspec.convert(row["model"], Model) if row else model


def day_of(moment: datetime | date) -> int:
    """Return the number of the day (UTC)."""
    return ((moment.astimezone(UTC).date() if isinstance(moment, datetime) else moment) - EPOCH).days


async def weigh(db: Db, workspace_id: UUID, moment: datetime) -> None:
    """Compute the strengths of wanted_pairs on the day of ``moment``, in batches.

    Each pair's is as of the last day until which a source that sees the two was read.
    """
    model, day = await _prepare(db, workspace_id, moment), day_of(moment)
    await _find_pairs(db, workspace_id, day)
    pairs = await _pairs(db)
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
    rows = await columns.read(db, _CONTACTS, workspace_id, *bounds, pair="i4", **_ROW)
    acts = await columns.read(db, _ACTIVITY, workspace_id, *bounds, person="i4", day="i4", count="i8")
    known = await columns.read(db, _ACQUAINTANCES, workspace_id, *bounds, EPOCH + timedelta(day),
                               person="i4", other="V16", first_day="i4")  # fmt: skip
    activity = Activity.of(acts["person"], acts["day"], acts["count"])
    return _Batch(pairs[start : start + PAIRS], rows, activity, known)


async def words_on(
    db: Db, workspace_id: UUID, pairs: Sequence[tuple[UUID, UUID]], days: Sequence[int]
) -> list[dict[str, int]]:
    """Count, for each of these days, the words of at most PAIRS pairs: those in touch until then, as it was then.

    Where no source that sees a pair was read until then, the word is that of the last day until which one was.
    """
    await db.execute(WANTED_PAIRS)
    await db.execute(TABLES)
    if not pairs or not days:
        return [{} for _ in days]
    await db.execute("INSERT INTO wanted_pairs SELECT * FROM unnest($1::uuid[], $2::uuid[])", *zip(*pairs, strict=True))
    await _find_pairs(db, workspace_id, max(days))
    model, known = await current_model(db, workspace_id), await _pairs(db)
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
    await db.execute(_WEIGHED)
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
    given, count = contact.rows["given"], contact.rows["count"].astype(np.int64)
    pairs["given"], pairs["received"] = (contact.combine(np.add, count * way) for way in (given, ~given))
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
        for now in np.unique(pairs["as_of"][part][met[part]]).tolist():
            these = met[part] & (pairs["as_of"][part] == now)
            at = place[part][these]
            among = Circles(circles.shared[at], circles.either[at])
            contacts = known.contacts(rows[np.repeat(these, lengths)])
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
    if await network.count_contact(db, workspace_id) > most:
        return None
    persons = await network.read_persons(db, workspace_id)
    known = await network.read_contact(db, workspace_id, persons)
    acts = (await network.read_activity(db, persons, "activity_days WHERE workspace_id = $1", workspace_id)).rows
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
    await db.execute("INSERT INTO computed_with VALUES ($1, $2, $3)", moment, model.version, WORDS)
    return model


async def _find_pairs(db: Db, workspace_id: UUID, day: int) -> None:
    await db.execute(_FIND_PAIRS, workspace_id, EPOCH + timedelta(day))
    await db.execute(_NUMBER_PEOPLE)


async def _pairs(db: Db) -> Columns:
    return await columns.read(db, _PAIRS, number="i4", one="i4", other="i4", first_day="i4", as_of="i4")


async def _keep(db: Db, numbers: Integers, strengths: Reals, said: NDArray[np.int16]) -> None:
    await columns.write(db, "computed_strengths", number=numbers, strength=strengths, word=said)


def _integers(column: NDArray[Any]) -> Integers:
    return column.astype(np.int64)


_ROW = {"given": "?", "day": "i4", "context": "i4", "count": "i8", "weight": "i8"}

# The contact of the pair p in both directions.
_OF_PAIR = """
    SELECT c.* FROM (
        SELECT a.identity_id AS one_id, b.identity_id AS other_id
        FROM person_identities a, person_identities b
        WHERE a.workspace_id = $1 AND a.person_id = p.one_id AND b.workspace_id = $1 AND b.person_id = p.other_id
        OFFSET 0  -- else the planner reads all contact of either
    ) AS i CROSS JOIN LATERAL (
        SELECT true AS given, day, channel_id, count, weight FROM contact_days
        WHERE workspace_id = $1 AND actor_id = i.one_id AND target_id = i.other_id
        UNION ALL
        SELECT false, day, channel_id, count, weight FROM contact_days
        WHERE workspace_id = $1 AND actor_id = i.other_id AND target_id = i.one_id
    ) AS c
"""

_SUMS = """
    coalesce(sum(count) FILTER (WHERE given), 0)::bigint AS given,
    coalesce(sum(count) FILTER (WHERE NOT given), 0)::bigint AS received, min(day) AS first_day, max(day) AS last_day
"""

_FIND_PAIRS = f"""
    INSERT INTO contact_pairs
    SELECT (row_number() OVER (ORDER BY p.one_id, p.other_id))::integer - 1, p.one_id, p.other_id,
        d.given, d.received, d.first_day, d.last_day, least($2::date, greatest(d.last_day, coalesce(r.day, $2)))
    FROM wanted_pairs p
    CROSS JOIN LATERAL (
        SELECT {_SUMS}, array_agg(DISTINCT channel_id) AS channels FROM ({_OF_PAIR}) AS contact
    ) AS d
    CROSS JOIN LATERAL ({reach.OF_CHANNELS.format(channels="d.channels")}) AS r
    WHERE d.first_day IS NOT NULL
"""

_NUMBER_PEOPLE = """
    INSERT INTO contact_people
    SELECT (row_number() OVER (ORDER BY person_id))::integer - 1, person_id
    FROM (SELECT one_id AS person_id FROM contact_pairs UNION SELECT other_id FROM contact_pairs) AS people;
    ANALYZE contact_pairs, contact_people;
"""

_PAIRS = """
    SELECT p.number, one.number, other.number, p.first_day - date '2000-01-01', p.as_of - date '2000-01-01'
    FROM contact_pairs p
    JOIN contact_people one ON one.person_id = p.one_id
    JOIN contact_people other ON other.person_id = p.other_id
    ORDER BY p.number
"""

_CONTACTS = f"""
    SELECT p.number, c.*
    FROM contact_pairs p CROSS JOIN LATERAL (
        SELECT given, day - date '2000-01-01' AS day, (dense_rank() OVER (ORDER BY channel_id))::integer AS context,
            count::bigint AS count, weight
        FROM ({_OF_PAIR}) AS contact
    ) AS c
    WHERE p.number >= $2::integer AND p.number < $3::integer
"""

_BATCH_PEOPLE = """
    SELECT n.number, n.person_id FROM contact_people n WHERE n.person_id IN (
        SELECT one_id FROM contact_pairs WHERE number >= $2::integer AND number < $3::integer
        UNION SELECT other_id FROM contact_pairs WHERE number >= $2::integer AND number < $3::integer
    )
"""

_ACTIVITY = f"""
    SELECT n.number, a.*
    FROM ({_BATCH_PEOPLE}) AS n CROSS JOIN LATERAL (
        SELECT a.day - date '2000-01-01' AS day, (a.acts + a.received)::bigint AS count
        FROM (SELECT identity_id FROM person_identities WHERE workspace_id = $1 AND person_id = n.person_id OFFSET 0) i
        JOIN activity_days a ON a.workspace_id = $1 AND a.identity_id = i.identity_id
    ) AS a
"""

# What is stored of all pairs but those that are being computed, and what was found of these.
_ACQUAINTANCES = f"""
    SELECT n.number, k.person_id, k.first_day - date '2000-01-01'
    FROM ({_BATCH_PEOPLE}) AS n CROSS JOIN LATERAL (
        SELECT r.other_id AS person_id, r.first_day FROM relationships r
        WHERE r.workspace_id = $1 AND r.person_id = n.person_id AND r.first_day <= $4::date AND NOT EXISTS (
            SELECT FROM wanted_pairs w
            WHERE w.one_id = least(r.person_id, r.other_id) AND w.other_id = greatest(r.person_id, r.other_id)
        )
        UNION ALL SELECT other_id, first_day FROM contact_pairs WHERE one_id = n.person_id AND first_day <= $4::date
        UNION ALL SELECT one_id, first_day FROM contact_pairs WHERE other_id = n.person_id AND first_day <= $4::date
    ) AS k
"""

_PAIR = [
    ("one", "i4"), ("other", "i4"), ("given", "i8"), ("received", "i8"), ("first_day", "i4"), ("last_day", "i4"),
    ("as_of", "i4"), ("strength", "f8"), ("word", "i2"),
]  # fmt: skip
_SIDES = 100_000
"""Sides of pairs that are written at once; each takes 500 bytes meanwhile."""

_WEIGHED = """
    CREATE TEMPORARY TABLE weighed (
        person_id uuid, other_id uuid, given bigint, received bigint, first_day date, last_day date, as_of date,
        strength double precision, word smallint
    ) ON COMMIT DROP
"""
