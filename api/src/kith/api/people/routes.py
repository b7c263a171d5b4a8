from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from kith.api.auth import may_see_contact
from kith.api.coverage import get_coverage
from kith.api.identities.schemas import Identity
from kith.api.ids import from_path
from kith.api.interactions.schemas import TimelineItem, TimelineParams, shape_timeline
from kith.api.paging import CoveredPage, Page, after, covered_page, page
from kith.api.people.moves import lead_on
from kith.api.people.schemas import ChannelUse, PeopleParams, Person, PersonDetail
from kith.api.relationships.lists import list_strongest
from kith.api.relationships.schemas import Relationship, RelationshipsOfPersonParams
from kith.api.shapes import shape
from kith.store import identities, interactions
from kith.store import people as store
from kith.store.db import Db

IDENTITIES_SHOWN = 200
CHANNELS_SHOWN = 50


@get("/v1/people", operation_id="listPeople", tags=["people"], scopes=["people:read"])
async def list_people(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[PeopleParams],
) -> Response[CoveredPage[Person]]:
    """List the people of this workspace.

    Each is one human (or bot), whatever the number of accounts. `q` finds people by any name or handle of theirs.
    """
    wanted = store.PeopleFilter(
        words=params.q,
        networks=params.network,
        kinds=params.kind,
        seen_since=params.seen_since,
        seen_before=params.seen_before,
    )
    n = params.limit + 1
    coverage = await get_coverage(db, workspace_id)
    if params.sort == "name":
        last = after(request, params, tuple[str | None, UUID])
        rows = await store.list_people_by_name(db, workspace_id, wanted, last, n)
        return covered_page(request, params, rows, Person.of, lambda row: (row.name, row.id), coverage)
    seen = after(request, params, tuple[datetime | None, UUID])
    rows = await store.list_people(db, workspace_id, wanted, seen, n)
    return covered_page(request, params, rows, Person.of, lambda row: (row.last_seen, row.id), coverage)


@get(
    "/v1/people/{person_id:str}",
    operation_id="getPerson",
    tags=["people"],
    scopes=["people:read"],
    errors=["not_found"],
    moves=True,
)
async def get_person(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    person_id: FromPath[str],
) -> PersonDetail | Redirect:
    """Show one person with identities and channels.

    The id of a person that was joined with another answers 308 with the address of the living one.
    """
    key = from_path("person", person_id)
    person = await store.get_person(db, workspace_id, key)
    if person is None:
        return await lead_on(request, db, workspace_id, person_id)
    behind = await identities.list_identities(
        db, workspace_id, identities.IdentityFilter(person_id=key), None, IDENTITIES_SHOWN
    )
    uses = await store.list_channels_of(
        db, workspace_id, await store.identities_of(db, workspace_id, key), CHANNELS_SHOWN
    )
    contact = may_see_contact(request)
    return shape(
        PersonDetail,
        person,
        id=person_id,
        identities=[Identity.of(identity, contact) for identity in behind],
        channels=[ChannelUse.of(use) for use in uses],
        coverage=await get_coverage(db, workspace_id),
    )


@get(
    "/v1/people/{person_id:str}/timeline",
    operation_id="listTimeline",
    tags=["people"],
    scopes=["people:read", "interactions:read"],
    errors=["not_found"],
    moves=True,
)
async def list_timeline(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    person_id: FromPath[str],
    params: NamedDependency[TimelineParams],
) -> Response[Page[TimelineItem]] | Redirect:
    """List what a person did and what others did towards them.

    On all networks, newest first.
    """
    mine = await store.identities_of(db, workspace_id, from_path("person", person_id))
    if not mine:
        return await lead_on(request, db, workspace_id, person_id)
    wanted = interactions.InteractionFilter(
        identity_ids=mine, kinds=params.kind, since=params.since, before=params.before
    )
    key = after(request, params, tuple[datetime, UUID])
    rows = await interactions.list_interactions(db, workspace_id, wanted, key, params.limit + 1)
    shown = await shape_timeline(db, workspace_id, rows, mine)
    return page(request, params, rows, lambda row: shown[row.id], lambda row: (row.occurred_at, row.id))


@get(
    "/v1/people/{person_id:str}/relationships",
    operation_id="listRelationshipsOfPerson",
    tags=["people"],
    scopes=["people:read", "relationships:read"],
    errors=["not_found"],
    moves=True,
)
async def list_relationships(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    person_id: FromPath[str],
    params: NamedDependency[RelationshipsOfPersonParams],
) -> Response[CoveredPage[Relationship]] | Redirect:
    """List with whom a person is in touch.

    The strongest relationship first, those below the floor of evidence last.
    """
    key = from_path("person", person_id)
    if await store.get_person(db, workspace_id, key) is None:
        return await lead_on(request, db, workspace_id, person_id)
    return await list_strongest(request, db, workspace_id, params, key)


ROUTES = [list_people, get_person, list_timeline, list_relationships]
