"""Asks: which acts ask something, what became of it, and what members say of it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from kith.domain.replies.said import BEFORE
from kith.store.db import Db, new_id
from kith.store.ingest import TALK
from kith.store.projection import Projection
from kith.store.queries import Order, Statement, fetch_page, structs
from kith.store.search import MOST

_FEW = 200
"""Places up to which a join may look each row up; PostgreSQL cannot know how many rows a judged page has."""

JUDGED = tuple(kind for kind in TALK if kind != "answer")
"""Kinds of acts that may ask something."""

ACTS = Projection("ask_acts", ("interaction_id",), ("chance", "learnt", "sentence"), "", "")

_LIKELY_ANSWERED = 0.5
"""The chance that nobody answered, below which a line of a room counts as answered."""

_HUMAN = """
    NOT EXISTS (
        SELECT FROM identities d LEFT JOIN identity_kinds k ON k.workspace_id = $1 AND k.identity_id = d.id
        WHERE d.workspace_id = $1 AND d.id = i.actor_id AND coalesce(k.kind, d.kind) IN ('bot', 'group'))
"""
# Who opened the conversation is answered by what points at nothing. A line of a room is answered by later ones, each by
# its chance: of those that were inferred, none stands more than BEFORE lines behind it.
ASKS = Projection(
    "asks",
    ("place_id", "id"),
    (
        "actor_id", "channel_id", "native", "chance", "learnt", "sentence", "occurred_at", "asked_at", "state",
        "answer_id", "answered_at", "answerer_id", "taken_by", "nobody",
    ),
    "SELECT a.place_id, a.id FROM wanted_asks x JOIN asks a ON a.workspace_id = $1 AND a.place_id = x.id",
    f"""
    WITH stated AS MATERIALIZED (
        SELECT t.interaction_id AS id,
            (array_agg(t.state ORDER BY t.id DESC) FILTER (WHERE t.state IS NOT NULL))[1] AS state,
            (array_agg(CASE WHEN t.taken THEN t.author END ORDER BY t.id DESC) FILTER (WHERE t.taken IS NOT NULL))[1]
                AS taken_by
        FROM said_of_asks s JOIN ask_statements t ON t.workspace_id = $1 AND t.interaction_id = s.id
        GROUP BY t.interaction_id
    ),
    asked AS MATERIALIZED (
        SELECT s.*, j.chance, j.learnt, j.sentence,
            first_value(s.id) OVER one AS ask_id, first_value(s.kind) OVER one AS ask_kind,
            first_value(s.occurred_at) OVER one AS first_at,
            max(s.occurred_at) OVER (PARTITION BY s.place_id, s.person_id) AS asked_at
        FROM said_of_asks s
        JOIN ask_acts j ON j.workspace_id = $1 AND j.interaction_id = s.id
        LEFT JOIN stated t ON t.id = s.id
        WHERE t.state IS DISTINCT FROM 'not_an_ask'
        WINDOW one AS (PARTITION BY s.place_id, s.person_id ORDER BY s.occurred_at, s.id)
    ),
    answers AS (
        SELECT a.ask_id, (array_agg(r.id ORDER BY r.occurred_at, r.id))[1] AS first_id,
            (array_agg(r.actor_id ORDER BY r.occurred_at, r.id))[1] AS actor_id,
            min(r.occurred_at) AS first_at, max(r.occurred_at) AS last_at
        FROM asked a JOIN said_of_asks r ON r.place_id = a.place_id AND r.person_id <> a.person_id
            AND a.id = CASE
                WHEN r.reply_to IS NOT NULL THEN r.reply_to
                WHEN r.kind IN ('reply', 'answer') AND r.id <> r.opener_id THEN r.opener_id
            END
        WHERE r.occurred_at >= a.first_at AND r.kind <> 'accept'
            AND NOT (r.kind = 'comment' AND a.ask_kind = 'question')
        GROUP BY a.ask_id
    ),
    linked AS (
        SELECT h.id AS ask_id, i.id, i.actor_id, r.occurred_at, l.chance::double precision AS chance
        FROM asked h
        JOIN inferred_replies q ON q.workspace_id = $1 AND q.interaction_id = h.id
        CROSS JOIN LATERAL (
            (SELECT n.interaction_id, n.occurred_at, n.answers, n.chances FROM inferred_replies n
             WHERE n.workspace_id = $1 AND n.channel_id = q.channel_id
                 AND (n.occurred_at, n.interaction_id) > (q.occurred_at, q.interaction_id)
             ORDER BY n.occurred_at, n.interaction_id LIMIT {BEFORE})
            UNION
            SELECT n.interaction_id, n.occurred_at, n.answers, n.chances FROM inferred_replies n
            WHERE n.workspace_id = $1 AND n.known AND n.answers[1] = h.id
        ) AS r
        CROSS JOIN LATERAL unnest(r.answers, r.chances) AS l (id, chance)
        JOIN interactions i ON i.workspace_id = $1 AND i.id = r.interaction_id
        LEFT JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = i.actor_id
        WHERE l.id = h.id AND coalesce(p.person_id, i.actor_id) <> h.person_id AND {_HUMAN}
    ),
    guessed AS (
        SELECT q.interaction_id AS ask_id,
            (array_agg(l.id ORDER BY l.chance DESC, l.occurred_at, l.id))[1] AS answer_id,
            (array_agg(l.actor_id ORDER BY l.chance DESC, l.occurred_at, l.id))[1] AS actor_id,
            (array_agg(l.occurred_at ORDER BY l.chance DESC, l.occurred_at, l.id))[1] AS answered_at,
            CASE WHEN max(l.chance) < 1
                THEN exp(sum(ln(1 - CASE WHEN l.chance < 1 THEN l.chance END) ORDER BY l.occurred_at, l.id))
                ELSE CASE WHEN max(l.chance) IS NULL THEN 1 ELSE 0 END
            END::real AS nobody
        FROM asked h JOIN inferred_replies q ON q.workspace_id = $1 AND q.interaction_id = h.id
        LEFT JOIN linked l ON l.ask_id = h.id
        GROUP BY q.interaction_id
    ),
    accepts AS (SELECT DISTINCT place_id, person_id FROM said_of_asks WHERE kind = 'accept')
    SELECT h.place_id, h.id, h.actor_id, h.channel_id, h.kind = 'question' AS native, h.chance, h.learnt, h.sentence,
        h.occurred_at, h.asked_at,
        CASE
            WHEN t.state IN ('answered', 'withdrawn', 'closed') THEN t.state
            WHEN c.place_id IS NOT NULL THEN 'accepted'
            WHEN g.nobody < {_LIKELY_ANSWERED} AND n.ask_id IS NULL THEN 'answered'
            WHEN n.ask_id IS NULL THEN 'open'
            WHEN h.asked_at > n.last_at THEN 'reopened'
            ELSE 'answered'
        END AS state,
        coalesce(n.first_id, g.answer_id) AS answer_id, coalesce(n.first_at, g.answered_at) AS answered_at,
        coalesce(n.actor_id, g.actor_id) AS answerer_id, t.taken_by,
        CASE WHEN n.ask_id IS NULL THEN g.nobody END AS nobody
    FROM asked h
    LEFT JOIN stated t ON t.id = h.id
    LEFT JOIN answers n ON n.ask_id = h.id
    LEFT JOIN (
        SELECT ask_id, nobody, CASE WHEN nobody < {_LIKELY_ANSWERED} THEN answer_id END AS answer_id,
            CASE WHEN nobody < {_LIKELY_ANSWERED} THEN actor_id END AS actor_id,
            CASE WHEN nobody < {_LIKELY_ANSWERED} THEN answered_at END AS answered_at
        FROM guessed
    ) AS g ON g.ask_id = h.id
    LEFT JOIN accepts c ON c.place_id = h.place_id AND c.person_id = h.person_id
    WHERE h.id = h.ask_id
    """,
)  # fmt: skip


class Text(NamedTuple):
    """What an act says."""

    id: UUID
    kind: str
    title: str | None
    text: str | None


class Judged(NamedTuple):
    """A row of ask_acts, without workspace_id."""

    interaction_id: UUID
    chance: float
    learnt: bool
    sentence: str


class Ask(msgspec.Struct, frozen=True):
    """What one person asks in one conversation. conversation_id: None where it stands alone."""

    id: UUID
    actor_id: UUID
    person_id: UUID
    channel_id: UUID | None
    channel_name: str | None
    conversation_id: UUID | None
    conversation_title: str | None
    native: bool
    chance: float
    learnt: bool
    sentence: str
    occurred_at: datetime
    asked_at: datetime
    state: str
    answer_id: UUID | None
    answered_at: datetime | None
    answerer_id: UUID | None
    taken_by: str | None
    nobody: float | None
    to_us: bool


class AskFilter(msgspec.Struct, frozen=True, kw_only=True):
    """actor_ids: of any of these; None for all."""

    states: tuple[str, ...] = ()
    actor_ids: Sequence[UUID] | None = None
    topic_id: UUID | None = None
    channel_id: UUID | None = None
    conversation_id: UUID | None = None
    since: datetime | None = None
    before: datetime | None = None
    to_us: bool | None = None
    least: float = 0.0


class Wait(NamedTuple):
    """When an ask of a channel was asked, and first answered."""

    channel_id: UUID | None
    occurred_at: datetime
    answered_at: datetime | None


class Help(NamedTuple):
    """An answer to an ask, the persons of both, and the channel."""

    answer_id: UUID
    answered_at: datetime
    answerer_id: UUID
    asker_id: UUID
    channel_id: UUID | None


async def texts_of(db: Db, workspace_id: UUID, act_ids: Collection[UUID]) -> list[Text]:
    rows = await db.fetch(f"{_TEXTS} AND id = ANY ($2)", workspace_id, list(act_ids))
    return [Text(*row) for row in rows]


async def next_texts(db: Db, workspace_id: UUID, after: UUID, limit: int) -> list[Text]:
    """Return what the acts behind ``after`` say, by id."""
    rows = await db.fetch(f"{_TEXTS} AND id > $2 ORDER BY id LIMIT {limit:d}", workspace_id, after)
    return [Text(*row) for row in rows]


async def save_acts(db: Db, workspace_id: UUID, act_ids: Collection[UUID], judged: Sequence[Judged]) -> None:
    """Keep which of the acts ask something."""
    kept = [each.interaction_id for each in judged]
    await db.execute(
        "DELETE FROM ask_acts WHERE workspace_id = $1 AND interaction_id = ANY ($2) AND interaction_id <> ALL ($3)",
        workspace_id, list(act_ids), kept,
    )  # fmt: skip
    if judged:
        await db.execute(_SAVE_ACTS, workspace_id, *map(list, zip(*judged, strict=True)))


async def begin_rebuilt(db: Db) -> None:
    """Make the temporary table that is filled by ``add_rebuilt`` and read by ``rebuild.put_right``."""
    await db.execute(
        """
        CREATE TEMPORARY TABLE rebuilt (interaction_id uuid, chance real, learnt boolean, sentence text) ON COMMIT DROP
        """
    )


async def add_rebuilt(db: Db, judged: Sequence[Judged]) -> None:
    await db.copy_records_to_table("rebuilt", records=judged)


async def want(db: Db, workspace_id: UUID, act_ids: Collection[UUID], place_ids: Collection[UUID]) -> None:
    """Want the asks of the places of these acts, and those that are known of the places."""
    await db.execute(_WANT, workspace_id, list(act_ids), list(place_ids))


async def want_of(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> None:
    """Want the asks of the places in which the identities acted, and of the lines that theirs answer."""
    if identity_ids:
        await db.execute(_WANT_OF, workspace_id, list(identity_ids))


async def want_all(db: Db, workspace_id: UUID) -> None:
    await db.execute(_WANT_ALL, workspace_id)


async def gather(db: Db, workspace_id: UUID) -> None:
    """Keep what was said in the wanted places, counted, so that it is joined as so many rows should be."""
    wanted: int = await db.fetchval("SELECT count(*) FROM wanted_asks")
    if wanted:
        await db.execute("ANALYZE wanted_asks")
        await db.execute(_GATHER, workspace_id)
        await db.execute("ANALYZE said_of_asks")
    if wanted > _FEW:
        await db.execute("SET LOCAL enable_nestloop = off")


async def end(db: Db) -> None:
    """Let this transaction plan as ever, after what was wanted is saved."""
    await db.execute("SET LOCAL enable_nestloop = DEFAULT")


async def touch(db: Db, workspace_id: UUID, interaction_id: UUID) -> None:
    """Leave it to a job to work in what was said of an ask."""
    await db.execute(_TOUCH, workspace_id, interaction_id)


async def place_of(db: Db, workspace_id: UUID, interaction_id: UUID) -> UUID | None:
    """Return the place of an act that asks something, whatever members say of it."""
    found: UUID | None = await db.fetchval(_PLACE, workspace_id, interaction_id)
    return found


async def add_statement(
    db: Db, workspace_id: UUID, interaction_id: UUID, state: str | None, taken: bool | None, author: str
) -> None:
    await db.execute(
        """
        INSERT INTO ask_statements (workspace_id, id, interaction_id, state, taken, author)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        workspace_id, new_id(), interaction_id, state, taken, author,
    )  # fmt: skip


