"""Which channels, repositories or lists of a source there are, and which of them are read."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.http.idempotency import Once
from kith.api.http.ids import encode
from kith.api.http.paging import Page, after, page
from kith.api.http.problems import Fault, Problem
from kith.api.jobs.schemas import Job
from kith.api.sources.finding import accepted, find, find_readable
from kith.api.sources.schemas import Partition, PartitionChoice, Partitions, PartitionsParams
from kith.domain.scopes import Sight
from kith.store import jobs
from kith.store import partitions as store
from kith.store.db import Db, narrowed


@get(
    "/v1/sources/{source_id:str}/partitions",
    operation_id="listPartitions",
    tags=["sources"],
    scopes=["sources:read"],
    errors=["not_found"],
)
async def list_partitions(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    source_id: FromPath[str],
    params: NamedDependency[PartitionsParams],
) -> Response[Page[Partition]]:
    """List the partitions of a source.

    Its channels, repositories or lists, by key, with size and estimated time. Those that the network names no more
    have ended.
    """
    source = await find(db, workspace_id, source_id)
    key = after(request, params, tuple[str])
    rows = await store.list_partitions(db, workspace_id, source.id, key[0] if key else None, params.limit + 1)
    return page(request, params, rows, Partition.of, lambda row: (row.key,))


@post(
    "/v1/sources/{source_id:str}/partitions",
    operation_id="findPartitions",
    tags=["sources"],
    scopes=["sources:write"],
    errors=["not_found", "conflict"],
    status_code=202,
)
async def find_partitions(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    source_id: FromPath[str],
    once: NamedDependency[Once],
) -> Response[Job]:
    """Find the partitions of a source, and read none.

    Each run does so too. Look at them, and choose, before the first run.
    """
    source = await find_readable(db, workspace_id, source_id)
    if source.status == "deleting":
        raise Problem("conflict", "The source is being deleted.")
    job_id = await jobs.ask_find_partitions(db, workspace_id, source.id)
    answer = await accepted(db, workspace_id, job_id)
    return await once.answer(answer.content, 202, {"Location": f"/v1/jobs/{encode('job', job_id)}"})


@patch(
    "/v1/sources/{source_id:str}/partitions",
    operation_id="choosePartitions",
    tags=["sources"],
    scopes=["sources:write"],
    errors=["not_found"],
    merges=False,
)
async def choose_partitions(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    source_id: FromPath[str],
    payload: NamedDependency[PartitionChoice],
    sight: NamedDependency[Sight],
) -> Partitions:
    """Choose which partitions are read.

    Private rooms and direct messages are read only if included here. What was read of one that is excluded stays.
    """
    source = await find(db, workspace_id, source_id)
    keys = [*payload.include, *payload.exclude, *payload.reset]
    if len(set(keys)) < len(keys):
        message = "A key is in two of the lists, or twice in one."
        raise Problem("invalid_body", message, Fault("invalid", message, pointer="/"))
    async with narrowed(db, sight.rows):
        known = {each.key for each in await store.some(db, workspace_id, source.id, keys)}
    if missing := next((key for key in keys if key not in known), None):
        message = f"The source has no partition {missing!r}."
        raise Problem("invalid_body", message, Fault("unknown", message, pointer="/"))
    for chosen, wanted in ((payload.include, True), (payload.exclude, False), (payload.reset, None)):
        await store.choose(db, workspace_id, source.id, chosen, wanted)
    return Partitions([Partition.of(row) for row in await store.some(db, workspace_id, source.id, keys)])


ROUTES = [list_partitions, find_partitions, choose_partitions]
