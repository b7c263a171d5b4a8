"""Retention of what is there: a source's acts are dropped, or lose their texts, some at a time."""

from datetime import datetime
from uuid import UUID

from kith.projections import project
from kith.store import ingest, jobs, locks, sealing
from kith.store import retention as store
from kith.store import texts as stored_texts
from kith.store.db import Db
from kith.store.locks import Lock
from kith.store.retention import Policy
from kith.store.sources import Source

AT_ONCE = 1_000
"""Acts that one transaction changes."""


async def step(
    db: Db, workspace_id: UUID, source: Source, policy: Policy, after: UUID, now: datetime
) -> tuple[UUID | None, int]:
    """Bring the next acts of a source in line with its policy; return the last of them, or None, and how many."""
    await locks.hold(db, workspace_id, Lock.FACTS)
    await sealing.go(db, sealed=source.sealed)
    found = await store.next_unkept(db, workspace_id, source.id, policy, after, AT_ONCE)
    if not found:
        return None, 0
    if dropped := [act.id for act in found if act.drop]:
        await ingest.let_go(db, workspace_id, source.id, dropped, sealed=source.sealed)
    if stripped := [act.id for act in found if not act.drop]:
        await store.strip(db, workspace_id, stripped)
        if not source.sealed:
            await locks.hold(db, workspace_id, Lock.PROJECTIONS)
            places = await stored_texts.conversations_of(db, workspace_id, stripped)
            await project.work_in(db, workspace_id, now, {"act_ids": stripped, "conversation_ids": places})
    await sealing.go(db, sealed=False)
    return found[-1].id, len(found)


async def end(db: Db, workspace_id: UUID, source: Source, policy: Policy, *, changed: bool) -> None:
    """Do what is left once all acts are in line. changed: whether any act was not."""
    await sealing.go(db, sealed=source.sealed)
    if not policy.texts:
        await store.strip_rest(db, workspace_id, source.id)
    if not policy.private:
        await store.forget_rooms(db, workspace_id, source.id)
    await sealing.go(db, sealed=False)
    if changed and not source.sealed:
        await jobs.ask_project(db, workspace_id)
        await jobs.ask_detect(db, workspace_id, whole=True)
