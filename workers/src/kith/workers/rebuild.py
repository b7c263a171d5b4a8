"""The job ``rebuild``: every projection again from the facts, with proof of how they had differed."""

from datetime import UTC, datetime
from typing import Any

from kith.projections import rebuild as store
from kith.store import jobs, statistics
from kith.workers.work import Work


async def rebuild(work: Work) -> dict[str, Any]:
    """Rebuild; the result says, per projection, how many rows were missing, extra and different."""
    async with work.transaction() as db:
        found = await store.rebuild(db, work.transaction, work.job.workspace_id, datetime.now(UTC))
        await work.advance(db, len(found), len(found), "projections")
        await statistics.refresh(db)
        await jobs.ask_detect(db, work.job.workspace_id, whole=True)
    return {table: difference._asdict() for table, difference in found.items()}
