"""Tokens: how a request proves which workspace it works for. The text is shown once; the store keeps its SHA-256."""

import binascii
import secrets
from base64 import b32decode, b32encode
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from uuid import UUID, uuid4

import asyncpg
import msgspec

from kith.domain.members import Role, scopes_of
from kith.domain.scopes import IDENTITY, Sight
from kith.store.db import Db

PREFIX = "kpat_"
ACCESS, REFRESH, CODE = "kat_", "krt_", "kac_"  # of apps; they name their workspace
SECRET, DEVICE, PUSHED, REGISTRATION = "kas_", "kdc_", "kpr_", "kreg_"  # of apps; they name their app
REVOKED = "kith_revoked"
"""What processes that remember tokens listen on; a payload is the workspace in which something was revoked."""
_RANDOM_BYTES = 32
_CHECKSUM_BYTES = 4  # CRC-32: lets secret scanners and us refuse a mistyped token without a look-up

HAS_SEALED = "EXISTS (SELECT FROM sources s WHERE s.workspace_id = $1 AND s.sealed) AS has_sealed"

_LIVING = f"""
    SELECT t.workspace_id, w.name AS workspace, w.id_key, t.id, t.name, t.scopes, t.created_at, t.expires_at,
        t.member_id, m.role, {HAS_SEALED}
    FROM tokens t JOIN workspaces w ON w.workspace_id = t.workspace_id
    LEFT JOIN members m ON m.workspace_id = $1 AND m.id = t.member_id
    WHERE t.workspace_id = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())
        AND (t.member_id IS NULL OR m.id IS NOT NULL)
"""


# What an app may do is what it was granted, as far as the workspace still approves it and it still asks for it.
_OF_APP = f"""
    SELECT t.workspace_id, w.name AS workspace, w.id_key, t.id, a.name, t.created_at, t.expires_at, g.member_id,
        t.app_id, t.grant_id, t.thumbprint, t.resources, a.origins, m.role,
        {HAS_SEALED},
        ARRAY(
            SELECT unnest(t.scopes) INTERSECT SELECT unnest(p.scopes || $3) INTERSECT SELECT unnest(a.scopes || $3)
        ) AS scopes
    FROM app_tokens t
    JOIN workspaces w ON w.workspace_id = $1
    JOIN grants g ON g.workspace_id = $1 AND g.id = t.grant_id AND g.revoked_at IS NULL
    JOIN app_approvals p ON p.workspace_id = $1 AND p.app_id = t.app_id
    JOIN apps a ON a.id = t.app_id AND a.deleted_at IS NULL
    LEFT JOIN members m ON m.workspace_id = $1 AND m.id = g.member_id
    WHERE t.workspace_id = $1 AND t.hash = $2 AND t.kind = 'access' AND t.revoked_at IS NULL AND t.expires_at > now()
        AND (g.member_id IS NULL OR m.id IS NOT NULL)
"""


class Token(msgspec.Struct, frozen=True, dict=True, eq=False):
    """What a token is allowed to do, as it was read: one that is read again is another.

    id_key: the workspace's own key, for ids and cursors. member_id: for whom it acts; role: theirs. Of an app's:
    thumbprint: of the key that it is bound to; resources: the addresses that it is for, all where there are none;
    origins: whose pages may send it. has_sealed: whether the workspace has sealed sources.
    """

    workspace_id: UUID
    workspace: str
    id_key: bytes
    id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    member_id: UUID | None = None
    role: Role | None = None
    app_id: UUID | None = None
    grant_id: UUID | None = None
    thumbprint: str | None = None
    resources: list[str] = []
    origins: list[str] = []
    has_sealed: bool = False

    @property
    def holder(self) -> UUID:
        """What stays the same when an app renews its tokens."""
        return self.grant_id or self.id

    @cached_property
    def allowed(self) -> frozenset[str]:
        """Its scopes, to be looked up in: a token is remembered, and asked for them with each request."""
        return frozenset(self.scopes)

    @cached_property
    def sight(self) -> Sight:
        """What it sees of what routes answer."""
        return Sight.of(self.allowed, has_sealed=self.has_sealed)


