from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.http.auth import may_read_anywhere, require
from kith.api.http.idempotency import Once
from kith.api.http.ids import encode
from kith.api.http.inputs import named
from kith.api.http.paging import Page, after, page
from kith.api.http.problems import Fault, Problem
from kith.api.http.revisions import check_unchanged, tag
from kith.api.http.shapes import shape
from kith.api.jobs.schemas import Job
from kith.api.runs.schemas import Run, RunsParams
from kith.api.sources import credentials
from kith.api.sources.authorization import ROUTES as AUTHORIZATION
from kith.api.sources.checks import ROUTES as CHECKS
from kith.api.sources.checks import refuse_dead_paths
from kith.api.sources.config import check_config, check_limits
from kith.api.sources.failed_pushes import ROUTES as FAILED_PUSHES
from kith.api.sources.finding import accepted, check_number, find, find_readable, name_taken
from kith.api.sources.partitions import ROUTES as PARTITIONS
from kith.api.sources.retention import ROUTES as RETENTION
from kith.api.sources.schemas import (
    RemovalParams,
    Source,
    SourceCreate,
    SourcePatch,
    SourcePeriod,
    SourcePeriods,
    SourceRemoval,
    SourcesParams,
)
from kith.connectors import Limits, Registry, locations
from kith.domain.schedules import Schedule
from kith.domain.scopes import FIELDS
from kith.runtime.vault import Vault
from kith.store import jobs, runs, sealing
from kith.store import sources as store
from kith.store.db import Db
from kith.store.errors import NameTaken


@get("/v1/sources", operation_id="listSources", tags=["sources"], scopes=["sources:read"])
async def list_sources(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[SourcesParams],
) -> Response[Page[Source]]:
    """List the sources of this workspace.

    The oldest first.
    """
    key = after(request, params, tuple[UUID])
    rows = await store.list_sources(db, workspace_id, key[0] if key else None, params.limit + 1)
    last = await runs.last_of(db, workspace_id, [row.id for row in rows])
    return page(request, params, rows, lambda row: Source.of(row, last.get(row.id)), lambda row: (row.id,))


@post(
    "/v1/sources",
    operation_id="createSource",
    tags=["sources"],
    scopes=["sources:write"],
    errors=["conflict", "quota_exceeded"],
)
async def create_source(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    registry: NamedDependency[Registry],
    limits: NamedDependency[Limits],
    vault: NamedDependency[Vault],
    payload: NamedDependency[SourceCreate],
    once: NamedDependency[Once],
) -> Response[Source]:
    """Create a source.

    Without a schedule, nothing is read until a run starts with `POST /v1/sources/{source_id}/runs`. Without the
    scope `sources:anywhere:read` files must lie below the folders that the operator has set aside, addresses in
    public networks. A file or folder that is not there or cannot be read is refused, as `POST /v1/sources/checks` does.
    """
    trusted = may_read_anywhere(request)
    if payload.sealed:
        _may_seal(request)
    await check_number(request, db, workspace_id)
    given = credentials.divide(registry, payload.connector, payload.config)
    config, allowed = check_config(registry, payload.connector, given.whole), Limits() if trusted else limits
    check_limits(config, allowed)
    await refuse_dead_paths(registry, payload.connector, config, allowed)
    try:
        created = await store.create_source(
            db,
            workspace_id,
            payload.connector,
            payload.name,
            given.shown,
            trusted=trusted,
            schedule=stored(payload.schedule),
            sealed=payload.sealed,
        )
    except NameTaken as error:
        raise name_taken(payload.name) from error
    await credentials.save(db, workspace_id, created.id, given, (), vault)
    if created.schedule is not None:
        await jobs.ask_read_on_schedule(db, workspace_id, created.id, datetime.now(UTC))
    created = msgspec.structs.replace(created, credentials=sorted(given.secrets))
    headers = {"Location": f"/v1/sources/{encode('source', created.id)}", "ETag": tag(created)}
    return await once.answer(Source.of(created, None), 201, headers)


