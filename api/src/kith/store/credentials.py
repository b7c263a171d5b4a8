"""Credentials: what sources sign in with, sealed before it comes here."""

from collections.abc import Collection
from uuid import UUID

import msgspec

from kith.store.db import Db


class Credential(msgspec.Struct, frozen=True):
    """A sealed setting of a source. key_id: which of the operator's keys wraps its own."""

    source_id: UUID
    name: str
    key_id: str
    wrapped: bytes
    sealed: bytes


def place(workspace_id: UUID, source_id: UUID, name: str) -> str:
    """Return where a credential belongs: sealed for it, it opens nowhere else."""
    return f"{workspace_id} {source_id} {name}"


async def of_source(db: Db, workspace_id: UUID, source_id: UUID) -> list[Credential]:
    """Return all that a source signs in with."""
    rows = await db.fetch(
        """
        SELECT source_id, name, key_id, wrapped, sealed FROM credentials
        WHERE workspace_id = $1 AND source_id = $2 ORDER BY name
        """,
        workspace_id, source_id,
    )  # fmt: skip
    return [Credential(**row) for row in rows]


async def save(db: Db, workspace_id: UUID, given: Collection[Credential]) -> None:
    """Store credentials, each in place of the one before."""
    await db.executemany(
        """
        INSERT INTO credentials (workspace_id, source_id, name, key_id, wrapped, sealed)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (workspace_id, source_id, name) DO UPDATE
            SET key_id = excluded.key_id, wrapped = excluded.wrapped, sealed = excluded.sealed,
                updated_at = excluded.updated_at
        """,
        [(workspace_id, one.source_id, one.name, one.key_id, one.wrapped, one.sealed) for one in given],
    )


async def remove(db: Db, workspace_id: UUID, source_id: UUID, names: Collection[str]) -> None:
    await db.execute(
        "DELETE FROM credentials WHERE workspace_id = $1 AND source_id = $2 AND name = ANY ($3)",
        workspace_id, source_id, list(names),
    )  # fmt: skip


async def wrapped_otherwise(db: Db, workspace_id: UUID, key_id: str, limit: int) -> list[Credential]:
    """Return credentials that another key than this one wraps; until the transaction ends, nobody changes them."""
    rows = await db.fetch(
        """
        SELECT source_id, name, key_id, wrapped, sealed FROM credentials
        WHERE workspace_id = $1 AND key_id <> $2 ORDER BY source_id, name LIMIT $3 FOR UPDATE
        """,
        workspace_id, key_id, limit,
    )  # fmt: skip
    return [Credential(**row) for row in rows]


async def rewrap(db: Db, workspace_id: UUID, given: Collection[Credential]) -> None:
    """Store how the own keys of credentials are wrapped now; what they hold stays."""
    await db.executemany(
        """
        UPDATE credentials SET key_id = $4, wrapped = $5 WHERE workspace_id = $1 AND source_id = $2 AND name = $3
        """,
        [(workspace_id, one.source_id, one.name, one.key_id, one.wrapped) for one in given],
    )
