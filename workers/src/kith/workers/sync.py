"""The job ``sync``: reads a source page by page, each page stored in one transaction with the cursor behind it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any
from uuid import UUID

import msgspec

from kith.connectors import Connector, Fatal, Page, Reauthorize, Retry, check_locations, load_config
from kith.runtime.vault import Unreadable
from kith.store import credentials, jobs, reach, runs, sources
from kith.store.credentials import Credential
from kith.store.ingest import Batch
from kith.workers import detect
from kith.workers.ingest import Ingest
from kith.workers.storing import Storing
from kith.workers.work import Failed, Later, Unfinished, Work

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
        sealed = await credentials.of_source(db, work.job.workspace_id, source_id)
        run_id = await runs.open_run(db, work.job.workspace_id, source_id, work.job.id)
        read_until = await reach.of_source(db, work.job.workspace_id, source_id)
    try:
        await _read(work, source_id, run_id, reading, sealed)
    except Retry as error:
        raise Later(error.code, str(error), error.after.total_seconds() if error.after else None) from error
    except Reauthorize as error:
        async with work.transaction() as db:
            await sources.ask_to_reauthorize(db, work.job.workspace_id, source_id)
        raise Failed(error.code, str(error)) from error
    except Fatal as error:
        raise Failed(error.code, str(error)) from error
    async with work.transaction() as db:
        await jobs.run_now(db, work.job.workspace_id, "project")
        counts = await runs.close_run(db, work.job.workspace_id, work.job.id)
        much = counts.get("added", 0) >= MUCH
        further = await reach.of_source(db, work.job.workspace_id, source_id) != read_until
        if much or further:
            await jobs.ask_refresh(db, work.job.workspace_id)
        if much:
            await jobs.ask_calibrate(db, work.job.workspace_id)
        if further or any(counts.get(name) for name in ("added", "changed", "deleted")):
            await detect.schedule(db, work.job.workspace_id)
        return counts


async def remove_source(work: Work) -> dict[str, Any]:
    """Delete a source with its cursor, coverage, runs and folder; the facts stay. args: source_id."""
    source_id = UUID(work.job.args["source_id"])
    async with work.transaction() as db:
        await jobs.renew(db, work.job)
        removed = await sources.remove(db, work.job.workspace_id, source_id)
    await asyncio.to_thread(work.ground.clear, source_id)
    return {"removed": removed}


async def _read(
    work: Work, source_id: UUID, run_id: UUID, reading: sources.ToRead, sealed: Sequence[Credential]
) -> None:
    connector = work.connectors.get(reading.connector)
    if connector is None:
        raise Failed("unknown_connector", f"No connector named {reading.connector!r} is installed here.")
    cursor = None if reading.cursor is None else msgspec.Raw(reading.cursor.encode())
    config = _config(work, connector, reading, sealed)
    done, resting = work.job.done, False
    async with (
        work.ground.lend(source_id, connector, config, trusted=reading.trusted) as context,
        Storing(work, source_id, run_id, reading.id_key) as storing,
    ):
        await asyncio.to_thread(check_locations, config, context.limits)
        pages = connector.pull(config, cursor, context)
        async with aclosing(_ahead(pages, Ingest(reading.id_key))) as batches:
            async for page, batch in batches:
                done = done + len(page.records) if page.done is None else page.done
                await storing.put(page, batch, done)
                if resting := work.must_rest:
                    break
    if resting:
        raise Unfinished


def _config(work: Work, connector: Connector, reading: sources.ToRead, sealed: Sequence[Credential]) -> msgspec.Struct:
    try:
        secrets = work.ground.reveal(work.job.workspace_id, sealed)
        return load_config(connector.Config, {**reading.config, **secrets})
    except Unreadable as error:
        raise Failed("credential_unreadable", f"A credential of the source cannot be read. {error}") from error
    except msgspec.ValidationError as error:
        raise Failed("bad_config", f"The settings of the source do not fit its connector: {error}") from error


async def _ahead(pages: AsyncIterator[Page], ingest: Ingest) -> AsyncGenerator[tuple[Page, Batch], None]:
    """Yield pages with their rows; the next one is read and prepared while PostgreSQL stores the one before."""

    async def prepare() -> tuple[Page, Batch] | None:
        page = await anext(pages, None)
        return None if page is None else (page, await asyncio.to_thread(ingest.batch, page))

    following = asyncio.create_task(prepare())
    try:
        while item := await following:
            following = asyncio.create_task(prepare())
            yield item
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        if isinstance(pages, AsyncGenerator):
            await pages.aclose()
