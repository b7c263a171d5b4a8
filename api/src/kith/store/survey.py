"""Surveys: what one needs to know of a workspace, and what it found.

A survey speaks of the day until which sources were read (``reach.of_workspace``), not of the day on which it is made:
months that nobody read are neither silence nor part of the last year. When it was made says when the next is due.

Reading takes whole columns at once: about 100 bytes for each pair in touch and 250 for each act of the last years.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
import numpy as np

from kith.domain.roles.acts import Acts
from kith.domain.survey.facts import (
    CHANGED,
    HALF_LIFE,
    HISTORY,
    LIVING,
    Facts,
    Floats,
    Former,
    Ints,
    Last,
    Survey,
    Texts,
)
from kith.store import columns, groups, reach
from kith.store.db import Db, new_id

TEXTS = 20_000
"""Of the latest so many texts the topics are found; of each the first ``LETTERS`` characters."""
LETTERS = 2_000
WHOLE_HOURS = 24
"""So long the former communities are brought up to date; then everything is looked at anew."""
TEAM = "team"
"""The group of our own people."""

_SECONDS = 86_400
_EARLIER = timedelta(minutes=10)  # what was learnt in a transaction that was long in committing


class Surveyed(msgspec.Struct, frozen=True):
    """The newest survey. as_of: the day that it spoke of. whole: when everything was last looked at anew."""

    id: UUID
    moment: datetime
    as_of: date
    whole: datetime


async def last(db: Db, workspace_id: UUID) -> Surveyed | None:
    """Return the newest survey that found anybody; None where there was none."""
    row = await db.fetchrow(
        """
        SELECT id, moment, as_of, (SELECT max(moment) FROM detections WHERE workspace_id = $1 AND whole) AS whole
        FROM detections WHERE workspace_id = $1 AND people > 0 ORDER BY id DESC LIMIT 1
        """,
        workspace_id,
    )
    return Surveyed(**row) if row else None


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


async def load(db: Db, workspace_id: UUID, moment: datetime, before: Surveyed | None, *, whole: bool) -> Facts:
    """Return what a survey at this moment needs to know. whole: look at everything anew, whatever has changed."""
    await db.execute(_TABLES)
    now = await _spoken_of(db, workspace_id, moment)
    since = now - timedelta(days=HISTORY)
    await db.execute(_FILL_PEOPLE, workspace_id)
    await db.execute("ANALYZE survey_people; ANALYZE survey_identities")
    await db.execute(_FILL_CHANNELS, workspace_id)
    await db.execute(_FILL_TEXTS, workspace_id, since, now, TEXTS)
    await db.execute("ANALYZE survey_channels; ANALYZE survey_texts")
    people = await columns.read(db, _PEOPLE, id="V16", first="f8")
    first, second, weight = await _ties(db, workspace_id, now)
    acts = await columns.read(
        db, _ACTS, workspace_id, since, now,
        day="f8", actor="i4", other="i4", kind="i4", channel="i4", text="i4", id="V16", learnt="f8",
    )  # fmt: skip
    acts = acts[np.argsort(acts["day"], kind="stable")]
    ids = _ids(people["id"])
    channels = await db.fetch(_CHANNELS)
    names = [row["name"] for row in channels]
    return Facts(
        now=_day(now),
        moment=_day(moment),
        id_key=await db.fetchval("SELECT id_key FROM workspaces WHERE workspace_id = $1", workspace_id),
        people=ids,
        first=first,
        second=second,
        weight=weight,
        acts=Acts(
            ids,
            acts["day"],
            _ints(acts["actor"]),
            _ints(acts["other"]),
            _ints(acts["kind"]),
            [row["kind"] for row in await db.fetch("SELECT kind FROM survey_kinds ORDER BY number")],
            _ints(acts["channel"]),
            names,
        ),
        places=np.array([row["place"] for row in channels], dtype=np.int64),
        act_ids=acts["id"],
        act_texts=_ints(acts["text"]),
        act_learnt=np.ascontiguousarray(acts["learnt"]),
        arrivals=people["first"],
        us=_ints((await columns.read(db, _US, workspace_id, TEAM, person="i4"))["person"]),
        texts=await _texts(db, workspace_id, names),
        former=await _communities(db, workspace_id, "detected"),
        last=None
        if whole or before is None or before.as_of != _date(now)
        else await _last(db, workspace_id, moment, before, acts, len(first)),
        curated=tuple((each.id, each.people) for each in await _communities(db, workspace_id, "curated")),
        topics={
            str(row["id"]): tuple(row["terms"])
            for row in await db.fetch("SELECT id, terms FROM topics WHERE workspace_id = $1", workspace_id)
        },
    )


async def _spoken_of(db: Db, workspace_id: UUID, moment: datetime) -> datetime:
    """Return until when a survey at this moment speaks: until then, or until the end of the last day that was read."""
    read = await reach.of_workspace(db, workspace_id)
    return moment if read is None else min(moment, datetime.combine(read, time.max, UTC))


async def _ties(db: Db, workspace_id: UUID, now: datetime) -> tuple[Ints, Ints, Floats]:
    """Return the living contact of each pair: one, other, and its weight as faded on this day."""
    day, kinds = _date(now), {"first": "i4", "second": "i4", "weight": "f8"}
    rows = await columns.read(db, _TIES, workspace_id, day, HALF_LIFE, **kinds)
    pair = _ints(rows["first"]) << 32 | rows["second"]
    order = np.argsort(pair, kind="stable")
    pair = pair[order]
    starts = np.flatnonzero(np.diff(pair, prepend=-1))
    weight = np.add.reduceat(rows["weight"][order], starts) if len(starts) else rows["weight"]
    living = weight >= LIVING
    pair = pair[starts][living]
    return pair >> 32, pair & 0xFFFFFFFF, weight[living]


async def _texts(db: Db, workspace_id: UUID, names: list[str]) -> Texts:
    rows = await db.fetch(_TEXTS, workspace_id, LETTERS)
    return Texts(
        [row["text_id"].bytes for row in rows],
        [row["said"] for row in rows],
        np.array([row["channel"] for row in rows], dtype=np.int64),
        names,
    )


async def _last(
    db: Db, workspace_id: UUID, moment: datetime, before: Surveyed, acts: columns.Columns, ties: int
) -> Last | None:
    """Return the division to start from; None where too much changed since, or it goes back too far."""
    news = acts[(acts["learnt"] > _day(before.moment - _EARLIER)) & (acts["other"] >= 0)]
    one, other = _ints(news["actor"]), _ints(news["other"])
    changed = np.unique(np.minimum(one, other) << 32 | np.maximum(one, other))
    if moment - before.whole > timedelta(hours=WHOLE_HOURS) or len(changed) > CHANGED * ties:
        return None
    touched = np.unique(np.concatenate([changed >> 32, changed & 0xFFFFFFFF]))
    row = await db.fetchrow(
        "SELECT resolution, bits_undivided FROM detections WHERE workspace_id = $1 ORDER BY id DESC LIMIT 1",
        workspace_id,
    )
    return Last(row["resolution"], row["bits_undivided"], touched) if row else None


async def _communities(db: Db, workspace_id: UUID, kind: str) -> tuple[Former, ...]:
    """Return who is at home in each community of a kind, by the places of the living people."""
    kinds = {"id": "V16", "level": "i4", "person": "i4", "looked": "f8"}
    rows = await columns.read(db, _COMMUNITIES, workspace_id, kind, _EARLIER, **kinds)
    parts = np.split(rows, 1 + np.flatnonzero(rows["id"][1:] != rows["id"][:-1])) if len(rows) else []
    return tuple(
        Former(str(UUID(bytes=each["id"][0].tobytes())), int(each["level"][0]), _ints(each["person"]),
               float(each["looked"][0]))
        for each in parts
    )  # fmt: skip


async def save(
    db: Db, workspace_id: UUID, moment: datetime, before: Surveyed | None, facts: Facts, found: Survey
) -> bool:
    """Store what a survey found; return False, and store nothing, where another was stored since ``before``."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 3))", str(workspace_id))
    newest = await last(db, workspace_id)
    if (newest and newest.id) != (before and before.id):
        return False
    await db.execute(
        """
        INSERT INTO detections (workspace_id, id, moment, as_of, whole, people, ties, resolution, bits, bits_undivided)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        workspace_id, new_id(), moment, facts.as_of, facts.last is None,
        found.people, found.ties, found.resolution, found.bits, found.bits_undivided,
    )  # fmt: skip
    await _save_communities(db, workspace_id, moment, facts, found)
    await _save_topics(db, workspace_id, moment, facts, found)
    return True


async def _save_communities(db: Db, workspace_id: UUID, moment: datetime, facts: Facts, found: Survey) -> None:
    await db.execute(_SAVED)
    detected = [each for each in found.communities if each.kind == "detected"]
    rows = [
        (UUID(each.id), each.kind, each.name, each.level, UUID(each.parent) if each.parent else None,
         len(each.people), _json(each.look.health) if each.look else None, each.look.map if each.look else None)
        for each in found.communities
    ]  # fmt: skip
    await db.copy_records_to_table(
        "found_communities", records=rows,
        columns=("id", "kind", "name", "level", "parent_id", "size", "health", "map"),
    )  # fmt: skip
    if detected:
        await columns.write(
            db, "found_people",
            community_id=_packed([UUID(each.id).bytes for each in detected for _ in each.people]),
            person_id=_packed(facts.people)[np.concatenate([each.people for each in detected])],
            belonging=np.concatenate([each.belonging for each in detected]).astype(np.float32),
            home=np.concatenate([each.home for each in detected]),
        )  # fmt: skip
    await db.copy_records_to_table(
        "found_roles",
        records=[
            (UUID(each.id), UUID(bytes=facts.people[held.role.person]), held.role.role, held.role.rank,
             held.role.score, held.role.stability, _json(held.role.evidence),
             [UUID(bytes=facts.act_ids[act].tobytes()) for act in held.acts.tolist()], held.place)
            for each in found.communities if each.look for held in each.look.roles
        ],
        columns=("community_id", "person_id", "role", "rank", "score", "stability", "evidence", "interaction_ids",
                 "place"),
    )  # fmt: skip
    for statement in _SAVE_COMMUNITIES:
        named = 1 + ("$2" in statement) + ("$3" in statement)
        await db.execute(statement, *(workspace_id, moment, facts.as_of)[:named])
    await db.executemany(
        """
        INSERT INTO community_events (workspace_id, id, change, before_ids, after_ids, occurred_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        [
            (workspace_id, new_id(), event.change, [UUID(id_) for id_ in event.before],
             [UUID(id_) for id_ in event.after], moment)
            for event in found.events
        ],
    )  # fmt: skip


async def _save_topics(db: Db, workspace_id: UUID, moment: datetime, facts: Facts, found: Survey) -> None:
    await db.execute("DELETE FROM topic_texts WHERE workspace_id = $1", workspace_id)
    await db.execute("DELETE FROM topic_channels WHERE workspace_id = $1", workspace_id)
    kept = [UUID(topic.id) for topic in found.topics]
    await db.execute("DELETE FROM topics WHERE workspace_id = $1 AND id <> ALL ($2)", workspace_id, kept)
    await db.executemany(
        """
        INSERT INTO topics (workspace_id, id, name, terms, texts, computed_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (workspace_id, id) DO UPDATE SET (name, terms, texts, computed_at)
            = (excluded.name, excluded.terms, excluded.texts, excluded.computed_at)
        """,
        [
            (workspace_id, id_, topic.name, topic.terms, topic.texts, moment)
            for id_, topic in zip(kept, found.topics, strict=True)
        ],
    )
    spoken = np.flatnonzero(found.of_text >= 0)
    await db.execute(
        _SAVE_TEXTS, workspace_id, [UUID(bytes=facts.texts.ids[place]) for place in spoken.tolist()],
        [kept[topic] for topic in found.of_text[spoken].tolist()],
    )  # fmt: skip
    await db.execute(_SAVE_TOPIC_CHANNELS, workspace_id)


def _day(moment: datetime) -> float:
    return moment.astimezone(UTC).timestamp() / _SECONDS


def _date(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _ints(column: Any) -> Ints:
    return np.asarray(column).astype(np.int64)


def _ids(column: Any) -> list[bytes]:
    return [value.tobytes() for value in column]


def _packed(ids: Sequence[bytes]) -> Any:
    return np.frombuffer(b"".join(ids), dtype="V16")


# People stand in the order of their ids, without bots, lists and firms: they would tie all whom they address.
_TABLES = """
    SET LOCAL client_min_messages = warning; SET LOCAL enable_nestloop = off;
    CREATE TEMPORARY TABLE survey_people (person integer, person_id uuid, first_seen timestamptz) ON COMMIT DROP;
    CREATE TEMPORARY TABLE survey_identities (identity_id uuid, person integer) ON COMMIT DROP;
    CREATE TEMPORARY TABLE survey_channels (number integer, channel_id uuid, name text, parent_id uuid) ON COMMIT DROP;
    CREATE TEMPORARY TABLE survey_kinds (number integer, kind text) ON COMMIT DROP;
    CREATE TEMPORARY TABLE survey_texts (number integer, text_id uuid, channel_id uuid) ON COMMIT DROP;
"""

_FILL_PEOPLE = """
    WITH numbered AS (
        INSERT INTO survey_people
        SELECT (row_number() OVER (ORDER BY id))::integer - 1, id, first_seen
        FROM people WHERE workspace_id = $1 AND kind IN ('person', 'unknown')
        RETURNING person, person_id
    )
    INSERT INTO survey_identities
    SELECT i.identity_id, n.person FROM person_identities i JOIN numbered n USING (person_id) WHERE i.workspace_id = $1
"""

_FILL_CHANNELS = """
    WITH kinds AS (
        INSERT INTO survey_kinds
        SELECT (row_number() OVER (ORDER BY kind))::integer - 1, kind
        FROM (SELECT DISTINCT kind FROM interactions WHERE workspace_id = $1) AS k
    )
    INSERT INTO survey_channels
    SELECT (row_number() OVER (ORDER BY id))::integer - 1, id, name, parent_id FROM channels WHERE workspace_id = $1
"""

_FILL_TEXTS = """
    INSERT INTO survey_texts
    SELECT (row_number() OVER (ORDER BY text_id))::integer - 1, text_id, channel_id
    FROM (
        SELECT coalesce(conversation_id, id) AS text_id, min(channel_id::text)::uuid AS channel_id
        FROM interactions WHERE workspace_id = $1 AND occurred_at >= $2 AND occurred_at < $3
        GROUP BY 1 ORDER BY max(occurred_at) DESC, 1 LIMIT $4
    ) AS latest
"""

_CHANNELS = """
    SELECT c.name, coalesce(p.number, c.number) AS place
    FROM survey_channels c LEFT JOIN survey_channels p ON p.channel_id = c.parent_id ORDER BY c.number
"""

_PEOPLE = """
    SELECT person_id, coalesce(extract(epoch FROM first_seen) / 86400, 'Infinity')::double precision
    FROM survey_people ORDER BY person
"""

# One row for each day of contact: adding them up is faster in arrays.
_TIES = """
    SELECT least(a.person, b.person), greatest(a.person, b.person),
        c.weight / 1000.0::float8 * power(2.0::float8, -($2::date - c.day) / $3::float8)
    FROM contact_days c
    JOIN survey_identities a ON a.identity_id = c.actor_id
    JOIN survey_identities b ON b.identity_id = c.target_id
    WHERE c.workspace_id = $1 AND c.day <= $2::date AND a.person <> b.person
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
    JOIN survey_identities a ON a.identity_id = i.actor_id
    JOIN survey_kinds k USING (kind)
    LEFT JOIN survey_identities t ON t.identity_id = i.target_id
    LEFT JOIN survey_channels h ON h.channel_id = i.channel_id
    LEFT JOIN survey_texts x ON x.text_id = coalesce(i.conversation_id, i.id)
    WHERE (i.target_id IS NULL OR t.person IS NOT NULL) AND t.person IS DISTINCT FROM a.person
    ORDER BY i.occurred_at, i.id, t.person
"""

_TEXTS = """
    SELECT x.text_id, coalesce(h.number, -1) AS channel,
        left(concat_ws(' ', c.title, string_agg(concat_ws(' ', nullif(i.title, c.title), left(i.text, $2::integer)), ' '
            ORDER BY i.occurred_at, i.id)), $2::integer) AS said
    FROM survey_texts x
    JOIN interactions i ON i.workspace_id = $1 AND coalesce(i.conversation_id, i.id) = x.text_id
    LEFT JOIN conversations c ON c.workspace_id = $1 AND c.id = x.text_id
    LEFT JOIN survey_channels h ON h.channel_id = x.channel_id
    GROUP BY x.number, x.text_id, h.number, c.title ORDER BY x.number
"""

_US = f"""
    SELECT DISTINCT s.person FROM groups g CROSS JOIN LATERAL ({groups.PEOPLE.format(group="g.id")}) AS us
    JOIN survey_identities s ON s.identity_id = us.person_id
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
        JOIN survey_identities s ON s.identity_id = p.person_id
        JOIN survey_people l USING (person)
        WHERE c.workspace_id = $1 AND c.kind = $2 AND c.ended_at IS NULL
        ORDER BY s.person, c.level, CASE c.kind WHEN 'curated' THEN c.id END, p.belonging DESC NULLS LAST, c.id
    ) AS homes ORDER BY community_id, person
"""

_SAVED = """
    CREATE TEMPORARY TABLE found_communities (
        id uuid, kind text, name text, level smallint, parent_id uuid, size integer, health text, map bytea
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE found_people (community_id uuid, person_id uuid, belonging real, home boolean)
        ON COMMIT DROP;
    CREATE TEMPORARY TABLE found_roles (
        community_id uuid, person_id uuid, role text, rank integer, score double precision, stability real,
        evidence text, interaction_ids uuid[], place integer
    ) ON COMMIT DROP;
"""

_NUMBERS = """
    size = f.size, health = f.health::jsonb, map = f.map, computed_at = $2, as_of = $3, updated_at = now(),
    cohesion = (f.health::jsonb ->> 'cohesion')::float8, openness = (f.health::jsonb ->> 'openness')::float8
"""

_SAVE_COMMUNITIES = (
    # Those that are no longer found keep their people and roles as they were, for who asks what became of them.
    """
    UPDATE communities c SET ended_at = $2, updated_at = now()
    WHERE workspace_id = $1 AND kind = 'detected' AND ended_at IS NULL
        AND NOT EXISTS (SELECT FROM found_communities f WHERE f.id = c.id)
    """,
    f"""
    UPDATE communities c SET {_NUMBERS} FROM found_communities f
    WHERE c.workspace_id = $1 AND c.id = f.id AND f.kind = 'curated'
    """,
    """
    INSERT INTO communities (workspace_id, id, kind, name, level, parent_id, size, health, map, computed_at, as_of,
        born_at, cohesion, openness)
    SELECT $1, id, kind, name, level, parent_id, size, health::jsonb, map, $2, $3, $2,
        (health::jsonb ->> 'cohesion')::float8, (health::jsonb ->> 'openness')::float8
    FROM found_communities WHERE kind = 'detected' AND map IS NOT NULL
    ON CONFLICT (workspace_id, id) DO UPDATE SET (name, parent_id, size, health, map, computed_at, as_of, cohesion,
        openness, updated_at, ended_at) = (excluded.name, excluded.parent_id, excluded.size, excluded.health,
        excluded.map, excluded.computed_at, excluded.as_of, excluded.cohesion, excluded.openness, now(), NULL)
    """,
    # Those whose last look still stands keep it, with what it said of the people who stayed.
    """
    UPDATE communities c SET name = f.name, parent_id = f.parent_id, size = f.size, updated_at = now()
    FROM found_communities f
    WHERE c.workspace_id = $1 AND c.id = f.id AND f.map IS NULL
        AND (c.name, c.parent_id, c.size) IS DISTINCT FROM (f.name, f.parent_id, f.size)
    """,
    """
    DELETE FROM community_people p USING found_communities f
    WHERE p.workspace_id = $1 AND p.community_id = f.id AND f.kind = 'detected'
        AND (f.map IS NOT NULL OR NOT EXISTS (SELECT FROM found_people n
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
    """
    DELETE FROM roles r USING found_communities f
    WHERE r.workspace_id = $1 AND r.community_id = f.id AND (f.map IS NOT NULL OR f.kind = 'detected' AND NOT EXISTS (
        SELECT FROM found_people n WHERE n.community_id = r.community_id AND n.person_id = r.person_id AND n.home))
    """,
    """
    INSERT INTO roles
    SELECT $1, r.community_id, r.person_id, r.role, r.rank, r.score, r.stability, r.evidence::jsonb, r.interaction_ids,
        r.place, $2, c.as_of
    FROM found_roles r JOIN communities c ON c.workspace_id = $1 AND c.id = r.community_id
    """,
)

_SAVE_TEXTS = """
    INSERT INTO topic_texts SELECT $1, text_id, topic_id FROM unnest($2::uuid[], $3::uuid[]) AS t (text_id, topic_id)
"""

_SAVE_TOPIC_CHANNELS = """
    INSERT INTO topic_channels
    SELECT $1, t.topic_id, i.channel_id, count(DISTINCT t.text_id)
    FROM topic_texts t
    JOIN interactions i ON i.workspace_id = $1 AND coalesce(i.conversation_id, i.id) = t.text_id
    WHERE t.workspace_id = $1 AND i.channel_id IS NOT NULL
    GROUP BY t.topic_id, i.channel_id
"""
