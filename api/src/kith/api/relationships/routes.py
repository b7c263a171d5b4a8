from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from kith.api.coverage import get_coverage
from kith.api.ids import from_path, from_query
from kith.api.interactions.schemas import TimelineItem, shape_timeline
from kith.api.paging import CoveredPage, Page, after, page
from kith.api.people.moves import lead_on
from kith.api.problems import Problem
from kith.api.relationships.explain import explain
from kith.api.relationships.lists import list_strongest, show_people
from kith.api.relationships.schemas import EvidenceParams, Relationship, RelationshipDetail, RelationshipsParams
from kith.store import interactions, people
from kith.store import relationships as store
from kith.store.db import Db

EVIDENCE_SHOWN = 10


@get("/v1/relationships", operation_id="listRelationships", tags=["relationships"], scopes=["relationships:read"])
async def list_relationships(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[RelationshipsParams],
) -> Response[CoveredPage[Relationship]]:
    """List who is in touch with whom.

    The strongest first, those below the floor of evidence last. Each pair once; with `person`, seen from that person.
    """
    return await list_strongest(request, db, workspace_id, params, from_query("person", "person", params.person))


@get(
    "/v1/relationships/{person_id:str}/{other_id:str}",
    operation_id="getRelationship",
    tags=["relationships"],
    scopes=["relationships:read", "interactions:read"],
    errors=["not_found"],
    moves=True,
)
async def get_relationship(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    person_id: FromPath[str],
    other_id: FromPath[str],
) -> RelationshipDetail | Redirect:
    """Show how much two people are in touch now, and why.

    Both directions, what each day adds (the contributions add up), and the latest interactions that it rests on.
    """
    keys = from_path("person", person_id), from_path("person", other_id)
    mine, theirs = [await people.identities_of(db, workspace_id, key) for key in keys]
    if not mine or not theirs:
        return await lead_on(request, db, workspace_id, person_id, other_id)
    days = await store.list_contact_days(db, workspace_id, mine, theirs)
    if not days or keys[0] == keys[1]:
        raise no_contact()
    rows = await interactions.list_between(db, workspace_id, mine, theirs, None, EVIDENCE_SHOWN)
    evidence = await shape_timeline(db, workspace_id, rows, mine)
    refs = await show_people(db, workspace_id, set(keys))
    return explain(
        days,
        datetime.now(UTC).date(),
        person=refs[keys[0]],
        other=refs[keys[1]],
        evidence=[evidence[row.id] for row in rows],
        coverage=await get_coverage(db, workspace_id),
    )


@get(
    "/v1/relationships/{person_id:str}/{other_id:str}/interactions",
    operation_id="listEvidence",
    tags=["relationships"],
    scopes=["relationships:read", "interactions:read"],
    errors=["not_found"],
    moves=True,
)
async def list_evidence(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    person_id: FromPath[str],
    other_id: FromPath[str],
    params: NamedDependency[EvidenceParams],
) -> Response[Page[TimelineItem]] | Redirect:
    """List the interactions that a relationship rests on.

    Newest first, in both directions, seen from the first person.
    """
    keys = from_path("person", person_id), from_path("person", other_id)
    mine, theirs = [await people.identities_of(db, workspace_id, key) for key in keys]
    if not mine or not theirs:
        return await lead_on(request, db, workspace_id, person_id, other_id)
    key = after(request, params, tuple[datetime, UUID])
    rows = await interactions.list_between(db, workspace_id, mine, theirs, key, params.limit + 1)
    if not rows and key is None:
        raise no_contact()
    shown = await shape_timeline(db, workspace_id, rows, mine)
    return page(request, params, rows, lambda row: shown[row.id], lambda row: (row.occurred_at, row.id))


def no_contact() -> Problem:
    return Problem("not_found", "The two were never in touch, as far as is known.")


ROUTES = [list_relationships, get_relationship, list_evidence]
