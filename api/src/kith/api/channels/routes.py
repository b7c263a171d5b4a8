from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.channels.schemas import Channel, ChannelsParams
from kith.api.http.ids import from_path, from_query, many_from_query, not_found
from kith.api.http.paging import Page, after, page
from kith.store import channels as store
from kith.store.db import Db


@get("/v1/channels", operation_id="listChannels", tags=["channels"], scopes=["channels:read"], sealed=True)
async def list_channels(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[ChannelsParams],
) -> Response[Page[Channel]]:
    """List the places where people meet.

    The most recently used first.
    """
    wanted = store.ChannelFilter(
        networks=params.network,
        kinds=params.kind,
        parent_id=from_query("channel", "parent", params.parent),
        ids=many_from_query("channel", "ids", params.ids),
    )
    key = after(request, params, tuple[datetime | None, UUID])
    rows = await store.list_channels(db, workspace_id, wanted, key, params.limit + 1)
    total = await store.count_channels(db, workspace_id, wanted) if params.include else None
    return page(request, params, rows, Channel.of, lambda row: (row.last_at, row.id), total)


@get(
    "/v1/channels/{channel_id:str}",
    operation_id="getChannel",
    tags=["channels"],
    scopes=["channels:read"],
    errors=["not_found"],
    sealed=True,
)
async def get_channel(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], channel_id: FromPath[str]
) -> Channel:
    """Show one channel.

    `GET /v1/interactions?channel=` and `GET /v1/conversations?channel=` list its content.
    """
    found = await store.get_channel(db, workspace_id, from_path("channel", channel_id))
    if found is None:
        raise not_found("channel")
    return Channel.of(found)


ROUTES = [list_channels, get_channel]
