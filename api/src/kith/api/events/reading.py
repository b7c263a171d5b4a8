"""Where reading on begins."""

from uuid import UUID

from kith.api.http.ids import from_query
from kith.api.http.problems import Problem
from kith.store import events
from kith.store.db import Db


async def place_after(db: Db, workspace_id: UUID, event_id: str) -> int:
    """Return the number of the event that a client has read last; all are numbered. Raises Problem."""
    id_ = from_query("event", "after", event_id)
    found = await events.number_of(db, workspace_id, id_) if id_ else None
    if found is None:
        raise Problem("events_gone")
    return found
