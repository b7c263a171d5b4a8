"""The job ``project``: works what pages have touched into the projections; and ``refresh``, which lets time pass."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from kith.projections import kinds, strength, told_asks
from kith.projections import project as store
from kith.store import jobs, statistics
from kith.workers.work import Unfinished, Work


async def project(work: Work) -> dict[str, Any]:
    """Work in touches until there are none."""
    done, left = 0, 1
    while left:
        async with work.transaction() as db:
            taken, left = await store.project(db, work.job.workspace_id, datetime.now(UTC))
            done += taken
            await work.advance(db, done, done + left, "pages")
        async with work.transaction() as db:
            await statistics.refresh(db)
        if left and work.must_rest:
            raise Unfinished
    async with work.transaction() as db:
        await told_asks.tell_overdue(db, work.job.workspace_id, datetime.now(UTC))
    return {"pages": done}


async def refresh(work: Work) -> dict[str, Any]:
    """Compute all strengths for today. They order rightly before, too: all of one day are of the same moment.

    It also has everybody judged again where the words that tell robots and lists from humans have changed.
    """
    async with work.transaction() as db:
        if await kinds.is_outdated(db, work.job.workspace_id):
            await jobs.enqueue(db, work.job.workspace_id, "resolve", {}, slot="resolve")
    after: tuple[UUID, UUID] | None = (UUID(int=0), UUID(int=0))
    done = 0
    while after:
        async with work.transaction() as db:
            after = await store.refresh(db, work.job.workspace_id, datetime.now(UTC), after)
            done += strength.PAIRS if after else 0
            await work.advance(db, done, None, "relationships")
    async with work.transaction() as db:
        await told_asks.tell_overdue(db, work.job.workspace_id, datetime.now(UTC))
    return {}
