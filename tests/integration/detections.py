"""A detection as the job ``detect`` makes it, at a moment that a test chooses."""

from datetime import UTC, datetime
from uuid import UUID

from kith.domain.detection.detection import detect
from kith.domain.detection.facts import Found
from kith.projections import detection
from kith.store import detections
from kith.store.db import Db


async def detect_in(db: Db, workspace_id: UUID, moment: datetime | None = None, *, whole: bool = False) -> Found:
    """Look at the workspace and store what was found."""
    moment = moment or datetime.now(UTC)
    await db.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # here computing takes no process of its own
    before = await detections.last(db, workspace_id)
    facts = await detection.load(db, workspace_id, moment, before, whole=whole)
    found = detect(facts)
    assert await detection.save(db, workspace_id, moment, before, facts, found)
    return found