async def list_asks(
    db: Db, workspace_id: UUID, wanted: AskFilter, after: tuple[datetime, UUID] | None, limit: int
) -> list[Ask]:
    """Return asks, the newest first. after: occurred_at and id of the row before."""
    few = await _few(db, workspace_id, wanted)
    found: list[Ask] = []
    for state in dict.fromkeys(wanted.states) or (None,):
        statement = Statement(workspace_id)
        statement.where("a.id = ANY ({}::uuid[])", few)
        statement.where("a.state = {}", state)
        statement.where("a.actor_id = ANY ({}::uuid[])", wanted.actor_ids)
        statement.where(_ABOUT, wanted.topic_id)
        statement.where("a.channel_id = {}", wanted.channel_id)
        statement.where("a.place_id = {}", wanted.conversation_id)
        statement.where("a.occurred_at >= {}", wanted.since)
        statement.where("a.occurred_at < {}", wanted.before)
        statement.where("a.chance >= {}::real", wanted.least)
        statement.where(f"{_TO_US} = {{}}", wanted.to_us)
        found += structs(Ask, await fetch_page(db, _SELECT, statement, _NEWEST, after, limit))
    return sorted(found, key=lambda ask: (ask.occurred_at, ask.id), reverse=True)[:limit]


async def _few(db: Db, workspace_id: UUID, wanted: AskFilter) -> list[UUID] | None:
    """Return the asks among which all that are wanted are; None where no index leads to MOST of them or fewer."""
    if wanted.topic_id:
        rows = await db.fetch(_IN_TOPIC, workspace_id, wanted.topic_id)
    elif wanted.to_us:
        rows = await db.fetch(_TO_TEAM, workspace_id)
    else:
        rows = await db.fetch(_LIKELY, workspace_id, wanted.least)
    return [row["id"] for row in rows] if len(rows) <= MOST else None


