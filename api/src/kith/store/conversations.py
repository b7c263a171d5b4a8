"""Conversations: threads of interactions."""

from datetime import datetime
from uuid import UUID

import msgspec

from kith.store.db import Db
from kith.store.queries import Order, Statement, fetch_page

_SELECT = """
    SELECT v.id, v.network, v.host, v.key, v.title, v.url, a.channel_id, c.name AS channel_name,
           a.interactions AS interaction_count, a.identities AS identity_count, a.first_at, a.last_at, v.learnt_at
    FROM conversation_activity a
    JOIN conversations v ON v.workspace_id = a.workspace_id AND v.id = a.conversation_id
    LEFT JOIN channels c ON c.workspace_id = a.workspace_id AND c.id = a.channel_id
    WHERE a.workspace_id = $1
"""
_BY_LAST_AT = Order("a.last_at", ("a.conversation_id",))


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


async def list_conversations(
    db: Db, workspace_id: UUID, wanted: ConversationFilter, after: tuple[datetime, UUID] | None, limit: int
) -> list[Conversation]:
    """Return conversations, the latest first. after: last_at and id of the row before."""
    statement = Statement(workspace_id)
    statement.where("a.channel_id = {}", wanted.channel_id)
    statement.where("v.network = ANY({})", wanted.networks)
    statement.where("a.last_at >= {}", wanted.last_since)
    statement.where("a.last_at < {}", wanted.last_before)
    return [Conversation(**row) for row in await fetch_page(db, _SELECT, statement, _BY_LAST_AT, after, limit)]


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
