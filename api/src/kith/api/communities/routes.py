from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.communities.events import ROUTES as EVENTS
from kith.api.communities.find import find
from kith.api.communities.maps import ROUTES as MAPS
from kith.api.communities.people import ROUTES as PEOPLE
from kith.api.communities.schemas import (
    CommunitiesParams,
    Community,
    CommunityCreate,
    CommunityDetail,
    CommunityHealth,
    CommunityHealthDay,
    CommunityPatch,
    HealthParams,
)
from kith.api.http.coverage import get_coverage
from kith.api.http.idempotency import Once
from kith.api.http.ids import encode, from_path, from_query, many_from_query
from kith.api.http.paging import CoveredPage, Page, after, covered_page, page
from kith.api.http.problems import Fault, Problem
from kith.api.http.revisions import check_unchanged, tag
from kith.api.jobs.schemas import Job
from kith.domain.communities import health
from kith.store import communities as store
from kith.store import jobs
from kith.store.db import Db
from kith.store.errors import NoSuch


@get("/v1/communities", operation_id="listCommunities", tags=["communities"], scopes=["communities:read"])
async def list_communities(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[CommunitiesParams],
) -> Response[CoveredPage[Community]]:
    """List the communities of this workspace.

    The largest first, both detected and declared. `level=0` keeps the smallest, which hold no others.
    """
    wanted = store.CommunityFilter(
        kind=params.kind,
        level=params.level,
        parent_id=from_query("community", "parent", params.parent),
        person_id=from_query("person", "person", params.person),
        ended=None if params.ids else params.status == "ended",
        ids=many_from_query("community", "ids", params.ids),
    )
    key = after(request, params, tuple[int, UUID])
    rows = await store.list_communities(db, workspace_id, wanted, key, params.limit + 1)
    coverage = await get_coverage(db, workspace_id)
    total = await store.count_communities(db, workspace_id, wanted) if params.include else None
    return covered_page(request, params, rows, Community.of, lambda row: (row.size, row.id), coverage, total)


@post("/v1/communities", operation_id="createCommunity", tags=["communities"], scopes=["communities:write"])
async def create_community(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    payload: NamedDependency[CommunityCreate],
    once: NamedDependency[Once],
) -> Response[Community]:
    """Declare a community.

    Detected communities are not affected. Its roles, health and map come with the next detection.
    """
    try:
        made = await store.create_community(db, workspace_id, payload.name, _person_ids(payload.people))
    except NoSuch as error:
        raise no_such_person() from error
    headers = {"Location": f"/v1/communities/{encode('community', made.id)}", "ETag": tag(made)}
    return await once.answer(Community.of(made), 201, headers)


@post(
    "/v1/communities/detections",
    operation_id="detectCommunities",
    cost=100,
    tags=["communities"],
    scopes=["communities:write"],
    status_code=202,
)
async def detect_communities(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], once: NamedDependency[Once]
) -> Response[Job]:
    """Detect all communities, roles and topics from scratch.

    kith detects by itself some minutes after a change. The answer is the job that does it now.
    """
    job_id = await jobs.ask_detect(db, workspace_id, whole=True)
    job = await jobs.get_job(db, workspace_id, job_id)
    if job is None:
        raise LookupError(job_id)
    return await once.answer(Job.of(job), 202, {"Location": f"/v1/jobs/{encode('job', job_id)}"})


@get(
    "/v1/communities/{community_id:str}",
    operation_id="getCommunity",
    tags=["communities"],
    scopes=["communities:read"],
    errors=["not_found"],
)
async def get_community(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], community_id: FromPath[str]
) -> Response[CommunityDetail]:
    """Show one community and its health.

    A community that ended is shown as it was last seen.
    """
    found = await find(db, workspace_id, community_id)
    return Response(
        CommunityDetail(
            **msgspec.structs.asdict(Community.of(found)),
            health=_health(found.health),
            coverage=await get_coverage(db, workspace_id),
        ),
        headers={"ETag": tag(found)} if found.kind == "curated" else None,
    )


@patch(
    "/v1/communities/{community_id:str}",
    operation_id="updateCommunity",
    tags=["communities"],
    scopes=["communities:write"],
    errors=["not_found", "conflict", "precondition_failed"],
)
async def update_community(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    community_id: FromPath[str],
    payload: NamedDependency[CommunityPatch],
) -> Response[Community]:
    """Rename a declared community, or change its people.

    Omitted fields keep their values; `people` is replaced as a whole.
    """
    found = await _declared(request, db, workspace_id, community_id)
    name = None if payload.name is msgspec.UNSET else payload.name
    person_ids = None if payload.people is msgspec.UNSET else _person_ids(payload.people)
    try:
        saved = await store.update_community(db, workspace_id, found.id, name, person_ids)
    except NoSuch as error:
        raise no_such_person() from error
    return Response(Community.of(saved), headers={"ETag": tag(saved)})


@delete(
    "/v1/communities/{community_id:str}",
    operation_id="deleteCommunity",
    tags=["communities"],
    scopes=["communities:write"],
    errors=["not_found", "conflict", "precondition_failed"],
    status_code=200,
)
async def delete_community(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    community_id: FromPath[str],
) -> Community:
    """Delete a declared community.

    Its people stay; its roles, health and map are deleted. The answer is its last version.
    """
    found = await _declared(request, db, workspace_id, community_id)
    await store.delete_community(db, workspace_id, found.id)
    return Community.of(found)


@get(
    "/v1/communities/{community_id:str}/health",
    operation_id="listCommunityHealth",
    tags=["communities"],
    scopes=["communities:read"],
    errors=["not_found"],
)
async def list_health(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    community_id: FromPath[str],
    params: NamedDependency[HealthParams],
) -> Response[Page[CommunityHealthDay]]:
    """List the health of a community by day.

    The latest day first, one entry a day at most.
    """
    found = await find(db, workspace_id, community_id)
    key = after(request, params, tuple[date])
    rows = await store.list_health(db, workspace_id, found.id, key[0] if key else None, params.limit + 1)
    return page(
        request,
        params,
        rows,
        lambda row: CommunityHealthDay(**_spoken(row.health), day=row.day),
        lambda row: (row.day,),
    )


async def _declared(request: Request[Any, Any, Any], db: Db, workspace_id: UUID, community_id: str) -> store.Community:
    """Return a community that humans may change. Raises Problem."""
    found = await find(db, workspace_id, community_id, lock=True)
    if found.kind != "curated":
        raise Problem("conflict", "kith found this community; only declared ones can be changed.")
    check_unchanged(request, found)
    return found


def no_such_person() -> Problem:
    message = "A person of the list does not exist."
    return Problem("invalid_body", message, Fault("not_found", message, pointer="/people"))


def _person_ids(texts: list[str]) -> set[UUID]:
    return {from_path("person", text) for text in texts}


def _health(stored: dict[str, Any] | None) -> CommunityHealth | None:
    return None if stored is None else CommunityHealth(**_spoken(stored))


def _spoken(stored: dict[str, Any]) -> dict[str, Any]:
    return {"sentence": health.sentence(health.Health(**stored)), **stored}


ROUTES = [
    list_communities,
    create_community,
    detect_communities,
    get_community,
    update_community,
    delete_community,
    list_health,
    *PEOPLE,
    *EVENTS,
    *MAPS,
]