async def get_ask(db: Db, workspace_id: UUID, ask_id: UUID) -> Ask | None:
    row = await db.fetchrow(f"{_SELECT} AND a.id = $2", workspace_id, ask_id)
    return Ask(**row) if row else None


async def list_open_towards(
    db: Db, workspace_id: UUID, identity_ids: Collection[UUID], since: datetime, until: datetime, limit: int
) -> list[UUID]:
    """Return the asks to any of these that nobody answered, the newest first."""
    rows = await db.fetch(_OPEN_TOWARDS, workspace_id, list(identity_ids), since, until, limit)
    return [row["id"] for row in rows]


async def list_waits(
    db: Db, workspace_id: UUID, channel_ids: Collection[UUID], before: datetime, limit: int
) -> list[Wait]:
    """Return the latest asks of each channel, and of the workspace (channel None), the oldest first."""
    rows = await db.fetch(_WAITS, workspace_id, list(channel_ids), before, limit)
    return [Wait(*row) for row in rows]


async def list_helps(db: Db, workspace_id: UUID, before: datetime, limit: int) -> list[Help]:
    """Return the latest answers before a moment, the oldest first."""
    return [Help(*row) for row in await db.fetch(_HELPS, workspace_id, before, limit)]


async def active_since(db: Db, workspace_id: UUID, person_ids: Collection[UUID], since: datetime) -> set[UUID]:
    """Return those of these persons who have acted since, and may be scored; robots, lists and firms are none."""
    rows = await db.fetch(
        """
        SELECT id FROM people WHERE workspace_id = $1 AND id = ANY ($2) AND last_seen >= $3 AND NOT objects
            AND kind NOT IN ('bot', 'group', 'organization') AND NOT suspected
        """,
        workspace_id, list(person_ids), since,
    )  # fmt: skip
    return {row["id"] for row in rows}


