from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kith.api.http.ids import ExportId, JobId, encode
from kith.api.http.kinds import Instant, JobStatus
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.api.jobs.schemas import JobError, JobProgress, problem, progress
from kith.projections.export_files import KINDS
from kith.store import export_files as store

Format = Annotated[
    Literal["ndjson", "csv", "graphml"],
    Meta(description="The import format; a table of records of one type; people and relationships as a graph."),
]
RecordType = Annotated[
    str,
    Meta(
        description="Of the records of a table; by default `interaction`.", extra_json_schema={"enum": list(KINDS)},
        examples=["interaction"],
    ),
]  # fmt: skip
Packing = Annotated[Literal["none", "gzip", "zstd"], Meta(description="How the file is packed.")]


class ExportsParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class ExportCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An export to make."""

    format: Format = "ndjson"
    record: Annotated[RecordType | None, Meta(description="For tables alone.")] = None
    packing: Packing = "gzip"
    statements: Annotated[
        bool,
        Meta(
            description="Whether what people decided, noted and grouped is in it too: of the import format, and with"
            " all scopes to read it."
        ),
    ] = False


class Export(msgspec.Struct, frozen=True):
    """A file with what the workspace holds, as whoever asked may see it."""

    id: ExportId
    format: Format
    record: Annotated[RecordType | None, Meta(description="Of a table.")]
    packing: Packing
    job_id: JobId
    status: JobStatus
    progress: JobProgress
    error: Annotated[JobError | None, Meta(description="Why it failed, or waits.")]
    size: Annotated[int, Meta(description="Bytes of the file; 0 until it is whole.", ge=0)]
    records: Annotated[int, Meta(description="Records, or people and relationships, in it.", ge=0)]
    sha256: Annotated[
        str | None,
        Meta(description="Of the file, in hexadecimal; null until it is whole.", examples=["9f86d081884c7d65"]),
    ]
    contact: Annotated[bool, Meta(description="Whether addresses are in it.")]
    texts: Annotated[bool, Meta(description="Whether texts and titles are in it.")]
    statements: Annotated[bool, Meta(description="Whether what people decided, noted and grouped is in it.")]
    private: Annotated[bool, Meta(description="Whether private rooms and direct messages are in it.")]
    author: Annotated[
        str, Meta(description="Member, app or token that asked.", examples=["member:tok_06ae9jv9tg8009z1ajt0ds00tg"])
    ]
    created_at: Annotated[Instant, Meta(description="When it was asked for.")]
    expires_at: Annotated[Instant, Meta(description="When it is deleted.")]

    @classmethod
    def of(cls, row: store.Export) -> "Export":
        return shape(
            cls,
            row,
            id=encode("export", row.id),
            job_id=encode("job", row.job_id),
            progress=progress(row),
            error=problem(row.error),
            sha256=row.sha256 and row.sha256.hex(),
            private=is_private(row),
        )


def is_private(row: store.Export) -> bool:
    """Whether an export has what is private."""
    return row.sight is None or "private" in row.sight.split()
