"""Syncs: what a worker needs to read a source, and where the reading stands."""

from typing import Any
from uuid import UUID

import msgspec

from kith.store.db import Db, new_id


class Reading(msgspec.Struct, frozen=True):
    """A source about to be read. cursor: the connector's own JSON, None at the very beginning.

    trusted: the operator named what it reads.
    """

    connector: str
    config: dict[str, Any]
    status: str
    trusted: bool
    cursor: str | None
    id_key: bytes


async def load(db: Db, workspace_id: UUID, source_id: UUID) -> Reading | None:
    """Return how a source is to be read; None when it is gone."""
    row = await db.fetchrow(
        """
        SELECT s.connector, s.config, s.status, s.trusted, c.cursor, w.id_key
        FROM sources s JOIN workspaces w ON w.workspace_id = s.workspace_id
        LEFT JOIN cursors c ON c.workspace_id = s.workspace_id AND c.source_id = s.id
        WHERE s.workspace_id = $1 AND s.id = $2
        """,
        workspace_id, source_id,
    )  # fmt: skip
    return Reading(**row) if row else None


async def status(db: Db, workspace_id: UUID, source_id: UUID) -> str | None:
    """Return the source's status, which stays until the transaction ends; None when it is gone."""
    found: str | None = await db.fetchval(
        "SELECT status FROM sources WHERE workspace_id = $1 AND id = $2 FOR SHARE", workspace_id, source_id
    )
    return found


async def ask_to_reauthorize(db: Db, workspace_id: UUID, source_id: UUID) -> None:
    """Let the source wait until a human renews its credentials."""
    await db.execute(
        """
        UPDATE sources SET status = 'reauthorize', revision = revision + 1, updated_at = now()
        WHERE workspace_id = $1 AND id = $2 AND status = 'active'
        """,
        workspace_id, source_id,
    )  # fmt: skip


async def open_run(db: Db, workspace_id: UUID, source_id: UUID, job_id: UUID) -> UUID:
    """Return the run that this job is about, begun now where there is none."""
    run_id: UUID | None = await db.fetchval(
        "SELECT id FROM runs WHERE workspace_id = $1 AND job_id = $2 AND finished_at IS NULL", workspace_id, job_id
    )
    if run_id is None:
        run_id = new_id()
        await db.execute(
            "INSERT INTO runs (workspace_id, id, source_id, job_id) VALUES ($1, $2, $3, $4)",
            workspace_id, run_id, source_id, job_id,
        )  # fmt: skip
    return run_id


async def close_run(db: Db, workspace_id: UUID, job_id: UUID) -> dict[str, int]:
    """End the open run of this job; return its counters."""
    row = await db.fetchrow(
        """
        UPDATE runs SET finished_at = now() WHERE workspace_id = $1 AND job_id = $2 AND finished_at IS NULL
        RETURNING pages, records, added, changed, deleted, skipped
        """,
        workspace_id, job_id,
    )  # fmt: skip
    return dict(row) if row else {}


async def remove(db: Db, workspace_id: UUID, source_id: UUID) -> bool:
    """Delete a source with its cursor, coverage and runs; return whether it was there.

    The facts that it told stay: other sources may have told the same, and each keeps the source_id that it came from.
    """
    outcome = await db.execute("DELETE FROM sources WHERE workspace_id = $1 AND id = $2", workspace_id, source_id)
    return outcome == "DELETE 1"
