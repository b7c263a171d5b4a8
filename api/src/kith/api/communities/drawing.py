"""A community's map, with the names of now."""

import asyncio
from typing import Any
from uuid import UUID

from kith.api.communities.schemas import CommunityMap, MapDisc, MapPerson, MapTie
from kith.api.http.ids import encode
from kith.api.http.problems import Problem
from kith.domain.maps import community as domain
from kith.domain.maps.community_svg import community_svg
from kith.domain.maps.export import gexf, graphml, people_csv, ties_csv
from kith.domain.maps.packed import Named, named, unpack
from kith.domain.maps.png import png
from kith.store import communities as store
from kith.store.db import Db

SVG, PNG = "image/svg+xml", "image/png"
WRITERS = {
    "graphml": (graphml, "application/graphml+xml", "graphml"),
    "gexf": (gexf, "application/gexf+xml", "gexf"),
    "csv": (ties_csv, "text/csv", "csv"),
    "people_csv": (people_csv, "text/csv", "csv"),
}


async def draw(db: Db, workspace_id: UUID, community: store.Community) -> domain.CommunityMap:
    """Return the map of a community. Raises Problem where there is none yet."""
    kept = await store.get_map(db, workspace_id, community.id)
    if kept is None:
        raise Problem("not_found", "The community was not looked at yet; POST /v1/communities/detections does it now.")
    drawn = await asyncio.to_thread(unpack, kept)
    living = await store.get_living(db, workspace_id, [UUID(person.id) for person in drawn.people])
    names = await store.get_names(db, workspace_id, [UUID(disc.id) for disc in drawn.communities if disc.id])
    return named(
        drawn,
        community.name,
        {former.hex: Named(encode("person", id_), name or "") for former, (id_, name) in living.items()},
        {str(id_): Named(encode("community", id_), name) for id_, name in names.items()},
        community.size,
    )


def as_json(drawn: domain.CommunityMap) -> CommunityMap:
    """Return the map as it is published."""
    return CommunityMap(
        drawn.title,
        drawn.summary,
        [MapPerson(p.id, p.name, p.x, p.y, p.community, p.strength, _listed(p.roles)) for p in drawn.people],
        [MapTie(tie.first, tie.second, tie.weight) for tie in drawn.ties],
        [MapDisc(d.id or None, d.name, d.x, d.y, d.radius, d.people) for d in drawn.communities],
    )


async def as_svg(drawn: domain.CommunityMap) -> str:
    return await asyncio.to_thread(community_svg, drawn)


async def as_png(drawn: domain.CommunityMap) -> bytes:
    return await asyncio.to_thread(lambda: png(community_svg(drawn)))


def _listed(roles: tuple[str, ...]) -> Any:
    return list(roles)
