"""Passkeys: keys that stay with a device or its maker; the store keeps their public half."""

from datetime import datetime
from uuid import UUID

import msgspec

from kith.store.db import Db

_SELECT = "SELECT id, sign_in_id, name, public_key, uses, created_at, used_at FROM passkeys"


class Passkey(msgspec.Struct, frozen=True):
    """id: as the authenticator names it. uses: as it counts them; many do not."""

    id: bytes
    sign_in_id: UUID
    name: str
    public_key: bytes
    uses: int
    created_at: datetime
    used_at: datetime | None


async def add_passkey(db: Db, sign_in_id: UUID, passkey_id: bytes, name: str, public_key: bytes, uses: int) -> bool:
    """Return whether it was added; False where it is known already."""
    status = await db.execute(
        """
        INSERT INTO passkeys (id, sign_in_id, name, public_key, uses) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
        """,
        passkey_id, sign_in_id, name, public_key, uses,
    )  # fmt: skip
    return status.endswith(" 1")


async def get_passkey(db: Db, passkey_id: bytes) -> Passkey | None:
    row = await db.fetchrow(f"{_SELECT} WHERE id = $1", passkey_id)
    return Passkey(**row) if row else None


async def list_passkeys(db: Db, sign_in_id: UUID) -> list[Passkey]:
    rows = await db.fetch(f"{_SELECT} WHERE sign_in_id = $1 ORDER BY created_at, id", sign_in_id)
    return [Passkey(**row) for row in rows]


async def use_passkey(db: Db, passkey_id: bytes, uses: int) -> None:
    await db.execute("UPDATE passkeys SET uses = $2, used_at = now() WHERE id = $1", passkey_id, uses)


async def remove_passkey(db: Db, sign_in_id: UUID, passkey_id: bytes) -> None:
    await db.execute("DELETE FROM passkeys WHERE sign_in_id = $1 AND id = $2", sign_in_id, passkey_id)
