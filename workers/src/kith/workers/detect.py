"""The job ``detect``: topics, communities, roles and maps again, some time after something changed."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from kith.domain.detection.detection import detect as detect_facts
from kith.projections import detection
from kith.store import detections, jobs
from kith.store.db import Db
from kith.workers.apart import OutOfMemory, apart
from kith.workers.work import Failed, Later, Work

EVERY = timedelta(minutes=10)
"""Changes are followed at most this often; whoever asks for a detection gets it at once."""
PATIENCE, PAUSE = 7, 5.0
"""A detection waits this often, at first so many seconds and then each time twice as long, until what is being read is
worked into the projections."""
_TOO_LARGE = (
    "This community is too large for the {:,} MB that a detection may take; what was found before stands. "
    "KITH_DETECTION_MEMORY allows it more."
)


async def detect(work: Work) -> dict[str, Any]:
    """Look at the workspace. args: ``whole``, when asked for by someone: everything again and at once."""
    whole, moment = bool(work.job.args.get("whole")), datetime.now(UTC)
    async with work.transaction() as db:
        before = await detections.last(db, work.job.workspace_id)
        if not whole and before and moment < before.moment + EVERY:
            rest = (before.moment + EVERY - moment).total_seconds()
            raise Later("just_done", "Communities were detected just now; the next detection follows later.", rest)
        if work.job.tries < PATIENCE and await detections.in_flux(db, work.job.workspace_id):
            pause = PAUSE * 2 ** (work.job.tries - 1)
            raise Later("not_settled", "What a source tells is still being read or worked in.", pause)
        facts = await detection.load(db, work.job.workspace_id, moment, before, whole=whole)
    try:
        found = await apart(detect_facts, facts, work.memory)
    except OutOfMemory as error:
        raise Failed("out_of_memory", _TOO_LARGE.format(work.memory)) from error
    async with work.transaction() as db:
        if not await detection.save(db, work.job.workspace_id, moment, before, facts, found):
            raise Later("overtaken", "Another detection ended in the meantime.", 1.0)
        await work.advance(db, found.people, found.people, "people")
    return {"communities": len(found.communities), "topics": len(found.topics), "whole": facts.last is None}


async def schedule(db: Db, workspace_id: UUID) -> None:
    """See to it that what a source told is looked at: now, where the last detection is long ago."""
    before, now = await detections.last(db, workspace_id), datetime.now(UTC)
    due_at = max(now, before.moment + EVERY) if before else now
    await jobs.ask_detect(db, workspace_id, due_at)