@get(
    "/v1/sources/{source_id:str}",
    operation_id="getSource",
    tags=["sources"],
    scopes=["sources:read"],
    errors=["not_found"],
)
async def get_source(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], source_id: FromPath[str]
) -> Response[Source]:
    """Show one source.

    Send its ETag as `If-Match` to guard a change against concurrent ones.
    """
    found = await find(db, workspace_id, source_id)
    return Response(await _show(db, workspace_id, found), headers={"ETag": tag(found)})


@patch(
    "/v1/sources/{source_id:str}",
    operation_id="updateSource",
    tags=["sources"],
    scopes=["sources:write"],
    errors=["not_found", "conflict", "precondition_failed"],
)
async def update_source(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    registry: NamedDependency[Registry],
    limits: NamedDependency[Limits],
    vault: NamedDependency[Vault],
    source_id: FromPath[str],
    payload: NamedDependency[SourcePatch],
) -> Response[Source]:
    """Rename, reconfigure, pause or resume a source.

    Omitted fields keep their values. `config` is replaced as a whole, except for secrets that it omits. A new
    secret lets a source in the state `reauthorize` be read again.
    """
    source = await find(db, workspace_id, source_id, lock=True)
    check_unchanged(request, source)
    if source.status == "deleting":
        raise Problem("conflict", "The source is being deleted.")
    if source.is_written:
        return await _update_written(db, workspace_id, source, payload)
    changed = named(payload)
    sealed = changed.pop("sealed", source.sealed)
    if "sealed" in named(payload):
        _may_seal(request)
    kept = {"name": source.name, "config": source.config, "status": source.status} | changed
    kept["schedule"] = source.schedule if payload.schedule is msgspec.UNSET else stored(payload.schedule)
    given = credentials.divide(registry, source.connector, kept["config"], source.credentials)
    config = check_config(registry, source.connector, given.whole)
    same = keeps_places(registry, source, config)
    trusted = source.trusted and same
    if payload.config is not msgspec.UNSET:  # pausing is always allowed
        if not trusted:
            trusted = may_read_anywhere(request)
            check_limits(config, Limits() if trusted else limits)
        if not same:
            await refuse_dead_paths(registry, source.connector, config, Limits() if trusted else limits)
            credentials.require_again(given)
        await credentials.save(db, workspace_id, source.id, given, source.credentials, vault)
        if given.secrets and source.status == "reauthorize" and payload.status is msgspec.UNSET:
            kept["status"] = "active"
    kept["config"] = given.shown
    try:
        saved = await store.update_source(db, workspace_id, source.id, **kept, trusted=trusted)
    except NameTaken as error:
        raise name_taken(kept["name"]) from error
    if sealed != source.sealed:
        saved = await store.seal(db, workspace_id, source, sealed=sealed)
    if saved.schedule and (saved.schedule != source.schedule or saved.status != source.status):
        await jobs.ask_read_on_schedule(db, workspace_id, source.id, datetime.now(UTC), move=True)
    return Response(await _show(db, workspace_id, saved), headers={"ETag": tag(saved)})


@delete(
    "/v1/sources/{source_id:str}",
    operation_id="deleteSource",
    cost=20,
    tags=["sources"],
    scopes=["sources:write"],
    errors=["not_found", "precondition_failed"],
    status_code=202,
)
async def delete_source(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    source_id: FromPath[str],
    params: NamedDependency[RemovalParams],
) -> Response[Job]:
    """Delete a source, its runs and its coverage.

    A job does the work; the source shows `deleting` until it is gone. What it told of people stays, or, with
    `facts=withdraw` or where the source is sealed, goes where no other source told it;
    `GET /v1/sources/{source_id}/removal` says what would go.
    """
    source = await find(db, workspace_id, source_id, lock=True)
    check_unchanged(request, source)
    job_id = await store.begin_removal(db, workspace_id, source, withdraw=params.facts == "withdraw")
    return await accepted(db, workspace_id, job_id)


