"""Who belongs to a community, and what each is to it."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from kith.api.communities.find import find
from kith.api.communities.schemas import (
    CommunityPeopleParams,
    CommunityPerson,
    CommunityRole,
    CommunityRolesParams,
    PersonRole,
    PersonRolesParams,
    RoleHolder,
    refer,
    shape_role,
)
from kith.api.http.coverage import get_coverage
from kith.api.http.ids import from_path
from kith.api.http.paging import CoveredPage, Page, after, covered_page, page
from kith.api.people.moves import lead_on
from kith.api.relationships.lists import show_people
from kith.store import communities as store
from kith.store import people
from kith.store.db import Db


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

    The greatest share of ties first.
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
) -> Response[CoveredPage[RoleHolder]]:
    """List who matters in a community, and why.

    The connectors, mavens, hosts and the core, by their best role: the first ten to fifteen are those to know. Each
    with evidence, stability, a plain sentence and interactions to look at. With `role`, who holds that role, by rank.
    """
    found = await find(db, workspace_id, community_id)
    key = after(request, params, tuple[int, UUID])
    rows = await store.list_roles(db, workspace_id, found.id, params.role, key, params.limit + 1)
    refs = await show_people(db, workspace_id, {row.person_id for row in rows})
    return covered_page(
        request,
        params,
        rows,
        lambda row: RoleHolder(
            refs[row.person_id],
            min((role.place for role in row.roles if role.place), default=None),
            [CommunityRole(**shape_role(role, refs[row.person_id].name)) for role in row.roles],
        ),
        lambda row: (row.ordinal, row.person_id),
        await get_coverage(db, workspace_id),
    )


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
) -> Response[CoveredPage[PersonRole]] | Redirect:
    """List the roles of a person.

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
        lambda row: PersonRole(**shape_role(row, person.name), community=refer(row.community_id, names)),
        lambda row: (row.rank, row.community_id, row.role),
        await get_coverage(db, workspace_id),
    )


ROUTES = [list_people, list_roles, list_roles_of]
