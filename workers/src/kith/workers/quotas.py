"""Quotas: a workspace that has as much as it may have is not read any further."""

from uuid import UUID

from kith.store import workspaces
from kith.store.db import Db
from kith.workers.ground import Quotas
from kith.workers.work import Failed


async def check(db: Db, workspace_id: UUID, quotas: Quotas) -> None:
    """Raise Failed where a quota is reached. Without quotas nothing is counted."""
    if not any(quotas):
        return
    used = await workspaces.count(db, workspace_id)
    named = ("people", used.people), ("interactions", used.interactions), ("MB", used.storage // 1_000_000)
    for (name, amount), quota in zip(named, quotas, strict=True):
        if quota and amount >= quota:
            raise Failed("quota_exceeded", f"The workspace has {amount} {name}, and may have {quota}.")
