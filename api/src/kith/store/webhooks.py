"""Webhooks: where events are handed on to, what waits for each, and every attempt (a delivery)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

import msgspec

from kith.store import jobs
from kith.store.db import Db, new_id
from kith.store.queries import Statement, structs

Status: TypeAlias = Literal["active", "paused", "disabled"]
Sealed: TypeAlias = tuple[str, bytes, bytes]
TESTED = "webhook.tested"
"""The type of events that one webhook alone gets."""

_COLUMNS = """
    id, url, types, scopes, app_id, status, reason, key_id, wrapped, sealed, old_key_id, old_wrapped, old_sealed,
    old_until, last, failing_since, revision, created_at, updated_at
"""


class Webhook(msgspec.Struct, frozen=True):
    """types: none for all. sealed: its secret, with key_id and wrapped; old_…: the one before, good until old_until."""

    id: UUID
    url: str
    types: list[str]
    scopes: list[str]
    app_id: UUID | None
    status: Status
    reason: str | None
    key_id: str
    wrapped: bytes
    sealed: bytes
    old_key_id: str | None
    old_wrapped: bytes | None
    old_sealed: bytes | None
    old_until: datetime | None
    last: int
    failing_since: datetime | None
    revision: int
    created_at: datetime
    updated_at: datetime


class Waiting(msgspec.Struct, frozen=True):
    """An event that is to be handed on. attempts: so far."""

    event_id: UUID
    type: str
    data: dict[str, Any]
    occurred_at: datetime
    attempts: int


class Delivery(msgspec.Struct, frozen=True):
    """One attempt. status: of the answer; None where none came."""

    id: UUID
    event_id: UUID
    type: str | None
    attempt: int
    status: int | None
    problem: str | None
    milliseconds: int
    delivered_at: datetime


class Outcome(msgspec.Struct, frozen=True):
    """What came of one attempt. again_in: seconds; None: never again."""

    event_id: UUID
    attempt: int
    delivered: bool
    status: int | None
    problem: str | None
    milliseconds: int
    again_in: float | None


def place(workspace_id: UUID, webhook_id: UUID) -> str:
    """Return where a secret belongs: sealed for it, it opens nowhere else."""
    return f"{workspace_id} webhook {webhook_id}"


async def ask(db: Db, workspace_id: UUID, webhook_id: UUID, due_at: datetime | None = None) -> None:
    """Have what waits for a webhook delivered, now or at a moment."""
    args = {"webhook_id": str(webhook_id)}
    if due_at is None:
        await jobs.enqueue(db, workspace_id, "deliver", args, slot=f"deliver:{webhook_id}", again=True)
        return
    slot = f"deliver_later:{webhook_id}"
    job_id, new = await jobs.enqueue(db, workspace_id, "deliver_later", args, slot=slot, due_at=due_at)
    if not new:
        await db.execute(
            "UPDATE jobs SET due_at = least(due_at, $3) WHERE workspace_id = $1 AND id = $2 AND status = 'queued'",
            workspace_id, job_id, due_at,
        )  # fmt: skip


async def ask_all(db: Db, workspace_id: UUID) -> None:
    """Have events handed on to all webhooks that are active."""
    rows = await db.fetch("SELECT id FROM webhooks WHERE workspace_id = $1 AND status = 'active'", workspace_id)
    for row in rows:
        await ask(db, workspace_id, row["id"])


async def list_webhooks(db: Db, workspace_id: UUID, after: UUID | None, limit: int) -> list[Webhook]:
    """Return webhooks, the oldest first. after: id of the row before."""
    rows = await db.fetch(
        f"""
        SELECT {_COLUMNS} FROM webhooks WHERE workspace_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3
        """,
        workspace_id, after, limit,
    )  # fmt: skip
    return structs(Webhook, rows)


async def get_webhook(db: Db, workspace_id: UUID, webhook_id: UUID, *, lock: bool = False) -> Webhook | None:
    row = await db.fetchrow(
        f"SELECT {_COLUMNS} FROM webhooks WHERE workspace_id = $1 AND id = $2{' FOR UPDATE' if lock else ''}",
        workspace_id, webhook_id,
    )  # fmt: skip
    return Webhook(**row) if row else None


async def create_webhook(
    db: Db,
    workspace_id: UUID,
    webhook_id: UUID,
    *,
    url: str,
    types: Sequence[str],
    scopes: Sequence[str],
    app_id: UUID | None,
    secret: Sealed,
    last: int,
) -> None:
    """last: number of the last event that it shall not get."""
    await db.execute(
        """
        INSERT INTO webhooks (workspace_id, id, url, types, scopes, app_id, status, key_id, wrapped, sealed, last)
        VALUES ($1, $2, $3, $4, $5, $6, 'active', $7, $8, $9, $10)
        """,
        workspace_id, webhook_id, url, types, scopes, app_id, *secret, last,
    )  # fmt: skip


async def update_webhook(
    db: Db, workspace_id: UUID, webhook_id: UUID, *, url: str, types: Sequence[str], status: Status
) -> None:
    """Change a webhook; one that is active again has a clean record."""
    await db.execute(
        """
        UPDATE webhooks SET url = $3, types = $4, status = $5, revision = revision + 1, updated_at = now(),
            reason = CASE WHEN $5 = 'active' THEN NULL ELSE reason END,
            failing_since = CASE WHEN $5 = 'active' THEN NULL ELSE failing_since END
        WHERE workspace_id = $1 AND id = $2
        """,
        workspace_id, webhook_id, url, types, status,
    )  # fmt: skip


async def rotate(db: Db, workspace_id: UUID, webhook_id: UUID, secret: Sealed, old_until: datetime) -> None:
    """Give a webhook another secret; the present one stays good for a while."""
    await db.execute(
        """
        UPDATE webhooks SET old_key_id = key_id, old_wrapped = wrapped, old_sealed = sealed, old_until = $6,
            key_id = $3, wrapped = $4, sealed = $5, revision = revision + 1, updated_at = now()
        WHERE workspace_id = $1 AND id = $2
        """,
        workspace_id, webhook_id, *secret, old_until,
    )  # fmt: skip


async def disable(db: Db, workspace_id: UUID, webhook_id: UUID, reason: str) -> None:
    await db.execute(
        """
        UPDATE webhooks SET status = 'disabled', reason = $3, revision = revision + 1, updated_at = now()
        WHERE workspace_id = $1 AND id = $2
        """,
        workspace_id, webhook_id, reason,
    )  # fmt: skip


async def delete_webhook(db: Db, workspace_id: UUID, webhook_id: UUID) -> None:
    await db.execute("DELETE FROM webhooks WHERE workspace_id = $1 AND id = $2", workspace_id, webhook_id)


# What an event is about.
_SUBJECT = """
    coalesce(e.data ->> 'person_id', e.data ->> 'member_id', e.data ->> 'identity_id', e.data ->> 'suggestion_id',
        e.data ->> 'grant_id', e.data ->> 'webhook_id', e.data ->> 'watch_id', e.data #>> '{before_ids,0}',
        e.data #>> '{after_ids,0}', '')
"""


async def take_up(db: Db, workspace_id: UUID, webhook: Webhook, types: Sequence[str], last: int) -> None:
    """Have all events of these types wait for a webhook that were numbered since it last looked."""
    await db.execute(
        f"""
        INSERT INTO webhook_events (workspace_id, webhook_id, event_id, seq, subject)
        SELECT $1::uuid, $2::uuid, e.id, e.seq, {_SUBJECT} FROM events e
        WHERE e.workspace_id = $1 AND e.seq > $3 AND e.seq <= $4 AND e.type = ANY ($5) AND e.type <> $6
        ON CONFLICT DO NOTHING
        """,
        workspace_id, webhook.id, webhook.last, last, types, TESTED,
    )  # fmt: skip
    await db.execute(
        "UPDATE webhooks SET last = $3 WHERE workspace_id = $1 AND id = $2", workspace_id, webhook.id, last
    )


async def replay(
    db: Db, workspace_id: UUID, webhook_id: UUID, types: Sequence[str], since: int, until: int, *, tests: bool = False
) -> int:
    """Have events of a range of numbers wait again, also those that were delivered; return how many."""
    waiting: int = await db.fetchval(
        f"""
        WITH again AS (INSERT INTO webhook_events AS w (workspace_id, webhook_id, event_id, seq, subject)
        SELECT $1::uuid, $2::uuid, e.id, e.seq, {_SUBJECT} FROM events e
        WHERE e.workspace_id = $1 AND e.seq >= $3 AND e.seq <= $4 AND e.type = ANY ($5) AND ($6 OR e.type <> $7)
        ON CONFLICT (workspace_id, webhook_id, event_id)
        DO UPDATE SET status = 'waiting', attempts = 0, due_at = excluded.due_at RETURNING event_id)
        SELECT count(*) FROM again
        """,
        workspace_id, webhook_id, since, until, types, tests, TESTED,
    )  # fmt: skip
    return waiting


async def due(db: Db, workspace_id: UUID, webhook_id: UUID, limit: int) -> list[Waiting]:
    """Return what is due: of each subject the first that waits."""
    rows = await db.fetch(
        """
        SELECT w.event_id, e.type, e.data, e.occurred_at, w.attempts
        FROM webhook_events w JOIN events e ON e.workspace_id = $1 AND e.id = w.event_id
        WHERE w.workspace_id = $1 AND w.webhook_id = $2 AND w.status = 'waiting' AND w.due_at <= now()
            AND NOT EXISTS (SELECT FROM webhook_events b WHERE b.workspace_id = $1 AND b.webhook_id = $2
                AND b.status = 'waiting' AND b.subject = w.subject AND b.seq < w.seq)
        ORDER BY w.seq LIMIT $3
        """,
        workspace_id, webhook_id, limit,
    )  # fmt: skip
    return [Waiting(**row) for row in rows]


async def next_due(db: Db, workspace_id: UUID, webhook_id: UUID) -> datetime | None:
    """Return when something is to be tried again; None where nothing waits."""
    found: datetime | None = await db.fetchval(
        """
        SELECT min(due_at) FROM webhook_events
        WHERE workspace_id = $1 AND webhook_id = $2 AND status = 'waiting' AND due_at > now()
        """,
        workspace_id, webhook_id,
    )  # fmt: skip
    return found


async def note(db: Db, workspace_id: UUID, webhook_id: UUID, outcomes: Sequence[Outcome]) -> datetime | None:
    """Store what came of attempts; return since when all have failed, None where one did not."""
    await db.executemany(
        """
        INSERT INTO deliveries (workspace_id, id, webhook_id, event_id, attempt, status, problem, milliseconds)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        [(workspace_id, new_id(), webhook_id, one.event_id, one.attempt, one.status, one.problem, one.milliseconds)
         for one in outcomes],
    )  # fmt: skip
    await db.executemany(
        """
        UPDATE webhook_events SET attempts = $4,
            status = CASE WHEN $5 THEN 'delivered' WHEN $6::float8 IS NULL THEN 'failed' ELSE 'waiting' END,
            due_at = now() + make_interval(secs => coalesce($6, 0))
        WHERE workspace_id = $1 AND webhook_id = $2 AND event_id = $3
        """,
        [(workspace_id, webhook_id, one.event_id, one.attempt, one.delivered, one.again_in) for one in outcomes],
    )  # fmt: skip
    found: datetime | None = await db.fetchval(
        """
        UPDATE webhooks SET failing_since = CASE WHEN $3 THEN NULL ELSE coalesce(failing_since, now()) END
        WHERE workspace_id = $1 AND id = $2 RETURNING failing_since
        """,
        workspace_id, webhook_id, any(one.delivered for one in outcomes),
    )  # fmt: skip
    return found


