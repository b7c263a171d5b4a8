"""Links that let a sign-in in once; the store keeps their hash."""

from datetime import timedelta
from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

from kith.store.db import Db
from kith.store.sign_ins import digest, random_text

Purpose: TypeAlias = Literal["mail", "operator", "address"]
"""Sent by mail; printed by the operator, who needs no second factor; sent to a new address, to make it theirs."""

_LIVING = "hash = $1 AND used_at IS NULL AND expires_at > now()"


class Link(msgspec.Struct, frozen=True):
    """address: to which it was sent."""

    sign_in_id: UUID
    purpose: Purpose
    address: str | None


async def create_link(
    db: Db, sign_in_id: UUID, purpose: Purpose, lifetime: timedelta, address: str | None = None
) -> str:
    """Store a link and return its text, which cannot be had again. Those that ended a day ago are forgotten."""
    text = random_text()
    await db.execute(
        """
        WITH old AS (DELETE FROM sign_in_links WHERE sign_in_id = $2 AND expires_at < now() - interval '1 day')
        INSERT INTO sign_in_links (hash, sign_in_id, purpose, address, expires_at)
        VALUES ($1, $2, $3, lower($4), now() + $5)
        """,
        digest(text), sign_in_id, purpose, address, lifetime,
    )  # fmt: skip
    return text


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


async def end_links(db: Db, sign_in_id: UUID) -> None:
    """End the links that nobody used, as when their address is no longer the right one."""
    await db.execute("DELETE FROM sign_in_links WHERE sign_in_id = $1 AND used_at IS NULL", sign_in_id)
