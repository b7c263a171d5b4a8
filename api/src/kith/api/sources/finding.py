"""The source that a request names, and the job that it asks for."""

from uuid import UUID

from litestar import Response

from kith.api.http.ids import encode, from_path, not_found
from kith.api.http.problems import Problem
from kith.api.jobs.schemas import Job
from kith.store import jobs
from kith.store import sources as store
from kith.store.db import Db


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


async def accepted(db: Db, workspace_id: UUID, job_id: UUID) -> Response[Job]:
    """Answer with the job that does what was asked."""
    job = await jobs.get_job(db, workspace_id, job_id)
    if job is None:
        raise LookupError(job_id)
    return Response(Job.of(job), status_code=202, headers={"Location": f"/v1/jobs/{encode('job', job_id)}"})
