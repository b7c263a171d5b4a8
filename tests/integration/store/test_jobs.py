"""Jobs: one holder at a time, nothing stored by a holder who lost it, nothing asked for in vain."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from kith.store import ingest, jobs
from kith.store.db import Db, Pool, workspace
from kith.store.jobs import Canceled, Fenced, Job, Problem
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

    async def claim(self, job_id: UUID, lease: float = LEASE) -> Job | None:
        async with self.transaction() as db:
            return await jobs.claim(db, self.workspace_id, job_id, lease)

    async def held(self, **options: Any) -> Job:
        job_id, _ = await self.enqueue(**options)
        job = await self.claim(job_id)
        assert job is not None
        return job

    async def row(self, job_id: UUID) -> Any:
        async with self.transaction() as db:
            return await db.fetchrow(
                "SELECT * FROM jobs WHERE workspace_id = $1 AND id = $2", self.workspace_id, job_id
            )

    async def lose(self, job: Job) -> None:
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
    later, _ = await desk.enqueue(due_at=datetime.now(UTC) + timedelta(hours=1), slot="later")
    now, _ = await desk.enqueue()
    async with desk.transaction() as db:
        assert await jobs.due(db, desk.workspace_id, 10) == [(now, 0)]
        assert await jobs.claim(db, desk.workspace_id, later, LEASE) is None
        await jobs.hasten(db, desk.workspace_id, "later")
    async with desk.transaction() as db:
        assert {job_id for job_id, _ in await jobs.due(db, desk.workspace_id, 10)} == {now, later}


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
            await jobs.enqueue_daily(db, desk.workspace_id, "refresh")
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
