"""Authorizations: what providers of OAuth have granted to sources, and what persons are being asked to grant."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from kith.store import credentials
from kith.store.db import Db
from kith.store.sign_ins import digest

LIFETIME = timedelta(minutes=10)
_COLUMNS = """
    source_id, provider, site, scopes, expires_at, key_id, wrapped, sealed, problem, authorized_at, renewed_at
"""

Seal = Callable[[str, str], tuple[str, bytes, bytes]]
"""Seals a text for a place: which key wraps its own, that, and the text."""


class Authorization(msgspec.Struct, frozen=True):
    """expires_at: of the token; key_id: None where there is no refresh token; problem: why it holds no longer."""

    source_id: UUID
    provider: str
    site: str
    scopes: list[str]
    expires_at: datetime | None
    key_id: str | None
    wrapped: bytes | None
    sealed: bytes | None
    problem: str | None
    authorized_at: datetime
    renewed_at: datetime


class Asked(NamedTuple):
    """What a person was asked to grant."""

    source_id: UUID
    site: str
    verifier: str


class Granted(NamedTuple):
    """What a provider has given. setting: of the source, which holds the token."""

    provider: str
    site: str
    setting: str
    token: str
    refresh: str | None
    expires_at: datetime | None
    scopes: Collection[str]


def place(workspace_id: UUID, source_id: UUID) -> str:
    """Return where a refresh token belongs: sealed for it, it opens nowhere else."""
    return f"{workspace_id} {source_id} refresh token"


async def ask(
    db: Db, workspace_id: UUID, source_id: UUID, sign_in_id: UUID, state: str, site: str, verifier: str
) -> datetime:
    """Keep what a person is asked to grant; return until when they may answer."""
    expires_at: datetime = await db.fetchval(
        """
        WITH old AS (DELETE FROM authorization_requests WHERE workspace_id = $1 AND expires_at < now())
        INSERT INTO authorization_requests (workspace_id, hash, source_id, sign_in_id, site, verifier, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, now() + $7) RETURNING expires_at
        """,
        workspace_id, digest(state), source_id, sign_in_id, site, verifier, LIFETIME,
    )  # fmt: skip
    return expires_at


async def take(db: Db, workspace_id: UUID, sign_in_id: UUID, state: str) -> Asked | None:
    """Return what this person was asked to grant, so that nobody answers it again."""
    row = await db.fetchrow(
        """
        DELETE FROM authorization_requests
        WHERE workspace_id = $1 AND hash = $2 AND sign_in_id = $3 AND expires_at > now()
        RETURNING source_id, site, verifier
        """,
        workspace_id, digest(state), sign_in_id,
    )  # fmt: skip
    return Asked(**row) if row else None


async def get(db: Db, workspace_id: UUID, source_id: UUID, *, lock: bool = False) -> Authorization | None:
    """Return what a source was granted. lock: until the transaction ends, nobody else renews or changes it."""
    row = await db.fetchrow(
        f"""
        SELECT {_COLUMNS} FROM authorizations WHERE workspace_id = $1 AND source_id = $2{" FOR UPDATE" if lock else ""}
        """,
        workspace_id, source_id,
    )  # fmt: skip
    return Authorization(**row) if row else None


async def keep(
    db: Db, workspace_id: UUID, source_id: UUID, given: Granted, seal: Seal, *, renewed: bool = False
) -> None:
    """Store what a provider has given in place of what it gave before. renewed: no person was asked this time."""
    sealed = seal(given.token, credentials.place(workspace_id, source_id, given.setting))
    await credentials.save(db, workspace_id, [credentials.Credential(source_id, given.setting, *sealed)])
    refresh = seal(given.refresh, place(workspace_id, source_id)) if given.refresh else (None, None, None)
    await db.execute(
        """
        INSERT INTO authorizations
            (workspace_id, source_id, provider, site, scopes, expires_at, key_id, wrapped, sealed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (workspace_id, source_id) DO UPDATE SET
            provider = excluded.provider, site = excluded.site, expires_at = excluded.expires_at,
            scopes = CASE WHEN $10 AND excluded.scopes = '{}' THEN authorizations.scopes ELSE excluded.scopes END,
            key_id = excluded.key_id, wrapped = excluded.wrapped, sealed = excluded.sealed, problem = NULL,
            authorized_at = CASE WHEN $10 THEN authorizations.authorized_at ELSE excluded.authorized_at END,
            renewed_at = excluded.renewed_at
        """,
        workspace_id, source_id, given.provider, given.site, list(given.scopes), given.expires_at, *refresh, renewed,
    )  # fmt: skip


async def note_problem(db: Db, workspace_id: UUID, source_id: UUID, problem: str) -> None:
    """Note why an authorization holds no longer; its refresh token is of no use any more."""
    await db.execute(
        """
        UPDATE authorizations SET problem = $3, key_id = NULL, wrapped = NULL, sealed = NULL
        WHERE workspace_id = $1 AND source_id = $2
        """,
        workspace_id, source_id, problem,
    )  # fmt: skip


async def end(db: Db, workspace_id: UUID, source_id: UUID) -> None:
    """Forget what a source was granted: it signs in otherwise, or no more."""
    await db.execute("DELETE FROM authorizations WHERE workspace_id = $1 AND source_id = $2", workspace_id, source_id)


async def wrapped_otherwise(db: Db, workspace_id: UUID, key_id: str) -> list[Authorization]:
    """Return those whose refresh token another key than this one wraps, locked until the transaction ends."""
    rows = await db.fetch(
        f"""
        SELECT {_COLUMNS} FROM authorizations
        WHERE workspace_id = $1 AND key_id <> $2 ORDER BY source_id FOR UPDATE
        """,
        workspace_id, key_id,
    )  # fmt: skip
    return [Authorization(**row) for row in rows]


async def rewrap(db: Db, workspace_id: UUID, given: Collection[tuple[UUID, str, bytes]]) -> None:
    """Store how the own keys of refresh tokens are wrapped now: source_id, key_id, wrapped."""
    await db.executemany(
        "UPDATE authorizations SET key_id = $3, wrapped = $4 WHERE workspace_id = $1 AND source_id = $2",
        [(workspace_id, *one) for one in given],
    )
