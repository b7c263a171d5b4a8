"""Sign-ins: a human's way in, before a workspace is chosen; and the links that let one in once."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

from kith.store.db import Db, new_id

Purpose: TypeAlias = Literal["sign_in", "recovery", "address"]

_COLUMNS = "s.id, s.name, s.address, s.password, s.created_at"


class SignIn(msgspec.Struct, frozen=True):
    """password: its argon2id hash. address: of mail, in lower case."""

    id: UUID
    name: str
    address: str | None
    password: str | None
    created_at: datetime


class Link(msgspec.Struct, frozen=True):
    """A link that signs in once. address: to which it was sent."""

    sign_in_id: UUID
    purpose: Purpose
    address: str | None


def digest(text: str) -> bytes:
    """Return what the store keeps of a random text; at 256 bits no slow hash is needed."""
    return sha256(text.encode()).digest()


def random_text() -> str:
    """Return 256 random bits, fit for an address or a cookie."""
    return secrets.token_urlsafe(32)


async def create_sign_in(db: Db, name: str, address: str | None) -> SignIn:
    row = await db.fetchrow(
        f"INSERT INTO sign_ins AS s (id, name, address) VALUES ($1, $2, lower($3)) RETURNING {_COLUMNS}",
        new_id(), name, address,
    )  # fmt: skip
    assert row  # noqa: S101  # RETURNING gives what was inserted
    return SignIn(**row)


async def get_sign_in(db: Db, sign_in_id: UUID) -> SignIn | None:
    row = await db.fetchrow(f"SELECT {_COLUMNS} FROM sign_ins s WHERE s.id = $1", sign_in_id)
    return SignIn(**row) if row else None


async def find_sign_in(db: Db, address: str) -> SignIn | None:
    """Return the sign-in with this address of mail, in whatever case it is given."""
    row = await db.fetchrow(f"SELECT {_COLUMNS} FROM sign_ins s WHERE s.address = lower($1)", address)
    return SignIn(**row) if row else None


async def create_link(
    db: Db, sign_in_id: UUID, purpose: Purpose, lifetime: timedelta, address: str | None = None
) -> str:
    """Store a link and return its text, which cannot be had again."""
    text = random_text()
    await db.execute(
        """
        INSERT INTO sign_in_links (hash, sign_in_id, purpose, address, expires_at)
        VALUES ($1, $2, $3, lower($4), now() + $5)
        """,
        digest(text), sign_in_id, purpose, address, lifetime,
    )  # fmt: skip
    return text


_LIVING = "hash = $1 AND used_at IS NULL AND expires_at > now()"


async def find_link(db: Db, text: str) -> Link | None:
    """Return what a link is for, unless it was used or has expired."""
    row = await db.fetchrow(f"SELECT sign_in_id, purpose, address FROM sign_in_links WHERE {_LIVING}", digest(text))
    return Link(**row) if row else None


async def use_link(db: Db, text: str) -> Link | None:
    """Use a link up; None where it was used, has expired or never was. Of several at once, one gets it."""
    row = await db.fetchrow(
        f"UPDATE sign_in_links SET used_at = now() WHERE {_LIVING} RETURNING sign_in_id, purpose, address",
        digest(text),
    )
    return Link(**row) if row else None
