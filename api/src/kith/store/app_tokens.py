"""Codes and tokens of apps. A family is all that came from one consent: an exchange, and the renewals after it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from kith.store import grants
from kith.store.db import Db
from kith.store.tokens import CODE, digest, mint

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
    """A code as it was found."""

    hash: bytes
    member_id: UUID | None
    living: bool
    spent: bool


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A token of an app. living: neither ended nor revoked, and its grant, approval and app are there.

    raced: whether it was spent so lately that two renewed at once, and nobody renewed any further.
    """

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
    raced: bool


async def add_code(db: Db, workspace_id: UUID, code: Code) -> str:
    """Store a code and return its text."""
    await sweep(db, workspace_id, "authorization_codes")
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


async def revoke_family(db: Db, workspace_id: UUID, family_id: UUID) -> None:
    """End all that came from one consent, also what is made by a renewal that is under way."""
    ended = "UPDATE app_tokens SET revoked_at = now() WHERE workspace_id = $1 AND family_id = $2 AND revoked_at IS NULL"
    while await db.execute(ended, workspace_id, family_id) != "UPDATE 0":
        pass  # what a renewal has made while this waited for it, only the next statement sees
    await grants.tell(db, workspace_id)


async def revoke(db: Db, workspace_id: UUID, hashes: Sequence[bytes]) -> None:
    """End single tokens."""
    await db.execute(
        "UPDATE app_tokens SET revoked_at = now() WHERE workspace_id = $1 AND hash = ANY ($2) AND revoked_at IS NULL",
        workspace_id, list(hashes),
    )  # fmt: skip
    await grants.tell(db, workspace_id)


async def sweep(db: Db, workspace_id: UUID, table: Literal["authorization_codes", "app_tokens"]) -> None:
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
