"""The job ``resolve``: all identities anew, because the thresholds, the model or how common names are has changed."""

from datetime import UTC, datetime
from typing import Any

from kith.store import project as store
from kith.workers.work import Work


async def resolve(work: Work) -> dict[str, Any]:
    """Resolve the workspace in one transaction; the result says how many identities passed to another person."""
    async with work.transaction() as db:
        moved = await store.settle_all(db, work.job.workspace_id, datetime.now(UTC))
        await work.advance(db, 1, 1, "workspaces")
    return {"moved": moved}
