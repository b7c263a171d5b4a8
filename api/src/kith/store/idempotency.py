"""Answers kept for a day, so that a repeated request gets the same answer and has no second effect."""

from uuid import UUID

import msgspec

from kith.store import locks
from kith.store.db import Db
from kith.store.locks import Lock

KEPT_HOURS = 24


class Answer(msgspec.Struct, frozen=True):
    """request: hash of what was asked."""

    request: bytes
    status: int
    headers: dict[str, str]
    body: bytes


async def claim(db: Db, workspace_id: UUID, token_id: UUID, key: str) -> bool:
    """Reserve the key until the transaction ends; False when another request is working under it right now."""
    return await locks.try_hold(db, workspace_id, Lock.REQUEST, f"{token_id} {key}")


async def find(db: Db, workspace_id: UUID, token_id: UUID, key: str) -> Answer | None:
    row = await db.fetchrow(
        """
        SELECT request, status, headers, body FROM idempotency_keys
        WHERE workspace_id = $1 AND token_id = $2 AND key = $3 AND created_at > now() - make_interval(hours => $4)
        """,
        workspace_id, token_id, key, KEPT_HOURS,
    )  # fmt: skip
    return Answer(**row) if row else None


async def keep(db: Db, workspace_id: UUID, token_id: UUID, key: str, answer: Answer) -> None:
    """Keep the answer, and forget those that are too old."""
    await db.execute(
        "DELETE FROM idempotency_keys WHERE workspace_id = $1 AND created_at <= now() - make_interval(hours => $2)",
        workspace_id, KEPT_HOURS,
    )  # fmt: skip
    await db.execute(
        """
        INSERT INTO idempotency_keys (workspace_id, token_id, key, request, status, headers, body)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        workspace_id, token_id, key, answer.request, answer.status, answer.headers, answer.body,
    )  # fmt: skip
