from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from kith.api.decisions.schemas import Decision
from kith.api.decisions.show import author, show, show_one
from kith.api.http.idempotency import Once
from kith.api.http.ids import encode, from_body, from_path, not_found, unknown
from kith.api.http.paging import Page, after, page
from kith.api.http.problems import Fault, Problem
from kith.api.http.revisions import check_content, is_conditional
from kith.api.merges.schemas import Merge, MergeCreate, MergesParams
from kith.api.people.moves import lead_on
from kith.api.refs import PersonRef
from kith.projections import merges as store
from kith.projections import project
from kith.store import people
from kith.store.db import Db
from kith.store.tokens import Token


@get(
    "/v1/people/{person_id:str}/merges",
    operation_id="listMerges",
    tags=["people"],
    scopes=["people:read", "identities:read"],
    errors=["not_found"],
    moves=True,
)
async def list_merges(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    person_id: FromPath[str],
    params: NamedDependency[MergesParams],
) -> Response[Page[Decision]] | Redirect:
    """List the merges of a person.

    The decisions that join its identities, the latest first, with evidence. `GET /v1/decisions` has undone ones too.
    """
    members = await people.identities_of(db, workspace_id, from_path("person", person_id))
    if not members:
        return await lead_on(request, db, workspace_id, person_id)
    last = after(request, params, tuple[datetime, UUID])
    joins = await store.joins_of(db, workspace_id, members)
    rows = [row for row in joins if last is None or (row.decided_at, row.id) < last][: params.limit + 1]
    shown = {item.id: item for item in await show(db, workspace_id, rows)}
    return page(
        request, params, rows, lambda row: shown[encode("decision", row.id)], lambda row: (row.decided_at, row.id)
    )


@post(
    "/v1/people/{person_id:str}/merges",
    operation_id="createMerge",
    tags=["people"],
    scopes=["people:write", "identities:write"],
    errors=["not_found", "conflict"],
    moves=True,
)
async def create_merge(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    person_id: FromPath[str],
    payload: NamedDependency[MergeCreate],
    once: NamedDependency[Once],
) -> Response[Merge] | Redirect:
    """Merge two people.

    No interaction changes, and the merge can be undone exactly at any time.
    """
    one = await people.identities_of(db, workspace_id, from_path("person", person_id))
    if not one:
        return await lead_on(request, db, workspace_id, person_id)
    living = await people.living_person(db, workspace_id, from_body("person", "/person_id", payload.person_id))
    other = await people.identities_of(db, workspace_id, living) if living else []
    if not other:
        raise unknown("person", "/person_id")
    if set(one) == set(other):
        message = "The two are one person already."
        raise Problem("conflict", message, Fault("same_person", message, pointer="/person_id"))
    decision_id = await store.join(db, workspace_id, one, other, author(token))
    body = await _settle(db, workspace_id, decision_id, {*one, *other})
    return await once.answer(body, 201, {"Location": f"/v1/decisions/{body.decision.id}"})


@delete(
    "/v1/people/{person_id:str}/merges/{decision_id:str}",
    operation_id="undoMerge",
    tags=["people"],
    scopes=["people:write", "identities:write"],
    errors=["not_found", "precondition_failed"],
    status_code=200,
    moves=True,
)
async def undo_merge(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    person_id: FromPath[str],
    decision_id: FromPath[str],
) -> Merge | Redirect:
    """Undo a merge.

    A human's decision is retracted, as if it had never been made. A rule's is overruled: the two are different from now
    on. Answers with the decision that does so and with the people that there are then. `If-Match` takes the ETag of the
    decision.
    """
    conditional = await is_conditional(request, db, workspace_id)
    members = await people.identities_of(db, workspace_id, from_path("person", person_id))
    if not members:
        return await lead_on(request, db, workspace_id, person_id)
    key = from_path("decision", decision_id)
    joins = {row.id: row for row in await store.joins_of(db, workspace_id, members)}
    if key not in joins:
        raise not_found("decision")
    if conditional:
        check_content(request, await show_one(db, workspace_id, key))
    made, _ = await store.undo(db, workspace_id, joins[key], author(token))
    return await _settle(db, workspace_id, made, set(members))


async def _settle(db: Db, workspace_id: UUID, decision_id: UUID, identity_ids: Collection[UUID]) -> Merge:
    """Have a decision show in every answer."""
    settled = await project.settle(db, workspace_id, datetime.now(UTC), identity_ids)
    living = {await people.living_person(db, workspace_id, id_) for id_ in identity_ids} - {None}
    refs = await people.get_refs(db, workspace_id, {id_ for id_ in living if id_})
    shown = [PersonRef.of(refs[id_]) for id_ in sorted(refs)]
    return Merge(await show_one(db, workspace_id, decision_id), shown, settled)


ROUTES = [list_merges, create_merge, undo_merge]
