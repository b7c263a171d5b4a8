"""Apps: OAuth clients. They belong to the instance; which workspace approved one belongs to the workspace."""

from collections.abc import Collection, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from kith.domain.apps import Kind
from kith.store.db import Db, new_id
from kith.store.grants import tell
from kith.store.tokens import REGISTRATION, SECRET, digest, mint

COLUMNS = """
    a.id, a.owner_id, a.name, a.kind, a.homepage, a.policy_url, a.redirect_uris, a.logout_uris, a.origins, a.scopes,
    a.shared, a.keys, a.logo_hash, a.logo_uri, a.revision, a.created_at, a.updated_at
"""
# What a workspace sees: its own apps, and those of others that it approved.
_SEEN = f"""
    SELECT {COLUMNS}, p.scopes AS approved, p.approved_at
    FROM apps a LEFT JOIN app_approvals p ON p.workspace_id = $1 AND p.app_id = a.id
    WHERE a.deleted_at IS NULL AND (a.owner_id = $1 OR p.app_id IS NOT NULL)
"""


class App(msgspec.Struct, frozen=True, kw_only=True):
    """owner_id: the workspace whose app it is; None: it registered itself. logo_hash: the version of its logo, which
    ``get_logo`` returns. approved: for which scopes, in the workspace that asks.
    """

    id: UUID
    owner_id: UUID | None
    name: str
    kind: Kind
    homepage: str | None
    policy_url: str | None
    redirect_uris: list[str]
    logout_uris: list[str]
    origins: list[str]
    scopes: list[str]
    shared: bool
    keys: list[dict[str, Any]]
    logo_hash: str | None
    logo_uri: str | None
    revision: int
    created_at: datetime
    updated_at: datetime
    approved: list[str] | None = None
    approved_at: datetime | None = None


class Secret(msgspec.Struct, frozen=True):
    """expires_at: when the older one of two ends."""

    id: UUID
    created_at: datetime
    expires_at: datetime | None


async def create_app(db: Db, owner_id: UUID | None, **content: Any) -> App:
    """content: the columns that ``update_app`` takes, and kind. db: bound to the owner, or to no workspace."""
    names = ["id", "owner_id", *content]
    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    row = await db.fetchrow(
        f"INSERT INTO apps AS a ({', '.join(names)}) VALUES ({places}) RETURNING {COLUMNS}",
        new_id(), owner_id, *content.values(),
    )  # fmt: skip
    assert row is not None  # noqa: S101  # RETURNING
    return App(**row)


async def update_app(db: Db, owner_id: UUID | None, app_id: UUID, **content: Any) -> None:
    """content: columns and their values."""
    sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(content, 3))
    await db.execute(
        f"UPDATE apps SET {sets}, revision = revision + 1, updated_at = now() "
        "WHERE owner_id IS NOT DISTINCT FROM $1 AND id = $2",
        owner_id, app_id, *content.values(),
    )  # fmt: skip
    await tell(db, None)


async def delete_app(db: Db, owner_id: UUID | None, app_id: UUID) -> None:
    """End an app and its tokens in every workspace; what it was granted stays readable, and what it told stays."""
    if owner_id is not None:
        await _set_written(db, owner_id, app_id, "paused")
    await db.execute(
        """
        UPDATE apps SET deleted_at = now()
        WHERE owner_id IS NOT DISTINCT FROM $1 AND id = $2 AND deleted_at IS NULL
        """,
        owner_id, app_id,
    )  # fmt: skip
    await tell(db, None)


async def find_app(db: Db, app_id: UUID) -> App | None:
    """Return any living app of the instance: who calls is known before a workspace is chosen."""
    row = await db.fetchrow(f"SELECT {COLUMNS} FROM apps a WHERE a.id = $1 AND a.deleted_at IS NULL", app_id)
    return App(**row) if row else None


def logo_columns(data: bytes | None) -> dict[str, Any]:
    """Return the columns of a logo, for ``create_app`` and ``update_app``."""
    return {"logo": data, "logo_hash": sha256(data).hexdigest()[:16] if data else None}