async def list_deliveries(
    db: Db, workspace_id: UUID, webhook_id: UUID, event_id: UUID | None, after: UUID | None, limit: int
) -> list[Delivery]:
    """Return attempts, the newest first. after: id of the row before."""
    statement = Statement(workspace_id)
    statement.where("d.webhook_id = {}", webhook_id)
    statement.where("d.event_id = {}", event_id)
    statement.where("d.id < {}", after)
    rows = await db.fetch(
        f"""
        SELECT d.id, d.event_id, e.type, d.attempt, d.status, d.problem, d.milliseconds, d.delivered_at
        FROM deliveries d LEFT JOIN events e ON e.workspace_id = $1 AND e.id = d.event_id
        WHERE d.workspace_id = $1{statement.and_()} ORDER BY d.id DESC LIMIT {limit:d}
        """,
        *statement.values,
    )
    return [Delivery(**row) for row in rows]


async def numbers_between(
    db: Db, workspace_id: UUID, since: datetime | None, until: datetime | None
) -> tuple[int, int]:
    """Return the first and the last number of the events of a period; first beyond last where there are none."""
    row = await db.fetchrow(
        """
        SELECT coalesce(min(seq), 1), coalesce(max(seq), 0) FROM events
        WHERE workspace_id = $1 AND ($2::timestamptz IS NULL OR occurred_at >= $2)
            AND ($3::timestamptz IS NULL OR occurred_at < $3)
        """,
        workspace_id, since, until,
    )  # fmt: skip
    return (row[0], row[1]) if row else (1, 0)


