from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency

from kith.api.events.reading import place_after
from kith.api.events.schemas import Event, EventKinds, EventsParams, kinds
from kith.api.http.paging import Page, after, page
from kith.domain.events import heard_with
from kith.store import events as store
from kith.store.db import Db
from kith.store.tokens import Token


@get(
    "/v1/events",
    operation_id="listEvents",
    tags=["events"],
    scopes=["events:read"],
    errors=["events_gone"],
    transaction=True,
)
async def list_events(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    params: NamedDependency[EventsParams],
) -> Response[Page[Event]]:
    """List what happened in kith.

    The newest first; with `after`, those that came after an event, the oldest first: none is missed, however late its
    transaction ended. Each type takes the scope of what it is about. `GET /v1/events/stream` sends the same events as
    they happen (server-sent events).
    """
    types = heard_with(token.scopes, params.type)
    if params.after is None:
        key = after(request, params, tuple[UUID])
        rows = await store.list_events(db, workspace_id, types, key[0] if key else None, params.limit + 1)
        return page(request, params, rows, Event.of, lambda row: (row.id,))
    await store.number(db, workspace_id)
    behind = after(request, params, tuple[int])
    last = behind[0] if behind else await place_after(db, workspace_id, params.after)
    numbered = await store.read_on(db, workspace_id, types, last, params.limit + 1)
    return page(request, params, numbered, Event.of, lambda row: (row.seq,))


@get("/v1/event-kinds", operation_id="listEventKinds", tags=["events"], scopes=["events:read"])
async def list_event_kinds() -> EventKinds:
    """List the types of events.

    Each with the schema of its data, and an example.
    """
    return kinds()


ROUTES = [list_events, list_event_kinds]
