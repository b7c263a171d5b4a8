"""``kith audit``: whether what was written on changes still stands as it was written."""

import asyncio
from typing import Any

from kith.cli import installation
from kith.cli.home import DEFAULT_WORKSPACE
from kith.cli.jobs import database
from kith.cli.processes import CannotStart
from kith.projections import audit
from kith.store.db import Db, bind, view


def verify(*, head: str | None = None) -> None:
    """Look through all entries; end with an error at the first that was changed, removed or reordered.

    Args:
        head: What an earlier call printed: it must still be in the chain. Keep it outside of the database.
    """
    print(asyncio.run(_verify(head)))


async def tell(db: Db, command: str, object_: str | None, /, **after: Any) -> None:
    """Write what the operator did into the audit, in the transaction of the change."""
    told = {"changed": sorted(after), "after": after} if after else {}
    await audit.record(db, DEFAULT_WORKSPACE, "operator", command, object_, told)


async def tell_instance(db: Db, command: str, **after: Any) -> None:
    """Write the same where the command is about no workspace, but the installation: the first one is its operator's."""
    await bind(db, DEFAULT_WORKSPACE)
    await installation.ensure_workspace(db)
    await tell(db, command, None, **after)


async def _verify(head: str | None) -> str:
    async with database() as (pool, _), view(pool, DEFAULT_WORKSPACE) as db:
        chain, found = await audit.verify(db, DEFAULT_WORKSPACE)
        if found:
            raise CannotStart(f"The audit does not hold at entry {found.number}: {found.reason}.")
        if head and not await audit.holds(db, DEFAULT_WORKSPACE, chain, head):
            raise CannotStart(f"The audit does not hold: {head} is not in it.")
    kept = chain.number - chain.first_number + 1
    return f"The audit holds: {kept} entries. Keep this outside of the database: {chain.number}:{chain.hash.hex()}"
