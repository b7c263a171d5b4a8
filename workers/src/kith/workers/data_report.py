"""The job ``data_report``: all that kith holds of a person, in one place."""

from typing import Any
from uuid import UUID

from kith.domain.ids import encode
from kith.projections import data_reports
from kith.store import data_reports as store
from kith.store import jobs, rights_requests
from kith.workers.work import Work


async def data_report(work: Work) -> dict[str, Any]:
    """Make a data report. args: report_id."""
    report_id, workspace_id = UUID(work.job.args["report_id"]), work.job.workspace_id
    async with work.transaction() as db:
        report = await store.get_report(db, workspace_id, report_id, lock=True)
        if report is None or report.ready_at is not None:
            raise jobs.Canceled
        counts = await data_reports.make(db, workspace_id, report)
        await rights_requests.set_done_with(db, workspace_id, encode("data-report", report_id))
        await jobs.renew(db, work.job)
    return counts