def mint(owner_id: UUID, prefix: str = PREFIX) -> str:
    """Return a new secret text: a prefix and base 32 of its workspace's or app's id, 32 random bytes and a checksum."""
    body = owner_id.bytes + secrets.token_bytes(_RANDOM_BYTES)
    return prefix + _digits(body + _checksum(body))


def workspace_of(text: str, prefix: str = PREFIX) -> UUID | None:
    """Return the workspace, or the app, that a text names; None when it is not well-formed."""
    digits = text.removeprefix(prefix)
    if digits == text or not digits.isascii():
        return None
    try:
        raw = b32decode(digits.upper() + "=" * (-len(digits) % 8))
    except binascii.Error:
        return None
    if digits != _digits(raw):  # the last digit holds bits that decoding drops
        return None
    body, checksum = raw[:-_CHECKSUM_BYTES], raw[-_CHECKSUM_BYTES:]
    if len(body) != 16 + _RANDOM_BYTES or _checksum(body) != checksum:
        return None
    return UUID(bytes=body[:16])


def digest(text: str) -> bytes:
    """Return what the store keeps of a token; at 256 random bits no slow hash is needed.

    text: any at all; JSON can hold halves of surrogate pairs, which are no UTF-8.
    """
    return sha256(text.encode(errors="surrogatepass")).digest()


def _digits(raw: bytes) -> str:
    return b32encode(raw).decode().rstrip("=").lower()


def _checksum(body: bytes) -> bytes:
    return binascii.crc32(body).to_bytes(_CHECKSUM_BYTES, "big")


async def create_token(
    db: Db,
    workspace_id: UUID,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
    member_id: UUID | None = None,
) -> str:
    """Store a new token and return its text, which cannot be had again."""
    text = mint(workspace_id)
    await db.execute(
        """
        INSERT INTO tokens (workspace_id, id, hash, name, scopes, expires_at, member_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        workspace_id, uuid4(), digest(text), name, sorted(set(scopes)), expires_at, member_id,
    )  # fmt: skip
    return text


async def find_token(db: Db, workspace_id: UUID, text: str) -> Token | None:
    """Return the living token of this text; None when it is unknown, revoked or expired."""
    row = await db.fetchrow(f"{_LIVING} AND t.hash = $2", workspace_id, digest(text))
    return _token(row) if row else None


async def find_app_token(db: Db, workspace_id: UUID, text: str) -> Token | None:
    """Return the living access token of an app; None when it is unknown, revoked or expired."""
    row = await db.fetchrow(_OF_APP, workspace_id, digest(text), list(IDENTITY))
    return _token(row) if row else None


def _token(row: "asyncpg.Record") -> Token:
    """Return the token of a row: one that acts for a member may do no more than its member."""
    fields = dict(row)
    if (role := fields["role"]) is not None:
        limit = scopes_of(role) | IDENTITY.keys()
        fields["scopes"] = [scope for scope in fields["scopes"] if scope in limit]
    return Token(**fields)


async def get_token(db: Db, workspace_id: UUID, token_id: UUID) -> Token | None:
    """Return a living personal token."""
    row = await db.fetchrow(f"{_LIVING} AND t.id = $2", workspace_id, token_id)
    return _token(row) if row else None


async def list_tokens(db: Db, workspace_id: UUID, after: tuple[datetime, UUID] | None, limit: int) -> list[Token]:
    """Return the living personal tokens, the oldest first. after: when the row before was created, and its id."""
    rows = await db.fetch(
        f"""
        {_LIVING} AND ($2::timestamptz IS NULL OR (t.created_at, t.id) > ($2, $3::uuid))
        ORDER BY t.created_at, t.id LIMIT $4
        """,
        workspace_id, *(after or (None, None)), limit,
    )  # fmt: skip
    return [_token(row) for row in rows]


async def revoke_token(db: Db, workspace_id: UUID, token_id: UUID) -> bool:
    """Take a token's rights away, on every process at once; False when there is no such living token."""
    await forget(db, workspace_id)
    status = await db.execute(
        "UPDATE tokens SET revoked_at = now() WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL",
        workspace_id,
        token_id,
    )
    return bool(status.endswith(" 1"))


async def forget(db: Db, workspace_id: UUID) -> None:
    """Have every process look the tokens of the workspace up again, once this transaction has ended."""
    await db.execute("SELECT pg_notify($1, $2)", REVOKED, workspace_id.hex)
