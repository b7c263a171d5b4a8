from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from kith.api.http.ids import ImportId, JobId, RunId, SourceId, UploadId, encode, encode_optional
from kith.api.http.kinds import TEXT, Instant, JobStatus
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.api.jobs.schemas import JobError, JobProgress, problem, progress
from kith.store import imports as store

Name = Annotated[
    str,
    Meta(
        min_length=1, max_length=200, pattern=TEXT, description="Of the source.", examples=["Members of the chess club"]
    ),
]
Format = Annotated[Literal["ndjson", "csv"], Meta(description="The import format, or a table.")]
FirstErrors = Annotated[
    list["LineError"], Meta(description="The first lines that a trial could not read; `errors` has those of an import.")
]


class ImportsParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class ErrorsParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    after: Annotated[int, Meta(ge=0, le=10**9, description="Number of the error to read on from.")] = 0
    limit: Annotated[int, Meta(ge=1, le=10_000, description="Maximum number of lines.")] = 10_000


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the rows of a table mean."""

    records: Annotated[
        list[dict[str, Any]],
        Meta(
            min_length=1, max_length=20,
            description="Templates: records of the import format, with {Column} in place of what the row says.",
            examples=[[{
                "record": {"type": "identity", "ref": {"network": "mail", "key": "{E-Mail}"}, "name": "{Name}"}
            }]],
        ),
    ]  # fmt: skip
    timezone: Annotated[
        Annotated[str, Meta(max_length=100)] | None,
        Meta(description="Of dates that name none.", examples=["Europe/Berlin"]),
    ] = None
    separator: Annotated[
        Literal[",", ";", "\t", "|"] | None, Meta(description="Of cells; null: as the file looks.")
    ] = None
    encoding: Annotated[
        Literal["utf-8", "utf-16", "cp1252", "iso-8859-1", "iso-8859-2", "iso-8859-15", "cp1250", "cp1251"] | None,
        Meta(description="Null: UTF-8, UTF-16 or Windows-1252, as the file looks."),
    ] = None


class ImportAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file to look at. Without `format` it is what it looks like."""

    upload_id: UploadId
    format: Format | None = None
    mapping: Mapping | None = None


class ImportCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file to import. A table needs a mapping."""

    upload_id: UploadId
    name: Name
    format: Format
    mapping: Mapping | None = None
    dry_run: Annotated[bool, Meta(description="Whether it is only tried, and nothing is stored.")] = False
    statements: Annotated[
        bool,
        Meta(
            description="Whether what people decided, noted and grouped is taken too: of the import format, and with"
            " all scopes to write it."
        ),
    ] = False


class ImportPreview(msgspec.Struct, frozen=True):
    """What the beginning of a file would become."""

    format: Format
    columns: Annotated[list[str], Meta(description="Of a table; else empty.", examples=[["Name", "E-Mail"]])]
    mapping: Annotated[
        Mapping | None, Meta(description="As it was given, else as it is guessed: confirm it. Null where nothing is.")
    ]
    detail: Annotated[str, Meta(description="What the file is, in a sentence.")]
    warnings: Annotated[list[str], Meta(description="What could not be read, and which columns are not used.")]
    records: Annotated[list[dict[str, Any]], Meta(description="The first records of a table, as they would be read.")]


class LineError(msgspec.Struct, frozen=True):
    """A line that could not be read; the rest was."""

    place: Annotated[str, Meta(description="Where.", examples=["line 17"])]
    code: Annotated[str, Meta(description="Code for programs.", examples=["invalid_record"])]
    reason: Annotated[str, Meta(description="A sentence for humans.")]


class Import(msgspec.Struct, frozen=True):
    """A file that was, is or will be imported, or tried."""

    id: ImportId
    name: Name
    format: Format
    dry_run: Annotated[bool, Meta(description="Whether it is only tried, and nothing is stored.")]
    upload_id: UploadId
    source_id: Annotated[SourceId | None, Meta(description="The source that it told to; null of a trial.")]
    job_id: JobId
    run_id: Annotated[RunId | None, Meta(description="The run that reads it; null before, of a trial, and after.")]
    status: JobStatus
    undone: Annotated[bool, Meta(description="Whether it was taken back, or is being.")]
    progress: JobProgress
    error: Annotated[JobError | None, Meta(description="Why it failed, or waits.")]
    records: Annotated[Annotated[int, Meta(ge=0)] | None, Meta(description="Records read.")]
    added: Annotated[Annotated[int, Meta(ge=0)] | None, Meta(description="Interactions that were new.")]
    changed: Annotated[Annotated[int, Meta(ge=0)] | None, Meta(description="Interactions that were known otherwise.")]
    refused: Annotated[Annotated[int, Meta(ge=0)] | None, Meta(description="Lines that could not be read.")]
    kinds: Annotated[
        dict[str, Annotated[int, Meta(ge=0)]] | None,
        Meta(description="Of a trial: records by their type.", examples=[{"interaction": 41}]),
    ]
    whole: Annotated[
        bool | None, Meta(description="Of a trial: whether all was read; it reads on for a minute at most.")
    ]
    first_errors: FirstErrors
    author: Annotated[
        str, Meta(description="Member, app or token that asked.", examples=["member:tok_06ae9jv9tg8009z1ajt0ds00tg"])
    ]
    created_at: Annotated[Instant, Meta(description="When it was asked for.")]
    finished_at: Annotated[Instant | None, Meta(description="When it ended.")]

    @classmethod
    def of(cls, row: store.Import) -> "Import":
        tried = (row.result or {}) if row.is_trial and row.status == "succeeded" else {}
        kinds = tried.get("records")
        return shape(
            cls,
            row,
            id=encode("import", row.id),
            format=row.connector,
            dry_run=row.is_trial,
            upload_id=encode("upload", row.upload_id),
            source_id=encode_optional("source", row.source_id),
            job_id=encode("job", row.job_id),
            run_id=encode_optional("run", row.run_id),
            undone=not row.is_trial and row.source_status in (None, "deleting"),
            progress=progress(row),
            error=problem(row.error),
            records=row.records if kinds is None else sum(kinds.values()),
            refused=tried.get("refused", row.skipped),
            kinds=kinds,
            whole=tried.get("whole"),
            first_errors=[LineError(**error) for error in tried.get("errors", ())],
        )
