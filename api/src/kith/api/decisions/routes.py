from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.decisions.schemas import Decision, DecisionCreate, DecisionsParams
from kith.api.decisions.show import author, named, show, show_one
from kith.api.http.idempotency import Once
from kith.api.http.ids import encode, from_body, from_path, not_found, unknown
from kith.api.http.paging import Page, after, page
from kith.api.http.problems import Fault, Problem
from kith.api.http.revisions import check_content, is_conditional
from kith.projections import ledger, merges, project
from kith.store import decisions as store
from kith.store import identities
from kith.store.db import Db
from kith.store.tokens import Token


@get("/v1/decisions", operation_id="listDecisions", tags=["decisions"], scopes=["identities:read"])
async def list_decisions(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[DecisionsParams],
) -> Response[Page[Decision]]:
    """List the ledger of decisions on identities.

    The most recent first. Nothing is deleted: a later decision retracts an earlier one.
    """
    wanted = store.DecisionFilter(
        verdicts=params.verdict,
        authors=params.author,
        identity_ids=await named(db, workspace_id, params.person, params.identity),
        since=params.learnt_since,
        before=params.learnt_before,
    )
    key = after(request, params, tuple[datetime, UUID])
    rows = await store.list_decisions(db, workspace_id, wanted, key, params.limit + 1)
    shown = {item.id: item for item in await show(db, workspace_id, rows)}
    return page(
        request, params, rows, lambda row: shown[encode("decision", row.id)], lambda row: (row.learnt_at, row.id)
    )


@get(
    "/v1/decisions/{decision_id:str}",
    operation_id="getDecision",
    tags=["decisions"],
    scopes=["identities:read"],
    errors=["not_found"],
)
async def get_decision(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], decision_id: FromPath[str]
) -> Decision:
    """Show one decision and its evidence."""
    row = await store.get_decision(db, workspace_id, from_path("decision", decision_id))
    if row is None:
        raise not_found("decision")
    return (await show(db, workspace_id, [row]))[0]


@post("/v1/decisions", operation_id="createDecision", tags=["decisions"], scopes=["identities:write"])
async def create_decision(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    payload: NamedDependency[DecisionCreate],
    once: NamedDependency[Once],
) -> Response[Decision]:
    """State that two identities are one person, or that they are not.

    No rule ever overrides a human's statement. `POST /v1/people/{person_id}/merges` joins two whole people.
    """
    one = from_body("identity", "/one_id", payload.one_id)
    other = from_body("identity", "/other_id", payload.other_id)
    if one == other:
        message = "It must be another."
        raise Problem("invalid_body", message, Fault("invalid", message, pointer="/other_id"))
    refs = await identities.get_refs(db, workspace_id, {one, other})
    for pointer, id_ in (("/one_id", one), ("/other_id", other)):
        if id_ not in refs:
            raise unknown("identity", pointer)
    new = store.New(verdict=payload.verdict, pair=(one, other), author=author(token))
    (decision_id,) = await store.append(db, workspace_id, [new])
    await project.settle(db, workspace_id, datetime.now(UTC), [one, other])
    body = await show_one(db, workspace_id, decision_id)
    return await once.answer(body, 201, {"Location": f"/v1/decisions/{body.id}"})


@delete(
    "/v1/decisions/{decision_id:str}",
    operation_id="retractDecision",
    tags=["decisions"],
    scopes=["identities:write"],
    errors=["not_found", "conflict", "precondition_failed"],
    status_code=200,
)
async def retract_decision(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    decision_id: FromPath[str],
) -> Decision:
    """Undo a decision.

    A human's or an import's decision is retracted, as if it had never been made; a rejected suggestion opens again. A
    rule's decision is overruled: the two are different from now on. Both stay in the ledger. The answer is the decision
    that undoes it, which can be undone too.
    """
    conditional = await is_conditional(request, db, workspace_id)
    row = await store.get_decision(db, workspace_id, from_path("decision", decision_id))
    if row is None:
        raise not_found("decision")
    if conditional:
        check_content(request, (await show(db, workspace_id, [row]))[0])
    if not ledger.can_be_undone(row, await store.on_pairs(db, workspace_id, [row.pair])):
        raise Problem("conflict", "The decision is taken back or overruled already, or follows from the facts.")
    made, concerned = await merges.undo(db, workspace_id, row, author(token))
    await project.settle(db, workspace_id, datetime.now(UTC), concerned)
    return await show_one(db, workspace_id, made)


ROUTES = [list_decisions, get_decision, create_decision, retract_decision]
