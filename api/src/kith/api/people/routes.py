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
from kith.api.ids import encode, from_path, not_found
from kith.api.interactions.schemas import TimelineItem, TimelineParams, shape_timeline
from kith.api.paging import CoveredPage, Page, after, covered_page, page
from kith.api.people.schemas import ChannelUse, PeopleParams, Person, PersonDetail
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
        return await moved(request, db, workspace_id, person_id)
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


async def moved(request: Request[Any, Any, Any], db: Db, workspace_id: UUID, person_id: str) -> Redirect:
    """Lead from the id of a joined person to the living one. Raises Problem where there is none."""
    living = await store.living_person(db, workspace_id, from_path("person", person_id))
    if living is None or encode("person", living) == person_id:
        raise not_found("person")
    path = request.scope["path"].replace(person_id, encode("person", living))
    query = request.scope["query_string"].decode()
    return Redirect(f"{path}?{query}" if query else path, status_code=308)


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
        return await moved(request, db, workspace_id, person_id)
    wanted = interactions.InteractionFilter(
        identity_ids=mine, kinds=params.kind, since=params.since, before=params.before
    )
    key = after(request, params, tuple[datetime, UUID])
    rows = await interactions.list_interactions(db, workspace_id, wanted, key, params.limit + 1)
    shown = await shape_timeline(db, workspace_id, rows, mine)
    return page(request, params, rows, lambda row: shown[row.id], lambda row: (row.occurred_at, row.id))


ROUTES = [list_people, get_person, list_timeline]
