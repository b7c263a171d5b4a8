from datetime import UTC, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from kith.api.http.ids import JobId, encode
from kith.api.http.kinds import Instant, JobStatus
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.store import export_files, imports, runs
from kith.store import jobs as store


class JobsParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    status: Annotated[tuple[JobStatus, ...], Meta(max_length=5, description="Is in one of these states.")] = ()
    kind: Annotated[
        tuple[Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,62}$")], ...],
        Meta(max_length=20, description="Is of one of these kinds.", examples=[["sync"]]),
    ] = ()


class JobProgress(msgspec.Struct, frozen=True):
    """How far work has come."""

    done: Annotated[int, Meta(description="Units done.", ge=0)]
    total: Annotated[Annotated[int, Meta(ge=0)] | None, Meta(description="Units in all; null while unknown.")]
    unit: Annotated[str | None, Meta(description="What is counted.", examples=["commits"])]
    rate: Annotated[Annotated[float, Meta(ge=0)] | None, Meta(description="Units a second; null until known.")]
    estimated_end: Annotated[Instant | None, Meta(description="When it will be done at this rate.")]


class JobError(msgspec.Struct, frozen=True):
    """Why work failed."""

    code: Annotated[str, Meta(description="Code for programs.", examples=["fatal"])]
    detail: Annotated[str, Meta(description="A sentence for humans.")]


class Job(msgspec.Struct, frozen=True):
    """A unit of background work."""

    id: JobId
    kind: Annotated[str, Meta(description="What is done.", examples=["sync"])]
    status: JobStatus
    cancel: Annotated[bool, Meta(description="Whether it was asked to stop.")]
    attempt: Annotated[
        int, Meta(description="How often it was started since it last made progress; absence does not count.", ge=0)
    ]
    max_attempts: Annotated[int, Meta(description="How many attempts may fail by a fault of its own.", ge=1)]
    progress: JobProgress
    error: Annotated[JobError | None, Meta(description="Why the last attempt failed.")]
    result: Annotated[dict[str, Any] | None, Meta(description="What came out, by kind.")]
    due_at: Annotated[Instant, Meta(description="When it is, or was, to begin.")]
    created_at: Annotated[Instant, Meta(description="When it was asked for.")]
    started_at: Annotated[Instant | None, Meta(description="When it first began.")]
    updated_at: Annotated[Instant, Meta(description="When it last moved on.")]
    finished_at: Annotated[Instant | None, Meta(description="When it ended, in whatever way.")]

    @classmethod
    def of(cls, job: store.Job) -> "Job":
        return shape(cls, job, id=encode("job", job.id), progress=progress(job), error=problem(job.error))


def progress(work: store.Job | runs.Run | imports.Import | export_files.Export) -> JobProgress:
    """Return how far a job has come; rate and end from its own times, so that the same state reads the same."""
    seconds = (work.updated_at - work.started_at).total_seconds() if work.started_at else 0.0
    rate = work.done / seconds if seconds > 0 and work.done else None
    end = None
    if rate and work.total is not None and work.status == "running":
        end = (work.updated_at + timedelta(seconds=max(0, work.total - work.done) / rate)).astimezone(UTC)
    return JobProgress(work.done, work.total, work.unit, rate, end)


def problem(error: dict[str, Any] | None) -> JobError | None:
    return JobError(str(error.get("code", "fault")), str(error.get("detail", ""))) if error else None
