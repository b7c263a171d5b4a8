"""The job ``hear``: what was said before a watch was made is listened to, the latest first."""

from typing import Any
from uuid import UUID

from kith.projections import mentions
from kith.store import projection, watches
from kith.workers.work import Unfinished, Work


async def hear(work: Work) -> dict[str, Any]:
    """Listen to the past of a watch in steps, each a transaction of its own, after which any worker can go on."""
    done, watch_id = work.job.done, UUID(work.job.args["watch_id"])
    while True:
        async with work.transaction() as db:
            await projection.lock(db, work.job.workspace_id)
            watch = await watches.get_watch(db, work.job.workspace_id, watch_id, lock=True)
            if watch is None or watch.heard_since <= watch.since:
                return {"acts": done}
            heard, _ = await mentions.hear_past(db, work.job.workspace_id, watch)
            done += heard
            await work.advance(db, done, None, "acts")
        if work.must_rest:
            raise Unfinished