async def get_logo(db: Db, app_id: UUID, logo_hash: str) -> bytes | None:
    """Return this version of the logo of any living app of the instance."""
    found: bytes | None = await db.fetchval(
        "SELECT logo FROM apps WHERE id = $1 AND logo_hash = $2 AND deleted_at IS NULL", app_id, logo_hash
    )
    return found


async def get_app(db: Db, workspace_id: UUID, app_id: UUID, *, lock: bool = False) -> App | None:
    """Return an app as a workspace sees it. lock: nobody else changes it before the transaction ends."""
    if lock:
        await db.execute("SELECT FROM apps WHERE owner_id = $1 AND id = $2 FOR UPDATE", workspace_id, app_id)
    row = await db.fetchrow(f"{_SEEN} AND a.id = $2", workspace_id, app_id)
    return App(**row) if row else None


async def list_apps(db: Db, workspace_id: UUID, after: UUID | None, limit: int) -> list[App]:
    """Return the apps that a workspace sees, the newest first. after: id of the row before."""
    rows = await db.fetch(
        f"{_SEEN} AND ($2::uuid IS NULL OR a.id < $2) ORDER BY a.id DESC LIMIT $3", workspace_id, after, limit
    )
    return [App(**row) for row in rows]


async def approve(db: Db, workspace_id: UUID, app_id: UUID, scopes: Collection[str], author: str) -> None:
    """Let members of the workspace grant an app these scopes, and no others. Its source goes on."""
    again = await db.fetchval(
        """
        INSERT INTO app_approvals (workspace_id, app_id, scopes, author) VALUES ($1, $2, $3, $4)
        ON CONFLICT (workspace_id, app_id) DO UPDATE
            SET scopes = excluded.scopes, author = excluded.author, approved_at = excluded.approved_at
        RETURNING xmax <> 0
        """,
        workspace_id, app_id, list(scopes), author,
    )  # fmt: skip
    if not again:
        await _set_written(db, workspace_id, app_id, "active")
    await db.execute("INSERT INTO approved_apps (app_id) VALUES ($1) ON CONFLICT DO NOTHING", app_id)


async def approved(db: Db, workspace_id: UUID, app_id: UUID) -> list[str] | None:
    """Return the scopes that a workspace approved an app for; None where it did not."""
    found: list[str] | None = await db.fetchval(
        "SELECT scopes FROM app_approvals WHERE workspace_id = $1 AND app_id = $2", workspace_id, app_id
    )
    return found


async def withdraw(db: Db, workspace_id: UUID, app_id: UUID) -> None:
    """Take an approval back; the app's tokens end in this workspace, and its source is paused with what it told."""
    await _set_written(db, workspace_id, app_id, "paused")
    await db.execute("DELETE FROM app_approvals WHERE workspace_id = $1 AND app_id = $2", workspace_id, app_id)


async def _set_written(db: Db, workspace_id: UUID, app_id: UUID, status: str) -> None:
    """Pause the source that an app writes, or let it go on."""
    await db.execute(
        """
        UPDATE sources SET status = $3, revision = revision + 1, updated_at = now()
        WHERE workspace_id = $1 AND app_id = $2 AND status IN ('active', 'paused') AND status <> $3
        """,
        workspace_id, app_id, status,
    )  # fmt: skip


