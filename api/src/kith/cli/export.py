"""``kith export``: what sources told and people said, in the import format, for another kith or any other program."""

import asyncio
import hashlib
from pathlib import Path

from kith.cli import installation
from kith.cli.home import DEFAULT_WORKSPACE
from kith.cli.jobs import database
from kith.cli.processes import CannotStart
from kith.connectors import ndjson
from kith.projections import exports
from kith.store import exports as store
from kith.store import workspaces
from kith.store.db import Pool, workspace

SUFFIXES = (".ndjson", ".gz", ".zst")


def export(file: Path) -> None:
    """Write all that sources told and people said, in the import format, while everything goes on.

    What sealed sources tell is not among it; 'kith backup' writes all there is.

    Args:
        file: Where to: .ndjson, or with .gz or .zst behind; a file that is there is replaced when the new one is whole.
    """
    if file.suffix not in SUFFIXES:
        raise CannotStart(f"{file} ends in none of {', '.join(SUFFIXES)}.")
    beginning = file.with_name(f"{file.name}.new")
    beginning.touch(0o600)
    try:
        count = asyncio.run(_export(beginning, file.suffix))
        with beginning.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
        beginning.replace(file)
    finally:
        beginning.unlink(missing_ok=True)
    print(f"{file}: {count} records, SHA-256 {digest}.")


async def _export(file: Path, suffix: str) -> int:
    async with database() as (pool, _):
        async with workspace(pool, DEFAULT_WORKSPACE) as db:
            await installation.ensure_workspace(db)
        return await write(pool, file, suffix)


async def write(pool: Pool, file: Path, suffix: str) -> int:
    """Write the file and return how many records it has: all as they are at one moment."""
    count = 0
    async with workspace(pool, DEFAULT_WORKSPACE) as db:
        await store.freeze(db)
        home = await workspaces.get_workspace(db, DEFAULT_WORKSPACE)
        if home is None:
            raise LookupError(DEFAULT_WORKSPACE)
        with file.open("wb") as raw, ndjson.compressed(raw, suffix, level=3) as text:
            async for record in exports.everything(db, home.workspace_id, home.id_key):
                text.write(ndjson.encode_line(record))
                count += 1
    return count
