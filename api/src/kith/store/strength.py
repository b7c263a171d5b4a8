"""The weighing of pairs, as statements: pairs to be weighed, what they rest on, and what was computed.

Pairs to be weighed stand in the temporary table ``wanted_pairs``, filled by ``kith.store.projection``; ``find_pairs``
fills ``contact_pairs`` and ``contact_people`` from it, ``keep`` fills ``computed_strengths``, and COMPUTED reads them.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from kith.store import columns, kinds, reach, sums
from kith.store.columns import Columns
from kith.store.db import Db, in_turn

WANTED_PAIRS = """
    -- Pairs of persons, the lesser id first.
    CREATE TEMPORARY TABLE IF NOT EXISTS wanted_pairs (one_id uuid, other_id uuid, PRIMARY KEY (one_id, other_id))
        ON COMMIT DELETE ROWS;
    TRUNCATE wanted_pairs;
"""

TABLES = """
    -- Pairs with contact, the lesser id first, numbered in the order of their ids, and their people likewise.
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


async def start(db: Db, moment: datetime, model: str, words: Sequence[str]) -> None:
    """Note of which moment, and by which model and words, the pairs are weighed."""
    await db.execute("INSERT INTO computed_with VALUES ($1, $2, $3)", moment, model, words)


async def want_pairs(db: Db, pairs: Sequence[tuple[UUID, UUID]]) -> None:
    """Let these pairs, the lesser id first, and no others be weighed."""
    await db.execute(WANTED_PAIRS)
    await db.execute(TABLES)
    if pairs:
        ones, others = zip(*pairs, strict=True)
        await db.execute("INSERT INTO wanted_pairs SELECT * FROM unnest($1::uuid[], $2::uuid[])", ones, others)


async def find_pairs(db: Db, workspace_id: UUID, day: date) -> None:
    """Number the wanted pairs that have contact, and their people."""
    await db.execute(_FIND_PAIRS, workspace_id, day)
    await in_turn(db, _NUMBER_PEOPLE)


async def pairs(db: Db) -> Columns:
    return await columns.read(db, _PAIRS, number="i4", one="i4", other="i4", first_day="i4", as_of="i4")


async def contacts(db: Db, workspace_id: UUID, start: int, stop: int) -> Columns:
    """Return the contact of the pairs with these numbers."""
    return await columns.read(db, _CONTACTS, workspace_id, start, stop, pair="i4", **_ROW)


async def activity(db: Db, workspace_id: UUID, start: int, stop: int) -> Columns:
    """Return what the people of the pairs with these numbers did and received."""
    return await columns.read(db, _ACTIVITY, workspace_id, start, stop, person="i4", day="i4", count="i8")


async def acquaintances(db: Db, workspace_id: UUID, start: int, stop: int, day: date) -> Columns:
    """Return whom the people of the pairs with these numbers knew on the day, and since when."""
    kinds = {"person": "i4", "other": "V16", "first_day": "i4"}
    return await columns.read(db, _ACQUAINTANCES, workspace_id, start, stop, day, **kinds)


async def prepare_weighed(db: Db) -> None:
    """Create the temporary table ``weighed``, for all pairs at once."""
    await db.execute(_WEIGHED)


_ROW = {"given": "?", "day": "i4", "context": "i4", "kind": "i4", "count": "i8", "weight": "i8"}

# The contact of the pair p in both directions.
_OF_PAIR = """
    SELECT c.* FROM (
        SELECT a.identity_id AS one_id, b.identity_id AS other_id
        FROM person_identities a, person_identities b
        WHERE a.workspace_id = $1 AND a.person_id = p.one_id AND b.workspace_id = $1 AND b.person_id = p.other_id
        OFFSET 0  -- else the planner reads all contact of either
    ) AS i CROSS JOIN LATERAL (
        SELECT true AS given, day, channel_id, kind, count, weight FROM contact_days
        WHERE workspace_id = $1 AND actor_id = i.one_id AND target_id = i.other_id
        UNION ALL
        SELECT false, day, channel_id, kind, count, weight FROM contact_days
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
        SELECT {_SUMS}, array_agg(DISTINCT channel_id) AS channels
        FROM ({sums.once(_OF_PAIR, "given, day, channel_id", "count")}) AS contact
    ) AS d
    CROSS JOIN LATERAL ({reach.OF_CHANNELS.format(channels="d.channels")}) AS r
    WHERE d.first_day IS NOT NULL AND p.one_id NOT IN ({kinds.UNSCORED}) AND p.other_id NOT IN ({kinds.UNSCORED})
"""

_NUMBER_PEOPLE = """
    INSERT INTO contact_people
    SELECT (row_number() OVER (ORDER BY person_id))::integer - 1, person_id
    FROM (SELECT one_id AS person_id FROM contact_pairs UNION SELECT other_id FROM contact_pairs) AS people;
    ANALYZE contact_pairs, contact_people;
"""

_PAIRS = f"""
    SELECT p.number, one.number, other.number, p.first_day {sums.SINCE_EPOCH}, p.as_of {sums.SINCE_EPOCH}
    FROM contact_pairs p
    JOIN contact_people one ON one.person_id = p.one_id
    JOIN contact_people other ON other.person_id = p.other_id
    ORDER BY p.number
"""

_CONTACTS = f"""
    SELECT p.number, c.*
    FROM contact_pairs p CROSS JOIN LATERAL (
        SELECT given, day {sums.SINCE_EPOCH} AS day, (dense_rank() OVER (ORDER BY channel_id))::integer AS context,
            {sums.KIND} AS kind, count::bigint AS count, weight
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
        SELECT a.day {sums.SINCE_EPOCH} AS day, (a.acts + a.received)::bigint AS count
        FROM (SELECT identity_id FROM person_identities WHERE workspace_id = $1 AND person_id = n.person_id OFFSET 0) i
        JOIN identity_days a ON a.workspace_id = $1 AND a.identity_id = i.identity_id
    ) AS a
"""

# What is stored of all pairs but those that are being computed, and what was found of these.
_ACQUAINTANCES = f"""
    SELECT n.number, k.person_id, k.first_day {sums.SINCE_EPOCH}
    FROM ({_BATCH_PEOPLE}) AS n CROSS JOIN LATERAL (
        SELECT r.other_id AS person_id, r.first_day FROM relationships r
        LEFT JOIN wanted_pairs w
            ON w.one_id = least(r.person_id, r.other_id) AND w.other_id = greatest(r.person_id, r.other_id)
        WHERE r.workspace_id = $1 AND r.person_id = n.person_id AND r.first_day <= $4::date AND w.one_id IS NULL
        UNION ALL SELECT other_id, first_day FROM contact_pairs WHERE one_id = n.person_id AND first_day <= $4::date
        UNION ALL SELECT one_id, first_day FROM contact_pairs WHERE other_id = n.person_id AND first_day <= $4::date
    ) AS k
"""

_WEIGHED = """
    CREATE TEMPORARY TABLE weighed (
        person_id uuid, other_id uuid, given bigint, received bigint, first_day date, last_day date, as_of date,
        strength double precision, word smallint
    ) ON COMMIT DROP
"""
