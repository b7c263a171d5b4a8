"""Facts by their ids: whether they are there, in which version, and who told them."""

from collections.abc import Sequence
from typing import Literal, TypeAlias
from uuid import UUID

from kith.store.db import Db

Table: TypeAlias = Literal["identities", "channels", "conversations", "interactions"]

# Of an act its content's hash; of a state also when it held. Of what else there is: which row it is.
_VERSION = {
    "interactions": "version || coalesce(int8send(extract(epoch FROM ended_at)::bigint), '')",
    "identities": "decode(md5(ROW (kind, name, handle, address, url, avatar_url, verified, seen_at)::text), 'hex')",
    "channels": "decode(md5(ROW (kind, name, url, parent_id, visibility, seen_at)::text), 'hex')",
    "conversations": "decode(md5(ROW (channel_id, title, url)::text), 'hex')",
}


async def versions(db: Db, workspace_id: UUID, table: Table, ids: Sequence[UUID]) -> dict[UUID, bytes]:
    """Return those that there are, each with what changes when it does."""
    rows = await db.fetch(
        f"SELECT id, {_VERSION[table]} AS version FROM {table} WHERE workspace_id = $1 AND id = ANY ($2)",
        workspace_id, ids,
    )  # fmt: skip
    return {row["id"]: row["version"] for row in rows}


async def told_by(db: Db, workspace_id: UUID, source_id: UUID, interaction_ids: Sequence[UUID]) -> set[UUID]:
    """Return those of these interactions that a source has told."""
    rows = await db.fetch(
        """
        SELECT id FROM interactions WHERE workspace_id = $1 AND id = ANY ($3) AND source_id = $2
        UNION SELECT interaction_id FROM tellings
        WHERE workspace_id = $1 AND interaction_id = ANY ($3) AND source_id = $2
        """,
        workspace_id, source_id, interaction_ids,
    )  # fmt: skip
    return {row["id"] for row in rows}
