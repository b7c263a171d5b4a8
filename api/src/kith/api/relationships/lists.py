"""Lists of relationships, which people and relationships share."""

from typing import Any
from uuid import UUID

from litestar import Request, Response

from kith.api.http.coverage import get_coverage
from kith.api.http.ids import from_query
from kith.api.http.paging import CoveredPage, after, covered_page
from kith.api.refs import PersonRef
from kith.api.relationships.schemas import Relationship, RelationshipsOfPersonParams
from kith.store import people
from kith.store import relationships as store
from kith.store.db import Db


async def list_strongest(
    request: Request[Any, Any, Any],
    db: Db,
    workspace_id: UUID,
    params: RelationshipsOfPersonParams,
    person_id: UUID | None,
) -> Response[CoveredPage[Relationship]]:
    """List relationships, the strongest first; those of one person, or each pair once."""
    wanted = store.RelationshipFilter(
        person_id=person_id,
        channel_id=from_query("channel", "channel", params.channel),
        min_strength=params.min_strength,
        last_since=params.last_since,
        last_before=params.last_before,
    )
    one = person_id is not None
    key = after(request, params, tuple[float | None, UUID] if one else tuple[float | None, UUID, UUID])
    rows = await store.list_relationships(db, workspace_id, wanted, key, params.limit + 1)
    return covered_page(
        request,
        params,
        rows,
        Relationship.of,
        lambda row: (row.strength, row.other.id) if one else (row.strength, row.person.id, row.other.id),
        await get_coverage(db, workspace_id),
    )


async def show_people(db: Db, workspace_id: UUID, person_ids: set[UUID]) -> dict[UUID, PersonRef]:
    found = await people.get_refs(db, workspace_id, person_ids)
    return {id_: PersonRef.of(person) for id_, person in found.items()}
