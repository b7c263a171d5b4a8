from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import Request, get
from litestar.di import NamedDependency

from kith.api.http.auth import require, token_of
from kith.api.http.ids import encode, from_query
from kith.api.search.schemas import SearchAnswer, SearchFacet, SearchParams, SearchPart, SearchResult
from kith.domain.scopes import FIELDS
from kith.domain.search import TYPES, Type
from kith.projections import search
from kith.projections.search import Asked, Hit
from kith.store.db import Db

SCOPES: dict[Type, tuple[str, ...]] = {
    "person": ("people:read",),
    "organization": ("organizations:read",),
    "community": ("communities:read",),
    "topic": ("topics:read",),
    "channel": ("channels:read",),
    "conversation": ("conversations:read", FIELDS["text"]),
    "interaction": ("interactions:read", FIELDS["text"]),
}
"""What it takes to find each type: to find by what was written tells what was written."""


@get("/v1/search", operation_id="searchAll", tags=["search"], scopes=[], cost=5)
async def find(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[SearchParams],
) -> SearchAnswer:
    """Search people, organizations, communities, topics, channels, conversations and interactions.

    The best first, of up to 100 of each type. A type needs the scope that its list needs; conversations and
    interactions need `interactions:text:read` too. Names are also found when they are misspelt or written in another
    script. To read on, use the lists with `q`.
    """
    held = frozenset(token_of(request).scopes)
    for type_ in params.types:
        for scope in SCOPES[type_]:
            require(request, scope)
    if params.community is not None:
        require(request, "communities:read")
    asked = Asked(
        params.q.strip(),
        [type_ for type_ in params.types or TYPES if held.issuperset(SCOPES[type_])],
        params.language,
        datetime.now(UTC),
        from_query("channel", "channel", params.channel),
        from_query("community", "community", params.community),
        params.since,
        params.before,
    )
    found = await search.find(db, workspace_id, asked, params.limit)
    return SearchAnswer([_show(hit) for hit in found.hits], [SearchFacet(*facet) for facet in found.facets])


def _show(hit: Hit) -> SearchResult:
    parts = [SearchPart(*part) for part in hit.parts]
    return SearchResult(hit.type, encode(hit.type, hit.id), hit.name, round(hit.score, 4), parts, hit.at)


ROUTES = [find]
