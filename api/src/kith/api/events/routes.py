from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency

from kith.api.events.schemas import Event, EventsParams
from kith.api.http.paging import Page, after, page
from kith.store import events as store
from kith.store.db import Db


@get("/v1/events", operation_id="listEvents", tags=["events"], scopes=["events:read"])
async def list_events(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[EventsParams],
) -> Response[Page[Event]]:
    """List what happened in kith.

    The newest first.
    """
    key = after(request, params, tuple[UUID])
    rows = await store.list_events(db, workspace_id, params.type, key[0] if key else None, params.limit + 1)
    return page(request, params, rows, Event.of, lambda row: (row.id,))


ROUTES = [list_events]
