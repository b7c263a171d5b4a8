"""Who sign-ins are to another provider of identity."""

from uuid import UUID

from kith.store.db import Db


async def find(db: Db, issuer: str, subject: str) -> UUID | None:
    """Return the sign-in that a provider calls so."""
    found: UUID | None = await db.fetchval(
        "SELECT sign_in_id FROM sign_in_providers WHERE issuer = $1 AND subject = $2", issuer, subject
    )
    return found


async def link(db: Db, issuer: str, subject: str, sign_in_id: UUID) -> None:
    await db.execute(
        """
        INSERT INTO sign_in_providers (issuer, subject, sign_in_id) VALUES ($1, $2, $3)
        ON CONFLICT (issuer, subject) DO NOTHING
        """,
        issuer, subject, sign_in_id,
    )  # fmt: skip


async def list_issuers(db: Db, sign_in_id: UUID) -> list[str]:
    """Return the providers that know a sign-in."""
    rows = await db.fetch("SELECT issuer FROM sign_in_providers WHERE sign_in_id = $1 ORDER BY issuer", sign_in_id)
    return [row["issuer"] for row in rows]


async def unlink(db: Db, sign_in_id: UUID, issuer: str) -> None:
    await db.execute("DELETE FROM sign_in_providers WHERE sign_in_id = $1 AND issuer = $2", sign_in_id, issuer)
