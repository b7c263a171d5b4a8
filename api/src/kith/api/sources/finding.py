"""The source that a request names, and the job that it asks for."""

from typing import Any
from uuid import UUID

from litestar import Request, Response

from kith.api.http.ids import encode, from_path, not_found
from kith.api.http.problems import Fault, Problem
from kith.api.jobs.schemas import Job
from kith.store import jobs
from kith.store import sources as store
from kith.store.db import Db
from kith.store.workspaces import count_sources


async def find(db: Db, workspace_id: UUID, source_id: str, *, lock: bool = False) -> store.Source:
    found = await store.get_source(db, workspace_id, from_path("source", source_id), lock=lock)
    if found is None:
        raise not_found("source")
    return found


async def find_readable(db: Db, workspace_id: UUID, source_id: str) -> store.Source:
    """Return a source of a connector, which nobody else changes meanwhile; refuse one that apps write."""
    found = await find(db, workspace_id, source_id, lock=True)
    if found.is_written:
        raise Problem("conflict", "An app writes this source: there is nothing to read.")
    return found


async def check_number(request: Request[Any, Any, Any], db: Db, workspace_id: UUID) -> None:
    """Refuse one more source where the workspace has as many as it may have. Raises Problem."""
    if (quota := request.app.state.settings.quota_sources) and await count_sources(db, workspace_id) >= quota:
        raise Problem("quota_exceeded", f"This workspace may have {quota} sources.")


def name_taken(name: str) -> Problem:
    message = f"There is already a source named {name!r}."
    return Problem("conflict", message, Fault("name_taken", message, pointer="/name"))


async def accepted(db: Db, workspace_id: UUID, job_id: UUID) -> Response[Job]:
    """Answer with the job that does what was asked."""
    job = await jobs.get_job(db, workspace_id, job_id)
    if job is None:
        raise LookupError(job_id)
    return Response(Job.of(job), status_code=202, headers={"Location": f"/v1/jobs/{encode('job', job_id)}"})
