"""Detections: what one needs to know of a workspace, read in whole columns, and what it found."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from kith.store import columns, groups, locks, reach, sums
from kith.store.columns import Columns
from kith.store.db import PRIVATE, Db, in_turn, new_id
from kith.store.locks import Lock


class Detection(msgspec.Struct, frozen=True):
    """A detection. as_of: the day that it spoke of. whole: when everything was last looked at from scratch."""

    id: UUID
    moment: datetime
    as_of: date
    whole: datetime


async def last(db: Db, workspace_id: UUID) -> Detection | None:
    """Return the newest detection that found anybody; None where there was none."""
    row = await db.fetchrow(
        """
        SELECT id, moment, as_of, (SELECT max(moment) FROM detections WHERE workspace_id = $1 AND whole) AS whole
        FROM detections WHERE workspace_id = $1 AND people > 0 ORDER BY id DESC LIMIT 1
        """,
        workspace_id,
    )
    return Detection(**row) if row else None


async def in_flux(db: Db, workspace_id: UUID) -> bool:
    """Whether a source is being read, or what was read is not yet worked into the projections."""
    found: bool = await db.fetchval(
        """
        SELECT EXISTS (SELECT FROM touches WHERE workspace_id = $1)
            OR EXISTS (SELECT FROM jobs WHERE workspace_id = $1 AND kind = 'sync' AND status = 'running')
        """,
        workspace_id,
    )
    return found


class Channel(NamedTuple):
    """A channel, and the number of the one in which it lies: itself where that is none.

    until: the last day until which a source that tells of it was read; None where that is not known. private: it is on
    its network, as far as a source says so; where none does, all that happened in it is.
    """

    name: str
    kind: str
    place: int
    until: date | None
    private: bool


class Text(NamedTuple):
    """What was said in a conversation; channel: its number, or -1. open: whether nothing of it is private."""

    text_id: UUID
    channel: int
    said: str
    open: bool


class FoundCommunity(NamedTuple):
    """health, map: None where the last look at it still stands. as_of: the day that a new look speaks of.

    born_at: since when it was there, if it is new. open_name, plain_name: as ``kith.store.db.NAMED`` has them.
    """

    id: UUID
    kind: str
    name: str
    open_name: str
    plain_name: str
    level: int
    parent_id: UUID | None
    size: int
    health: str | None
    map: bytes | None
    as_of: date | None
    born_at: datetime | None


class FoundRole(NamedTuple):
    community_id: UUID
    person_id: UUID
    role: str
    rank: int
    score: float
    stability: float | None
    evidence: str
    interaction_ids: list[UUID]
    place: int | None


class FoundEvent(NamedTuple):
    """What became of communities: the change, and the communities before and after it."""

    change: str
    before_ids: list[UUID]
    after_ids: list[UUID]


class FoundTopic(NamedTuple):
    id: UUID
    name: str
    terms: Sequence[str]
    texts: int
    open_name: str
    open_terms: Sequence[str]
    plain_name: str
    plain_terms: Sequence[str]


class Division(msgspec.Struct, frozen=True):
    """How people were divided: how finely, how contact was counted, and the bits by which that foresaw unseen ties."""

    resolution: float
    counting: str
    foreseen: float


async def lock(db: Db, workspace_id: UUID) -> None:
    """Wait until this transaction alone may store a detection of the workspace."""
    await locks.hold(db, workspace_id, Lock.DETECTION)


async def prepare(db: Db, workspace_id: UUID, since: datetime, now: datetime, texts: int) -> None:
    """Number people, channels, kinds of acts, and the latest texts, in temporary tables that all below reads."""
    await in_turn(db, _TABLES)
    await db.execute(_FILL_PEOPLE, workspace_id)
    await db.execute("ANALYZE detection_people, detection_identities")
    await db.execute(_FILL_CHANNELS, workspace_id)
    await db.execute(_FILL_TEXTS, workspace_id, since, now, texts)
    await db.execute("ANALYZE detection_channels, detection_texts")


async def people(db: Db) -> Columns:
    """Return each person's id and first day, in the order of their numbers."""
    return await columns.read(db, _PEOPLE, id="V16", first="f8")


async def us(db: Db, workspace_id: UUID) -> Columns:
    """Return the numbers of our own people."""
    return await columns.read(db, _US, workspace_id, groups.TEAM, person="i4")


