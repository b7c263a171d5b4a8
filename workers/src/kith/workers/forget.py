"""What is kept for so many days and no longer: events and the audit."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from kith.runtime.settings import Settings
from kith.store import audit, events
from kith.store.db import Pool, workspace

PART = 10_000  # rows that one transaction deletes


async def forget(pool: Pool, workspace_id: UUID, settings: Settings) -> None:
    """Delete what is older than the settings say, part by part."""
    for days, prune in ((settings.event_days, events.prune), (settings.audit_days, audit.prune)):
        left = PART if days else 0
        while left == PART:
            async with workspace(pool, workspace_id) as db:
                left = await prune(db, workspace_id, datetime.now(UTC) - timedelta(days), PART)
