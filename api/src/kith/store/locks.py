"""Advisory locks of transactions: one number each, and one order in which they are taken.

A transaction takes FACTS before PROJECTIONS before DETECTION; a REQUEST is claimed before any of them, then MEMBERS.
"""

from enum import IntEnum
from uuid import UUID

from kith.store.db import Db


class Lock(IntEnum):
    """What is locked.

    REQUEST: an idempotency key. FACTS: shared by pages, alone by what deletes or rebuilds. PROJECTIONS: whoever writes
    projections. DETECTION: the storing of a detection. MEMBERS: whoever changes or removes members.
    """

    REQUEST = 0
    FACTS = 1
    PROJECTIONS = 2
    DETECTION = 3
    MEMBERS = 4


async def hold(db: Db, workspace_id: UUID, lock: Lock, *, shared: bool = False) -> None:
    """Wait until this transaction holds the lock of the workspace: alone, or beside others who share it."""
    how = "_shared" if shared else ""
    await db.execute(f"SELECT pg_advisory_xact_lock{how}(hashtextextended($1, $2))", str(workspace_id), int(lock))


async def try_hold(db: Db, workspace_id: UUID, lock: Lock, of: str = "") -> bool:
    """Take the lock of the workspace, or of a part of it, where it is free; return whether it was."""
    name = f"{workspace_id} {of}" if of else str(workspace_id)
    free: bool = await db.fetchval("SELECT pg_try_advisory_xact_lock(hashtextextended($1, $2))", name, int(lock))
    return free
