"""Codes and tokens of apps. A family is all that came from one consent: an exchange, and the renewals after it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from kith.store import grants
from kith.store.db import Db, new_id
from kith.store.tokens import ACCESS, CODE, REFRESH, digest, mint

CODE_SECONDS = 60
ACCESS_SECONDS = 900
IDLE_DAYS = 30  # a refresh token that nobody uses ends then
LONGEST_DAYS = 180  # a family ends then, however often it was renewed
GRACE_SECONDS = 10  # two renewals at once are no theft, as long as nobody has used what the first one got
KEEP_DAYS = 1  # what has ended is kept that long, to notice a replay
_SOME = 200  # rows that are swept at a time

Kind = Literal["access", "refresh"]


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """challenge: S256 of the verifier. thumbprint: of the key that the tokens shall be bound to."""

    family_id: UUID
    grant_id: UUID
    app_id: UUID
    redirect_uri: str
    challenge: str
    scopes: list[str]
    resources: list[str]
    nonce: str | None
    thumbprint: str | None
    signed_in_at: datetime


class Held(Code, frozen=True, kw_only=True):
    """A code as it was found; while the transaction lasts, nobody else exchanges it."""

    hash: bytes
    member_id: UUID | None
    living: bool
    spent: bool


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """What tokens are made for."""

    family_id: UUID
    grant_id: UUID
    app_id: UUID
    scopes: list[str]
    resources: list[str]
    thumbprint: str | None
    begun_at: datetime | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A token of an app. living: neither ended nor revoked, and its grant, approval and app are there."""

    hash: bytes
    id: UUID
    kind: Kind
    family_id: UUID
    grant_id: UUID
    app_id: UUID
    member_id: UUID | None
    scopes: list[str]
    resources: list[str]
    thumbprint: str | None
    begun_at: datetime
    created_at: datetime
    expires_at: datetime
    spent_at: datetime | None
    living: bool


async def add_code(db: Db, workspace_id: UUID, code: Code) -> str:
    """Store a code and return its text."""
    await _sweep(db, workspace_id, "authorization_codes")
    text = mint(workspace_id, CODE)
    await db.execute(
        """
        INSERT INTO authorization_codes (workspace_id, hash, family_id, grant_id, app_id, redirect_uri, challenge,
            scopes, resources, nonce, thumbprint, signed_in_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, now() + make_interval(secs => $13))
        """,
        workspace_id, digest(text), code.family_id, code.grant_id, code.app_id, code.redirect_uri, code.challenge,
        code.scopes, code.resources, code.nonce, code.thumbprint, code.signed_in_at, CODE_SECONDS,
    )  # fmt: skip
    return text


async def take_code(db: Db, workspace_id: UUID, text: str) -> Held | None:
    """Return a code, held until the transaction ends: who comes later sees what came before."""
    row = await db.fetchrow(
        """
        SELECT c.hash, c.family_id, c.grant_id, c.app_id, c.redirect_uri, c.challenge, c.scopes, c.resources, c.nonce,
            c.thumbprint, c.signed_in_at, c.spent_at IS NOT NULL AS spent, g.member_id,
            c.expires_at > now() AND g.revoked_at IS NULL AS living
        FROM authorization_codes c JOIN grants g ON g.workspace_id = $1 AND g.id = c.grant_id
        WHERE c.workspace_id = $1 AND c.hash = $2 FOR UPDATE OF c
        """,
        workspace_id, digest(text),
    )  # fmt: skip
    return Held(**row) if row else None


async def spend_code(db: Db, workspace_id: UUID, hash_: bytes) -> None:
    await db.execute(
        "UPDATE authorization_codes SET spent_at = now() WHERE workspace_id = $1 AND hash = $2", workspace_id, hash_
    )


