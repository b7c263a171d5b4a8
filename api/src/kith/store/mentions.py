"""Mentions: where aliases of watches stand, which of that is meant, and what members say of it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from kith.store.db import NAMED, Db, new_id
from kith.store.ingest import TALK
from kith.store.projection import Projection
from kith.store.queries import Order, Statement, fetch_page, structs

HITS = Projection(
    "mention_hits",
    ("interaction_id", "watch_id", "start"),
    ("sure", "beside", "word", "quote", "quote_start", "quote_stop"),
    "",
    "",
)
MENTIONS = Projection(
    "mentions",
    ("id",),
    (
        "watch_id", "interaction_id", "place_id", "actor_id", "channel_id", "occurred_at", "reason", "quote",
        "quote_start", "quote_stop",
    ),
    "",
    "",
)  # fmt: skip


class Text(NamedTuple):
    """What an act says, and when."""

    id: UUID
    occurred_at: datetime
    kind: str
    title: str | None
    text: str | None


class Hit(NamedTuple):
    """A row of mention_hits, without workspace_id."""

    interaction_id: UUID
    watch_id: UUID
    start: int
    sure: bool
    beside: bool
    word: str
    quote: str
    quote_start: int
    quote_stop: int


class Placed(NamedTuple):
    """Where the act of a hit stands."""

    place_id: UUID
    interaction_id: UUID
    actor_id: UUID
    channel_id: UUID | None
    occurred_at: datetime


class Present(NamedTuple):
    """Somebody who acts in a conversation, or is addressed there."""

    place_id: UUID
    identity_id: UUID
    name: str | None
    person_id: UUID


class Row(NamedTuple):
    """A row of mentions, without workspace_id."""

    id: UUID
    watch_id: UUID
    interaction_id: UUID
    place_id: UUID
    actor_id: UUID
    channel_id: UUID | None
    occurred_at: datetime
    reason: str
    quote: str
    quote_start: int
    quote_stop: int


class Mention(msgspec.Struct, frozen=True):
    """conversation_id: None where the act stands alone. is_right: what a member said last; None where nobody did."""

    id: UUID
    watch_id: UUID
    watch_name: str
    interaction_id: UUID
    actor_id: UUID
    target_ids: list[UUID]
    visibility: str
    channel_id: UUID | None
    channel_name: str | None
    conversation_id: UUID | None
    conversation_title: str | None
    topic_id: UUID | None
    topic_name: str | None
    occurred_at: datetime
    reason: str
    quote: str
    quote_start: int
    quote_stop: int
    is_right: bool | None


class MentionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """actor_ids: of any of these; None for all."""

    watch_id: UUID | None = None
    actor_ids: Sequence[UUID] | None = None
    channel_id: UUID | None = None
    conversation_id: UUID | None = None
    since: datetime | None = None
    before: datetime | None = None


class Counts(NamedTuple):
    """Of one watch: mentions, and verdicts on them, the last of each mention."""

    watch_id: UUID
    mentions: int
    verdicts: int
    right: int


async def texts_of(db: Db, workspace_id: UUID, act_ids: Collection[UUID]) -> list[Text]:
    rows = await db.fetch(f"{_TEXTS} AND id = ANY ($2)", workspace_id, list(act_ids))
    return [Text(*row) for row in rows]


async def texts_before(db: Db, workspace_id: UUID, since: datetime, before: datetime, limit: int) -> list[Text]:
    """Return what was said since a moment and before another, the newest first; with all of the last one's moment."""
    rows = await db.fetch(
        f"""
        {_TEXTS} AND occurred_at >= $2 AND occurred_at < $3
        ORDER BY occurred_at DESC FETCH FIRST {limit:d} ROWS WITH TIES
        """,
        workspace_id, since, before,
    )  # fmt: skip
    return [Text(*row) for row in rows]


