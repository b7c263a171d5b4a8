"""The database is brought to this version, and to what the erasure journal says, before anything reads it."""

import asyncio
from datetime import UTC, datetime

from kith.projections import erasures
from kith.runtime import journal
from kith.runtime.settings import Settings
from kith.store import migrate as migrations
from kith.store.db import open_pool


async def migrate(settings: Settings, url: str) -> tuple[list[str], int]:
    """Apply what is pending; return the names applied, and how many erasures the database lacked.

    Raises MigrationError, Unreachable, JournalError.
    """
    applied = await migrations.migrate(url)
    entries = erasures.journaled(await asyncio.to_thread(journal.read, settings.journal))
    if not entries:
        return applied, 0
    async with await open_pool(url, size=2, statement_seconds=None) as pool:
        return applied, await erasures.replay(pool, entries, datetime.now(UTC))


def lacked(count: int) -> str:
    """Return what is said of erasures that were replayed."""
    times = "one erasure" if count == 1 else f"{count} erasures"
    return f"The database lacked {times} of the journal: they are done again, and jobs do the rest."