@get(
    "/v1/sources/{source_id:str}/removal",
    operation_id="previewSourceRemoval",
    cost=20,
    tags=["sources"],
    scopes=["sources:read"],
    errors=["not_found"],
    transaction=True,  # it looks where the source has its facts
)
async def preview_source_removal(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], source_id: FromPath[str]
) -> SourceRemoval:
    """Say what removing a source with all that it told would take away.

    Nothing changes.
    """
    found = await find(db, workspace_id, source_id)
    await sealing.enter(db, workspace_id, found.id)
    return shape(SourceRemoval, await store.preview_removal(db, workspace_id, found.id))


@get(
    "/v1/sources/{source_id:str}/coverage",
    operation_id="getSourceCoverage",
    tags=["sources"],
    scopes=["sources:read"],
    errors=["not_found"],
)
async def get_source_coverage(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], source_id: FromPath[str]
) -> SourcePeriods:
    """Show the coverage of a source.

    Periods by the time of interactions, not the time of reading.
    """
    found = await find(db, workspace_id, source_id)
    periods = await store.list_periods(db, workspace_id, found.id)
    return SourcePeriods([shape(SourcePeriod, period) for period in periods])


@get(
    "/v1/sources/{source_id:str}/runs",
    operation_id="listRuns",
    tags=["runs"],
    scopes=["sources:read"],
    errors=["not_found"],
)
async def list_runs(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    source_id: FromPath[str],
    params: NamedDependency[RunsParams],
) -> Response[Page[Run]]:
    """List the runs of a source.

    The newest first.
    """
    found = await find(db, workspace_id, source_id)
    key = after(request, params, tuple[UUID])
    rows = await runs.list_runs(db, workspace_id, found.id, key[0] if key else None, params.limit + 1)
    return page(request, params, rows, Run.of, lambda row: (row.id,))


@post(
    "/v1/sources/{source_id:str}/runs",
    operation_id="startRun",
    tags=["runs"],
    scopes=["sources:write"],
    errors=["not_found", "conflict"],
    status_code=202,
)
async def start_run(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    source_id: FromPath[str],
    once: NamedDependency[Once],
) -> Response[Job]:
    """Start a run of a source.

    Reading continues where the last run ended. The answer is the job, or the one already under way; its run appears
    when the job starts.
    """
    source = await find_readable(db, workspace_id, source_id)
    if source.status != "active":
        raise Problem("conflict", f"The source is {source.status}; only an active one can be read.")
    job_id = await jobs.ask_sync(db, workspace_id, source.id)
    answer = await accepted(db, workspace_id, job_id)
    return await once.answer(answer.content, 202, {"Location": f"/v1/jobs/{encode('job', job_id)}"})


@post(
    "/v1/sources/{source_id:str}/checks",
    operation_id="checkSource",
    tags=["sources"],
    scopes=["sources:write"],
    errors=["not_found", "conflict"],
    status_code=202,
)
async def check_source(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    source_id: FromPath[str],
    once: NamedDependency[Once],
) -> Response[Job]:
    """Have the connector look at a source, and store nothing.

    The job's result says what it found. A source that was put aside for faults is active again if it succeeds.
    """
    source = await find_readable(db, workspace_id, source_id)
    if source.status == "deleting":
        raise Problem("conflict", "The source is being deleted.")
    job_id = await jobs.ask_check_source(db, workspace_id, source.id)
    answer = await accepted(db, workspace_id, job_id)
    return await once.answer(answer.content, 202, {"Location": f"/v1/jobs/{encode('job', job_id)}"})


