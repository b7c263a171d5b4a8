from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec.structs import replace

from kith.api.decisions.show import author, named
from kith.api.http.idempotency import Once
from kith.api.http.ids import from_body, from_path, not_found, unknown
from kith.api.http.paging import Page, after, page
from kith.api.http.problems import Fault, Problem
from kith.api.refs import IdentityRef
from kith.api.suggestions.schemas import (
    DecidedSuggestions,
    Suggestion,
    SuggestionDecision,
    SuggestionDecisions,
    SuggestionsParams,
)
from kith.projections import merges, project
from kith.store import decisions, identities, people
from kith.store import suggestions as store
from kith.store.db import Db
from kith.store.tokens import Token

POSTPONED = timedelta(days=30)
_WAITING = ("open", "postponed")


@get(
    "/v1/identity-suggestions",
    operation_id="listIdentitySuggestions",
    tags=["identity-suggestions"],
    scopes=["identities:read"],
)
async def list_suggestions(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[SuggestionsParams],
) -> Response[Page[Suggestion]]:
    """List pairs of identities that may be one person.

    The likeliest first; open ones by default.
    """
    wanted = store.SuggestionFilter(
        statuses=params.status,
        identity_ids=await named(db, workspace_id, params.person, params.identity),
        at_least=params.at_least,
        below=params.below,
    )
    key = after(request, params, tuple[float, UUID])
    rows = await store.list_suggestions(db, workspace_id, wanted, key, params.limit + 1)
    shown = await _show(db, workspace_id, rows)
    return page(request, params, rows, lambda row: shown[row.id], lambda row: (row.probability, row.id))


@get(
    "/v1/identity-suggestions/{suggestion_id:str}",
    operation_id="getIdentitySuggestion",
    tags=["identity-suggestions"],
    scopes=["identities:read"],
    errors=["not_found"],
)
async def get_suggestion(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], suggestion_id: FromPath[str]
) -> Suggestion:
    """Show one suggestion and its evidence."""
    key = from_path("suggestion", suggestion_id)
    found = await store.get_suggestions(db, workspace_id, [key])
    if key not in found:
        raise not_found("suggestion")
    return (await _show(db, workspace_id, [found[key]]))[key]


@post(
    "/v1/identity-suggestions/{suggestion_id:str}/decisions",
    operation_id="decideIdentitySuggestion",
    tags=["identity-suggestions"],
    scopes=["identities:write"],
    errors=["not_found", "conflict"],
    status_code=200,
)
async def decide_suggestion(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    suggestion_id: FromPath[str],
    payload: NamedDependency[SuggestionDecision],
    once: NamedDependency[Once],
) -> Response[Suggestion]:
    """Accept, reject, postpone or reopen a suggestion.

    Accepting joins the two into one person. Reopening undoes the earlier decision, as
    `DELETE /v1/decisions/{decision_id}` does. Where nothing suggests any longer that the two are one person, the
    answer is `withdrawn`, and the suggestion is gone.
    """
    key = from_path("suggestion", suggestion_id)
    found = await store.get_suggestions(db, workspace_id, [key], lock=True)
    if key not in found:
        raise not_found("suggestion")
    _check(payload, found[key], "")
    await _decide(db, workspace_id, token, found, {key: payload})
    return await once.answer((await _reload(db, workspace_id, found))[0], 200, {})


@post(
    "/v1/identity-suggestions/decisions",
    operation_id="decideIdentitySuggestions",
    tags=["identity-suggestions"],
    scopes=["identities:write"],
    errors=["conflict"],
    status_code=200,
)
async def decide_suggestions(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    payload: NamedDependency[SuggestionDecisions],
    once: NamedDependency[Once],
) -> Response[DecidedSuggestions]:
    """Accept, reject, postpone or reopen up to 500 suggestions.

    All of it happens, or none.
    """
    wanted: dict[UUID, SuggestionDecision] = {}
    for number, item in enumerate(payload.decisions):
        pointer = f"/decisions/{number}/suggestion_id"
        key = from_body("suggestion", pointer, item.suggestion_id)
        if key in wanted:
            raise Problem("invalid_body", None, Fault("repeated", "It is named twice.", pointer=pointer))
        wanted[key] = item
    found = await store.get_suggestions(db, workspace_id, wanted, lock=True)
    for number, (key, asked) in enumerate(wanted.items()):
        if key not in found:
            raise unknown("suggestion", f"/decisions/{number}/suggestion_id")
        _check(asked, found[key], f"/decisions/{number}")
    await _decide(db, workspace_id, token, found, wanted)
    return await once.answer(DecidedSuggestions(await _reload(db, workspace_id, found)), 200, {})


