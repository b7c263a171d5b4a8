"""What a browser that is about to sign in waits for: a challenge that it must answer, once and soon."""

from datetime import timedelta
from typing import Any, Literal, TypeAlias

from kith.store.db import Db
from kith.store.sign_ins import digest

Kind: TypeAlias = Literal["second_factor", "passkey", "provider"]
LIFETIME = timedelta(minutes=10)


async def put(db: Db, browser: str, kind: Kind, data: dict[str, Any]) -> None:
    """Keep what a browser has to answer, in place of what it had to before. browser: its cookie."""
    await db.execute(
        """
        WITH old AS (DELETE FROM sign_in_steps WHERE expires_at < now() AND NOT (browser = $1 AND kind = $2))
        INSERT INTO sign_in_steps (browser, kind, data, expires_at) VALUES ($1, $2, $3, now() + $4)
        ON CONFLICT (browser, kind) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at
        """,
        digest(browser), kind, data, LIFETIME,
    )  # fmt: skip


async def look(db: Db, browser: str, kind: Kind) -> dict[str, Any] | None:
    """Return what a browser has to answer, and leave it."""
    found: dict[str, Any] | None = await db.fetchval(
        "SELECT data FROM sign_in_steps WHERE browser = $1 AND kind = $2 AND expires_at > now()",
        digest(browser), kind,
    )  # fmt: skip
    return found


async def take(db: Db, browser: str, kind: Kind) -> dict[str, Any] | None:
    """Return what a browser has to answer, so that nobody answers it again."""
    found: dict[str, Any] | None = await db.fetchval(
        "DELETE FROM sign_in_steps WHERE browser = $1 AND kind = $2 AND expires_at > now() RETURNING data",
        digest(browser), kind,
    )  # fmt: skip
    return found
