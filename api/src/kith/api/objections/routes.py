from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from kith.api.decisions.show import author, named
from kith.api.http.idempotency import Once
from kith.api.http.ids import encode, from_path, not_found
from kith.api.http.paging import Page, after, page
from kith.api.http.revisions import check_unchanged, tag
from kith.api.objections.schemas import Objection, ObjectionCreate, ObjectionsParams
from kith.api.people.moves import lead_on
from kith.projections import objections as projection
from kith.store import objections as store
from kith.store import people
from kith.store.db import Db
from kith.store.tokens import Token


@post(
    "/v1/people/{person_id:str}/objections",
    operation_id="createObjection",
    tags=["objections"],
    scopes=["privacy:write"],
    errors=["not_found"],
    moves=True,
)
async def create_objection(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    person_id: FromPath[str],
    payload: NamedDependency[ObjectionCreate],
    once: NamedDependency[Once],
) -> Response[Objection] | Redirect:
    """Record that a person objects to being scored.

    From then on the person has no relationships, roles, trust or place in communities and maps, and is suggested to
    nobody. Numbers of others no longer rest on them, and say how many people were left out. It holds through every
    join, split and rebuild, until it is taken back.
    """
    members = await people.identities_of(db, workspace_id, from_path("person", person_id))
    if not members:
        return await lead_on(request, db, workspace_id, person_id)
    now = datetime.now(UTC)
    id_ = await projection.add(db, workspace_id, members, payload.reason, author(token), payload.objected_at, now)
    made = await _find(db, workspace_id, encode("objection", id_))
    return await once.answer(
        Objection.of(made), 201, {"Location": f"/v1/objections/{encode('objection', id_)}", "ETag": tag(made)}
    )


@get("/v1/objections", operation_id="listObjections", tags=["objections"], scopes=["privacy:read"])
async def list_objections(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[ObjectionsParams],
) -> Response[Page[Objection]]:
    """List objections to being scored.

    The newest first, also those that were taken back.
    """
    key = after(request, params, tuple[UUID])
    members = await named(db, workspace_id, params.person, None)
    rows = await store.list_objections(
        db, workspace_id, members, params.standing, key[0] if key else None, params.limit + 1
    )
    return page(request, params, rows, Objection.of, lambda row: (row.id,))


@get(
    "/v1/objections/{objection_id:str}",
    operation_id="getObjection",
    tags=["objections"],
    scopes=["privacy:read"],
    errors=["not_found"],
)
async def get_objection(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], objection_id: FromPath[str]
) -> Response[Objection]:
    """Show one objection."""
    found = await _find(db, workspace_id, objection_id)
    return Response(Objection.of(found), headers={"ETag": tag(found)})


@delete(
    "/v1/objections/{objection_id:str}",
    operation_id="endObjection",
    tags=["objections"],
    scopes=["privacy:write"],
    errors=["not_found", "precondition_failed"],
    status_code=200,
)
async def end_objection(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    objection_id: FromPath[str],
) -> Objection:
    """Record that an objection was taken back.

    It is kept, with the moment; the person is scored again from what kith has.
    """
    found = await _find(db, workspace_id, objection_id, lock=True)
    check_unchanged(request, found)
    if found.ended_at is None:
        await projection.end(db, workspace_id, found.id, author(token), datetime.now(UTC))
    return Objection.of(await _find(db, workspace_id, objection_id))


async def _find(db: Db, workspace_id: UUID, objection_id: str, *, lock: bool = False) -> store.Objection:
    found = await store.get_objection(db, workspace_id, from_path("objection", objection_id), lock=lock)
    if found is None:
        raise not_found("objection")
    return found


ROUTES = [create_objection, list_objections, get_objection, end_objection]
