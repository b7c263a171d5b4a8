"""Tokens: how a request proves which workspace it works for. The text is shown once; the store keeps its SHA-256."""

import binascii
import secrets
from base64 import b32decode, b32encode
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from uuid import UUID, uuid4

import msgspec

from kith.store.db import Db

PREFIX = "kpat_"
_RANDOM_BYTES = 32
_CHECKSUM_BYTES = 4  # CRC-32: lets secret scanners and us refuse a mistyped token without a look-up

_LIVING = """
    SELECT t.workspace_id, w.name AS workspace, w.id_key, t.id, t.name, t.scopes, t.created_at, t.expires_at
    FROM tokens t JOIN workspaces w ON w.workspace_id = t.workspace_id
    WHERE t.workspace_id = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())
"""


class Token(msgspec.Struct, frozen=True):
    """What a token is allowed to do. id_key: the workspace's own key, for ids and cursors."""

    workspace_id: UUID
    workspace: str
    id_key: bytes
    id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None


def mint(workspace_id: UUID) -> str:
    """Return a new token text: ``kpat_`` and base 32 of the workspace's id, 32 random bytes and a checksum."""
    body = workspace_id.bytes + secrets.token_bytes(_RANDOM_BYTES)
    return PREFIX + _digits(body + _checksum(body))


def workspace_of(text: str) -> UUID | None:
    """Return the workspace that a token text names; None when it is not a well-formed token."""
    digits = text.removeprefix(PREFIX)
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
    """Return what the store keeps of a token; at 256 random bits no slow hash is needed."""
    return sha256(text.encode()).digest()


def _digits(raw: bytes) -> str:
    return b32encode(raw).decode().rstrip("=").lower()


def _checksum(body: bytes) -> bytes:
    return binascii.crc32(body).to_bytes(_CHECKSUM_BYTES, "big")


async def create_token(
    db: Db, workspace_id: UUID, name: str, scopes: Iterable[str], expires_at: datetime | None = None
) -> str:
    """Store a new token and return its text, which cannot be had again."""
    text = mint(workspace_id)
    await db.execute(
        "INSERT INTO tokens (workspace_id, id, hash, name, scopes, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
        workspace_id,
        uuid4(),
        digest(text),
        name,
        sorted(set(scopes)),
        expires_at,
    )
    return text


async def find_token(db: Db, workspace_id: UUID, text: str) -> Token | None:
    """Return the living token of this text; None when it is unknown, revoked or expired."""
    row = await db.fetchrow(f"{_LIVING} AND t.hash = $2", workspace_id, digest(text))
    return Token(**row) if row else None


async def list_tokens(db: Db, workspace_id: UUID) -> list[Token]:
    """Return the living tokens, the oldest first."""
    return [Token(**row) for row in await db.fetch(f"{_LIVING} ORDER BY t.created_at, t.id", workspace_id)]


async def revoke_token(db: Db, workspace_id: UUID, token_id: UUID) -> bool:
    """Take a token's rights away; False when there is no such living token. Processes notice within 10 seconds."""
    status = await db.execute(
        "UPDATE tokens SET revoked_at = now() WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL",
        workspace_id,
        token_id,
    )
    return bool(status.endswith(" 1"))