async def next_texts(db: Db, workspace_id: UUID, after: UUID, limit: int) -> list[Text]:
    """Return what the acts behind ``after`` say, by id."""
    rows = await db.fetch(f"{_TEXTS} AND id > $2 ORDER BY id LIMIT {limit:d}", workspace_id, after)
    return [Text(*row) for row in rows]


async def save_hits(
    db: Db, workspace_id: UUID, act_ids: Collection[UUID], hits: Sequence[Hit], watch_id: UUID | None
) -> None:
    """Keep where aliases stand in these acts. watch_id: of this watch; None for all."""
    await db.execute(
        """
        DELETE FROM mention_hits
        WHERE workspace_id = $1 AND interaction_id = ANY ($2) AND ($3::uuid IS NULL OR watch_id = $3)
        """,
        workspace_id, list(act_ids), watch_id,
    )  # fmt: skip
    await db.executemany(_SAVE_HIT, [(workspace_id, *hit) for hit in hits])


async def places_of(db: Db, workspace_id: UUID, act_ids: Collection[UUID], place_ids: Collection[UUID]) -> list[UUID]:
    """Return the conversations of acts, and those of these conversations in which any alias stands, or stood."""
    rows = await db.fetch(_PLACES, workspace_id, list(act_ids), list(place_ids))
    return [row["id"] for row in rows]


async def all_places(db: Db, workspace_id: UUID) -> list[UUID]:
    """Return the conversations in which any alias stands, by id."""
    rows = await db.fetch(_ALL_PLACES, workspace_id)
    return [row["id"] for row in rows]


