"""Requests of people who are no members, each with a deadline; and which person somebody is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from kith.store.db import Db, new_id
from kith.store.queries import Statement, structs

Kind = Literal["report", "object", "take_back", "erase", "other"]
Proof = Literal["address", "handle"]

ANYBODY = ["calendar", "contacts", "feed", "git", "irc", "mail", "xmpp"]
"""Networks on which an act shows of nobody who did it: names and addresses there are what the sender says."""

DUE = timedelta(days=30)
"""A month, which the law of the European Union gives."""


class RightsRequest(msgspec.Struct, frozen=True):
    """person_id: None where several people have the address. object: public id of what came of it."""

    id: UUID
    person_id: UUID | None
    kind: Kind
    proof: Proof
    message: str
    address: str | None
    object: str | None
    created_at: datetime
    due_at: datetime
    done_at: datetime | None
    done_by: str | None
    revision: int


async def people_with(db: Db, workspace_id: UUID, address: str) -> list[UUID]:
    """Return the people with an identity that has this address."""
    rows = await db.fetch(
        """
        SELECT DISTINCT p.person_id FROM identities i
        JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = i.id
        WHERE i.workspace_id = $1 AND i.address = lower($2) ORDER BY 1
        """,
        workspace_id, address,
    )  # fmt: skip
    return [row["person_id"] for row in rows]


async def posted(db: Db, workspace_id: UUID, network: str, handle: str, code: str, since: datetime) -> list[UUID]:
    """Return the identities with this handle that have posted the code since."""
    rows = await db.fetch(
        """
        SELECT DISTINCT i.id FROM identities i
        JOIN interactions a ON a.workspace_id = $1 AND a.actor_id = i.id AND a.occurred_at >= $5::timestamptz
        WHERE i.workspace_id = $1 AND i.network = $2 AND lower(i.handle) = lower($3)
            AND i.network <> ALL ($6::text[])
            AND strpos(lower(concat_ws(' ', a.title, a.text)), $4) > 0
        ORDER BY 1 LIMIT 10
        """,
        workspace_id, network, handle, code, since - timedelta(minutes=5), ANYBODY,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def add(
    db: Db, workspace_id: UUID, person_id: UUID | None, kind: Kind, proof: Proof, *, message: str = "",
    address: str | None = None, object_: str | None = None,
) -> UUID:  # fmt: skip
    """Keep a request. object_: what came of it already."""
    id_ = new_id()
    await db.execute(
        """
        INSERT INTO rights_requests (workspace_id, id, person_id, kind, proof, message, address, object, due_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + $9::interval)
        """,
        workspace_id, id_, person_id, kind, proof, message, address, object_, DUE,
    )  # fmt: skip
    return id_


async def get_request(db: Db, workspace_id: UUID, request_id: UUID, *, lock: bool = False) -> RightsRequest | None:
    row = await db.fetchrow(f"{_SELECT} AND id = $2{' FOR UPDATE' if lock else ''}", workspace_id, request_id)
    return RightsRequest(**row) if row else None


async def list_requests(
    db: Db, workspace_id: UUID, *, open_: bool | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[RightsRequest]:
    """Return requests, the one that is due first coming first. after: due_at and id of the row before."""
    statement = Statement(workspace_id)
    statement.where("(done_at IS NULL) = {}", open_)
    if after is not None:
        due, id_ = statement.value(after[0]), statement.value(after[1])
        statement.conditions.append(f"(due_at, id) > ({due}, {id_})")
    rows = await db.fetch(f"{_SELECT}{statement.and_()} ORDER BY due_at, id LIMIT {limit:d}", *statement.values)
    return structs(RightsRequest, rows)


async def set_done(db: Db, workspace_id: UUID, ids: Sequence[UUID], author: str) -> None:
    """Note that requests are dealt with; the address to answer to is forgotten."""
    await db.execute(
        """
        UPDATE rights_requests SET done_at = now(), done_by = $3, address = NULL, revision = revision + 1
        WHERE workspace_id = $1 AND id = ANY ($2) AND done_at IS NULL
        """,
        workspace_id, list(ids), author,
    )  # fmt: skip


async def set_done_with(db: Db, workspace_id: UUID, object_: str) -> None:
    """Note that what kith does by itself is done, such as a report that is ready."""
    await db.execute(
        """
        UPDATE rights_requests SET done_at = now(), done_by = 'kith', address = NULL, revision = revision + 1
        WHERE workspace_id = $1 AND object = $2 AND done_at IS NULL
        """,
        workspace_id, object_,
    )  # fmt: skip


_SELECT = """
    SELECT id, person_id, kind, proof, message, address, object, created_at, due_at, done_at, done_by, revision
    FROM rights_requests WHERE workspace_id = $1
"""