_NEWEST = Order("a.occurred_at", ("a.id",), newest=True)

_TEAM = """
    SELECT s.identity_id FROM groups g
    JOIN group_people m ON m.workspace_id = $1 AND m.group_id = g.id
    JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = m.identity_id
    JOIN person_identities s ON s.workspace_id = $1 AND s.person_id = p.person_id
    WHERE g.workspace_id = $1 AND g.name = 'team'
"""
# A value and no EXISTS, which would be joined with all interactions.
_TO_US = f"""
    coalesce((SELECT i.target_ids && ARRAY({_TEAM}) FROM interactions i
        WHERE i.workspace_id = $1 AND i.id = a.id), false)
"""
_TO_TEAM = f"""
    SELECT DISTINCT a.id FROM ({_TEAM}) AS team
    JOIN interaction_targets t ON t.workspace_id = $1 AND t.identity_id = team.identity_id
    CROSS JOIN LATERAL (
        SELECT id FROM asks WHERE workspace_id = $1 AND id = t.interaction_id LIMIT 1  -- which is looked up, one by one
    ) AS a
    LIMIT {MOST + 1}
"""
_ABOUT = """
    EXISTS (SELECT FROM topic_texts x WHERE x.workspace_id = $1 AND x.text_id = a.place_id AND x.topic_id = {})
"""
_IN_TOPIC = f"""
    SELECT a.id FROM topic_texts x JOIN asks a ON a.workspace_id = $1 AND a.place_id = x.text_id
    WHERE x.workspace_id = $1 AND x.topic_id = $2 LIMIT {MOST + 1}
"""
_OPEN_TOWARDS = """
    SELECT DISTINCT a.occurred_at, a.id FROM interaction_targets t
    JOIN asks a ON a.workspace_id = $1 AND a.id = t.interaction_id AND a.state IN ('open', 'reopened')
    WHERE t.workspace_id = $1 AND t.identity_id = ANY ($2) AND t.occurred_at >= $3 AND t.occurred_at < $4
    ORDER BY a.occurred_at DESC, a.id DESC LIMIT $5
"""
_LIKELY = f"SELECT id FROM asks WHERE workspace_id = $1 AND chance >= $2::real ORDER BY chance DESC LIMIT {MOST + 1}"
_SELECT = f"""
    SELECT a.id, a.actor_id, coalesce(b.person_id, a.actor_id) AS person_id, a.channel_id,
        c.name AS channel_name, v.id AS conversation_id, v.title AS conversation_title, a.native,
        a.chance, a.learnt, a.sentence, a.occurred_at, a.asked_at, a.state,
        a.answer_id, a.answered_at, a.answerer_id, a.taken_by, a.nobody, {_TO_US} AS to_us
    FROM asks a
    LEFT JOIN person_identities b ON b.workspace_id = $1 AND b.identity_id = a.actor_id
    LEFT JOIN channels c ON c.workspace_id = $1 AND c.id = a.channel_id
    LEFT JOIN conversations v ON v.workspace_id = $1 AND v.id = a.place_id
    WHERE a.workspace_id = $1
"""

