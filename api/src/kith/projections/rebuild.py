"""Rebuild: every projection again from the facts, compared with what pages have added up, and put right.

Pages wait until it ends; reads go on, and see the old rows until then. All of it is one transaction, but for what each
identity did day by day: this is put right beside it, by a second connection, so that two cores work. PostgreSQL keeps
what does not fit into ``kith.store.rebuild.WORK_MEMORY`` in temporary files; this process holds what
``kith.projections.network`` says.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from kith.domain.days import midnight
from kith.projections import asks, ledger, mentions, network, profiles, project, replies, strength
from kith.store import affiliations, decisions, ingest, projection, reach, statistics
from kith.store import rebuild as store
from kith.store.db import Db
from kith.store.rebuild import Difference

One = TypeVar("One")
Other = TypeVar("Other")


Transaction = Callable[[], AbstractAsyncContextManager[Db]]


async def rebuild(db: Db, beside: Transaction, workspace_id: UUID, now: datetime) -> dict[str, Difference]:
    """Recreate every projection of the workspace; return how each differed: nothing but zeros, or kith has a fault.

    beside: opens a second transaction on the workspace, twice; each is committed before this one.
    now: strengths are of its midnight (UTC). They also rest on how active two people are and whom they know, which the
    stored ones follow later: they are not compared, only replaced.
    """
    await ingest.lock(db, workspace_id, alone=True)
    async with beside() as other:  # committed at once: both connections have to see whom acts are towards
        while (await project.project(other, workspace_id, now))[1]:
            pass
        found = {"answers": Difference(0, 0, await project.settle_answers(other, workspace_id, now))}
    found |= {table: Difference(rows, 0, 0) for table, rows in (await reach.restore(db, workspace_id)).items()}
    judged = await project.judge_all(db, workspace_id, now)
    found["identity_kinds"] = Difference(*judged[1:])
    found["person_identities"] = await _restore_persons(db, workspace_id)
    found |= {table: Difference(*counts) for table, counts in (await profiles.restore(db, workspace_id)).items()}
    for sums in (store.TARGETS, store.CHANNEL_DAYS):
        found[sums.table] = await store.restore(db, workspace_id, sums)
    found |= await rebuild_relationships(db, beside, workspace_id, now)
    await projection.start(db)
    await projection.want_all(db, workspace_id)
    for each in (projection.PEOPLE, projection.CHANNEL_ACTIVITY, projection.CONVERSATION_ACTIVITY):
        found[each.table] = await store.restore(db, workspace_id, each)
    found |= await replies.restore(db, workspace_id)
    found |= await asks.restore(db, workspace_id)
    found |= await mentions.restore(db, workspace_id)
    found["affiliations"] = Difference(*await affiliations.restore(db, workspace_id), 0)
    found["behaviors"] = Difference(0, 0, await project.resolve_behaved(db, workspace_id, now))
    return found


async def rebuild_relationships(
    db: Db, beside: Transaction, workspace_id: UUID, now: datetime
) -> dict[str, Difference]:
    """Recreate the sums of contact and activity, and the relationships, as part of ``rebuild``."""
    await store.prepare(db)
    moment = midnight(now)
    persons = await network.read_persons(db, workspace_id)
    acts = asyncio.Queue[network.Rows](1)

    async def activity() -> tuple[Difference, Difference]:
        async with beside() as other:
            await store.prepare(other)
            await store.compute(other, workspace_id, store.ACTIVITY_DAYS)
            await acts.put(await network.read_activity(other, persons, "rebuilt"))
            activity_days = await store.put_right(other, workspace_id, store.ACTIVITY_DAYS)
            return activity_days, await store.restore(other, workspace_id, store.IDENTITY_DAYS)

    async def relationships() -> tuple[Difference, Difference]:
        contact_days = await store.restore(db, workspace_id, store.CONTACT_DAYS)
        known = await network.read_contact(db, workspace_id, persons)
        await projection.start(db)
        pairs = await strength.weigh_all(db, workspace_id, moment, known, await acts.get())
        del known
        await strength.keep_all(db, persons, pairs)
        return contact_days, await store.restore(db, workspace_id, store.RELATIONSHIPS)

    (activity_days, identity_days), (contact_days, found) = await _both(activity(), relationships())
    await store.reset(db)
    await statistics.refresh(db)
    return {
        "contact_days": contact_days,
        "activity_days": activity_days,
        "identity_days": identity_days,
        "relationships": found,
    }


async def _both(one: Coroutine[None, None, One], other: Coroutine[None, None, Other]) -> tuple[One, Other]:
    """Wait for both; when either fails, the other is stopped first."""
    try:
        async with asyncio.TaskGroup() as tasks:
            left, right = tasks.create_task(one), tasks.create_task(other)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return left.result(), right.result()


async def _restore_persons(db: Db, workspace_id: UUID) -> Difference:
    made = await decisions.load_all(db, workspace_id)
    decided = ledger.roots({id_ for decision in made for id_ in decision.pair}, made)
    return await store.restore_persons(db, workspace_id, decided)
