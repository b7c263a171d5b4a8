from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from kith.api.data_reports.schemas import AskedDataReport, DataReport, DataReportContentParams, DataReportsParams
from kith.api.decisions.show import author
from kith.api.http.idempotency import Once
from kith.api.http.ids import encode, from_path, from_query, not_found
from kith.api.http.paging import Page, after, page
from kith.api.http.problems import Problem
from kith.api.http.shapes import shape
from kith.api.people.moves import lead_on
from kith.projections import data_reports as projection
from kith.store import data_reports as store
from kith.store import jobs, people
from kith.store.db import Db, whole
from kith.store.tokens import Token

NDJSON = "application/x-ndjson"


@post(
    "/v1/people/{person_id:str}/data-reports",
    operation_id="createDataReport",
    tags=["data-reports"],
    scopes=["privacy:write"],
    errors=["not_found"],
    moves=True,
    status_code=202,
)
async def create_report(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    person_id: FromPath[str],
    once: NamedDependency[Once],
) -> Response[AskedDataReport] | Redirect:
    """Have a report made of all that kith holds of a person.

    A job reads it: each record with the sources that told it, from private rooms and sealed sources too. It is kept
    for seven days.
    """
    key = from_path("person", person_id)
    if await people.get_person(db, workspace_id, key) is None:
        return await lead_on(request, db, workspace_id, person_id)
    id_ = await store.ask(db, workspace_id, key, author(token))
    job_id = await jobs.ask_data_report(db, workspace_id, id_)
    asked = DataReport.of(await _find(db, workspace_id, encode("data-report", id_)))
    body = shape(AskedDataReport, asked, job_id=encode("job", job_id))
    return await once.answer(body, 202, {"Location": f"/v1/data-reports/{asked.id}"})


@get("/v1/data-reports", operation_id="listDataReports", tags=["data-reports"], scopes=["privacy:read"])
async def list_reports(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[DataReportsParams],
) -> Response[Page[DataReport]]:
    """List the data reports that are kept.

    The newest first.
    """
    key, person = after(request, params, tuple[UUID]), from_query("person", "person", params.person)
    wanted = [person] if person else None
    rows = await store.list_reports(db, workspace_id, wanted, key[0] if key else None, params.limit + 1)
    return page(request, params, rows, DataReport.of, lambda row: (row.id,))


@get(
    "/v1/data-reports/{data_report_id:str}",
    operation_id="getDataReport",
    tags=["data-reports"],
    scopes=["privacy:read"],
    errors=["not_found"],
)
async def get_report(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], data_report_id: FromPath[str]
) -> Response[DataReport]:
    """Show one data report.

    While it is being made, `Retry-After` says when to ask again.
    """
    found = await _find(db, workspace_id, data_report_id)
    return Response(DataReport.of(found), headers=None if found.ready_at else {"Retry-After": "1"})


@get(
    "/v1/data-reports/{data_report_id:str}/content",
    operation_id="downloadDataReport",
    cost=20,
    tags=["data-reports"],
    scopes=["privacy:data:read"],
    errors=["not_found", "conflict"],
    media_type="text/html",
    also=[NDJSON],
)
async def download(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    data_report_id: FromPath[str],
    params: NamedDependency[DataReportContentParams],
) -> Response[bytes]:
    """Download a data report.

    As a page for humans, or as NDJSON for machines.
    """
    async with whole(db):
        return await content(db, workspace_id, await _find(db, workspace_id, data_report_id), params.format)


async def content(db: Db, workspace_id: UUID, report: store.DataReport, format_: str) -> Response[bytes]:
    """Return a report as a file. Raises Problem while it is being made."""
    if report.ready_at is None:
        raise Problem("conflict", "The report is still being made.", headers={"Retry-After": "1"})
    write, kind = (projection.html, "text/html") if format_ == "html" else (projection.ndjson, NDJSON)
    headers = {
        "Content-Disposition": f'attachment; filename="{encode("data-report", report.id)}.{format_}"',
        "Cache-Control": "no-store",
    }
    return Response(await write(db, workspace_id, report), media_type=kind, headers=headers)


@delete(
    "/v1/data-reports/{data_report_id:str}",
    operation_id="deleteDataReport",
    tags=["data-reports"],
    scopes=["privacy:write"],
    errors=["not_found"],
    status_code=200,
)
async def delete_report(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], data_report_id: FromPath[str]
) -> DataReport:
    """Delete a data report before its time."""
    found = await _find(db, workspace_id, data_report_id, lock=True)
    await store.delete_report(db, workspace_id, found.id)
    return DataReport.of(found)


async def _find(db: Db, workspace_id: UUID, report_id: str, *, lock: bool = False) -> store.DataReport:
    found = await store.get_report(db, workspace_id, from_path("data-report", report_id), lock=lock)
    if found is None:
        raise not_found("data-report")
    return found


ROUTES = [create_report, list_reports, get_report, download, delete_report]
