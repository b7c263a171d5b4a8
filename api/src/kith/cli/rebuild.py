"""``kith rebuild``: make every projection again from the facts."""

import asyncio

from kith.cli import audit
from kith.cli.home import DEFAULT_WORKSPACE
from kith.cli.jobs import database, follow
from kith.cli.processes import CannotStart
from kith.domain.ids import encode
from kith.store import jobs
from kith.store.db import workspace


def rebuild() -> None:
    """Make every projection again from the facts, and say whether anything differed from what was there."""
    asyncio.run(_rebuild())


async def _rebuild() -> None:
    async with database() as (pool, lasting):
        async with workspace(pool, DEFAULT_WORKSPACE) as db:
            job_id = await jobs.ask_rebuild(db, DEFAULT_WORKSPACE)
            await audit.tell(db, "rebuild", encode("job", job_id))
        found = await follow(pool, job_id, "Rebuild", lasting=lasting)
    wrong = {table: counts for table, counts in (found or {}).items() if any(counts.values())}
    for table, counts in wrong.items():
        print(f"{table}: " + ", ".join(f"{count} {how}" for how, count in counts.items() if count))
    if wrong:
        raise CannotStart(
            "What was stored differed from the facts: please report this as a fault of kith. It is right now."
        )
    if found:
        print("Every projection was equal to what the facts say.")
