"""Quotas: a workspace that has as much as it may have is not read any further."""

from uuid import UUID

from kith.domain.quotas import Quotas
from kith.store import workspaces
from kith.store.db import Db
from kith.workers.work import Failed


async def check(db: Db, workspace_id: UUID, quotas: Quotas) -> None:
    """Raise Failed where a quota is reached. Without quotas nothing is counted."""
    if any(quotas) and (reason := quotas.reached((await workspaces.count(db, workspace_id)).of_quotas)):
        raise Failed("quota_exceeded", reason)
