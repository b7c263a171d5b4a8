from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, patch, post
from litestar.di import NamedDependency
from msgspec import UNSET

from kith.api.http.ids import encode_optional
from kith.api.http.problems import Fault, Problem
from kith.api.http.revisions import check_unchanged, tag
from kith.api.refs import IdentityRef
from kith.api.resolution.schemas import IdentityPair, Resolution, ResolutionPatch, ResolutionPreview, ThresholdEffect
from kith.projections import thresholds as store
from kith.store import identities, jobs, resolution
from kith.store.db import Db

EXAMPLES = 20


@get("/v1/resolution", operation_id="getResolution", tags=["resolution"], scopes=["identities:read"])
async def get_resolution(db: NamedDependency[Db], workspace_id: NamedDependency[UUID]) -> Response[Resolution]:
    """Show the thresholds of resolution."""
    return answer(await store.get_thresholds(db, workspace_id))


@patch(
    "/v1/resolution",
    operation_id="updateResolution",
    tags=["resolution"],
    scopes=["identities:write"],
    errors=["precondition_failed"],
)
async def update_resolution(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    payload: NamedDependency[ResolutionPatch],
) -> Response[Resolution]:
    """Change the thresholds of resolution.

    A job then resolves all identities again; `POST /v1/resolution/previews` shows the effect beforehand.
    """
    present = await store.get_thresholds(db, workspace_id, lock=True)
    check_unchanged(request, present)
    join_above, suggest_above = _wished(payload, present)
    await resolution.set_wish(db, workspace_id, join_above, suggest_above)
    job_id = await jobs.ask_resolve(db, workspace_id)
    return answer(await store.get_thresholds(db, workspace_id), job_id)


@post(
    "/v1/resolution/previews",
    operation_id="previewResolution",
    cost=50,
    safe=True,
    tags=["resolution"],
    scopes=["identities:read"],
    status_code=200,
)
async def preview_resolution(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], payload: NamedDependency[ResolutionPatch]
) -> ResolutionPreview:
    """Preview other thresholds.

    Nothing changes. Each pair is judged by itself; effects of one join on another are not included.
    """
    present = await store.get_thresholds(db, workspace_id)
    join_above, suggest_above = _wished(payload, present)
    found = await resolution.preview(db, workspace_id, join_above, suggest_above, EXAMPLES)
    return ResolutionPreview(
        await _effect(db, workspace_id, found.joins_count, found.joins),
        await _effect(db, workspace_id, found.separations_count, found.separations),
        found.withdrawn_count,
        suggest_above >= present.suggest_above,
    )


def _wished(payload: ResolutionPatch, present: store.Thresholds) -> tuple[float, float]:
    join_above = present.join_above if payload.join_above is UNSET else payload.join_above
    suggest_above = present.suggest_above if payload.suggest_above is UNSET else payload.suggest_above
    if suggest_above > join_above:
        message = "suggest_above must not be greater than join_above."
        raise Problem("invalid_body", message, Fault("invalid", message, pointer="/suggest_above"))
    return join_above, suggest_above


async def _effect(db: Db, workspace_id: UUID, count: int, pairs: Sequence[tuple[UUID, UUID, float]]) -> ThresholdEffect:
    refs = await identities.get_refs(db, workspace_id, {id_ for pair in pairs for id_ in pair[:2]})
    return ThresholdEffect(
        count,
        [IdentityPair([IdentityRef.of(refs[one]), IdentityRef.of(refs[other])], share) for one, other, share in pairs],
    )


def answer(present: store.Thresholds, job_id: UUID | None = None) -> Response[Resolution]:
    body = Resolution(
        present.join_above,
        present.suggest_above,
        present.model,
        present.precision,
        present.updated_at,
        encode_optional("job", job_id),
    )
    return Response(body, headers={"ETag": tag(present)})


ROUTES = [get_resolution, update_resolution, preview_resolution]
