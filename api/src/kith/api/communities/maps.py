"""A community to look at, and to take elsewhere."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.communities import drawing
from kith.api.communities.find import find
from kith.api.communities.schemas import CommunityMap, ExportParams
from kith.api.http import pictures
from kith.store.db import Db


@get(
    "/v1/communities/{community_id:str}/map",
    operation_id="getCommunityMap",
    cost=5,
    tags=["communities"],
    scopes=["communities:read"],
    errors=["not_found"],
    also=[drawing.SVG, drawing.PNG],
)
async def get_map(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    community_id: FromPath[str],
) -> Response[CommunityMap]:
    """Show the map of a community.

    Positions for a frontend to draw; with `Accept: image/svg+xml` or `image/png`, the picture of `/map.svg` or
    `/map.png`.
    """
    drawn = await drawing.draw(db, workspace_id, await find(db, workspace_id, community_id))
    wanted = request.accept.best_match(["application/json", drawing.SVG, drawing.PNG], default="application/json")
    content: Any = drawing.as_json(drawn)
    if wanted == drawing.SVG:
        content = await drawing.as_svg(drawn)
    elif wanted == drawing.PNG:
        content = await drawing.as_png(drawn)
    return Response(content, media_type=wanted)


@get(
    "/v1/communities/{community_id:str}/map.svg",
    operation_id="drawCommunityMap",
    cost=10,
    tags=["communities"],
    scopes=["communities:read"],
    errors=["not_found"],
    media_type=drawing.SVG,
    also=[pictures.BYTES],
)
async def draw_svg(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    community_id: FromPath[str],
) -> Response[str]:
    """Draw a community as SVG.

    With a legend and a text alternative.
    """
    drawn = await drawing.draw(db, workspace_id, await find(db, workspace_id, community_id))
    return pictures.answer(request, await drawing.as_svg(drawn), drawing.SVG)


@get(
    "/v1/communities/{community_id:str}/map.png",
    operation_id="paintCommunityMap",
    cost=20,
    tags=["communities"],
    scopes=["communities:read"],
    errors=["not_found"],
    media_type=drawing.PNG,
    also=[pictures.BYTES],
)
async def draw_png(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    community_id: FromPath[str],
) -> Response[bytes]:
    """Draw a community as PNG.

    The picture of `/map.svg`, 1,600 pixels wide.
    """
    drawn = await drawing.draw(db, workspace_id, await find(db, workspace_id, community_id))
    return pictures.answer(request, await drawing.as_png(drawn), drawing.PNG)


@get(
    "/v1/communities/{community_id:str}/export",
    operation_id="exportCommunity",
    cost=20,
    tags=["communities"],
    scopes=["communities:read"],
    errors=["not_found"],
    media_type="application/graphml+xml",
    also=["application/gexf+xml", "text/csv"],
)
async def export_community(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    community_id: FromPath[str],
    params: NamedDependency[ExportParams],
) -> Response[str]:
    """Export a community for Gephi, NodeXL or a spreadsheet.

    The people and ties of its map, with positions, roles and communities.
    """
    drawn = await drawing.draw(db, workspace_id, await find(db, workspace_id, community_id))
    write, media_type, suffix = drawing.WRITERS[params.format]
    headers = {"Content-Disposition": f'attachment; filename="{community_id}.{suffix}"'}
    return Response(write(drawn), media_type=media_type, headers=headers)


ROUTES = [get_map, draw_svg, draw_png, export_community]
