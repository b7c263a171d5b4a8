"""Conversations: threads of interactions."""

from datetime import datetime
from uuid import UUID

import msgspec

from kith.store.channels import IS_SHOWN
from kith.store.db import IS_GUEST, Db, is_narrow
from kith.store.queries import Order, Statement, count_rows, fetch_page, structs
from kith.store.search import MANY, MOST, search

_SEEN = f"CASE WHEN {IS_GUEST} THEN coalesce(a.open_{{0}}, a.{{0}}) ELSE a.{{0}} END"
LAST_SEEN = _SEEN.format("last_at")
"""In SQL: the last moment of the activity ``a`` of a conversation, of what is seen of it."""
_SELECT = f"""
    SELECT v.id, v.network, v.host, v.key, v.title, v.url, c.id AS channel_id, c.name AS channel_name,
           {_SEEN.format("interactions")} AS interaction_count, {_SEEN.format("identities")} AS identity_count,
           {_SEEN.format("first_at")} AS first_at, {LAST_SEEN} AS last_at, v.learnt_at
    FROM conversation_activity a
    JOIN conversations v ON v.workspace_id = a.workspace_id AND v.id = a.conversation_id
    LEFT JOIN channels c ON c.workspace_id = a.workspace_id AND c.id = a.channel_id
    WHERE a.workspace_id = $1
"""
_BY_LAST_AT = Order("a.last_at", ("a.conversation_id",))
_BY_LAST_SEEN = Order("coalesce(a.open_last_at, a.last_at)", ("a.conversation_id",))


class Conversation(msgspec.Struct, frozen=True):
    id: UUID
    network: str
    host: str
    key: str
    title: str | None
    url: str | None
    channel_id: UUID | None
    channel_name: str | None
    interaction_count: int
    identity_count: int
    first_at: datetime
    last_at: datetime
    learnt_at: datetime


class Participation(msgspec.Struct, frozen=True):
    """One identity's part in a conversation."""

    identity_id: UUID
    interaction_count: int
    first_at: datetime
    last_at: datetime


class ConversationFilter(msgspec.Struct, frozen=True, kw_only=True):
    channel_id: UUID | None = None
    networks: tuple[str, ...] = ()
    last_since: datetime | None = None
    last_before: datetime | None = None
    ids: tuple[UUID, ...] = ()


async def list_conversations(
    db: Db, workspace_id: UUID, wanted: ConversationFilter, after: tuple[datetime, UUID] | None, limit: int
) -> list[Conversation]:
    """Return conversations, the latest first. after: last_at and id of the row before."""
    if wanted.networks:
        ids = await _on(db, workspace_id, wanted, after, limit)
        sql = f"{_SELECT} AND a.conversation_id = ANY($2) ORDER BY {_order(db)}"
        rows = await db.fetch(sql, workspace_id, ids)
    else:
        rows = await fetch_page(db, _SELECT, _conditions(db, workspace_id, wanted), _order(db), after, limit)
    return structs(Conversation, rows)


async def count_conversations(db: Db, workspace_id: UUID, wanted: ConversationFilter) -> int | None:
    """Return how many there are; None for more than are counted, and on certain networks."""
    if wanted.networks:
        return None
    sql = "SELECT FROM conversation_activity a WHERE a.workspace_id = $1"
    return await count_rows(db, sql, _conditions(db, workspace_id, wanted))


def _order(db: Db) -> Order:
    return _BY_LAST_SEEN if is_narrow(db) else _BY_LAST_AT


def _conditions(db: Db, workspace_id: UUID, wanted: ConversationFilter) -> Statement:
    """Return what holds for a walk by the order's index: all but networks."""
    statement = Statement(workspace_id)
    statement.where("a.conversation_id = ANY({})", wanted.ids)
    statement.where("a.channel_id = {}", wanted.channel_id)
    statement.where(IS_SHOWN, wanted.channel_id)
    last_at = _order(db).key
    statement.where(f"{last_at} >= {{}}", wanted.last_since)
    statement.where(f"{last_at} < {{}}", wanted.last_before)
    return statement


async def _on(
    db: Db, workspace_id: UUID, wanted: ConversationFilter, after: tuple[datetime, UUID] | None, limit: int
) -> list[UUID]:
    order, every = _order(db), "SELECT a.* FROM conversation_activity a WHERE a.workspace_id = $1"
    found = "SELECT id FROM conversations WHERE workspace_id = $1 AND network = ANY({})"

    async def walk(n: int) -> list[tuple[UUID, bool]]:
        statement = _conditions(db, workspace_id, wanted)
        on = f"""
            (SELECT v.network = ANY({statement.value(wanted.networks)}) FROM conversations v
             WHERE v.workspace_id = $1 AND v.id = a.conversation_id)
        """
        whole = f"SELECT a.conversation_id, {on} FROM ({{}}) AS a ORDER BY {order}"
        return [(row[0], row[1]) for row in await fetch_page(db, every, statement, order, after, n, whole)]

    async def rare() -> list[UUID] | None:
        rows = await db.fetch(f"{found.format('$2')} LIMIT {MOST + 1}", workspace_id, wanted.networks)
        if len(rows) > MOST:
            return None
        return await among("= ANY({})", [row[0] for row in rows]) if rows else []

    async def rest() -> list[UUID]:
        return await among(f"IN ({found})", wanted.networks)

    async def among(condition: str, value: object) -> list[UUID]:
        statement = _conditions(db, workspace_id, wanted)
        statement.where(f"a.conversation_id {condition}", value)
        return [row[1] for row in await fetch_page(db, every, statement, order, after, limit)]

    narrowed = wanted.channel_id or wanted.last_since or wanted.last_before or wanted.ids
    return await search(walk, rare, rest, limit, short=bool(narrowed), many=MANY)


async def get_conversation(db: Db, workspace_id: UUID, conversation_id: UUID) -> Conversation | None:
    row = await db.fetchrow(f"{_SELECT} AND a.conversation_id = $2", workspace_id, conversation_id)
    return Conversation(**row) if row else None


async def list_participations(db: Db, workspace_id: UUID, conversation_id: UUID, limit: int) -> list[Participation]:
    """Return who took part, the most active first."""
    rows = await db.fetch(
        """
        SELECT actor_id AS identity_id, count(*) AS interaction_count,
               min(occurred_at) AS first_at, max(occurred_at) AS last_at
        FROM interactions WHERE workspace_id = $1 AND conversation_id = $2
        GROUP BY actor_id ORDER BY count(*) DESC, actor_id LIMIT $3
        """,
        workspace_id,
        conversation_id,
        limit,
    )
    return [Participation(**row) for row in rows]
