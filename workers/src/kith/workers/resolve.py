"""The job ``resolve``: all identities again, because the thresholds, the model or how common names are has changed."""

from datetime import UTC, datetime
from typing import Any

from kith.projections import project as store
from kith.workers.work import Unfinished, Work


async def resolve(work: Work) -> dict[str, Any]:
    """Resolve the workspace, a large one in steps, each a transaction of its own, after which any worker can go on.

    The result says how many identities passed to another person since the job last rested.
    """
    moved, done, left = 0, work.job.done, True
    while left:
        async with work.transaction() as db:
            step = await store.settle_next(db, work.job.workspace_id, datetime.now(UTC))
            moved, done, left = moved + len(step.moves), done + step.identities, step.left
            await work.advance(db, done, None, "identities")
        if left and work.must_rest:
            raise Unfinished
    return {"moved": moved}