@post(
    "/v1/sources/{source_id:str}/audits",
    operation_id="auditSource",
    tags=["sources"],
    scopes=["sources:write"],
    errors=["not_found", "conflict"],
    status_code=202,
)
async def audit_source(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    source_id: FromPath[str],
    once: NamedDependency[Once],
) -> Response[Job]:
    """Ask the network whether acts of a source are still there.

    A hundred, drawn by lot; those that are gone are taken away, and where some are, the next hundred follow.
    """
    source = await find_readable(db, workspace_id, source_id)
    if source.status != "active":
        raise Problem("conflict", "The source is not active.")
    job_id = await jobs.ask_audit(db, workspace_id, source.id)
    answer = await accepted(db, workspace_id, job_id)
    return await once.answer(answer.content, 202, {"Location": f"/v1/jobs/{encode('job', job_id)}"})


@post(
    "/v1/sources/{source_id:str}/sweeps",
    operation_id="acceptSweeps",
    tags=["sources"],
    scopes=["sources:write"],
    errors=["not_found", "conflict"],
    status_code=202,
)
async def accept_sweeps(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    source_id: FromPath[str],
    once: NamedDependency[Once],
) -> Response[Job]:
    """Accept refused sweeps of a source, and remove what they did not find.

    A run with the error `sweep_refused` found so much missing that it deleted nothing. Interactions that were told
    since, or that another source has, stay. If no sweep was refused, nothing is removed.
    """
    source = await find_readable(db, workspace_id, source_id)
    if source.status == "deleting":
        raise Problem("conflict", "The source is being deleted.")
    job_id = await jobs.ask_accept_sweeps(db, workspace_id, source.id)
    answer = await accepted(db, workspace_id, job_id)
    return await once.answer(answer.content, 202, {"Location": f"/v1/jobs/{encode('job', job_id)}"})


async def _update_written(db: Db, workspace_id: UUID, source: store.Source, payload: SourcePatch) -> Response[Source]:
    """Rename, pause or resume a source that an app writes."""
    if (payload.config, payload.schedule, payload.sealed) != (msgspec.UNSET,) * 3:
        raise Problem("conflict", "An app writes this source: it has neither settings nor a schedule, and is open.")
    kept = {"name": source.name, "status": source.status} | named(payload)
    try:
        saved = await store.update_source(
            db, workspace_id, source.id, **kept, config=source.config, trusted=False, schedule=None
        )
    except NameTaken as error:
        raise name_taken(kept["name"]) from error
    return Response(await _show(db, workspace_id, saved), headers={"ETag": tag(saved)})


def _may_seal(request: Request[Any, Any, Any]) -> None:
    """Refuse to seal or unseal for whoever would not see what is sealed."""
    for scope in (FIELDS["sealed"], FIELDS["private"]):
        require(request, scope)


async def _show(db: Db, workspace_id: UUID, source: store.Source) -> Source:
    return Source.of(source, (await runs.last_of(db, workspace_id, [source.id])).get(source.id))


def stored(schedule: Schedule | None) -> dict[str, Any] | None:
    """Return a schedule as it is stored; refuse a time zone that is none."""
    if schedule is None:
        return None
    if schedule.quiet and schedule.quiet.time_zone not in available_timezones():
        message = f"{schedule.quiet.time_zone!r} is no time zone; Europe/Berlin is one."
        raise Problem("invalid_body", message, Fault("invalid", message, pointer="/schedule/quiet/time_zone"))
    found: dict[str, Any] = msgspec.to_builtins(schedule)
    return found


def keeps_places(registry: Registry, source: store.Source, config: msgspec.Struct) -> bool:
    """Whether settings name the same places as those that the source has."""
    try:
        whole = credentials.divide(registry, source.connector, source.config, source.credentials).whole
        return [*locations(check_config(registry, source.connector, whole))] == [*locations(config)]
    except Problem:  # a new release of the connector reads the old settings no longer
        return False


ROUTES = [
    list_sources,
    create_source,
    *CHECKS,
    get_source,
    update_source,
    delete_source,
    preview_source_removal,
    get_source_coverage,
    list_runs,
    start_run,
    check_source,
    audit_source,
    accept_sweeps,
    *AUTHORIZATION,
    *PARTITIONS,
    *FAILED_PUSHES,
    *RETENTION,
]