async def prune(db: Db, workspace_id: UUID, before: datetime, most: int) -> int:
    """Forget attempts, and what no longer waits, of before a moment, as many at most; return how many attempts."""
    await db.execute(
        "DELETE FROM webhook_events WHERE workspace_id = $1 AND created_at < $2 AND status <> 'waiting'",
        workspace_id, before,
    )  # fmt: skip
    status = await db.execute(
        """
        DELETE FROM deliveries WHERE workspace_id = $1 AND delivered_at < $2 AND id IN (
            SELECT id FROM deliveries WHERE workspace_id = $1 ORDER BY id LIMIT $3
        )
        """,
        workspace_id, before, most,
    )  # fmt: skip
    return int(status.split()[1])


async def wrapped_otherwise(db: Db, workspace_id: UUID, key_id: str) -> list[Webhook]:
    """Return webhooks whose secret another key than this one wraps; until the transaction ends, nobody changes them."""
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM webhooks WHERE workspace_id = $1 AND key_id <> $2 ORDER BY id FOR UPDATE",
        workspace_id, key_id,
    )  # fmt: skip
    return structs(Webhook, rows)


async def rewrap(db: Db, workspace_id: UUID, given: Sequence[tuple[UUID, str, bytes]]) -> None:
    """Store how the own keys of secrets are wrapped now; the secrets before them end."""
    await db.executemany(
        """
        UPDATE webhooks SET key_id = $3, wrapped = $4, old_key_id = NULL, old_wrapped = NULL, old_sealed = NULL,
            old_until = NULL
        WHERE workspace_id = $1 AND id = $2
        """,
        [(workspace_id, *one) for one in given],
    )
