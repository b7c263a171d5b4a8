from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from kith.api.communities import drawing
from kith.api.communities.schemas import (
    CommunitiesParams,
    Community,
    CommunityCreate,
    CommunityDetail,
    CommunityEvent,
    CommunityMap,
    CommunityPatch,
    CommunityPeopleParams,
    CommunityPerson,
    CommunityRolesParams,
    EventsParams,
    ExportParams,
    Health,
    HealthDay,
    HealthParams,
    PersonInRole,
    PersonRolesParams,
    Role,
    RoleOfPerson,
    refer,
    shape_role,
)
from kith.api.coverage import get_coverage
from kith.api.idempotency import Once
from kith.api.ids import encode, from_path, from_query, not_found
from kith.api.jobs.schemas import Job
from kith.api.paging import CoveredPage, Page, after, covered_page, page
from kith.api.people.moves import lead_on
from kith.api.problems import Fault, Problem
from kith.api.relationships.lists import show_people
from kith.api.revisions import check_unchanged, tag
from kith.api.shapes import shape
from kith.store import communities as store
from kith.store import job_list, jobs, people
from kith.store.db import Db


@get("/v1/communities", operation_id="listCommunities", tags=["communities"], scopes=["communities:read"])
async def list_communities(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[CommunitiesParams],
) -> Response[CoveredPage[Community]]:
    """List the communities of this workspace.

    The largest first: those that kith found and those that humans declared. `level=0`: only those that hold no others.
    """
    wanted = store.CommunityFilter(
        kind=params.kind,
        level=params.level,
        parent_id=from_query("community", "parent", params.parent),
        person_id=from_query("person", "person", params.person),
        ended=params.status == "ended",
    )
    key = after(request, params, tuple[int, UUID])
    rows = await store.list_communities(db, workspace_id, wanted, key, params.limit + 1)
    coverage = await get_coverage(db, workspace_id)
    return covered_page(request, params, rows, Community.of, lambda row: (row.size, row.id), coverage)


@post("/v1/communities", operation_id="createCommunity", tags=["communities"], scopes=["communities:write"])
async def create_community(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    payload: NamedDependency[CommunityCreate],
    once: NamedDependency[Once],
) -> Response[Community]:
    """Declare a community.

    It lives beside those that kith finds; its roles, health and map come with the next detection.
    """
    try:
        made = await store.create_community(db, workspace_id, payload.name, _person_ids(payload.people))
    except store.NoSuchPerson as error:
        raise no_such_person() from error
    headers = {"Location": f"/v1/communities/{encode('community', made.id)}", "ETag": tag(made)}
    return await once.answer(Community.of(made), 201, headers)


@post(
    "/v1/communities/detections",
    operation_id="detectCommunities",
    tags=["communities"],
    scopes=["communities:write"],
    status_code=202,
)
async def detect_communities(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], once: NamedDependency[Once]
) -> Response[Job]:
    """Look at all communities, roles and topics anew.

    kith does so by itself, some minutes after something changed. The answer is the job that does it now.
    """
    job_id, _ = await jobs.enqueue(db, workspace_id, "detect", {"whole": True}, slot="detect:whole")
    job = await job_list.get_job(db, workspace_id, job_id)
    if job is None:
        raise LookupError(job_id)
    return await once.answer(Job.of(job), 202, {"Location": f"/v1/jobs/{encode('job', job_id)}"})


@get(
    "/v1/community-events",
    operation_id="listAllCommunityEvents",
    tags=["communities"],
    scopes=["communities:read"],
)
async def list_all_events(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[EventsParams],
) -> Response[Page[CommunityEvent]]:
    """List how communities came, went, merged and split.

    The latest first.
    """
    return await _events(request, db, workspace_id, params, None)


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
    """Show one community and how it does.

    One that is gone is still shown, as it was last seen.
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
    """Rename a declared community, or say anew who belongs to it.

    What is left out stays as it is; `people` is replaced as a whole.
    """
    found = await _declared(request, db, workspace_id, community_id)
    name = None if payload.name is msgspec.UNSET else payload.name
    person_ids = None if payload.people is msgspec.UNSET else _person_ids(payload.people)
    try:
        saved = await store.update_community(db, workspace_id, found.id, name, person_ids)
    except store.NoSuchPerson as error:
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

    Its people stay; what was found of it goes. Answers with what it was.
    """
    found = await _declared(request, db, workspace_id, community_id)
    await store.delete_community(db, workspace_id, found.id)
    return Community.of(found)


