from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.http.ids import from_path, not_found
from kith.api.http.paging import Page, after, page
from kith.api.http.shapes import shape
from kith.api.runs.schemas import Run, RunError, RunsParams
from kith.domain.scopes import Sight
from kith.store import runs as store
from kith.store.db import Db


@get("/v1/runs/{run_id:str}", operation_id="getRun", tags=["runs"], scopes=["sources:read"], errors=["not_found"])
async def get_run(db: NamedDependency[Db], workspace_id: NamedDependency[UUID], run_id: FromPath[str]) -> Run:
    """Show one run and its progress.

    Counters and stored data always belong to the same moment.
    """
    return Run.of(await find(db, workspace_id, run_id))


@get(
    "/v1/runs/{run_id:str}/errors",
    operation_id="listRunErrors",
    tags=["runs"],
    scopes=["sources:read"],
    errors=["not_found"],
)
async def list_run_errors(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    run_id: FromPath[str],
    params: NamedDependency[RunsParams],
    sight: NamedDependency[Sight],
) -> Response[Page[RunError]]:
    """List the errors of a run.

    Each with its place and reason. Everything else was stored.
    """
    found = await find(db, workspace_id, run_id)
    key = after(request, params, tuple[int])
    rows = await store.list_run_errors(db, workspace_id, found.id, key[0] if key else 0, params.limit + 1)

    def show(row: store.RunError) -> RunError:
        return shape(RunError, row, raw=row.raw if sight.text and sight.private else "")

    return page(request, params, rows, show, lambda row: (row.number,))


async def find(db: Db, workspace_id: UUID, run_id: str) -> store.Run:
    found = await store.get_run(db, workspace_id, from_path("run", run_id))
    if found is None:
        raise not_found("run")
    return found


ROUTES = [get_run, list_run_errors]