async def ties(db: Db, workspace_id: UUID, day: date, half_life: float) -> Columns:
    """Return contact up to the day: two numbers, the lesser first, its weight as faded on it, and its age in days.

    unread: how many days before it the sources that tell of the channel ended.
    """
    kinds = {"first": "i4", "second": "i4", "weight": "f8", "age": "i4", "unread": "i4"}
    return await columns.read(db, _TIES, workspace_id, day, half_life, **kinds)


async def acts(db: Db, workspace_id: UUID, since: datetime, now: datetime) -> Columns:
    """Return acts, one row for each target; -1 where there is no target, channel or text."""
    return await columns.read(
        db, _ACTS, workspace_id, since, now,
        day="f8", actor="i4", other="i4", kind="i4", channel="i4", text="i4", id="V16", learnt="f8",
    )  # fmt: skip


async def kinds(db: Db) -> list[str]:
    return [row["kind"] for row in await db.fetch("SELECT kind FROM detection_kinds ORDER BY number")]


async def channels(db: Db) -> list[Channel]:
    return [Channel(**row) for row in await db.fetch(_CHANNELS)]


async def texts(db: Db, workspace_id: UUID, letters: int) -> list[Text]:
    """Return the texts, of each at most so many letters."""
    return [Text(**row) for row in await db.fetch(_TEXTS, workspace_id, letters)]


async def communities(db: Db, workspace_id: UUID, kind: str, earlier: timedelta) -> Columns:
    """Return who is at home in each community of the kind. looked: so much earlier than it was last looked at."""
    kinds = {"id": "V16", "level": "i4", "person": "i4", "looked": "f8"}
    return await columns.read(db, _COMMUNITIES, workspace_id, kind, earlier, **kinds)


async def id_key(db: Db, workspace_id: UUID) -> bytes:
    found: bytes = await db.fetchval("SELECT id_key FROM workspaces WHERE workspace_id = $1", workspace_id)
    return found


async def topics(db: Db, workspace_id: UUID) -> dict[UUID, list[str]]:
    """Return the terms of each topic."""
    rows = await db.fetch("SELECT id, terms FROM topics WHERE workspace_id = $1", workspace_id)
    return {row["id"]: row["terms"] for row in rows}


async def division(db: Db, workspace_id: UUID) -> Division | None:
    """Return how the newest detection divided."""
    row = await db.fetchrow(
        "SELECT resolution, counting, foreseen FROM detections WHERE workspace_id = $1 ORDER BY id DESC LIMIT 1",
        workspace_id,
    )
    return Division(**row) if row else None


