from typing import Annotated

import msgspec
from msgspec import Meta

from kith.api.http.ids import JobId, RunId, SourceId, encode
from kith.api.http.kinds import Instant, JobStatus
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.api.jobs.schemas import JobError, JobProgress, problem, progress
from kith.store import runs as store


class RunsParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Run(msgspec.Struct, frozen=True):
    """One execution of a source's sync."""

    id: RunId
    source_id: SourceId
    job_id: JobId
    status: JobStatus
    progress: JobProgress
    error: Annotated[JobError | None, Meta(description="Why it failed.")]
    pages: Annotated[int, Meta(description="Pages read.", ge=0)]
    records: Annotated[int, Meta(description="Records read.", ge=0)]
    added: Annotated[int, Meta(description="Interactions that were new.", ge=0)]
    changed: Annotated[int, Meta(description="Interactions that were edited.", ge=0)]
    deleted: Annotated[int, Meta(description="Interactions that are no longer there.", ge=0)]
    skipped: Annotated[int, Meta(description="Records that could not be read: see its errors.", ge=0)]
    started_at: Annotated[Instant, Meta(description="When it began.")]
    finished_at: Annotated[Instant | None, Meta(description="When it ended.")]

    @classmethod
    def of(cls, run: store.Run) -> "Run":
        return shape(
            cls,
            run,
            id=encode("run", run.id),
            source_id=encode("source", run.source_id),
            job_id=encode("job", run.job_id),
            progress=progress(run),
            error=problem(run.error),
        )


class RunError(msgspec.Struct, frozen=True):
    """What a run could not read; the rest was kept."""

    place: Annotated[str, Meta(description="Where.", examples=["line 17"])]
    code: Annotated[str, Meta(description="Code for programs.", examples=["bad_date"])]
    reason: Annotated[str, Meta(description="A sentence for humans.")]
    raw: Annotated[
        str,
        Meta(
            description="What it was, cut short and without secrets; empty where it is not kept, and without the "
            "scopes interactions:text:read and sources:private:read."
        ),
    ]
    learnt_at: Annotated[Instant, Meta(description="When it occurred.")]
