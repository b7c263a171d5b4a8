"""The job ``retain``: what a source told is brought in line with what may be kept of it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from kith.projections import retention
from kith.store import jobs, sources
from kith.store import retention as store
from kith.workers.work import Unfinished, Work


async def retain(work: Work) -> dict[str, Any]:
    """Drop what is too old or private, and take texts out, some at a time. args: source_id."""
    source_id, workspace_id = UUID(work.job.args["source_id"]), work.job.workspace_id
    after: UUID | None = UUID(int=0)
    done = 0
    while after is not None:
        async with work.transaction() as db:
            source = await sources.get_source(db, workspace_id, source_id)
            if source is None:
                raise jobs.Canceled
            policy = await store.get_policy(db, workspace_id, source_id)
            after, count = await retention.step(db, workspace_id, source, policy, after, datetime.now(UTC))
            done += count
            if after is None:
                await retention.end(db, workspace_id, source, policy, changed=done > 0)
            await work.advance(db, done, None, "interactions")
        if after is not None and work.must_rest:
            raise Unfinished
    return {"interactions": done}
