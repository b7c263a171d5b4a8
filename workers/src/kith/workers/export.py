"""The job ``export``: what a workspace holds, as it is at one moment, into a sealed file in the database."""

import hashlib
import io
from typing import Any
from uuid import UUID

import asyncpg

from kith.connectors import ndjson
from kith.projections.export_files import lines
from kith.runtime.vault import Box, Unreadable
from kith.store import export_files as files
from kith.store import exports as store
from kith.store import jobs, workspaces
from kith.store.db import narrowed
from kith.workers.work import Failed, Unfinished, Work

PIECE_BYTES = 1 << 20
SUFFIXES = {"none": "", "gzip": ".gz", "zstd": ".zst"}


async def export(work: Work) -> dict[str, Any]:
    """Write an export from its beginning. args: export_id."""
    workspace_id, export_id = work.job.workspace_id, UUID(work.job.args["export_id"])
    async with work.transaction() as db:
        await files.begin(db, workspace_id, export_id)
        found = await files.get_export(db, workspace_id, export_id)
    if found is None:
        raise jobs.Canceled
    try:
        box = work.ground.open_box(found.key_id, found.wrapped, files.place(workspace_id, export_id))
    except Unreadable as error:
        raise Failed("credential_unreadable", f"The export cannot be encrypted. {error}") from error
    file = _File(work, export_id, box, SUFFIXES[found.packing])
    async with work.transaction() as db:
        await store.freeze(db)
        home = await workspaces.get_workspace(db, workspace_id)
        if home is None:
            raise jobs.Canceled
        async with narrowed(db, found.sight):
            told = lines(
                db, workspace_id, home.id_key, found.format, found.record, contact=found.contact, text=found.texts,
                said=found.statements,
            )  # fmt: skip
            async for line, count in told:
                await file.write(line, count)
    await file.close()
    return {"bytes": file.size, "records": file.records}


class _File:
    """A file on its way into the database. size, records: what was written of it so far."""

    def __init__(self, work: Work, export_id: UUID, box: Box, suffix: str) -> None:
        self.size = self.records = 0
        self._work, self._export_id, self._box = work, export_id, box
        self._waiting, self._digest = io.BytesIO(), hashlib.sha256()
        self._packing = ndjson.compressed(self._waiting, suffix, level=3)
        self._packed = self._packing.__enter__()

    async def write(self, content: bytes, records: int) -> None:
        """Add what has so many records. Raises Unfinished where the worker has to end."""
        self._packed.write(content)
        self.records += records
        if self._waiting.tell() >= PIECE_BYTES:
            await self._put()
            if self._work.stopping.is_set():
                raise Unfinished

    async def close(self) -> None:
        self._packing.__exit__(None, None, None)
        await self._put()
        async with self._work.transaction() as db:
            await files.finish(
                db, self._work.job.workspace_id, self._export_id, self.size, self.records, self._digest.digest()
            )
            await jobs.renew(db, self._work.job)

    async def _put(self) -> None:
        content = self._waiting.getvalue()
        self._waiting.seek(0)
        self._waiting.truncate()
        self._digest.update(content)
        try:
            async with self._work.transaction() as db:
                if content:
                    sealed = self._box.seal(content, str(self.size))
                    await files.put(db, self._work.job.workspace_id, self._export_id, self.size, sealed)
                await self._work.advance(db, self.records, None, "records")
        except asyncpg.ForeignKeyViolationError as error:
            raise jobs.Canceled from error
        self.size += len(content)