_TEXTS = f"SELECT id, kind, title, text FROM interactions WHERE workspace_id = $1 AND kind IN {JUDGED}"

_SAVE_ACTS = """
    INSERT INTO ask_acts AS a (workspace_id, interaction_id, chance, learnt, sentence)
    SELECT $1, * FROM unnest($2::uuid[], $3::real[], $4::boolean[], $5::text[])
    ON CONFLICT (workspace_id, interaction_id) DO UPDATE SET chance = excluded.chance, learnt = excluded.learnt,
        sentence = excluded.sentence
    WHERE (a.chance, a.learnt, a.sentence) IS DISTINCT FROM (excluded.chance, excluded.learnt, excluded.sentence)
"""

_WANT = """
    INSERT INTO wanted_asks
    SELECT coalesce(conversation_id, id) FROM interactions WHERE workspace_id = $1 AND id = ANY ($2)
    UNION SELECT place_id FROM asks WHERE workspace_id = $1 AND place_id = ANY ($3)
    ON CONFLICT DO NOTHING
"""

_WANT_OF = """
    INSERT INTO wanted_asks
    SELECT coalesce(i.conversation_id, i.id) FROM interactions i
    WHERE i.workspace_id = $1 AND i.actor_id = ANY ($2) AND EXISTS (
        SELECT FROM ask_acts j JOIN interactions s ON s.workspace_id = $1 AND s.id = j.interaction_id
        WHERE j.workspace_id = $1 AND s.conversation_id = i.conversation_id
        UNION ALL SELECT FROM ask_acts j WHERE j.workspace_id = $1 AND j.interaction_id = i.id)
    UNION
    SELECT j.interaction_id FROM interactions i
    JOIN inferred_replies r ON r.workspace_id = $1 AND r.interaction_id = i.id
    CROSS JOIN LATERAL unnest(r.answers) AS answered (id)
    JOIN ask_acts j ON j.workspace_id = $1 AND j.interaction_id = answered.id
    WHERE i.workspace_id = $1 AND i.actor_id = ANY ($2)
    ON CONFLICT DO NOTHING
"""

