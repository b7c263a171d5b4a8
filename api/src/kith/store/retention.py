"""Retention: what is kept of what a source tells, of pages that come and of what is there."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

import msgspec

from kith.store.batch import CHANNEL, CONVERSATION, INTERACTION, Batch, Row
from kith.store.db import PRIVATE, Db


class Policy(msgspec.Struct, frozen=True):
    """days: how old acts may be; None for any age. texts, private: whether they are kept. revision: 0 for none set."""

    days: int | None = None
    texts: bool = True
    private: bool = True
    revision: int = 0

    @property
    def keeps_all(self) -> bool:
        return self.days is None and self.texts and self.private


class Unkept(NamedTuple):
    """An act that a source may not keep as it is. drop: not at all; else without its texts."""

    id: UUID
    drop: bool


async def get_policy(db: Db, workspace_id: UUID, source_id: UUID) -> Policy:
    row = await db.fetchrow(
        """
        SELECT days, texts, private, revision FROM retention_policies WHERE workspace_id = $1 AND source_id = $2
        """,
        workspace_id, source_id,
    )  # fmt: skip
    return Policy(**row) if row else Policy()


async def set_policy(
    db: Db, workspace_id: UUID, source_id: UUID, *, days: int | None, texts: bool, private: bool
) -> None:
    await db.execute(
        """
        INSERT INTO retention_policies AS p (workspace_id, source_id, days, texts, private) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (workspace_id, source_id) DO UPDATE SET days = excluded.days, texts = excluded.texts,
            private = excluded.private, revision = p.revision + 1, updated_at = excluded.updated_at
        """,
        workspace_id, source_id, days, texts, private,
    )  # fmt: skip


async def sources_that_age(db: Db, workspace_id: UUID) -> list[UUID]:
    """Return the sources whose acts are kept for so many days."""
    rows = await db.fetch(
        "SELECT source_id FROM retention_policies WHERE workspace_id = $1 AND days IS NOT NULL ORDER BY source_id",
        workspace_id,
    )
    return [row["source_id"] for row in rows]


async def hold_back(db: Db, workspace_id: UUID, source_id: UUID, batch: Batch) -> bool:
    """Take out of a page what its source may not keep; return whether anything may have changed.

    An act whose text another source told keeps that: it is told as it is stored.
    """
    policy = await get_policy(db, workspace_id, source_id)
    if policy.keeps_all:
        return False
    gone = {row[_ID] for rows in batch.interactions for row in rows if _is_unkept(row, policy)}
    batch.interactions = [[row for row in rows if row[_ID] not in gone] for rows in batch.interactions]
    batch.states = [change for change in batch.states if change.interaction_id not in gone]
    if not policy.private:
        _leave_rooms(batch)
    if not policy.texts:
        told = await _told(db, workspace_id, [row[_ID] for rows in batch.interactions for row in rows])
        batch.interactions = [[_untold(row, told.get(row[_ID])) for row in rows] for rows in batch.interactions]
        batch.conversations = [(*row[:_SUBJECT], None, *row[_SUBJECT + 1 :]) for row in batch.conversations]
        batch.problems = [problem._replace(raw="") for problem in batch.problems]
    return True


async def next_unkept(
    db: Db, workspace_id: UUID, source_id: UUID, policy: Policy, after: UUID, limit: int
) -> list[Unkept]:
    """Return the next acts, by id, that the source told and may not keep as they are. The search path says whose."""
    before = None if policy.days is None else _oldest(policy.days)
    rows = await db.fetch(_NEXT, workspace_id, source_id, after, before, policy.private, policy.texts, limit)
    return [Unkept(row["id"], row["drop"]) for row in rows]


async def strip(db: Db, workspace_id: UUID, ids: Sequence[UUID]) -> None:
    """Take texts and titles out of acts and forget what they said before."""
    await db.execute(_STRIP, workspace_id, list(ids))
    await forget_versions(db, workspace_id, ids)


async def forget_versions(db: Db, workspace_id: UUID, ids: Sequence[UUID]) -> None:
    await db.execute(
        "DELETE FROM interaction_versions WHERE workspace_id = $1 AND interaction_id = ANY ($2)",
        workspace_id, list(ids),
    )  # fmt: skip


async def strip_rest(db: Db, workspace_id: UUID, source_id: UUID) -> None:
    """Take the subjects out of conversations that this source told of last, and records out of its errors."""
    await db.execute(
        "UPDATE conversations SET title = NULL WHERE workspace_id = $1 AND source_id = $2 AND title IS NOT NULL",
        workspace_id, source_id,
    )  # fmt: skip
    await db.execute(
        """
        UPDATE run_errors SET raw = '' WHERE workspace_id = $1 AND raw <> '' AND run_id IN (
            SELECT id FROM runs WHERE workspace_id = $1 AND source_id = $2)
        """,
        workspace_id, source_id,
    )  # fmt: skip


async def forget_rooms(db: Db, workspace_id: UUID, source_id: UUID) -> None:
    """Forget private rooms of this source, with their conversations, in which no act is left."""
    await db.execute(_FORGET_CONVERSATIONS, workspace_id, source_id)
    await db.execute(_FORGET_ROOMS, workspace_id, source_id)


def _is_unkept(row: Row, policy: Policy) -> bool:
    too_old = policy.days is not None and row[_OCCURRED_AT] < _oldest(policy.days)
    return too_old or (not policy.private and row[_VISIBILITY] in _PRIVATE)


def _oldest(days: int) -> datetime:
    now = datetime.now(UTC)
    return now - min(timedelta(days), now - datetime.min.replace(tzinfo=UTC))


def _leave_rooms(batch: Batch) -> None:
    """Take private rooms out of a page, with their conversations, in which no act is that is kept."""
    kept = {row[_CHANNEL] for rows in batch.interactions for row in rows}
    rooms = {row[0] for row in batch.channels if row[_ROOM_VISIBILITY] in _PRIVATE and row[0] not in kept}
    batch.channels = [row for row in batch.channels if row[0] not in rooms]
    batch.conversations = [row for row in batch.conversations if row[_CONVERSATION_CHANNEL] not in rooms]


async def _told(db: Db, workspace_id: UUID, ids: Sequence[UUID]) -> dict[UUID, tuple[str | None, str | None, bytes]]:
    """Return title, text and version of those of these acts that have a text."""
    rows = await db.fetch(
        """
        SELECT id, title, text, version FROM interactions
        WHERE workspace_id = $1 AND id = ANY ($2) AND (title IS NOT NULL OR text IS NOT NULL)
        """,
        workspace_id, ids,
    )  # fmt: skip
    return {row["id"]: (row["title"], row["text"], row["version"]) for row in rows}


def _untold(row: Row, stored: tuple[str | None, str | None, bytes] | None) -> Row:
    changed = list(row)
    if stored is not None:
        changed[_TITLE], changed[_TEXT], changed[_VERSION] = stored
    elif row[_TITLE] is not None or row[_TEXT] is not None:
        changed[_TITLE] = changed[_TEXT] = None
        changed[_VERSION] = sha256(row[_VERSION] + _METADATA).digest()[:16]  # as ``_STRIP`` has it
    return tuple(changed)


_ID, _CHANNEL, _OCCURRED_AT, _TITLE, _TEXT, _VISIBILITY, _VERSION = map(
    INTERACTION.index, ("id", "channel_id", "occurred_at", "title", "text", "visibility", "version")
)
_ROOM_VISIBILITY = CHANNEL.index("visibility")
_CONVERSATION_CHANNEL, _SUBJECT = CONVERSATION.index("channel_id"), CONVERSATION.index("title")
_PRIVATE = frozenset({"private", "direct"})
_METADATA = b"metadata"

# A text stays where another source tells it that keeps texts.
_NEXT = f"""
    SELECT id, too_old OR hidden AS drop FROM (
        SELECT i.id, coalesce(i.occurred_at < $4::timestamptz, false) AS too_old,
            NOT $5::boolean AND i.visibility IN {PRIVATE} AS hidden,
            NOT $6::boolean AND (i.title IS NOT NULL OR i.text IS NOT NULL) AND NOT EXISTS (
                SELECT FROM tellings t WHERE t.workspace_id = $1 AND t.interaction_id = i.id AND t.source_id <> $2
                    AND NOT EXISTS (
                        SELECT FROM retention_policies p
                        WHERE p.workspace_id = $1 AND p.source_id = t.source_id AND NOT p.texts)
            ) AS speaks
        FROM interactions i WHERE i.workspace_id = $1 AND i.source_id = $2 AND i.id > $3
    ) AS told
    WHERE too_old OR hidden OR speaks ORDER BY id LIMIT $7
"""

_FORGET_CONVERSATIONS = f"""
    DELETE FROM conversations v WHERE v.workspace_id = $1 AND v.source_id = $2
        AND v.channel_id IN (SELECT id FROM channels WHERE workspace_id = $1 AND visibility IN {PRIVATE})
        AND NOT EXISTS (SELECT FROM interactions i WHERE i.workspace_id = $1 AND i.conversation_id = v.id)
"""

_FORGET_ROOMS = f"""
    DELETE FROM channels c WHERE c.workspace_id = $1 AND c.source_id = $2 AND c.visibility IN {PRIVATE}
        AND NOT EXISTS (SELECT FROM interactions i WHERE i.workspace_id = $1 AND i.channel_id = c.id)
        AND NOT EXISTS (SELECT FROM channels b WHERE b.workspace_id = $1 AND b.parent_id = c.id)
        AND NOT EXISTS (SELECT FROM groups g WHERE g.workspace_id = $1 AND g.channel_id = c.id)
"""

_STRIP = """
    UPDATE interactions SET title = NULL, text = NULL,
        version = substring(sha256(version || 'metadata'::bytea) FOR 16)
    WHERE workspace_id = $1 AND id = ANY ($2) AND (title IS NOT NULL OR text IS NOT NULL)
"""
