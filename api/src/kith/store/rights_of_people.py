"""Who may use the rights of which person: whoever has shown that an address is theirs."""

from uuid import UUID

from kith.store.db import Db


async def people_with(db: Db, workspace_id: UUID, address: str) -> list[UUID]:
    """Return the people with an identity that has this address."""
    rows = await db.fetch(
        """
        SELECT DISTINCT p.person_id FROM identities i
        JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = i.id
        WHERE i.workspace_id = $1 AND i.address = lower($2) ORDER BY 1
        """,
        workspace_id, address,
    )  # fmt: skip
    return [row["person_id"] for row in rows]