@get(
    "/v1/communities/{community_id:str}/people",
    operation_id="listCommunityPeople",
    tags=["communities"],
    scopes=["communities:read"],
    errors=["not_found"],
)
async def list_people(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    community_id: FromPath[str],
    params: NamedDependency[CommunityPeopleParams],
) -> Response[Page[CommunityPerson]]:
    """List who belongs to a community.

    Those with the greatest share of their ties there first.
    """
    found = await find(db, workspace_id, community_id)
    key = after(request, params, tuple[float | None, UUID])
    rows = await store.list_people(db, workspace_id, found.id, key, params.limit + 1)
    refs = await show_people(db, workspace_id, {row.person_id for row in rows})
    return page(
        request,
        params,
        rows,
        lambda row: CommunityPerson.of(row, refs[row.person_id]),
        lambda row: (row.belonging, row.person_id),
    )


@get(
    "/v1/communities/{community_id:str}/roles",
    operation_id="listCommunityRoles",
    tags=["communities"],
    scopes=["communities:read"],
    errors=["not_found"],
)
async def list_roles(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    community_id: FromPath[str],
    params: NamedDependency[CommunityRolesParams],
) -> Response[CoveredPage[PersonInRole]]:
    """List who matters in a community, and why.

    The connectors, mavens, hosts and the core, by their best role: the first ten to fifteen are those to know. Each
    with evidence, stability, a plain sentence and interactions to look at. With `role`, who holds that role, by rank.
    """
    found = await find(db, workspace_id, community_id)
    key = after(request, params, tuple[int, UUID])
    rows = await store.list_roles(db, workspace_id, found.id, params.role, key, params.limit + 1)
    refs = await show_people(db, workspace_id, {person_id for _, person_id, _ in rows})
    return covered_page(
        request,
        params,
        rows,
        lambda row: PersonInRole(
            refs[row[1]],
            min((role.place for role in row[2] if role.place), default=None),
            [Role(**shape_role(role, refs[row[1]].name)) for role in row[2]],
        ),
        lambda row: row[:2],
        await get_coverage(db, workspace_id),
    )


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
) -> Response[Page[HealthDay]]:
    """List how a community did, day by day.

    The latest look first, one a day at most.
    """
    found = await find(db, workspace_id, community_id)
    key = after(request, params, tuple[date])
    rows = await store.list_health(db, workspace_id, found.id, key[0] if key else None, params.limit + 1)
    return page(request, params, rows, lambda row: HealthDay(**row.health, day=row.day), lambda row: (row.day,))


@get(
    "/v1/communities/{community_id:str}/events",
    operation_id="listCommunityEvents",
    tags=["communities"],
    scopes=["communities:read"],
    errors=["not_found"],
)
async def list_events(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    community_id: FromPath[str],
    params: NamedDependency[EventsParams],
) -> Response[Page[CommunityEvent]]:
    """List what became of a community.

    The latest first: its birth, what merged into it or it into, how it split, and its end.
    """
    return await _events(request, db, workspace_id, params, (await find(db, workspace_id, community_id)).id)