async def changed_people(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> list[UUID]:
    """Return those of these identities that have decided what is meant under another name, or as another person."""
    rows = await db.fetch(_CHANGED, workspace_id, list(identity_ids))
    return [row["identity_id"] for row in rows]


async def places_of_people(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> list[UUID]:
    """Return the conversations where these identities, or who is watched as one of them, decide what is meant."""
    rows = await db.fetch(_PLACES_OF_PEOPLE, workspace_id, list(identity_ids))
    return [row["id"] for row in rows]


async def hits_in(db: Db, workspace_id: UUID, place_ids: Collection[UUID]) -> tuple[list[Hit], list[Placed]]:
    """Return where aliases stand in conversations, and where each of these acts does; in the order of time.

    Acts and hits are read one after the other: the planner knows too little of a join of the two.
    """
    acts = await db.fetch(_ACTS_IN, workspace_id, list(place_ids))
    rows = await db.fetch(_HITS_OF, workspace_id, [row["id"] for row in acts])
    placed = {act.interaction_id: act for act in await place_acts(db, workspace_id, {row[0] for row in rows})}
    rank = {act_id: number for number, act_id in enumerate(placed)}
    hits = [Hit(*row) for row in rows if row[0] in placed]  # an act may have gone in between
    hits.sort(key=lambda hit: (rank[hit.interaction_id], hit.start, hit.watch_id))
    return hits, [placed[hit.interaction_id] for hit in hits]


async def place_acts(db: Db, workspace_id: UUID, act_ids: Collection[UUID]) -> list[Placed]:
    """Return where acts stand, in the order of time."""
    rows = await db.fetch(_PLACED, workspace_id, list(act_ids))
    return [Placed(*row) for row in rows]


async def present_in(db: Db, workspace_id: UUID, place_ids: Collection[UUID]) -> list[Present]:
    """Return who acts in conversations, or is addressed there."""
    return [Present(*row) for row in await db.fetch(_PRESENT, workspace_id, list(place_ids))]


async def keep_people(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> None:
    """Remember as whom identities decide what is meant; of those that are known, as before."""
    await db.execute(f"{_KEEP_PEOPLE} ON CONFLICT DO NOTHING", workspace_id, list(identity_ids))


async def renew_people(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> None:
    """Remember as whom identities decide now, everywhere."""
    await db.execute(f"{_KEEP_PEOPLE} {_RENEW}", workspace_id, list(identity_ids))


async def forget_people(db: Db, workspace_id: UUID) -> None:
    await db.execute("DELETE FROM mention_people WHERE workspace_id = $1", workspace_id)


async def save(db: Db, workspace_id: UUID, place_ids: Collection[UUID], rows: Sequence[Row]) -> list[UUID]:
    """Make these the mentions of the conversations; return those that were not there."""
    await db.execute(
        "DELETE FROM mentions WHERE workspace_id = $1 AND place_id = ANY ($2) AND id <> ALL ($3)",
        workspace_id, list(place_ids), [row.id for row in rows],
    )  # fmt: skip
    if not rows:
        return []
    found = await db.fetch(_SAVE, workspace_id, *map(list, zip(*rows, strict=True)))
    return [row["id"] for row in found if row["added"]]


async def begin_rebuilt(db: Db, projection: Projection) -> None:
    """Make the temporary table that is filled by ``add_rebuilt`` and read by ``rebuild.put_right``."""
    columns = ", ".join(projection.key + projection.columns)
    query = f"CREATE TEMPORARY TABLE rebuilt ON COMMIT DROP AS SELECT {columns} FROM {projection.table} WITH NO DATA"
    await db.execute(query)


async def add_rebuilt(db: Db, projection: Projection, rows: Sequence[Hit] | Sequence[Row]) -> None:
    await db.copy_records_to_table("rebuilt", records=rows, columns=projection.key + projection.columns)


async def list_mentions(
    db: Db, workspace_id: UUID, wanted: MentionFilter, after: tuple[datetime, UUID] | None, limit: int
) -> list[Mention]:
    """Return mentions, the newest first. after: occurred_at and id of the row before."""
    statement = Statement(workspace_id)
    statement.where("m.watch_id = {}", wanted.watch_id)
    statement.where("m.actor_id = ANY ({}::uuid[])", wanted.actor_ids)
    statement.where("m.channel_id = {}", wanted.channel_id)
    statement.where("m.place_id = {}", wanted.conversation_id)
    statement.where("m.occurred_at >= {}", wanted.since)
    statement.where("m.occurred_at < {}", wanted.before)
    return structs(Mention, await fetch_page(db, _SELECT, statement, _NEWEST, after, limit))


async def get_mention(db: Db, workspace_id: UUID, mention_id: UUID) -> Mention | None:
    row = await db.fetchrow(f"{_SELECT} AND m.id = $2", workspace_id, mention_id)
    return Mention(**row) if row else None


async def add_verdict(db: Db, workspace_id: UUID, mention: Mention, author: str, *, is_right: bool) -> None:
    await db.execute(
        """
        INSERT INTO mention_verdicts (workspace_id, id, mention_id, watch_id, interaction_id, is_right, author)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        workspace_id, new_id(), mention.id, mention.watch_id, mention.interaction_id, is_right, author,
    )  # fmt: skip


async def count(db: Db, workspace_id: UUID, watch_ids: Collection[UUID]) -> dict[UUID, Counts]:
    """Return how many mentions and verdicts each watch has."""
    rows = await db.fetch(_COUNT, workspace_id, list(watch_ids))
    return {row["watch_id"]: Counts(*row) for row in rows}


_NEWEST = Order("m.occurred_at", ("m.id",), newest=True)

_TEXTS = f"SELECT id, occurred_at, kind, title, text FROM interactions WHERE workspace_id = $1 AND kind IN {TALK}"

_SAVE_HIT = """
    INSERT INTO mention_hits (workspace_id, interaction_id, watch_id, start, sure, beside, word, quote, quote_start,
        quote_stop)
    SELECT $1, $2, w.id, $4, $5, $6, $7, $8, $9, $10 FROM watches w
    WHERE w.workspace_id = $1 AND w.id = $3 FOR KEY SHARE
    RETURNING start
"""

_PLACES = """
    SELECT DISTINCT coalesce(i.conversation_id, i.id) AS id FROM mention_hits h
    JOIN interactions i ON i.workspace_id = $1 AND i.id = h.interaction_id
    WHERE h.workspace_id = $1 AND h.interaction_id = ANY ($2)
    UNION
    SELECT i.conversation_id FROM interactions i
    WHERE i.workspace_id = $1 AND i.conversation_id = ANY ($3)
        AND EXISTS (SELECT FROM mention_hits h WHERE h.workspace_id = $1 AND h.interaction_id = i.id)
    UNION
    SELECT place_id FROM mentions WHERE workspace_id = $1 AND (interaction_id = ANY ($2) OR place_id = ANY ($3))
"""

_ALL_PLACES = """
    SELECT DISTINCT coalesce(i.conversation_id, i.id) AS id FROM mention_hits h
    JOIN interactions i ON i.workspace_id = $1 AND i.id = h.interaction_id WHERE h.workspace_id = $1 ORDER BY 1
"""

_NAME = "coalesce(d.name, d.handle)"
_CHANGED = f"""
    SELECT m.identity_id FROM mention_people m
    LEFT JOIN identities d ON d.workspace_id = $1 AND d.id = m.identity_id
    LEFT JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = m.identity_id
    WHERE m.workspace_id = $1 AND m.identity_id = ANY ($2)
        AND (m.name, m.person_id) IS DISTINCT FROM ({_NAME}, coalesce(p.person_id, m.identity_id))
"""
_PLACES_OF_PEOPLE = """
    WITH acts AS (
        SELECT id, conversation_id FROM interactions WHERE workspace_id = $1 AND actor_id = ANY ($2)
        UNION
        SELECT i.id, i.conversation_id FROM interaction_targets t
        JOIN interactions i ON i.workspace_id = $1 AND i.id = t.interaction_id
        WHERE t.workspace_id = $1 AND t.identity_id = ANY ($2)
    ),
    places AS (SELECT DISTINCT coalesce(conversation_id, id) AS id FROM acts)
    SELECT p.id FROM places p WHERE EXISTS (
        SELECT FROM interactions i JOIN mention_hits h ON h.workspace_id = $1 AND h.interaction_id = i.id
        WHERE i.workspace_id = $1 AND i.conversation_id = p.id AND NOT h.sure
        UNION ALL
        SELECT FROM mention_hits h WHERE h.workspace_id = $1 AND h.interaction_id = p.id AND NOT h.sure)
    UNION
    SELECT coalesce(i.conversation_id, i.id) FROM watches w
    JOIN mention_hits h ON h.workspace_id = $1 AND h.watch_id = w.id AND NOT h.sure
    JOIN interactions i ON i.workspace_id = $1 AND i.id = h.interaction_id
    WHERE w.workspace_id = $1 AND w.identity_id = ANY ($2)
"""

_ACT = "coalesce(i.conversation_id, i.id) AS place_id, i.id, i.actor_id, i.channel_id, i.occurred_at"
_ACTS_IN = """
    SELECT id FROM interactions WHERE workspace_id = $1 AND conversation_id = ANY ($2)
    UNION ALL
    SELECT id FROM interactions WHERE workspace_id = $1 AND id = ANY ($2) AND conversation_id IS NULL
"""
_HITS_OF = """
    SELECT interaction_id, watch_id, start, sure, beside, word, quote, quote_start, quote_stop FROM mention_hits
    WHERE workspace_id = $1 AND interaction_id = ANY ($2)
"""
_PLACED = f"""
    SELECT {_ACT} FROM interactions i WHERE i.workspace_id = $1 AND i.id = ANY ($2) ORDER BY i.occurred_at, i.id
"""

_PRESENT = f"""
    WITH acts AS (
        SELECT conversation_id AS place_id, actor_id, target_ids FROM interactions
        WHERE workspace_id = $1 AND conversation_id = ANY ($2)
        UNION ALL
        SELECT id, actor_id, target_ids FROM interactions
        WHERE workspace_id = $1 AND id = ANY ($2) AND conversation_id IS NULL
    ),
    present AS (
        SELECT place_id, actor_id AS identity_id FROM acts
        UNION SELECT place_id, target_id FROM acts, unnest(target_ids) AS target_id
    )
    SELECT s.place_id, s.identity_id, {_NAME} AS name, coalesce(p.person_id, s.identity_id) AS person_id FROM present s
    LEFT JOIN identities d ON d.workspace_id = $1 AND d.id = s.identity_id
    LEFT JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = s.identity_id
"""

_KEEP_PEOPLE = f"""
    INSERT INTO mention_people AS m (workspace_id, identity_id, name, person_id)
    SELECT DISTINCT $1::uuid, n.id, {_NAME}, coalesce(p.person_id, n.id) FROM unnest($2::uuid[]) AS n (id)
    LEFT JOIN identities d ON d.workspace_id = $1 AND d.id = n.id
    LEFT JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = n.id
"""
_RENEW = """
    ON CONFLICT (workspace_id, identity_id) DO UPDATE SET name = excluded.name, person_id = excluded.person_id
"""

_SAVE = """
    INSERT INTO mentions AS m (workspace_id, id, watch_id, interaction_id, place_id, actor_id, channel_id, occurred_at,
        reason, quote, quote_start, quote_stop)
    SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::timestamptz[],
        $9::text[], $10::text[], $11::integer[], $12::integer[])
    ON CONFLICT (workspace_id, id) DO UPDATE SET place_id = excluded.place_id, actor_id = excluded.actor_id,
        channel_id = excluded.channel_id, occurred_at = excluded.occurred_at, reason = excluded.reason,
        quote = excluded.quote, quote_start = excluded.quote_start, quote_stop = excluded.quote_stop
    WHERE (m.place_id, m.actor_id, m.channel_id, m.occurred_at, m.reason, m.quote, m.quote_start, m.quote_stop)
        IS DISTINCT FROM (excluded.place_id, excluded.actor_id, excluded.channel_id, excluded.occurred_at,
            excluded.reason, excluded.quote, excluded.quote_start, excluded.quote_stop)
    RETURNING id, xmax = 0 AS added
"""

_SELECT = f"""
    SELECT m.id, m.watch_id, w.name AS watch_name, m.interaction_id, m.actor_id, i.target_ids, i.visibility,
        m.channel_id, c.name AS channel_name, v.id AS conversation_id, v.title AS conversation_title,
        o.id AS topic_id, {NAMED.format("o", "name")} AS topic_name, m.occurred_at, m.reason,
        m.quote, m.quote_start, m.quote_stop,
        (SELECT t.is_right FROM mention_verdicts t WHERE t.workspace_id = $1 AND t.watch_id = m.watch_id
            AND t.mention_id = m.id ORDER BY t.id DESC LIMIT 1) AS is_right
    FROM mentions m
    JOIN watches w ON w.workspace_id = $1 AND w.id = m.watch_id
    JOIN interactions i ON i.workspace_id = $1 AND i.id = m.interaction_id
    LEFT JOIN channels c ON c.workspace_id = $1 AND c.id = m.channel_id
    LEFT JOIN conversations v ON v.workspace_id = $1 AND v.id = m.place_id
    LEFT JOIN topic_texts x ON x.workspace_id = $1 AND x.text_id = m.place_id
    LEFT JOIN topics o ON o.workspace_id = $1 AND o.id = x.topic_id
    WHERE m.workspace_id = $1
"""

_COUNT = """
    SELECT w.id AS watch_id,
        (SELECT count(*) FROM mentions m WHERE m.workspace_id = $1 AND m.watch_id = w.id) AS mentions,
        count(t.mention_id) AS verdicts, count(*) FILTER (WHERE t.is_right) AS "right"
    FROM unnest($2::uuid[]) AS w (id)
    LEFT JOIN (
        SELECT DISTINCT ON (watch_id, mention_id) watch_id, mention_id, is_right FROM mention_verdicts
        WHERE workspace_id = $1 AND watch_id = ANY ($2) ORDER BY watch_id, mention_id, id DESC
    ) AS t ON t.watch_id = w.id
    GROUP BY w.id
"""