async def add(
    db: Db, workspace_id: UUID, moment: datetime, as_of: date, division: Division, *, whole: bool, people: int,
    ties: int,
) -> None:  # fmt: skip
    await db.execute(
        """
        INSERT INTO detections (workspace_id, id, moment, as_of, whole, people, ties, resolution, counting, foreseen)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        workspace_id, new_id(), moment, as_of, whole, people, ties,
        division.resolution, division.counting, division.foreseen,
    )  # fmt: skip


async def save_communities(
    db: Db, workspace_id: UUID, moment: datetime, found: Sequence[FoundCommunity],
    belonging: dict[str, Any] | None, roles: Sequence[FoundRole], events: Sequence[FoundEvent],
) -> list[tuple[UUID, UUID, list[str], list[str]]]:  # fmt: skip
    """Store communities, who belongs to the detected ones (columns), their roles, and what became of them.

    Returns whose roles changed: community, person, roles before and after; of communities that had some.
    """
    await in_turn(db, _SAVED)
    await db.copy_records_to_table("found_communities", records=found, columns=FoundCommunity._fields)
    if belonging:
        await columns.write(db, "found_people", **belonging)
    await db.copy_records_to_table("found_roles", records=roles, columns=FoundRole._fields)
    changed = await db.fetch(_CHANGED_ROLES, workspace_id)
    for statement in _SAVE_COMMUNITIES:
        named = 1 + ("$2" in statement)
        await db.execute(statement, *(workspace_id, moment)[:named])
    await db.executemany(
        """
        INSERT INTO community_events (workspace_id, id, change, before_ids, after_ids, occurred_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        [(workspace_id, new_id(), *event, moment) for event in events],
    )
    return [(row["community_id"], row["person_id"], row["before"], row["after"]) for row in changed]


async def save_topics(
    db: Db, workspace_id: UUID, moment: datetime, found: Sequence[FoundTopic],
    text_ids: Sequence[UUID], topic_ids: Sequence[UUID],
) -> None:  # fmt: skip
    """Store topics, and of which each text is."""
    await db.execute("DELETE FROM topic_texts WHERE workspace_id = $1", workspace_id)
    await db.execute("DELETE FROM topic_channels WHERE workspace_id = $1", workspace_id)
    kept = [topic.id for topic in found]
    await db.execute("DELETE FROM topics WHERE workspace_id = $1 AND id <> ALL ($2)", workspace_id, kept)
    await db.executemany(
        """
        INSERT INTO topics (workspace_id, id, name, terms, texts, open_name, open_terms, plain_name, plain_terms,
            computed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (workspace_id, id) DO UPDATE SET (name, terms, texts, open_name, open_terms, plain_name,
            plain_terms, computed_at) = (excluded.name, excluded.terms, excluded.texts, excluded.open_name,
            excluded.open_terms, excluded.plain_name, excluded.plain_terms, excluded.computed_at)
        """,
        [(workspace_id, *topic, moment) for topic in found],
    )
    await db.execute(_SAVE_TEXTS, workspace_id, text_ids, topic_ids)
    await db.execute(_SAVE_TOPIC_CHANNELS, workspace_id)


# People, channels and texts stand in an order that the networks make, not in that of ids, which differ by workspace:
# equal facts give equal detections. Bots, lists and firms are left out: they would tie all whom they address.
_TABLES = """
    SET LOCAL client_min_messages = warning; SET LOCAL enable_nestloop = off;
    CREATE TEMPORARY TABLE detection_people (person integer, person_id uuid, first_seen timestamptz) ON COMMIT DROP;
    CREATE TEMPORARY TABLE detection_identities (identity_id uuid, person integer) ON COMMIT DROP;
    CREATE TEMPORARY TABLE detection_channels (
        number integer, channel_id uuid, name text, kind text, parent_id uuid, until date, private boolean
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE detection_kinds (number integer, kind text) ON COMMIT DROP;
    CREATE TEMPORARY TABLE detection_texts (number integer, text_id uuid, channel integer) ON COMMIT DROP;
"""

_FILL_PEOPLE = """
    WITH keys AS (
        SELECT p.person_id, min(concat_ws(' ', i.network, i.host, i.key) COLLATE "C") AS key
        FROM person_identities p JOIN identities i ON i.workspace_id = $1 AND i.id = p.identity_id
        WHERE p.workspace_id = $1 GROUP BY p.person_id
    ), numbered AS (
        INSERT INTO detection_people
        SELECT (row_number() OVER (ORDER BY k.key, p.id))::integer - 1, p.id, p.first_seen
        FROM people p LEFT JOIN keys k ON k.person_id = p.id
        WHERE p.workspace_id = $1 AND p.kind IN ('person', 'unknown') AND NOT p.suspected AND NOT p.objects
        RETURNING person, person_id
    )
    INSERT INTO detection_identities
    SELECT i.identity_id, n.person FROM person_identities i JOIN numbered n USING (person_id) WHERE i.workspace_id = $1
"""

_FILL_CHANNELS = f"""
    WITH kinds AS (
        INSERT INTO detection_kinds
        SELECT (row_number() OVER (ORDER BY kind))::integer - 1, kind
        FROM (SELECT DISTINCT kind FROM interactions WHERE workspace_id = $1) AS k
    )
    INSERT INTO detection_channels
    SELECT (row_number() OVER (ORDER BY concat_ws(' ', network, host, key) COLLATE "C"))::integer - 1, id, name, kind,
        parent_id, read.day, visibility IN {PRIVATE} AND (kind <> 'unknown' OR NOT EXISTS (
            SELECT FROM interactions i
            WHERE i.workspace_id = $1 AND i.channel_id = channels.id AND i.visibility NOT IN {PRIVATE}))
    FROM channels LEFT JOIN ({reach.OF_ALL}) AS read ON read.channel_id = id WHERE workspace_id = $1
"""

_FILL_TEXTS = """
    INSERT INTO detection_texts
    SELECT (row_number() OVER (ORDER BY latest, first, channel, acts, text_id))::integer - 1, text_id, channel
    FROM (
        SELECT coalesce(i.conversation_id, i.id) AS text_id, min(c.number) AS channel,
            max(i.occurred_at) AS latest, min(i.occurred_at) AS first, count(*) AS acts
        FROM interactions i LEFT JOIN detection_channels c USING (channel_id)
        WHERE i.workspace_id = $1 AND i.occurred_at >= $2 AND i.occurred_at < $3
        GROUP BY 1 ORDER BY latest DESC, first, channel, acts, 1 LIMIT $4
    ) AS texts
"""

_CHANNELS = """
    SELECT c.name, c.kind, coalesce(p.number, c.number) AS place, c.until, c.private
    FROM detection_channels c LEFT JOIN detection_channels p ON p.channel_id = c.parent_id ORDER BY c.number
"""

_PEOPLE = """
    SELECT person_id, coalesce(extract(epoch FROM first_seen) / 86400, 'Infinity')::double precision
    FROM detection_people ORDER BY person
"""

_ONCE = sums.once(
    f"SELECT * FROM contact_days WHERE workspace_id = $1 AND {sums.HANDLED}",
    "actor_id, target_id, day, channel_id",
    "weight",
)

# One row for each day of contact: adding them up is faster in arrays. Handling that is told twice counts once.
_TIES = f"""
    SELECT least(a.person, b.person), greatest(a.person, b.person),
        c.weight / 1000.0::float8 * power(2.0::float8, -($2::date - c.day) / $3::float8), $2::date - c.day,
        greatest($2::date - coalesce(read.day, $2::date), 0)
    FROM (
        SELECT actor_id, target_id, day, channel_id, weight FROM contact_days
        WHERE workspace_id = $1 AND NOT {sums.HANDLED}
        UNION ALL SELECT * FROM ({_ONCE}) AS once
    ) AS c
    JOIN detection_identities a ON a.identity_id = c.actor_id
    JOIN detection_identities b ON b.identity_id = c.target_id
    LEFT JOIN ({reach.OF_ALL}) AS read ON read.channel_id = c.channel_id
    WHERE c.day <= $2::date AND a.person <> b.person
"""

# An act towards several is one row for each; towards nobody, one with -1.
_ACTS = """
    SELECT (extract(epoch FROM i.occurred_at) / 86400)::double precision, a.person, coalesce(t.person, -1), k.number,
        coalesce(h.number, -1), coalesce(x.number, -1), i.id, extract(epoch FROM i.learnt_at)::float8 / 86400
    FROM (
        SELECT id, actor_id, unnest(target_ids) AS target_id, kind, channel_id, conversation_id, occurred_at, learnt_at
        FROM interactions WHERE workspace_id = $1 AND occurred_at >= $2::timestamptz AND occurred_at < $3::timestamptz
        UNION ALL
        SELECT id, actor_id, NULL, kind, channel_id, conversation_id, occurred_at, learnt_at
        FROM interactions WHERE workspace_id = $1 AND occurred_at >= $2::timestamptz AND occurred_at < $3::timestamptz
            AND array_remove(target_ids, actor_id) = '{}'
    ) AS i
    JOIN detection_identities a ON a.identity_id = i.actor_id
    JOIN detection_kinds k USING (kind)
    LEFT JOIN detection_identities t ON t.identity_id = i.target_id
    LEFT JOIN detection_channels h ON h.channel_id = i.channel_id
    LEFT JOIN detection_texts x ON x.text_id = coalesce(i.conversation_id, i.id)
    WHERE (i.target_id IS NULL OR t.person IS NOT NULL) AND t.person IS DISTINCT FROM a.person
    ORDER BY i.occurred_at, a.person, t.person, k.number, h.number, x.number, i.id
"""

_TEXTS = f"""
    SELECT x.text_id, coalesce(x.channel, -1) AS channel,
        left(concat_ws(' ', c.title, string_agg(concat_ws(' ', nullif(i.title, c.title), left(i.text, $2::integer)), ' '
            ORDER BY i.occurred_at, i.id)), $2::integer) AS said,
        bool_and(i.visibility NOT IN {PRIVATE}) AS open
    FROM detection_texts x
    JOIN interactions i ON i.workspace_id = $1 AND coalesce(i.conversation_id, i.id) = x.text_id
    LEFT JOIN conversations c ON c.workspace_id = $1 AND c.id = x.text_id
    GROUP BY x.number, x.text_id, x.channel, c.title ORDER BY x.number
"""

_US = f"""
    SELECT DISTINCT s.person FROM groups g CROSS JOIN LATERAL ({groups.PEOPLE.format(group="g.id")}) AS us
    JOIN detection_identities s ON s.identity_id = us.person_id
    WHERE g.workspace_id = $1 AND lower(g.name) = $2 ORDER BY 1
"""

# A person who was joined with another is at home where most of the two belonged.
_COMMUNITIES = """
    SELECT community_id, level, person, looked FROM (
        SELECT DISTINCT ON (s.person, c.level, CASE c.kind WHEN 'curated' THEN c.id END) p.community_id,
            c.level::integer AS level, s.person, min(coalesce(CASE WHEN l.person_id = p.person_id
                THEN extract(epoch FROM c.computed_at - $3::interval)::float8 / 86400 END, '-Infinity'))
                OVER (PARTITION BY c.id) AS looked
        FROM communities c
        JOIN community_people p ON p.workspace_id = $1 AND p.community_id = c.id AND p.home
        JOIN detection_identities s ON s.identity_id = p.person_id
        JOIN detection_people l USING (person)
        WHERE c.workspace_id = $1 AND c.kind = $2 AND c.ended_at IS NULL
        ORDER BY s.person, c.level, CASE c.kind WHEN 'curated' THEN c.id END, p.belonging DESC NULLS LAST, c.id
    ) AS homes ORDER BY community_id, person
"""

_SAVED = """
    CREATE TEMPORARY TABLE found_communities (
        id uuid, kind text, name text, open_name text, plain_name text, level smallint, parent_id uuid, size integer,
        health text, map bytea,
        as_of date, born_at timestamptz
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE found_people (community_id uuid, person_id uuid, belonging real, home boolean)
        ON COMMIT DROP;
    CREATE TEMPORARY TABLE found_roles (
        community_id uuid, person_id uuid, role text, rank integer, score double precision, stability real,
        evidence text, interaction_ids uuid[], place integer
    ) ON COMMIT DROP;
"""

_NUMBERS = """
    size = f.size, health = f.health::jsonb, map = f.map, computed_at = $2, as_of = f.as_of, updated_at = now(),
    cohesion = (f.health::jsonb ->> 'cohesion')::float8, openness = (f.health::jsonb ->> 'openness')::float8
"""

_CHANGED_ROLES = """
    WITH old AS MATERIALIZED (
        SELECT r.community_id, r.person_id, array_agg(r.role ORDER BY r.role) AS roles FROM roles r
        WHERE r.workspace_id = $1 AND r.community_id IN (SELECT id FROM found_communities WHERE map IS NOT NULL)
        GROUP BY r.community_id, r.person_id
    ),
    new AS (
        SELECT community_id, person_id, array_agg(role ORDER BY role) AS roles FROM found_roles
        WHERE community_id IN (SELECT community_id FROM old) GROUP BY community_id, person_id
    )
    SELECT community_id, person_id, coalesce(o.roles, '{}') AS before, coalesce(n.roles, '{}') AS after
    FROM old o FULL JOIN new n USING (community_id, person_id)
    WHERE o.roles IS DISTINCT FROM n.roles ORDER BY community_id, person_id
"""

_FOUND = "found AS MATERIALIZED (SELECT community_id, person_id, home FROM found_people)"

_SAVE_COMMUNITIES = (
    # Those that are no longer found keep their people and roles as they were, for who asks what became of them.
    """
    UPDATE communities c SET ended_at = $2, updated_at = now()
    WHERE workspace_id = $1 AND kind = 'detected' AND ended_at IS NULL
        AND id <> ALL (ARRAY(SELECT id FROM found_communities))
    """,
    f"""
    UPDATE communities c SET {_NUMBERS} FROM found_communities f
    WHERE c.workspace_id = $1 AND c.id = f.id AND f.kind = 'curated'
    """,
    """
    INSERT INTO communities (workspace_id, id, kind, name, open_name, plain_name, level, parent_id, size, health, map,
        computed_at, as_of, born_at, cohesion, openness)
    SELECT $1, id, kind, name, open_name, plain_name, level, parent_id, size, health::jsonb, map, $2, as_of, born_at,
        (health::jsonb ->> 'cohesion')::float8, (health::jsonb ->> 'openness')::float8
    FROM found_communities WHERE kind = 'detected' AND map IS NOT NULL
    ON CONFLICT (workspace_id, id) DO UPDATE SET (name, open_name, plain_name, parent_id, size, health, map,
        computed_at, as_of, cohesion, openness, updated_at, ended_at) = (excluded.name, excluded.open_name,
        excluded.plain_name, excluded.parent_id, excluded.size, excluded.health, excluded.map, excluded.computed_at,
        excluded.as_of, excluded.cohesion, excluded.openness, excluded.updated_at, NULL)
    """,
    # Those whose last portrait still stands keep it, with what it said of the people who stayed.
    """
    UPDATE communities c SET (name, open_name, plain_name, parent_id, size, updated_at)
        = (f.name, f.open_name, f.plain_name, f.parent_id, f.size, now())
    FROM found_communities f
    WHERE c.workspace_id = $1 AND c.id = f.id AND f.map IS NULL
        AND (c.name, c.open_name, c.plain_name, c.parent_id, c.size)
            IS DISTINCT FROM (f.name, f.open_name, f.plain_name, f.parent_id, f.size)
    """,
    f"""
    WITH {_FOUND} DELETE FROM community_people p USING found_communities f
    WHERE p.workspace_id = $1 AND p.community_id = f.id AND f.kind = 'detected'
        AND (f.map IS NOT NULL OR NOT EXISTS (SELECT FROM found n
            WHERE n.community_id = p.community_id AND n.person_id = p.person_id AND n.home = p.home))
    """,
    """
    INSERT INTO community_people SELECT $1, community_id, person_id, belonging, home FROM found_people
    ON CONFLICT (workspace_id, community_id, person_id) DO NOTHING
    """,
    """
    INSERT INTO community_health
    SELECT $1, f.id, c.as_of, f.health::jsonb
    FROM found_communities f JOIN communities c ON c.workspace_id = $1 AND c.id = f.id WHERE f.map IS NOT NULL
    ON CONFLICT (workspace_id, community_id, day) DO UPDATE SET health = excluded.health
    """,
    f"""
    WITH {_FOUND} DELETE FROM roles r USING found_communities f
    WHERE r.workspace_id = $1 AND r.community_id = f.id AND (f.map IS NOT NULL OR f.kind = 'detected' AND NOT EXISTS (
        SELECT FROM found n WHERE n.community_id = r.community_id AND n.person_id = r.person_id AND n.home))
    """,
    """
    INSERT INTO roles
    SELECT $1, r.community_id, r.person_id, r.role, r.rank, r.score, r.stability, r.evidence::jsonb, r.interaction_ids,
        r.place, $2, c.as_of
    FROM found_roles r JOIN communities c ON c.workspace_id = $1 AND c.id = r.community_id
    ON CONFLICT DO NOTHING
    """,
)

_SAVE_TEXTS = """
    INSERT INTO topic_texts SELECT $1, text_id, topic_id FROM unnest($2::uuid[], $3::uuid[]) AS t (text_id, topic_id)
    ON CONFLICT DO NOTHING
"""

_SAVE_TOPIC_CHANNELS = f"""
    WITH counted AS (
        SELECT t.topic_id, i.channel_id, grouping(i.channel_id) AS everywhere, count(DISTINCT t.text_id) AS texts,
            count(DISTINCT t.text_id) FILTER (WHERE i.visibility NOT IN {PRIVATE}) AS open_texts
        FROM topic_texts t
        JOIN interactions i ON i.workspace_id = $1 AND coalesce(i.conversation_id, i.id) = t.text_id
        WHERE t.workspace_id = $1
        GROUP BY GROUPING SETS ((t.topic_id, i.channel_id), t.topic_id)
    ), counting AS (
        UPDATE topics t SET open_texts = c.open_texts FROM counted c
        WHERE t.workspace_id = $1 AND t.id = c.topic_id AND c.everywhere = 1
    )
    INSERT INTO topic_channels (workspace_id, topic_id, channel_id, texts, open_texts)
    SELECT $1, topic_id, channel_id, texts, open_texts FROM counted WHERE everywhere = 0 AND channel_id IS NOT NULL
    ON CONFLICT DO NOTHING
"""
