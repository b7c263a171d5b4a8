"""The job ``sync``: reads a source page by page, each page stored in one transaction with the cursor behind it."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from kith.connectors import Audited, ConnectorError, Live, Partitioned, Retry, check_locations
from kith.domain.schedules import Schedule, next_read
from kith.projections.ingest import Ingest
from kith.store import credentials, jobs, reach, runs, sources, tellings
from kith.store import ingest as store_ingest
from kith.store.db import Db
from kith.workers import detect, imports, quotas
from kith.workers.judging import judged
from kith.workers.parts import Parts
from kith.workers.project import project
from kith.workers.reading import (
    CHECK_SECONDS,
    Fault,
    Opened,
    contained,
    open_source,
    page_seconds,
    pages_ahead,
)
from kith.workers.storing import Storing
from kith.workers.work import Failed, Later, Unfinished, Work

WITHDRAWN_AT_ONCE = 2000
"""Interactions of a source being removed, in one transaction."""

MUCH = 10_000
"""Interactions in one run after which the model and all strengths are computed again at once, not the next day.

Strengths also are where the run read on to another day, and communities are looked at: they speak of that day then.
"""


async def sync(work: Work) -> dict[str, Any]:
    """Read on from the cursor until the connector has nothing more. args: source_id."""
    source_id = UUID(work.job.args["source_id"])
    async with work.transaction() as db:
        reading = await sources.to_read(db, work.job.workspace_id, source_id)
        if reading is None or reading.status != "active":
            raise jobs.Canceled
        await quotas.check(db, work.job.workspace_id, work.ground.quotas)
        await _schedule(db, work, source_id, reading)
        sealed = await credentials.of_source(db, work.job.workspace_id, source_id)
        run_id = await runs.open_run(db, work.job.workspace_id, source_id, work.job.id)
        read_until = await reach.of_source(db, work.job.workspace_id, source_id)
    async with judged(work, source_id), imports.at_hand(work, source_id, reading) as reading:
        opened = open_source(work, source_id, reading, sealed)
        if isinstance(opened.connector, Live) and opened.connector.listens(opened.config):
            async with work.transaction() as db:
                await jobs.ask_listen(db, work.job.workspace_id, source_id)
        await _read(work, source_id, run_id, reading, opened)
    async with work.transaction() as db:
        await sources.clear_faults(db, work.job.workspace_id, source_id)
        await imports.forget_upload(db, work.job.workspace_id, source_id)
        if isinstance(opened.connector, Audited):
            await jobs.ask_weekly_audit(db, work.job.workspace_id, source_id)
        counts = await runs.close_run(db, work.job.workspace_id, work.job.id)
        if await sources.is_sealed(db, work.job.workspace_id, source_id):
            return counts
        await jobs.run_now(db, work.job.workspace_id, "project")
        much = counts.get("added", 0) >= MUCH
        further = await reach.of_source(db, work.job.workspace_id, source_id) != read_until
        if much or further:
            await jobs.ask_refresh(db, work.job.workspace_id)
        if much:
            await jobs.ask_calibrate(db, work.job.workspace_id)
        if further or any(counts.get(name) for name in ("added", "changed", "deleted")):
            await detect.schedule(db, work.job.workspace_id)
        return counts


async def read_on_schedule(work: Work) -> dict[str, Any]:
    """Have a source read because its time has come, if it still has a schedule and is active. args: source_id."""
    source_id = UUID(work.job.args["source_id"])
    async with work.transaction() as db:
        reading = await sources.to_read(db, work.job.workspace_id, source_id)
        if reading is None or reading.schedule is None or reading.status != "active":
            return {"asked": False}
        await jobs.ask_sync(db, work.job.workspace_id, source_id)
    return {"asked": True}


async def check_source(work: Work) -> dict[str, Any]:
    """Have the connector look at a source; one that was put aside for faults is active again. args: source_id."""
    source_id = UUID(work.job.args["source_id"])
    async with work.transaction() as db:
        reading = await sources.to_read(db, work.job.workspace_id, source_id)
        if reading is None or reading.status == "deleting":
            raise jobs.Canceled
        sealed = await credentials.of_source(db, work.job.workspace_id, source_id)
    opened = open_source(work, source_id, reading, sealed)
    try:
        async with opened.context as context:
            await asyncio.to_thread(check_locations, opened.config, context.limits)
            looking = opened.connector.check(opened.config, context)
            report = await contained(looking, CHECK_SECONDS, context.http.redact)
    except Fault as fault:
        raise Failed("connector_faulty", str(fault)) from fault
    except ConnectorError as error:
        raise Failed(error.code, str(error)) from error
    async with work.transaction() as db:
        if await sources.close_breaker(db, work.job.workspace_id, source_id) and reading.schedule:
            await jobs.ask_read_on_schedule(db, work.job.workspace_id, source_id, datetime.now(UTC), move=True)
    return {"detail": report.detail, "warnings": list(report.warnings)}


async def find_partitions(work: Work) -> dict[str, Any]:
    """Have the connector name the partitions of a source, and read none. args: source_id."""
    source_id = UUID(work.job.args["source_id"])
    async with work.transaction() as db:
        reading = await sources.to_read(db, work.job.workspace_id, source_id)
        if reading is None or reading.status == "deleting":
            raise jobs.Canceled
        sealed = await credentials.of_source(db, work.job.workspace_id, source_id)
    opened = open_source(work, source_id, reading, sealed)
    if not isinstance(opened.connector, Partitioned):
        raise Failed("no_partitions", f"The connector {reading.connector!r} reads its sources as a whole.")
    try:
        async with opened.context as context:
            await asyncio.to_thread(check_locations, opened.config, context.limits)
            return {"partitions": await Parts(work, source_id, None, opened, context).discover()}
    except Fault as fault:
        raise Failed("connector_faulty", str(fault)) from fault
    except Retry as error:
        raise Later(error.code, str(error), error.after.total_seconds() if error.after else None) from error
    except ConnectorError as error:
        raise Failed(error.code, str(error)) from error


async def remove_source(work: Work) -> dict[str, Any]:
    """Delete a source with its cursor, coverage, runs and folder. args: source_id; withdraw: with all that it told."""
    source_id, withdraw = UUID(work.job.args["source_id"]), bool(work.job.args.get("withdraw"))
    workspace_id = work.job.workspace_id
    if withdraw:
        for sealed in (False, True):
            await _take_back(work, source_id, sealed=sealed)
        await project(work)
    async with work.transaction() as db:
        await jobs.renew(db, work.job)
        for sealed in (True, False) if withdraw else ():
            await tellings.forget_alone(db, workspace_id, source_id, sealed=sealed)
        removed = await sources.remove(db, workspace_id, source_id, withdrawn=withdraw)
        if withdraw:
            await jobs.ask_refresh(db, workspace_id)
            await detect.schedule(db, workspace_id)
    await asyncio.to_thread(work.ground.clear, source_id)
    return {"removed": removed}


async def move_source(work: Work) -> dict[str, Any]:
    """Take back what a source told before it was sealed or unsealed; have it read again. args: source_id."""
    source_id, workspace_id = UUID(work.job.args["source_id"]), work.job.workspace_id
    async with work.transaction() as db:
        sealed = await sources.is_sealed(db, workspace_id, source_id)
    await _take_back(work, source_id, sealed=not sealed)
    if sealed:
        await project(work)
    async with work.transaction() as db:
        await jobs.renew(db, work.job)
        if sealed:
            await tellings.forget_alone(db, workspace_id, source_id)
            await jobs.ask_project(db, workspace_id)
            await jobs.ask_refresh(db, workspace_id)
            await detect.schedule(db, workspace_id)
        await sources.forget_place(db, workspace_id, source_id)
        if await sources.status_of(db, workspace_id, source_id) == "active":
            await jobs.ask_sync(db, workspace_id, source_id)
    return {"moved": True}


async def _take_back(work: Work, source_id: UUID, *, sealed: bool) -> None:
    """Withdraw what a source told, step by step. sealed: from the facts of sealed sources. Raises Unfinished."""
    workspace_id, taken, left = work.job.workspace_id, work.job.done, True
    while left:
        async with work.transaction() as db:
            step = await store_ingest.take_back(db, workspace_id, source_id, WITHDRAWN_AT_ONCE, sealed=sealed)
            taken, left = taken + step, step > 0
            await work.advance(db, taken, None, "interactions")
            if not sealed:
                await jobs.ask_project(db, workspace_id)
        if left and work.must_rest:
            raise Unfinished


async def _read(work: Work, source_id: UUID, run_id: UUID, reading: sources.ToRead, opened: Opened) -> None:
    cursor = None if reading.cursor is None else msgspec.Raw(reading.cursor.encode())
    done, resting = work.job.done, False
    async with opened.context as context, Storing(work, source_id, run_id, reading.id_key) as storing:
        await asyncio.to_thread(check_locations, opened.config, context.limits)
        pages = opened.connector.pull(opened.config, cursor, context)
        ingest = Ingest(
            reading.id_key, context.http.redact, statements=reading.trusted and reading.connector == "ndjson"
        )
        parts = Parts(work, source_id, run_id, opened, context) if isinstance(opened.connector, Partitioned) else None
        async with aclosing(pages_ahead(pages, ingest, page_seconds(opened.connector), context.http.redact)) as batches:
            async for page, batch in batches:
                done = done + len(page.records) if page.done is None else page.done
                await storing.put(page, batch, done)
                if resting := work.must_rest:
                    break
        if parts is not None and not resting:
            await storing.settle()
            await parts.read(storing, ingest)
    if resting:
        raise Unfinished


async def _schedule(db: Db, work: Work, source_id: UUID, reading: sources.ToRead) -> None:
    """See to the next run when this one begins, so that none that fails is the last."""
    if reading.schedule is not None:
        schedule = msgspec.convert(reading.schedule, Schedule)
        zone = ZoneInfo(schedule.quiet.time_zone) if schedule.quiet else UTC
        due_at = next_read(schedule, datetime.now(UTC), zone)
        await jobs.ask_read_on_schedule(db, work.job.workspace_id, source_id, due_at)