async def issue(db: Db, workspace_id: UUID, kind: Kind, made_for: Issue) -> str:
    """Store a token and return its text."""
    if kind == "access":  # with which others come, and one sweep is enough
        await _sweep(db, workspace_id, "app_tokens")
    text = mint(workspace_id, ACCESS if kind == "access" else REFRESH)
    await db.execute(
        """
        INSERT INTO app_tokens (workspace_id, hash, id, kind, family_id, grant_id, app_id, scopes, resources,
            thumbprint, begun_at, expires_at)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, begun_at,
            CASE $4 WHEN 'access' THEN now() + make_interval(secs => $12)
            ELSE least(now() + make_interval(days => $13), begun_at + make_interval(days => $14)) END
        FROM (SELECT coalesce($11, now()) AS begun_at) AS family
        """,
        workspace_id, digest(text), new_id(), kind, made_for.family_id, made_for.grant_id, made_for.app_id,
        made_for.scopes, made_for.resources, made_for.thumbprint, made_for.begun_at, ACCESS_SECONDS, IDLE_DAYS,
        LONGEST_DAYS,
    )  # fmt: skip
    return text


async def find(db: Db, workspace_id: UUID, text: str, *, lock: bool = False) -> Found | None:
    """Return a token of an app. lock: nobody else exchanges it before the transaction ends."""
    row = await db.fetchrow(f"{_FOUND}{' FOR UPDATE OF t' if lock else ''}", workspace_id, digest(text))
    return Found(**row) if row else None


_FOUND = """
    SELECT t.hash, t.id, t.kind, t.family_id, t.grant_id, t.app_id, g.member_id, t.scopes, t.resources, t.thumbprint,
        t.begun_at, t.created_at, t.expires_at, t.spent_at,
        t.revoked_at IS NULL AND t.expires_at > now() AND g.revoked_at IS NULL AND EXISTS (
            SELECT FROM app_approvals p JOIN apps a ON a.id = p.app_id AND a.deleted_at IS NULL
            WHERE p.workspace_id = $1 AND p.app_id = t.app_id) AS living
    FROM app_tokens t JOIN grants g ON g.workspace_id = $1 AND g.id = t.grant_id
    WHERE t.workspace_id = $1 AND t.hash = $2
"""


async def spend(db: Db, workspace_id: UUID, hash_: bytes) -> None:
    """Note that a refresh token was exchanged."""
    await db.execute(
        "UPDATE app_tokens SET spent_at = now() WHERE workspace_id = $1 AND hash = $2", workspace_id, hash_
    )


async def is_mere_race(db: Db, workspace_id: UUID, token: Found) -> bool:
    """Whether a spent refresh token comes back so soon that two renewed at once, and nobody renewed any further."""
    found = await db.fetchval(
        """
        SELECT $3::timestamptz > now() - make_interval(secs => $4) AND NOT EXISTS (
            SELECT FROM app_tokens WHERE workspace_id = $1 AND family_id = $2 AND kind = 'refresh'
                AND spent_at > $3)
        """,
        workspace_id,
        token.family_id,
        token.spent_at,
        GRACE_SECONDS,
    )  # fmt: skip
    return bool(found)


async def revoke_family(db: Db, workspace_id: UUID, family_id: UUID) -> None:
    """End all that came from one consent."""
    await db.execute(
        "UPDATE app_tokens SET revoked_at = now() WHERE workspace_id = $1 AND family_id = $2 AND revoked_at IS NULL",
        workspace_id, family_id,
    )  # fmt: skip
    await grants.tell(db, workspace_id)


async def revoke(db: Db, workspace_id: UUID, hashes: Sequence[bytes]) -> None:
    """End single tokens."""
    await db.execute(
        "UPDATE app_tokens SET revoked_at = now() WHERE workspace_id = $1 AND hash = ANY ($2) AND revoked_at IS NULL",
        workspace_id, list(hashes),
    )  # fmt: skip
    await grants.tell(db, workspace_id)


async def _sweep(db: Db, workspace_id: UUID, table: str) -> None:
    """Forget some of what ended long ago."""
    await db.execute(
        f"""
        DELETE FROM {table} WHERE workspace_id = $1 AND hash IN (
            SELECT hash FROM {table}
            WHERE workspace_id = $1 AND expires_at < now() - make_interval(days => $2)
            LIMIT $3 FOR UPDATE SKIP LOCKED)
        """,
        workspace_id, KEEP_DAYS, _SOME,
    )  # fmt: skip
