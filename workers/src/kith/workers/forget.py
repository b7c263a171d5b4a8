"""What is kept for so long and no longer: events, the audit, uploads, exports, data reports, unapproved apps."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from kith.runtime.settings import Settings
from kith.store import apps, audit, data_reports, events, export_files, rights_links, uploads, webhooks
from kith.store.db import Pool, instance, workspace

PART = 10_000  # rows that one transaction deletes


async def forget(pool: Pool, workspace_id: UUID, settings: Settings) -> None:
    """Delete what is older than the settings say, part by part."""
    for days, prune in (
        (settings.event_days, events.prune), (settings.event_days, webhooks.prune), (settings.audit_days, audit.prune),
    ):  # fmt: skip
        left = PART if days else 0
        while left == PART:
            async with workspace(pool, workspace_id) as db:
                left = await prune(db, workspace_id, datetime.now(UTC) - timedelta(days), PART)
    async with workspace(pool, workspace_id) as db:
        await uploads.prune(db, workspace_id, datetime.now(UTC), PART)
        await export_files.prune(db, workspace_id)
        await data_reports.prune(db, workspace_id, datetime.now(UTC), PART)


async def forget_apps(pool: Pool, settings: Settings) -> None:
    """Delete apps that registered themselves and that no workspace approved in time."""
    left = PART if settings.app_registration_days else 0
    while left == PART:
        async with instance(pool) as db:
            before = datetime.now(UTC) - timedelta(settings.app_registration_days)
            left = await apps.forget_unapproved(db, before, PART)
    async with instance(pool) as db:
        await rights_links.prune(db, PART)
