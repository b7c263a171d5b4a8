"""Jobs: one holder at a time, nothing stored by a holder who lost it, nothing asked for in vain."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest

from kith.store import ingest, jobs
from kith.store.db import Db, Pool, workspace
from kith.store.jobs import Canceled, Fenced, HeldJob, Problem
from kith.store.workspaces import create_workspace
from kith.workers.kinds import KINDS
from tests.integration.store.facts import Store, act

LEASE = 30.0
PROBLEM = Problem("fault", "it broke")


class Desk:
    """Jobs of one workspace, each call in a transaction of its own."""

    def __init__(self, pool: Pool, workspace_id: UUID) -> None:
        self.pool = pool
        self.workspace_id = workspace_id

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Db]:
        async with workspace(self.pool, self.workspace_id) as db:
            yield db

    async def enqueue(self, **options: Any) -> tuple[UUID, bool]:
        async with self.transaction() as db:
            return await jobs.enqueue(db, self.workspace_id, "project", {}, **options)

    async def claim(self, job_id: UUID, lease: float = LEASE) -> HeldJob | None:
        async with self.transaction() as db:
            return await jobs.claim(db, self.workspace_id, job_id, lease)

    async def held(self, **options: Any) -> HeldJob:
        job_id, _ = await self.enqueue(**options)
        job = await self.claim(job_id)
        assert job is not None
        return job

    async def row(self, job_id: UUID) -> Any:
        async with self.transaction() as db:
            return await db.fetchrow(
                "SELECT * FROM jobs WHERE workspace_id = $1 AND id = $2", self.workspace_id, job_id
            )

    async def lose(self, job: HeldJob) -> None:
        """Let the lease run out."""
        async with self.transaction() as db:
            await db.execute("UPDATE jobs SET lease_until = now() - interval '1 second' WHERE id = $1", job.id)


@pytest.fixture
def desk(pool: Pool, workspace_id: UUID) -> Desk:
    return Desk(pool, workspace_id)


async def test_of_many_who_want_a_job_one_gets_it(desk: Desk) -> None:
    job_id, _ = await desk.enqueue()
    claims = await asyncio.gather(*(desk.claim(job_id) for _ in range(8)))
    assert sum(claim is not None for claim in claims) == 1


async def test_one_slot_holds_one_open_job(desk: Desk) -> None:
    asked = await asyncio.gather(*(desk.enqueue(slot="project") for _ in range(8)))
    assert len({job_id for job_id, _ in asked}) == 1
    assert sum(new for _, new in asked) == 1
    job = await desk.claim(asked[0][0])
    assert job is not None
    async with desk.transaction() as db:
        await jobs.finish(db, job, {}, 1)
    assert (await desk.enqueue(slot="project"))[1]


async def test_news_for_a_running_job_makes_it_run_once_more(desk: Desk) -> None:
    job = await desk.held(slot="project")
    assert await desk.enqueue(slot="project", again=True) == (job.id, False)
    async with desk.transaction() as db:
        await jobs.finish(db, job, {"pages": 1}, 0)
    assert (await desk.row(job.id))["status"] == "queued"
    again = await desk.claim(job.id)
    assert again is not None
    async with desk.transaction() as db:
        await jobs.finish(db, again, {"pages": 2}, 0)
    row = await desk.row(job.id)
    assert (row["status"], row["result"]) == ("succeeded", {"pages": 2})


async def test_a_worker_that_lost_its_job_stores_nothing(desk: Desk, store: Store) -> None:
    stale = await desk.held()
    await desk.lose(stale)
    fresh = await desk.claim(stale.id)
    assert fresh is not None

    async def page() -> None:
        async with desk.transaction() as db:
            await ingest.apply(db, desk.workspace_id, store.source_id, None, store.batch(act("a")))
            await jobs.advance(db, stale, 1, None, "records")

    with pytest.raises(Fenced):
        await page()
    assert await store.count("interactions") == 0
    for ending in (jobs.pause, jobs.cancel, jobs.renew):
        with pytest.raises(Fenced):
            async with desk.transaction() as db:
                await ending(db, stale)
    async with desk.transaction() as db:
        await jobs.advance(db, fresh, 1, None, "records")


async def test_a_job_is_not_taken_while_its_lease_holds(desk: Desk) -> None:
    job = await desk.held()
    assert await desk.claim(job.id) is None
    await desk.lose(job)
    assert await desk.claim(job.id) is not None


async def test_what_keeps_failing_waits_and_at_last_fails(desk: Desk) -> None:
    job_id, _ = await desk.enqueue()
    for attempt in range(1, 9):
        job = await desk.claim(job_id)
        assert job is not None
        assert job.attempt == attempt
        async with desk.transaction() as db:
            assert await jobs.retry(db, job, PROBLEM, 0.0) is (attempt == 8)
    row = await desk.row(job_id)
    assert (row["status"], row["error"]) == ("failed", {"code": "fault", "detail": "it broke"})
    assert row["finished_at"] is not None


async def test_progress_forgives_earlier_failures(desk: Desk) -> None:
    job = await desk.held()
    async with desk.transaction() as db:
        await jobs.retry(db, job, PROBLEM, 0.0)
    job_again = await desk.claim(job.id)
    assert job_again is not None
    async with desk.transaction() as db:
        await jobs.advance(db, job_again, 5, 10, "records")
    row = await desk.row(job.id)
    assert (row["attempt"], row["done"], row["total"], row["unit"], row["error"]) == (0, 5, 10, "records", None)


async def test_a_job_that_waits_is_not_due_before_its_time(desk: Desk) -> None:
    async def due(db: Db) -> set[UUID]:
        return {job.job_id for job in await jobs.due(db, 10_000) if job.workspace_id == desk.workspace_id}

    later, _ = await desk.enqueue(due_at=datetime.now(UTC) + timedelta(hours=1), slot="later")
    now, _ = await desk.enqueue()
    async with desk.transaction() as db:
        assert await due(db) == {now}
        assert await jobs.claim(db, desk.workspace_id, later, LEASE) is None
        await jobs.run_now(db, desk.workspace_id, "later")
    async with desk.transaction() as db:
        assert await due(db) == {now, later}


async def test_a_canceled_job_learns_of_it_at_its_next_step(desk: Desk) -> None:
    job = await desk.held()
    async with desk.transaction() as db:
        await db.execute("UPDATE jobs SET cancel = true WHERE id = $1", job.id)
    with pytest.raises(Canceled):
        async with desk.transaction() as db:
            await jobs.advance(db, job, 1, None, "records")


async def test_what_is_done_every_day_is_asked_for_once_a_day(desk: Desk) -> None:
    async def tend() -> list[UUID]:
        async with desk.transaction() as db:
            await jobs.ask_daily(db, desk.workspace_id)
            return [row["id"] for row in await db.fetch("SELECT id FROM jobs WHERE kind = 'refresh'")]

    (first,) = await tend()
    job = await desk.claim(first)
    assert job is not None
    async with desk.transaction() as db:
        await jobs.finish(db, job, {}, 1)
    assert await tend() == [first]
    async with desk.transaction() as db:
        await db.execute("UPDATE jobs SET created_at = created_at - interval '1 day'")
    assert len(await tend()) == 2


async def test_old_jobs_are_pruned(desk: Desk) -> None:
    job = await desk.held()
    async with desk.transaction() as db:
        await jobs.fail(db, job, PROBLEM)
        assert await jobs.prune(db, desk.workspace_id, 30) == 0
        await db.execute("UPDATE jobs SET finished_at = now() - interval '31 days'")
        assert await jobs.prune(db, desk.workspace_id, 30) == 1


async def test_what_is_due_in_any_workspace_is_known_whatever_becomes_of_a_job(desk: Desk) -> None:
    async def noted() -> list[tuple[int, bool]]:
        async with desk.transaction() as db:
            rows = await db.fetch(
                "SELECT fence, moment <= now() AS due FROM open_jobs WHERE workspace_id = $1", desk.workspace_id
            )
        return [(row["fence"], row["due"]) for row in rows]

    job_id, _ = await desk.enqueue(due_at=datetime.now(UTC) + timedelta(hours=1), slot="later")
    assert await noted() == [(0, False)]
    async with desk.transaction() as db:
        await jobs.run_now(db, desk.workspace_id, "later")
    assert await noted() == [(0, True)]
    job = await desk.claim(job_id)
    assert job is not None
    assert await noted() == [(1, False)]
    await desk.lose(job)
    assert await noted() == [(1, True)]
    again = await desk.claim(job_id)
    assert again is not None
    async with desk.transaction() as db:
        await jobs.finish(db, again, {}, 1)
    assert await noted() == []


async def test_a_loud_workspace_does_not_keep_others_waiting(pool: Pool, desk: Desk) -> None:
    quiet = Desk(pool, uuid4())
    async with workspace(pool, quiet.workspace_id) as db:
        await create_workspace(db, quiet.workspace_id, "quiet")
    for _ in range(5):
        await desk.enqueue()
    job_id, _ = await quiet.enqueue()
    async with desk.transaction() as db:
        ours = {desk.workspace_id, quiet.workspace_id}
        found = [job for job in await jobs.due(db, 10_000) if job.workspace_id in ours]
    assert job_id in {job.job_id for job in found[:2]}


async def test_a_workspace_is_tended_once_a_day(desk: Desk) -> None:
    async with desk.transaction() as db:
        assert desk.workspace_id in await jobs.untended(db, 10_000)
        await jobs.note_tended(db, desk.workspace_id)
        assert desk.workspace_id not in await jobs.untended(db, 10_000)


def test_workers_run_every_kind_of_job_and_no_other() -> None:
    assert set(KINDS) == set(get_args(jobs.Kind))
