"""The audit of a workspace: entries are added in the transaction of what they tell, and never changed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from kith.domain.audit import BEGINNING, Chain, Chained
from kith.store.db import Db
from kith.store.queries import Statement

_COLUMNS = ", ".join(Chained.__struct_fields__)


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries; what is empty or None does not narrow."""

    operations: tuple[str, ...] = ()
    object: str | None = None
    member_id: UUID | None = None
    app_id: UUID | None = None
    token_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


async def next_place(db: Db, workspace_id: UUID) -> tuple[int, bytes]:
    """Return number and previous hash of the next entry; nobody else adds one until this transaction ends."""
    row = await db.fetchrow(
        """
        INSERT INTO audit_chains (workspace_id, number, hash, first_previous) VALUES ($1, 1, $2, $2)
        ON CONFLICT (workspace_id) DO UPDATE SET number = audit_chains.number + 1
        RETURNING number, hash
        """,
        workspace_id, BEGINNING,
    )  # fmt: skip
    assert row  # noqa: S101  # one is inserted or updated
    return row["number"], row["hash"]


async def add(db: Db, workspace_id: UUID, entry: Chained) -> None:
    """Add the entry for which ``next_place`` was asked."""
    await db.execute(
        f"""
        WITH last AS (UPDATE audit_chains SET hash = $14 WHERE workspace_id = $1)
        INSERT INTO audit_entries (workspace_id, {_COLUMNS})
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """,
        workspace_id, *msgspec.structs.astuple(entry),
    )  # fmt: skip


async def get_chain(db: Db, workspace_id: UUID) -> Chain | None:
    row = await db.fetchrow(
        "SELECT number, hash, first_number, first_previous FROM audit_chains WHERE workspace_id = $1", workspace_id
    )
    return Chain(**row) if row else None


async def list_entries(
    db: Db, workspace_id: UUID, wanted: AuditFilter, before: int | None, limit: int
) -> Sequence[Chained]:
    """Return entries, the newest first. before: number of the row before."""
    statement = Statement(workspace_id)
    statement.where("operation = ANY ({})", wanted.operations)
    statement.where("object = {}", wanted.object)
    statement.where("member_id = {}", wanted.member_id)
    statement.where("app_id = {}", wanted.app_id)
    statement.where("token_id = {}", wanted.token_id)
    statement.where("occurred_at >= {}", wanted.since)
    statement.where("occurred_at < {}", wanted.until)
    statement.where("number < {}", before)
    sql = f"SELECT {_COLUMNS} FROM audit_entries WHERE workspace_id = $1{statement.and_()}"
    rows = await db.fetch(f"{sql} ORDER BY number DESC LIMIT {limit:d}", *statement.values)
    return [Chained(**row) for row in rows]


async def read_on(db: Db, workspace_id: UUID, after: int, limit: int) -> Sequence[Chained]:
    """Return the entries after a number, the oldest first."""
    rows = await db.fetch(
        f"""
        SELECT {_COLUMNS} FROM audit_entries WHERE workspace_id = $1 AND number > $2 ORDER BY number LIMIT $3
        """,
        workspace_id, after, limit,
    )  # fmt: skip
    return [Chained(**row) for row in rows]


async def prune(db: Db, workspace_id: UUID, before: datetime, most: int) -> int:
    """Cut off entries older than a moment, as many at most; return how many. Those of the last month stay."""
    gone: int = await db.fetchval("SELECT prune_audit($1, $2, $3)", workspace_id, before, most)
    return gone
