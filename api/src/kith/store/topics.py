"""Topics: what people talk about, where, and who helps with it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from kith.store.db import IS_GUEST, NAMED, Db, is_narrow
from kith.store.queries import Order, Statement, count_rows, fetch_page, structs

_OPEN = f"CASE WHEN {IS_GUEST} THEN {{0}}.open_texts ELSE {{0}}.texts END"
NAME = NAMED.format("t", "name")
"""In SQL: the name of a topic ``t`` as the reader sees it."""
_COLUMNS = f"""
    t.id, {NAME} AS name, {NAMED.format("t", "terms")} AS terms, {_OPEN.format("t")} AS texts, t.computed_at
"""
_BY_TEXTS = Order("t.texts", ("t.id",))
_BY_OPEN = Order("t.open_texts", ("t.id",))


class Topic(msgspec.Struct, frozen=True):
    """texts: how many conversations, and interactions outside of any, are about it. name, terms: as far as seen."""

    id: UUID
    name: str
    terms: list[str]
    texts: int
    computed_at: datetime


class TopicChannel(msgspec.Struct, frozen=True):
    channel_id: UUID
    name: str
    texts: int


class Subject(msgspec.Struct, frozen=True):
    """What two people talk about: a topic, or, where none is known, what a channel is for; None for neither.

    interaction_ids: the latest.
    """

    topic_id: UUID | None
    topic_name: str | None
    channel_id: UUID | None
    channel_name: str | None
    interactions: int
    last_at: datetime
    interaction_ids: list[UUID]


# Adds to the query ``acts`` (id, conversation_id, channel_id, ...) the topic of each: that of its text, or that which
# its channel is, of an area as kith.domain.topics.areas has it.
ABOUT = """
    areas AS MATERIALIZED (
        SELECT c.id, c.name, t.id AS topic_id FROM channels c LEFT JOIN LATERAL (
            SELECT t.id FROM topics t JOIN topic_channels h ON h.workspace_id = $1 AND h.topic_id = t.id
            WHERE t.workspace_id = $1 AND h.channel_id = c.id AND t.terms = ARRAY[
                coalesce(rtrim(CASE c.kind WHEN 'area' THEN substring(lower(c.name) FROM '[^/, ][^/,]*') END),
                    lower(c.name))
            ] ORDER BY t.id LIMIT 1
        ) AS t ON true
        WHERE c.workspace_id = $1 AND c.id IN (SELECT channel_id FROM acts)
    ),
    about AS (
        SELECT a.*, coalesce(x.topic_id, h.topic_id) AS topic_id
        FROM acts a LEFT JOIN areas h ON h.id = a.channel_id
        LEFT JOIN topic_texts x ON x.workspace_id = $1 AND x.text_id = coalesce(a.conversation_id, a.id)
    )