@get(
    "/v1/communities/{community_id:str}/map",
    operation_id="getCommunityMap",
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
    """Show where everyone of a community stands.

    Places for a frontend to draw; with `Accept: image/svg+xml` or `image/png` the picture of `/map.svg` and `/map.png`.
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
    tags=["communities"],
    scopes=["communities:read"],
    errors=["not_found"],
    media_type=drawing.SVG,
)
async def draw_svg(db: NamedDependency[Db], workspace_id: NamedDependency[UUID], community_id: FromPath[str]) -> str:
    """Draw a community.

    With a legend, and the same in words for those who do not see it.
    """
    return await drawing.as_svg(await drawing.draw(db, workspace_id, await find(db, workspace_id, community_id)))


@get(
    "/v1/communities/{community_id:str}/map.png",
    operation_id="paintCommunityMap",
    tags=["communities"],
    scopes=["communities:read"],
    errors=["not_found"],
    media_type=drawing.PNG,
)
async def draw_png(db: NamedDependency[Db], workspace_id: NamedDependency[UUID], community_id: FromPath[str]) -> bytes:
    """Draw a community in pixels.

    The picture of `/map.svg`, 1,600 pixels wide.
    """
    return await drawing.as_png(await drawing.draw(db, workspace_id, await find(db, workspace_id, community_id)))


@get(
    "/v1/communities/{community_id:str}/export",
    operation_id="exportCommunity",
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

    The people and ties of its map, with their places, roles and communities.
    """
    drawn = await drawing.draw(db, workspace_id, await find(db, workspace_id, community_id))
    write, media_type, suffix = drawing.WRITERS[params.format]
    headers = {"Content-Disposition": f'attachment; filename="{community_id}.{suffix}"'}
    return Response(write(drawn), media_type=media_type, headers=headers)


@get(
    "/v1/people/{person_id:str}/roles",
    operation_id="listRolesOfPerson",
    tags=["people"],
    scopes=["people:read", "communities:read"],
    errors=["not_found"],
    moves=True,
)
async def list_roles_of(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    person_id: FromPath[str],
    params: NamedDependency[PersonRolesParams],
) -> Response[CoveredPage[RoleOfPerson]] | Redirect:
    """List what a person is to each community.

    The highest rank first.
    """
    key = from_path("person", person_id)
    person = await people.get_person(db, workspace_id, key)
    if person is None:
        return await lead_on(request, db, workspace_id, person_id)
    last = after(request, params, tuple[int, UUID, str])
    rows = await store.list_roles_of(db, workspace_id, key, last, params.limit + 1)
    names = await store.get_names(db, workspace_id, {row.community_id for row in rows})
    return covered_page(
        request,
        params,
        rows,
        lambda row: RoleOfPerson(**shape_role(row, person.name), community=refer(row.community_id, names)),
        lambda row: (row.rank, row.community_id, row.role),
        await get_coverage(db, workspace_id),
    )


async def find(db: Db, workspace_id: UUID, community_id: str, *, lock: bool = False) -> store.Community:
    found = await store.get_community(db, workspace_id, from_path("community", community_id), lock=lock)
    if found is None:
        raise not_found("community")
    return found


async def _declared(request: Request[Any, Any, Any], db: Db, workspace_id: UUID, community_id: str) -> store.Community:
    """Return a community that humans may change. Raises Problem."""
    found = await find(db, workspace_id, community_id, lock=True)
    if found.kind != "curated":
        raise Problem("conflict", "kith found this community; only declared ones can be changed.")
    check_unchanged(request, found)
    return found


async def _events(
    request: Request[Any, Any, Any], db: Db, workspace_id: UUID, params: EventsParams, community_id: UUID | None
) -> Response[Page[CommunityEvent]]:
    key = after(request, params, tuple[UUID])
    rows = await store.list_events(db, workspace_id, community_id, key[0] if key else None, params.limit + 1)
    names = await store.get_names(db, workspace_id, {id_ for row in rows for id_ in (*row.before_ids, *row.after_ids)})
    return page(
        request,
        params,
        rows,
        lambda row: shape(
            CommunityEvent,
            row,
            id=encode("event", row.id),
            before=[refer(id_, names) for id_ in row.before_ids],
            after=[refer(id_, names) for id_ in row.after_ids],
        ),
        lambda row: (row.id,),
    )


def no_such_person() -> Problem:
    message = "A person of the list does not exist."
    return Problem("invalid_body", message, Fault("not_found", message, pointer="/people"))


def _person_ids(texts: list[str]) -> set[UUID]:
    return {from_path("person", text) for text in texts}


def _health(stored: dict[str, Any] | None) -> Health | None:
    return None if stored is None else Health(**stored)


ROUTES = [
    list_communities,
    create_community,
    detect_communities,
    get_community,
    update_community,
    delete_community,
    list_people,
    list_roles,
    list_health,
    list_events,
    get_map,
    draw_svg,
    draw_png,
    export_community,
    list_all_events,
    list_roles_of,
]
