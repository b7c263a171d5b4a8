"""The audit of a workspace: entries are added in the transaction of what they tell, and never changed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from kith.domain.audit import BEGINNING, Chain, Chained, Entry, around
from kith.store.db import Db
from kith.store.queries import Statement

_COLUMNS = ", ".join(Chained.__struct_fields__)
#: The columns of what an entry says, each with its type.
_SAID = {
    "occurred_at": "timestamptz", "actor": "text", "member_id": "uuid", "app_id": "uuid", "token_id": "uuid",
    "network": "text", "operation": "text", "object": "text", "changes": "text", "request_id": "text",
}  # fmt: skip


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries; what is empty or None does not narrow."""

    operations: tuple[str, ...] = ()
    object: str | None = None
    member_id: UUID | None = None
    app_id: UUID | None = None
    token_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


def appending(first: int, *, of: str | None = None) -> str:
    """Return CTEs, of which one is recursive, that add the entries whose values begin at ``first``, for the workspace
    $1; the last is ``told``.

    of: a CTE whose ``n`` says which of the entries are added, counted from 1; None: all. Until the transaction ends,
    nobody else adds an entry. Where the workspace has no chain yet, nothing is added either: ``begin`` gives it one.
    """
    columns = ", ".join(_SAID)
    arrays = ", ".join(f"${first + place}::{kind}[]" for place, kind in enumerate(("text", "text", *_SAID.values())))
    return f"""
    said AS (
        SELECT row_number() OVER (ORDER BY n) AS place, s.*
        FROM unnest({arrays}) WITH ORDINALITY AS s (before, behind, {columns}, n){f" JOIN {of} USING (n)" if of else ""}
    ), last AS (
        SELECT c.number, c.hash FROM audit_chains c WHERE c.workspace_id = $1 AND EXISTS (SELECT FROM said)
        FOR UPDATE OF c
    ), chained (place, number, previous, hash) AS (
        SELECT 0::bigint, number, NULL::bytea, hash FROM last
        UNION ALL
        SELECT s.place, c.number + 1, c.hash,
            sha256(c.hash || convert_to(s.before || (c.number + 1) || s.behind, 'UTF8'))
        FROM chained c JOIN said s ON s.place = c.place + 1
    ), moved AS (
        UPDATE audit_chains c SET number = e.number, hash = e.hash
        FROM (SELECT number, hash FROM chained ORDER BY place DESC LIMIT 1) e WHERE c.workspace_id = $1
    ), told AS (
        INSERT INTO audit_entries (workspace_id, number, previous, hash, {columns})
        SELECT $1, number, previous, hash, {columns} FROM chained JOIN said USING (place) RETURNING number
    )
    """


def values(workspace_id: UUID, entries: Sequence[Entry]) -> list[list[object]]:
    """Return the values that ``appending`` takes."""
    around_each = [around(workspace_id, entry) for entry in entries]
    said = ([getattr(entry, name) for entry in entries] for name in _SAID)
    return [[before for before, _ in around_each], [behind for _, behind in around_each], *said]


_ADD = f"WITH RECURSIVE {appending(2)} SELECT EXISTS (SELECT FROM told)"


async def add(db: Db, workspace_id: UUID, entry: Entry) -> None:
    """Add an entry to the chain. Nobody else adds one until this transaction ends."""
    told = values(workspace_id, [entry])
    if not await db.fetchval(_ADD, workspace_id, *told):
        await begin(db, workspace_id)
        if not await db.fetchval(_ADD, workspace_id, *told):
            raise RuntimeError("A change was not told in the audit.")


async def begin(db: Db, workspace_id: UUID) -> None:
    """Give a workspace its chain, unless it has one."""
    await db.execute(
        """
        INSERT INTO audit_chains (workspace_id, number, hash, first_previous) VALUES ($1, 0, $2, $2)
        ON CONFLICT (workspace_id) DO NOTHING
        """,
        workspace_id, BEGINNING,
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