"""


async def list_subjects(
    db: Db, workspace_id: UUID, interaction_ids: Sequence[UUID], known_at: datetime | None, shown: int
) -> list[Subject]:
    """Return what these interactions are about, most first. shown: how many of each to name."""
    rows = await db.fetch(
        f"""
        WITH acts AS (
            SELECT id, conversation_id, channel_id, occurred_at FROM interactions
            WHERE workspace_id = $1 AND id = ANY ($2) AND ($3::timestamptz IS NULL OR learnt_at <= $3)
        ), {ABOUT}
        SELECT t.id AS topic_id, {NAME} AS topic_name, c.id AS channel_id, c.name AS channel_name,
            count(*) AS interactions, max(a.occurred_at) AS last_at,
            (array_agg(a.id ORDER BY a.occurred_at DESC, a.id DESC))[:$4] AS interaction_ids
        FROM about a LEFT JOIN topics t ON t.workspace_id = $1 AND t.id = a.topic_id
        LEFT JOIN areas c ON c.id = a.channel_id AND a.topic_id IS NULL
        GROUP BY 1, 2, 3, 4 ORDER BY interactions DESC, 1, 3
        """,
        workspace_id, list(interaction_ids), known_at, shown,
    )  # fmt: skip
    return [Subject(**row) for row in rows]


async def get_names(db: Db, workspace_id: UUID, topic_ids: Sequence[UUID]) -> dict[UUID, str]:
    rows = await db.fetch(
        f"SELECT t.id, {NAME} AS name FROM topics t WHERE t.workspace_id = $1 AND t.id = ANY ($2)",
        workspace_id, list(topic_ids),
    )  # fmt: skip
    return {row["id"]: row["name"] for row in rows}


class TopicFilter(msgspec.Struct, frozen=True, kw_only=True):
    channel_id: UUID | None = None
    ids: tuple[UUID, ...] = ()


async def list_topics(
    db: Db, workspace_id: UUID, wanted: TopicFilter, after: tuple[int, UUID] | None, limit: int
) -> list[Topic]:
    """Return topics, the most frequent first. after: texts and id of the row before."""
    sql = f"SELECT {_COLUMNS} FROM topics t WHERE t.workspace_id = $1"
    order = _BY_OPEN if is_narrow(db) else _BY_TEXTS
    return structs(Topic, await fetch_page(db, sql, _conditions(workspace_id, wanted), order, after, limit))


async def count_topics(db: Db, workspace_id: UUID, wanted: TopicFilter) -> int | None:
    """Return how many there are; None for more than are counted."""
    sql = "SELECT FROM topics t WHERE t.workspace_id = $1"
    return await count_rows(db, sql, _conditions(workspace_id, wanted))


def _conditions(workspace_id: UUID, wanted: TopicFilter) -> Statement:
    statement = Statement(workspace_id)
    statement.where("t.id = ANY({})", wanted.ids)
    statement.where(
        """EXISTS (SELECT FROM topic_channels h
                   WHERE h.workspace_id = $1 AND h.topic_id = t.id AND h.channel_id = {})""",
        wanted.channel_id,
    )
    return statement


async def get_topic(db: Db, workspace_id: UUID, topic_id: UUID) -> Topic | None:
    row = await db.fetchrow(
        f"SELECT {_COLUMNS} FROM topics t WHERE t.workspace_id = $1 AND t.id = $2", workspace_id, topic_id
    )
    return Topic(**row) if row else None


async def list_channels(db: Db, workspace_id: UUID, topic_id: UUID, limit: int) -> list[TopicChannel]:
    """Return where a topic comes up, most first."""
    rows = await db.fetch(
        f"""
        SELECT h.channel_id, c.name, {_OPEN.format("h")} AS texts FROM topic_channels h
        JOIN channels c ON c.workspace_id = $1 AND c.id = h.channel_id
        WHERE h.workspace_id = $1 AND h.topic_id = $2 ORDER BY 3 DESC, h.channel_id LIMIT $3
        """,
        workspace_id, topic_id, limit,
    )  # fmt: skip
    return [TopicChannel(**row) for row in rows]


async def list_helps(
    db: Db, workspace_id: UUID, topic_id: UUID, kinds: Sequence[str], before: datetime
) -> list[tuple[UUID, UUID, datetime, UUID]]:
    """Return the acts of these kinds about a topic: who helped whom, when, and the interaction; the oldest first."""
    rows = await db.fetch(
        """
        SELECT a.person_id AS actor_id, b.person_id AS other_id, i.occurred_at, i.id
        FROM topic_texts t
        JOIN interactions i ON i.workspace_id = $1 AND i.conversation_id = t.text_id
        CROSS JOIN unnest(i.target_ids) AS target (id)
        JOIN person_identities a ON a.workspace_id = $1 AND a.identity_id = i.actor_id
        JOIN person_identities b ON b.workspace_id = $1 AND b.identity_id = target.id
        JOIN people p ON p.workspace_id = $1 AND p.id = a.person_id AND p.kind IN ('person', 'unknown')
            AND NOT p.objects
        WHERE t.workspace_id = $1 AND t.topic_id = $2 AND i.kind = ANY ($3) AND i.occurred_at < $4
            AND a.person_id <> b.person_id
        UNION ALL
        SELECT a.person_id, b.person_id, i.occurred_at, i.id
        FROM topic_texts t
        JOIN interactions i ON i.workspace_id = $1 AND i.id = t.text_id
        CROSS JOIN unnest(i.target_ids) AS target (id)
        JOIN person_identities a ON a.workspace_id = $1 AND a.identity_id = i.actor_id
        JOIN person_identities b ON b.workspace_id = $1 AND b.identity_id = target.id
        JOIN people p ON p.workspace_id = $1 AND p.id = a.person_id AND p.kind IN ('person', 'unknown')
            AND NOT p.objects
        WHERE t.workspace_id = $1 AND t.topic_id = $2 AND i.kind = ANY ($3) AND i.occurred_at < $4
            AND a.person_id <> b.person_id
        ORDER BY occurred_at, id
        """,
        workspace_id, topic_id, list(kinds), before,
    )  # fmt: skip
    return [(row["actor_id"], row["other_id"], row["occurred_at"], row["id"]) for row in rows]
