"""What became of communities."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.communities.find import find
from kith.api.communities.schemas import CommunityEvent, CommunityEventsParams, refer
from kith.api.http.ids import encode
from kith.api.http.paging import Page, after, page
from kith.api.http.shapes import shape
from kith.store import communities as store
from kith.store.db import Db


@get(
    "/v1/communities/{community_id:str}/events",
    operation_id="listCommunityEvents",
    tags=["communities"],
    scopes=["communities:read"],
    errors=["not_found"],
)
async def list_events(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    community_id: FromPath[str],
    params: NamedDependency[CommunityEventsParams],
) -> Response[Page[CommunityEvent]]:
    """List the events of a community.

    The latest first: birth, merges, splits and end.
    """
    found = await find(db, workspace_id, community_id)
    key = after(request, params, tuple[UUID])
    rows = await store.list_events(db, workspace_id, found.id, key[0] if key else None, params.limit + 1)
    names = await store.get_names(db, workspace_id, {id_ for row in rows for id_ in (*row.before_ids, *row.after_ids)})
    return page(
        request,
        params,
        rows,
        lambda row: shape(
            CommunityEvent,
            row,
            id=encode("event", row.id),
            before=[refer(id_, names) for id_ in row.before_ids],
            after=[refer(id_, names) for id_ in row.after_ids],
        ),
        lambda row: (row.id,),
    )


ROUTES = [list_events]
