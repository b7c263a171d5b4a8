from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kith.api.http.ids import DataReportId, JobId, PersonId, encode
from kith.api.http.kinds import Instant
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.store import data_reports as store


class DataReportsParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    person: Annotated[PersonId | None, Meta(description="Reports on this person alone.")] = None


class DataReportContentParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    format: Annotated[
        Literal["html", "ndjson"],
        Meta(description="`html`: a page that needs nothing from elsewhere. `ndjson`: a record a line, for machines."),
    ] = "html"


class DataReport(msgspec.Struct, frozen=True):
    """All that kith holds of a person, kept for seven days."""

    id: DataReportId
    person_id: Annotated[PersonId, Meta(description="On whom, as the id was when it was asked for.")]
    author: Annotated[str, Meta(description="Who asked for it.", examples=["member:tok_06ae9jv9tg8009z1ajt0ds00tg"])]
    counts: Annotated[
        dict[str, Annotated[int, Meta(ge=0)]],
        Meta(description="Records by kind; empty until it is ready.", examples=[{"identities": 2, "interactions": 41}]),
    ]
    requested_at: Annotated[Instant, Meta(description="When it was asked for.")]
    ready_at: Annotated[Instant | None, Meta(description="When it was made; null until then.")]
    expires_at: Annotated[Instant, Meta(description="When it is deleted.")]

    @classmethod
    def of(cls, row: store.DataReport) -> "DataReport":
        return shape(cls, row, id=encode("data-report", row.id), person_id=encode("person", row.person_id))


class AskedDataReport(DataReport, frozen=True):
    """A report that was just asked for."""

    job_id: Annotated[JobId, Meta(description="The job that makes it.")]
