from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.http.idempotency import Once
from kith.api.http.ids import from_path, not_found
from kith.api.http.paging import Page, after, page
from kith.api.http.problems import Problem
from kith.api.jobs.schemas import Job, JobsParams
from kith.store import jobs as store
from kith.store.db import Db


@get("/v1/jobs", operation_id="listJobs", tags=["jobs"], scopes=["jobs:read"])
async def list_jobs(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[JobsParams],
) -> Response[Page[Job]]:
    """List background jobs.

    The newest first.
    """
    key = after(request, params, tuple[UUID])
    last = key[0] if key else None
    rows = await store.list_jobs(db, workspace_id, params.status, params.kind, last, params.limit + 1)
    return page(request, params, rows, Job.of, lambda row: (row.id,))


@get("/v1/jobs/{job_id:str}", operation_id="getJob", tags=["jobs"], scopes=["jobs:read"], errors=["not_found"])
async def get_job(db: NamedDependency[Db], workspace_id: NamedDependency[UUID], job_id: FromPath[str]) -> Response[Job]:
    """Show one job, with its progress.

    While it is open, `Retry-After` says when to ask again.
    """
    found = await store.get_job(db, workspace_id, from_path("job", job_id))
    if found is None:
        raise not_found("job")
    waiting = found.status in ("queued", "running")
    return Response(Job.of(found), headers={"Retry-After": "1"} if waiting else None)


@post(
    "/v1/jobs/{job_id:str}/cancellation",
    operation_id="cancelJob",
    tags=["jobs"],
    scopes=["jobs:write"],
    errors=["not_found", "conflict"],
    status_code=202,
)
async def cancel_job(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    job_id: FromPath[str],
    once: NamedDependency[Once],
) -> Response[Job]:
    """Ask a job to stop.

    A queued job is canceled at once, a running one at its next step; finished work stays.
    """
    key = from_path("job", job_id)
    canceled = await store.cancel_job(db, workspace_id, key)
    if canceled is not None:
        return await once.answer(Job.of(canceled), 202, {})
    if await store.get_job(db, workspace_id, key) is None:
        raise not_found("job")
    raise Problem("conflict", "The job has already ended.")


ROUTES = [list_jobs, get_job, cancel_job]