def _check(asked: SuggestionDecision, suggestion: store.Suggestion, pointer: str) -> None:
    if suggestion.status not in (("accepted", "rejected", "postponed") if asked.verdict == "reopen" else _WAITING):
        message = f"The suggestion is {suggestion.status} already."
        raise Problem("conflict", message, Fault("decided", message, pointer=pointer))
    if asked.until is not None and (asked.verdict != "postpone" or asked.until <= datetime.now(UTC)):
        message = "A time that lies ahead, and only where the verdict is to postpone."
        raise Problem("invalid_body", message, Fault("invalid", message, pointer=f"{pointer}/until"))


async def _decide(
    db: Db, workspace_id: UUID, token: Token, found: Mapping[UUID, store.Suggestion],
    wanted: Mapping[UUID, SuggestionDecision],
) -> None:  # fmt: skip
    now, touched = datetime.now(UTC), set[UUID]()
    for key, asked in wanted.items():
        suggestion = found[key]
        if asked.verdict == "reopen":
            touched |= await _reopen(db, workspace_id, token, suggestion)
            continue
        if asked.verdict == "postpone":
            await store.close(db, workspace_id, key, "postponed", until=asked.until or now + POSTPONED)
            continue
        decision_id = await (_accept if asked.verdict == "accept" else _reject)(db, workspace_id, token, suggestion)
        status = "accepted" if asked.verdict == "accept" else "rejected"
        await store.close(db, workspace_id, key, status, decision_id=decision_id)
        touched |= {suggestion.one_id, suggestion.other_id}
    if touched:
        await project.settle(db, workspace_id, now, touched)


async def _reopen(db: Db, workspace_id: UUID, token: Token, suggestion: store.Suggestion) -> set[UUID]:
    """Take back what was decided; return the identities concerned."""
    await store.close(db, workspace_id, suggestion.id, "open")
    if suggestion.decision_id is None:
        return set()
    decision = await decisions.get_decision(db, workspace_id, suggestion.decision_id)
    if decision is None:
        raise LookupError(suggestion.decision_id)
    return (await merges.undo(db, workspace_id, decision, author(token)))[1]


async def _accept(db: Db, workspace_id: UUID, token: Token, suggestion: store.Suggestion) -> UUID:
    pair = suggestion.one_id, suggestion.other_id
    refs = await identities.get_refs(db, workspace_id, pair)
    one, other = [await people.identities_of(db, workspace_id, refs[id_].person_id or id_) for id_ in pair]
    return await merges.join(db, workspace_id, one, other, author(token), pair, _evidence(suggestion))


async def _reject(db: Db, workspace_id: UUID, token: Token, suggestion: store.Suggestion) -> UUID:
    different = decisions.New(
        verdict="different",
        pair=(suggestion.one_id, suggestion.other_id),
        author=author(token),
        evidence=_evidence(suggestion),
    )
    return (await decisions.append(db, workspace_id, [different]))[0]


def _evidence(suggestion: store.Suggestion) -> dict[str, Any]:
    return {"log_odds": suggestion.log_odds, "contributions": suggestion.contributions}


async def _reload(db: Db, workspace_id: UUID, before: Mapping[UUID, store.Suggestion]) -> list[Suggestion]:
    now = await store.get_suggestions(db, workspace_id, before)
    rows = [now.get(key) or replace(row, status="withdrawn", decision_id=None) for key, row in before.items()]
    shown = await _show(db, workspace_id, rows)
    return [shown[key] for key in before]


async def _show(db: Db, workspace_id: UUID, rows: Sequence[store.Suggestion]) -> dict[UUID, Suggestion]:
    refs = await identities.get_refs(db, workspace_id, {id_ for row in rows for id_ in (row.one_id, row.other_id)})
    return {
        row.id: Suggestion.of(row, [IdentityRef.of(refs[id_]) for id_ in (row.one_id, row.other_id) if id_ in refs])
        for row in rows
    }


ROUTES = [list_suggestions, get_suggestion, decide_suggestion, decide_suggestions]
