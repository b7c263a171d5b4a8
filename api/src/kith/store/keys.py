"""Keys that sign ID tokens. One signs at a time; those that no longer do are shown until all that they signed ended."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from kith.store.db import Db

SHOWN_DAYS = 7  # after it was replaced

_COLUMNS = "id, public, key_id, wrapped, sealed, created_at, retired_at"


class SigningKey(msgspec.Struct, frozen=True):
    """public: as JWKS show it. The rest is the private half, sealed."""

    id: str
    public: dict[str, Any]
    key_id: str
    wrapped: bytes
    sealed: bytes
    created_at: datetime
    retired_at: datetime | None


async def current(db: Db) -> SigningKey | None:
    """Return the key that signs."""
    row = await db.fetchrow(f"SELECT {_COLUMNS} FROM signing_keys WHERE retired_at IS NULL")
    return SigningKey(**row) if row else None


async def ensure(db: Db, make: Callable[[], tuple[str, dict[str, Any], tuple[str, bytes, bytes]]]) -> SigningKey:
    """Return the key that signs, the one made here where none does yet and no other process was first."""
    found = await current(db)
    if found is None:
        await add(db, *make())
        found = await current(db)
    assert found is not None  # noqa: S101  # one signs always, whoever added it
    return found


async def shown(db: Db) -> list[SigningKey]:
    """Return the keys that are believed, the newest first."""
    rows = await db.fetch(
        f"""
        SELECT {_COLUMNS} FROM signing_keys
        WHERE retired_at IS NULL OR retired_at > now() - make_interval(days => $1) ORDER BY created_at DESC, id
        """,
        SHOWN_DAYS,
    )
    return [SigningKey(**row) for row in rows]


async def add(db: Db, id_: str, public: dict[str, Any], sealed: tuple[str, bytes, bytes]) -> None:
    """Let a key sign from now on, where none does: of two processes that add the first, one wins."""
    await db.execute(
        """
        INSERT INTO signing_keys (id, public, key_id, wrapped, sealed) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING
        """,
        id_, public, *sealed,
    )  # fmt: skip


async def retire(db: Db) -> None:
    """Let the key that signs do so no more, and forget those that are shown no more."""
    await db.execute("UPDATE signing_keys SET retired_at = now() WHERE retired_at IS NULL")
    await db.execute("DELETE FROM signing_keys WHERE retired_at < now() - make_interval(days => $1)", SHOWN_DAYS)


async def wrapped_otherwise(db: Db, key_id: str) -> list[SigningKey]:
    """Return keys that another of the operator's keys wraps; until the transaction ends, nobody changes them."""
    rows = await db.fetch(f"SELECT {_COLUMNS} FROM signing_keys WHERE key_id <> $1 ORDER BY id FOR UPDATE", key_id)
    return [SigningKey(**row) for row in rows]


async def rewrap(db: Db, id_: str, key_id: str, wrapped: bytes) -> None:
    """Store how a key's own key is wrapped now."""
    await db.execute("UPDATE signing_keys SET key_id = $2, wrapped = $3 WHERE id = $1", id_, key_id, wrapped)