async def add_secret(db: Db, owner_id: UUID | None, app_id: UUID, overlap_seconds: float) -> tuple[Secret, str]:
    """Give an app another secret and return it with its text. The one before ends after the overlap, older ones now."""
    await db.execute(
        """
        DELETE FROM app_secrets s USING apps a
        WHERE a.id = s.app_id AND a.owner_id IS NOT DISTINCT FROM $1 AND s.app_id = $2
            AND (s.expires_at IS NOT NULL OR $3::float8 <= 0)
        """,
        owner_id, app_id, overlap_seconds,
    )  # fmt: skip
    await db.execute(
        """
        UPDATE app_secrets s SET expires_at = now() + make_interval(secs => $3) FROM apps a
        WHERE a.id = s.app_id AND a.owner_id IS NOT DISTINCT FROM $1 AND s.app_id = $2
        """,
        owner_id, app_id, overlap_seconds,
    )  # fmt: skip
    text = mint(app_id, SECRET)
    row = await db.fetchrow(
        "INSERT INTO app_secrets (app_id, id, hash) VALUES ($1, $2, $3) RETURNING id, created_at, expires_at",
        app_id, new_id(), digest(text),
    )  # fmt: skip
    assert row is not None  # noqa: S101  # RETURNING
    return Secret(**row), text


async def list_secrets(db: Db, app_ids: Sequence[UUID]) -> dict[UUID, list[Secret]]:
    """Return the living secrets of apps, the oldest first."""
    rows = await db.fetch(
        """
        SELECT app_id, id, created_at, expires_at FROM app_secrets
        WHERE app_id = ANY ($1) AND (expires_at IS NULL OR expires_at > now()) ORDER BY app_id, id
        """,
        app_ids,
    )
    found: dict[UUID, list[Secret]] = {}
    for row in rows:
        found.setdefault(row["app_id"], []).append(Secret(row["id"], row["created_at"], row["expires_at"]))
    return found


async def has_secret(db: Db, app_id: UUID, text: str) -> bool:
    """Whether this is a living secret of the app."""
    found = await db.fetchval(
        """
        SELECT EXISTS (SELECT FROM app_secrets
                       WHERE app_id = $1 AND hash = $2 AND (expires_at IS NULL OR expires_at > now()))
        """,
        app_id,
        digest(text),
    )  # fmt: skip
    return bool(found)


async def entrust(db: Db, app_id: UUID) -> str:
    """Return the text with which whoever registered an app looks after it, which cannot be had again."""
    text = mint(app_id, REGISTRATION)
    await db.execute("UPDATE apps SET registration_hash = $2 WHERE id = $1 AND owner_id IS NULL", app_id, digest(text))
    return text


async def find_entrusted(db: Db, app_id: UUID, text: str) -> App | None:
    """Return the app that registered itself and that a text looks after, held until the transaction ends."""
    row = await db.fetchrow(
        f"""
        SELECT {COLUMNS} FROM apps a
        WHERE a.id = $1 AND a.owner_id IS NULL AND a.deleted_at IS NULL AND a.registration_hash = $2 FOR UPDATE
        """,
        app_id, digest(text),
    )  # fmt: skip
    return App(**row) if row else None


async def was_approved(db: Db, app_id: UUID) -> bool:
    """Return whether a workspace has approved an app, then or now."""
    return bool(await db.fetchval("SELECT EXISTS (SELECT FROM approved_apps WHERE app_id = $1)", app_id))


async def registered_lately(db: Db) -> int:
    """Return how many apps have registered themselves within an hour."""
    found: int = await db.fetchval(
        "SELECT count(*) FROM apps WHERE owner_id IS NULL AND created_at > now() - interval '1 hour'"
    )
    return found


async def forget_unapproved(db: Db, before: datetime, most: int) -> int:
    """Delete apps that registered themselves before a moment and that no workspace ever approved; return how many."""
    rows = await db.fetch(
        """
        DELETE FROM apps WHERE id IN (
            SELECT a.id FROM apps a WHERE a.owner_id IS NULL AND a.created_at < $1
                AND NOT EXISTS (SELECT FROM approved_apps p WHERE p.app_id = a.id)
            ORDER BY a.created_at LIMIT $2
        ) RETURNING id
        """,
        before, most,
    )  # fmt: skip
    return len(rows)


async def allowed_origins(db: Db) -> set[str]:
    """Return the origins of all apps of the instance."""
    rows = await db.fetch("SELECT DISTINCT unnest(origins) AS origin FROM apps WHERE deleted_at IS NULL")
    return {row["origin"] for row in rows}
