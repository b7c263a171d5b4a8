"""A survey as the job ``detect`` makes it, at a moment that a test chooses."""

from datetime import UTC, datetime
from uuid import UUID

from kith.domain.survey.facts import Survey
from kith.domain.survey.survey import survey
from kith.store import survey as store
from kith.store.db import Db


async def look(db: Db, workspace_id: UUID, moment: datetime | None = None, *, whole: bool = False) -> Survey:
    """Survey the workspace and store what was found."""
    moment = moment or datetime.now(UTC)
    before = await store.last(db, workspace_id)
    facts = await store.load(db, workspace_id, moment, before, whole=whole)
    found = survey(facts)
    assert await store.save(db, workspace_id, moment, before, facts, found)
    return found
