"""What networks pushed to a source and could not be worked in."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.http.paging import Page, after, page
from kith.api.sources.finding import find
from kith.api.sources.schemas import FailedPush, PartitionsParams
from kith.domain.scopes import Sight
from kith.store import pushes
from kith.store.db import Db


@get(
    "/v1/sources/{source_id:str}/pushes",
    operation_id="listFailedPushes",
    tags=["sources"],
    scopes=["sources:read"],
    errors=["not_found"],
)
async def list_failed_pushes(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    source_id: FromPath[str],
    params: NamedDependency[PartitionsParams],
    sight: NamedDependency[Sight],
) -> Response[Page[FailedPush]]:
    """List what was pushed and could not be worked in.

    The newest first, for three days. Reading the source finds the same.
    """
    source = await find(db, workspace_id, source_id)
    key = after(request, params, tuple[datetime, UUID])
    rows = await pushes.list_failed(db, workspace_id, source.id, key, params.limit + 1)
    return page(request, params, rows, lambda row: FailedPush.of(row, sight), lambda row: (row.received_at, row.id))


ROUTES = [list_failed_pushes]
