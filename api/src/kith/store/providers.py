"""Providers of OAuth: the operator's apps there, their secrets sealed before they come here."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from kith.store.db import Db

_COLUMNS = "name, site, client_id, registered, key_id, wrapped, sealed, created_at, updated_at"


class ProviderApp(msgspec.Struct, frozen=True):
    """The app at one site of a provider. registered: kith did that by itself. key_id: None where it has no secret."""

    name: str
    site: str
    client_id: str
    registered: bool
    key_id: str | None
    wrapped: bytes | None
    sealed: bytes | None
    created_at: datetime
    updated_at: datetime


def place(workspace_id: UUID, name: str, site: str) -> str:
    """Return where a secret belongs: sealed for it, it opens nowhere else."""
    return f"{workspace_id} provider {name} {site}"


async def list_apps(db: Db, workspace_id: UUID, name: str | None = None) -> list[ProviderApp]:
    """Return the apps of one provider or of all, by name and site."""
    rows = await db.fetch(
        f"""
        SELECT {_COLUMNS} FROM providers WHERE workspace_id = $1 AND ($2::text IS NULL OR name = $2) ORDER BY name, site
        """,
        workspace_id, name,
    )  # fmt: skip
    return [ProviderApp(**row) for row in rows]


async def get_app(db: Db, workspace_id: UUID, name: str, site: str) -> ProviderApp | None:
    row = await db.fetchrow(
        f"SELECT {_COLUMNS} FROM providers WHERE workspace_id = $1 AND name = $2 AND site = $3",
        workspace_id, name, site,
    )  # fmt: skip
    return ProviderApp(**row) if row else None


async def save_app(
    db: Db,
    workspace_id: UUID,
    name: str,
    site: str,
    client_id: str,
    secret: tuple[str, bytes, bytes] | None,
    *,
    registered: bool = False,
) -> None:
    """Store an app in place of the one before. secret: sealed, with the key that wraps its own."""
    await db.execute(
        """
        INSERT INTO providers (workspace_id, name, site, client_id, registered, key_id, wrapped, sealed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (workspace_id, name, site) DO UPDATE
            SET client_id = excluded.client_id, registered = excluded.registered, key_id = excluded.key_id,
                wrapped = excluded.wrapped, sealed = excluded.sealed, updated_at = excluded.updated_at
        """,
        workspace_id, name, site, client_id, registered, *(secret or (None, None, None)),
    )  # fmt: skip


async def remove(db: Db, workspace_id: UUID, name: str) -> None:
    """Remove all apps of a provider."""
    await db.execute("DELETE FROM providers WHERE workspace_id = $1 AND name = $2", workspace_id, name)


async def wrapped_otherwise(db: Db, workspace_id: UUID, key_id: str) -> list[ProviderApp]:
    """Return apps whose secret another key than this one wraps; until the transaction ends, nobody changes them."""
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM providers WHERE workspace_id = $1 AND key_id <> $2 ORDER BY name, site FOR UPDATE",
        workspace_id, key_id,
    )  # fmt: skip
    return [ProviderApp(**row) for row in rows]


async def rewrap(db: Db, workspace_id: UUID, given: Collection[tuple[str, str, str, bytes]]) -> None:
    """Store how the own keys of secrets are wrapped now: name, site, key_id, wrapped."""
    await db.executemany(
        "UPDATE providers SET key_id = $4, wrapped = $5 WHERE workspace_id = $1 AND name = $2 AND site = $3",
        [(workspace_id, *one) for one in given],
    )
