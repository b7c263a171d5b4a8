"""The strength of pairs: which model counts, what it reads of each pair, and the weighing of many pairs at once.

Pairs to be weighed stand in the temporary table ``contact_pairs``. The sums that they rest on are whole numbers, added
in one order, so that a pair has the same strength, to the last bit, alone and among millions.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray

from kith.domain.strength.circles import Circles, overlap, within
from kith.domain.strength.ledger import Activity, Contacts, Integers, Reals, changes
from kith.domain.strength.model import Model, shipped, strength
from kith.domain.strength.tally import People, people, tally
from kith.domain.strength.words import WORDS, words
from kith.store import columns, reach
from kith.store.columns import Columns
from kith.store.db import Db

EPOCH = date(2000, 1, 1)
"""Days are counted from it, as in PostgreSQL."""
PAIRS = 10_000
"""Pairs whose contact is in memory at once; so is what is known of the activity and the circles of their people."""
ROWS = 1_000_000
"""Rows of contact, or of activity, that are in memory at once where all pairs are weighed; each takes 200 bytes."""

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
        contacts = _contacts(pairs["one"][place], pairs["other"][place], rows)
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


def short(ids: NDArray[Any]) -> Integers:
    """Return 64 bits of each id (16 bytes): they are hashes, so two of them are as good as never the same."""
    halves = np.frombuffer(ids.tobytes(), ">u8").reshape(-1, 2)
    found: Integers = (halves[:, 0] ^ halves[:, 1]).astype(np.uint64).view(np.int64)
    return found


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


async def weigh_all(db: Db, workspace_id: UUID, moment: datetime) -> None:
    """Compute the strengths of all pairs with contact, as ``weigh`` does, reading everything once.

    Memory: some 200 bytes for each pair, and 32 for each person and day that strengths are of, beside ROWS rows. These
    days are as many as there are days on which the reading of a source ended, at most.
    """
    await db.execute("SET LOCAL work_mem = '64MB'; SET LOCAL idle_in_transaction_session_timeout = 0")
    await _number_all(db, workspace_id)
    model, day = await _prepare(db, workspace_id, moment), day_of(moment)
    await db.execute(_FIND_ALL_PAIRS.replace("$1", f"'{EPOCH + timedelta(day)}'::date"))
    pairs = await _pairs(db)
    pairs = pairs[pairs["first_day"] <= day]
    everyone = {now: await _everyone(db, now) for now in np.unique(pairs["as_of"]).tolist()}
    circles = await asyncio.to_thread(_circles, pairs)
    strengths, said, done = np.full(len(pairs), np.nan), np.zeros(len(pairs), np.int16), 0

    def weigh_batch(rows: Columns) -> None:
        nonlocal done
        rows = rows[rows["day"] <= day]
        place = done + np.cumsum(changes(_integers(rows["one"]), _integers(rows["other"]))) - 1
        for now in np.unique(pairs["as_of"][place]).tolist():
            these = pairs["as_of"][place] == now
            part = np.unique(place[these])
            contacts = _contacts(rows["one"][these], rows["other"][these], rows[these])
            among = Circles(circles.shared[part], circles.either[part])
            strengths[part], said[part] = _weighed(model, contacts, everyone[now], now, among)
        done = int(place[-1]) + 1 if len(place) else done

    query = "SELECT one, other, given, day, context, count, weight FROM contact_rows ORDER BY one, other"
    await columns.each(db, query, ROWS, ("one", "other"), weigh_batch, one="i4", other="i4", **_ROW)
    await _keep(db, pairs["number"], strengths, said)


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
    await db.execute(TABLES)
    await _number_all(db, workspace_id)
    if await db.fetchval("SELECT count(*) FROM contact_rows") > most:
        return None
    query = "SELECT one, other, given, day, context, count, weight FROM contact_rows WHERE day <= $1::integer"
    rows = await columns.read(db, query, day, one="i4", other="i4", **_ROW)
    query = "SELECT person, day, count FROM contact_activity WHERE day <= $1::integer"
    acts = await columns.read(db, query, day, person="i4", day="i4", count="i8")
    return _contacts(rows["one"], rows["other"], rows), Activity.of(acts["person"], acts["day"], acts["count"])


async def _number_all(db: Db, workspace_id: UUID) -> None:
    await db.execute(_NUMBER_ALL.replace("$1", f"'{workspace_id}'::uuid"))


async def _everyone(db: Db, day: int) -> People:
    """Sum up what each person did."""
    count = await db.fetchval("SELECT count(*) FROM contact_people")
    everyone = people(Activity.of([], [], []), day, count)

    def sum_up(rows: Columns) -> None:
        person = _integers(rows["person"])
        first, last = int(person[0]), int(person[-1])
        some = people(Activity.of(person - first, rows["day"], rows["count"]), day, last - first + 1)
        for field in fields(People):
            getattr(everyone, field.name)[first : last + 1] = getattr(some, field.name)

    await columns.each(db, _ALL_ACTIVITY, ROWS, ("person",), sum_up, person="i4", day="i4", count="i8")
    return everyone


def _contacts(one: NDArray[Any], other: NDArray[Any], rows: Columns) -> Contacts:
    """Return the rows of pairs as a ledger; ``given`` says that they go from the one to the other."""
    source, target = np.where(rows["given"], one, other), np.where(rows["given"], other, one)
    return Contacts.of(source, target, rows["day"], rows["context"], rows["count"], rows["weight"])


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

# All contact and activity, with numbers instead of ids.
_NUMBER_ALL = f"""
    INSERT INTO contact_people
    SELECT (row_number() OVER (ORDER BY person_id))::integer - 1, person_id
    FROM (SELECT DISTINCT person_id FROM person_identities WHERE workspace_id = $1) AS people;
    CREATE TEMPORARY TABLE contact_identities ON COMMIT DROP AS
        SELECT i.identity_id, p.number FROM person_identities i JOIN contact_people p USING (person_id)
        WHERE i.workspace_id = $1;
    CREATE TEMPORARY TABLE contact_channels ON COMMIT DROP AS
        SELECT (row_number() OVER (ORDER BY channel_id))::integer AS number, channel_id,
            r.day - date '2000-01-01' AS until
        FROM (SELECT DISTINCT channel_id FROM contact_days WHERE workspace_id = $1) AS channels
        LEFT JOIN ({reach.OF_ALL}) AS r USING (channel_id);
    ANALYZE contact_people, contact_identities, contact_channels;
    CREATE TEMPORARY TABLE contact_rows ON COMMIT DROP AS
        SELECT least(a.number, b.number) AS one, greatest(a.number, b.number) AS other, a.number < b.number AS given,
            c.day - date '2000-01-01' AS day, h.number AS context, h.until, c.count::bigint AS count, c.weight
        FROM contact_days c
        JOIN contact_identities a ON a.identity_id = c.actor_id
        JOIN contact_identities b ON b.identity_id = c.target_id
        JOIN contact_channels h ON h.channel_id = c.channel_id
        WHERE c.workspace_id = $1 AND a.number <> b.number;
    ANALYZE contact_rows;
    CREATE TEMPORARY TABLE contact_activity ON COMMIT DROP AS
        SELECT n.number AS person, a.day - date '2000-01-01' AS day, (a.acts + a.received)::bigint AS count
        FROM activity_days a JOIN contact_identities n USING (identity_id) WHERE a.workspace_id = $1;
"""

_FIND_ALL_PAIRS = f"""
    DROP INDEX IF EXISTS contact_pairs_by_one, contact_pairs_by_other, contact_pairs_by_number;
    INSERT INTO contact_pairs
    SELECT (row_number() OVER (ORDER BY d.one, d.other))::integer - 1, one.person_id, other.person_id,
        d.given, d.received, date '2000-01-01' + d.first_day, date '2000-01-01' + d.last_day,
        least($1, date '2000-01-01' + greatest(d.last_day, coalesce(d.until, $1 - date '2000-01-01')))
    FROM (SELECT one, other, {_SUMS}, max(until) AS until FROM contact_rows GROUP BY one, other) AS d
    JOIN contact_people one ON one.number = d.one JOIN contact_people other ON other.number = d.other;
    ANALYZE contact_pairs;
"""

_ALL_ACTIVITY = "SELECT person, day, count FROM contact_activity ORDER BY person"
