"""Imports: an upload lies in a file while its source reads it; and the job ``try_import``, which stores nothing."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from kith.connectors import ConnectorError, Page, load_config
from kith.runtime.vault import Unreadable
from kith.store import imports as store
from kith.store import jobs, uploads
from kith.store.db import Db
from kith.store.imports import Import
from kith.store.sources import ToRead
from kith.workers.reading import Fault, contained, page_seconds
from kith.workers.work import Failed, Unfinished, Work

SHOWN = 100
"""What a trial tells of lines that could not be read."""


@asynccontextmanager
async def at_hand(work: Work, source_id: UUID, reading: ToRead) -> AsyncIterator[ToRead]:
    """Yield how a source is to be read; where it reads an upload, this lies in a file until it is read, or cannot be.

    Raises Failed where the upload is gone.
    """
    async with work.transaction() as db:
        upload_id = await store.upload_of(db, work.job.workspace_id, source_id)
    if upload_id is None:
        yield reading
        return
    async with _laid_out(work, upload_id, work.ground.upload_of(source_id)) as path:
        yield msgspec.structs.replace(reading, config={**reading.config, "path": str(path)}, trusted=True)


async def forget_upload(db: Db, workspace_id: UUID, source_id: UUID) -> None:
    """Delete the upload that a source has read to its end, if it reads one."""
    if (upload_id := await store.upload_of(db, workspace_id, source_id)) is not None:
        await uploads.remove(db, workspace_id, upload_id)


async def try_import(work: Work) -> dict[str, Any]:
    """Read an upload and count what it would tell, for one step at most. args: import_id."""
    async with work.transaction() as db:
        found = await store.get_import(db, work.job.workspace_id, UUID(work.job.args["import_id"]))
    if found is None:
        raise jobs.Canceled
    folder = work.ground.upload_of(found.id)
    try:
        async with _laid_out(work, found.upload_id, folder) as path:
            return await _try(work, found, path)
    except Fault as fault:
        raise Failed("connector_faulty", str(fault)) from fault
    except ConnectorError as error:
        raise Failed(error.code, str(error)) from error
    finally:
        await asyncio.to_thread(work.ground.clear, found.id)


async def _try(work: Work, found: Import, path: Path) -> dict[str, Any]:
    connector = work.connectors[found.connector]
    config = load_config(connector.Config, {**found.config, "path": str(path)})
    records, refused, errors, whole = Counter[str](), 0, list[dict[str, str]](), False
    async with work.ground.lend(work.job.workspace_id, found.id, connector, config, trusted=True) as context:
        pages = connector.pull(config, None, context)
        while not work.must_rest:
            page: Page | None = await contained(anext(pages, None), page_seconds(connector), context.http.redact)
            if page is None:
                whole = True
                break
            records.update(str(type(record).__struct_config__.tag) for record in (*page.records, *page.statements))
            refused += len(page.skipped)
            for skip in page.skipped[: SHOWN - len(errors)]:
                errors.append({"place": skip.place, "code": skip.code, "reason": skip.reason})
            async with work.transaction() as db:
                await work.advance(db, page.done or records.total(), page.total, page.unit)
    if work.stopping.is_set() and not whole:
        raise Unfinished
    return {"records": dict(records), "refused": refused, "errors": errors, "whole": whole}


@asynccontextmanager
async def _laid_out(work: Work, upload_id: UUID, path: Path) -> AsyncIterator[Path]:
    """Yield the file that holds an upload; it stays between two steps of the job. Raises Failed."""
    if not await asyncio.to_thread(path.exists):
        await _lay_out(work, upload_id, path)
    try:
        yield path
    except Unfinished:
        raise
    except BaseException as error:
        if isinstance(error, ConnectorError):  # where the file lies is nobody's business
            error.args = (str(error).replace(str(path), "The file"),)
        _remove(path)
        raise
    _remove(path)


async def _lay_out(work: Work, upload_id: UUID, path: Path) -> None:
    """Decrypt an upload into a file. Raises Failed."""
    workspace_id = work.job.workspace_id
    async with work.transaction() as db:
        found = await uploads.get_upload(db, workspace_id, upload_id)
        if found is None or found.received < found.size:
            raise Failed("upload_gone", "The upload was read, deleted, or has expired: send it again.")
        beginning = await asyncio.to_thread(_begin, path)
        try:
            box = work.ground.open_box(found.key_id, found.wrapped, uploads.place(workspace_id, upload_id))
            async for at, sealed in uploads.pieces(db, workspace_id, upload_id):
                await asyncio.to_thread(_add, beginning, box.open(sealed, str(at)))
        except Unreadable as error:
            raise Failed("credential_unreadable", f"The upload cannot be decrypted. {error}") from error
    await asyncio.to_thread(beginning.replace, path)


def _begin(path: Path) -> Path:
    """Return an empty file beside a path, which nobody else may read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beginning = path.with_name("upload.new")
    beginning.unlink(missing_ok=True)
    beginning.touch(0o600)
    return beginning


def _add(file: Path, piece: bytes) -> None:
    with file.open("ab") as opened:
        opened.write(piece)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