_WANT_ALL = """
    INSERT INTO wanted_asks
    SELECT DISTINCT coalesce(i.conversation_id, i.id) FROM ask_acts j
    JOIN interactions i ON i.workspace_id = $1 AND i.id = j.interaction_id WHERE j.workspace_id = $1
    ON CONFLICT DO NOTHING
"""

_SAID = f"""
    SELECT w.id AS place_id, i.id, i.actor_id, coalesce(p.person_id, i.actor_id) AS person_id, i.kind, i.occurred_at,
        i.reply_to, i.channel_id
    FROM wanted_asks w JOIN interactions i ON i.workspace_id = $1 AND {{}}
    LEFT JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = i.actor_id
    WHERE i.kind IN {(*TALK, "accept")} AND {_HUMAN}
"""
_GATHER = f"""
    INSERT INTO said_of_asks
    SELECT s.*, first_value(s.id) OVER (PARTITION BY place_id ORDER BY occurred_at, id) FROM (
        {_SAID.format("i.conversation_id = w.id")}
        UNION ALL {_SAID.format("i.id = w.id AND i.conversation_id IS NULL")}
    ) AS s
"""

_PLACE = """
    SELECT coalesce(i.conversation_id, i.id) FROM ask_acts j
    JOIN interactions i ON i.workspace_id = $1 AND i.id = j.interaction_id
    WHERE j.workspace_id = $1 AND j.interaction_id = $2
"""

_TOUCH = """
    INSERT INTO touches (workspace_id, identity_ids, actor_ids, target_ids, channel_ids, conversation_ids, act_ids)
    SELECT $1::uuid, '{}', '{}', '{}', '{}', array_remove(ARRAY[i.conversation_id], NULL), ARRAY[i.id]
    FROM interactions i WHERE i.workspace_id = $1 AND i.id = $2 RETURNING id
"""

_WAITS = """
    SELECT channel_id, occurred_at, answered_at FROM (
        SELECT w.id AS channel_id, a.occurred_at, a.answered_at, a.id FROM unnest($2::uuid[]) AS w (id),
            LATERAL (SELECT * FROM asks a WHERE a.workspace_id = $1 AND a.channel_id = w.id AND a.occurred_at < $3
                ORDER BY a.occurred_at DESC, a.id DESC LIMIT $4) AS a
        UNION ALL
        (SELECT NULL, a.occurred_at, a.answered_at, a.id FROM asks a WHERE a.workspace_id = $1 AND a.occurred_at < $3
            ORDER BY a.occurred_at DESC, a.id DESC LIMIT $4)
    ) AS latest ORDER BY occurred_at, id
"""

_HELPS = """
    SELECT * FROM (
        SELECT a.answer_id, a.answered_at, coalesce(p.person_id, a.answerer_id), coalesce(q.person_id, a.actor_id),
            a.channel_id
        FROM asks a
        LEFT JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = a.answerer_id
        LEFT JOIN person_identities q ON q.workspace_id = $1 AND q.identity_id = a.actor_id
        WHERE a.workspace_id = $1 AND a.answered_at < $2 ORDER BY a.answered_at DESC LIMIT $3
    ) AS latest ORDER BY answered_at, answer_id
"""
