"""Which asks were told of as events."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from kith.store.db import PRIVATE, Db


class Told(NamedTuple):
    """An ask that was opened or answered. answer_id: None where nobody answered, or a member says so."""

    id: UUID
    person_id: UUID
    channel_id: UUID | None
    answer_id: UUID | None
    answerer_id: UUID | None


class Waiting(NamedTuple):
    """An ask that was told of, waits for an answer, and was not yet told to be overdue."""

    id: UUID
    person_id: UUID
    channel_id: UUID | None
    asked_at: datetime


async def tell_opened(db: Db, workspace_id: UUID, since: datetime, least: float) -> list[Told]:
    """Return the wanted asks that are open and were not told of: asked since a moment, and in no private room."""
    return [Told(*row) for row in await db.fetch(_OPENED, workspace_id, since, least)]


async def tell_answered(db: Db, workspace_id: UUID) -> list[Told]:
    """Return the wanted asks that were told to be open, are answered, and were not told to be."""
    return [Told(*row) for row in await db.fetch(_ANSWERED, workspace_id)]


async def list_waiting(db: Db, workspace_id: UUID, after: UUID, limit: int) -> list[Waiting]:
    """Return asks that may be overdue, by id."""
    return [Waiting(*row) for row in await db.fetch(_WAITING, workspace_id, after, limit)]


async def note_overdue(db: Db, workspace_id: UUID, ask_ids: Collection[UUID]) -> set[UUID]:
    """Note that these asks are overdue; return those of which that was not known."""
    rows = await db.fetch(
        """
        UPDATE told_asks SET overdue = true WHERE workspace_id = $1 AND id = ANY ($2) AND NOT overdue AND NOT answered
        RETURNING id
        """,
        workspace_id, list(ask_ids),
    )  # fmt: skip
    return {row["id"] for row in rows}


_PERSON = """
    coalesce((SELECT person_id FROM person_identities WHERE workspace_id = $1 AND identity_id = {0}), {0})
"""

_OPENED = f"""
    WITH told AS (
        INSERT INTO told_asks (workspace_id, id)
        SELECT $1::uuid, a.id FROM wanted_asks x
        JOIN asks a ON a.workspace_id = $1 AND a.place_id = x.id
        JOIN interactions i ON i.workspace_id = $1 AND i.id = a.id
        WHERE a.state = 'open' AND a.occurred_at >= $2 AND a.chance >= $3::real AND i.visibility NOT IN {PRIVATE}
        ORDER BY a.id ON CONFLICT (workspace_id, id) DO NOTHING
        RETURNING id
    )
    SELECT a.id, {_PERSON.format("a.actor_id")}, a.channel_id, NULL::uuid, NULL::uuid
    FROM told t JOIN asks a ON a.workspace_id = $1 AND a.id = t.id ORDER BY a.occurred_at, a.id
"""

_ANSWERED = f"""
    WITH told AS (
        UPDATE told_asks t SET answered = true
        FROM wanted_asks x JOIN asks a ON a.workspace_id = $1 AND a.place_id = x.id
        WHERE t.workspace_id = $1 AND t.id = a.id AND NOT t.answered AND a.state IN ('answered', 'accepted')
        RETURNING t.id
    )
    SELECT a.id, {_PERSON.format("a.actor_id")}, a.channel_id, a.answer_id, {_PERSON.format("a.answerer_id")}
    FROM told t JOIN asks a ON a.workspace_id = $1 AND a.id = t.id ORDER BY a.answered_at, a.id
"""

_WAITING = f"""
    SELECT t.id, {_PERSON.format("a.actor_id")}, a.channel_id, a.asked_at
    FROM told_asks t JOIN asks a ON a.workspace_id = $1 AND a.id = t.id AND a.state IN ('open', 'reopened')
    WHERE t.workspace_id = $1 AND NOT t.answered AND NOT t.overdue AND t.id > $2 ORDER BY t.id LIMIT $3
"""
