"""The job that resolves everybody again."""

from pathlib import Path

from kith.connectors import Limits
from kith.store import jobs, resolution
from kith.store.db import Pool
from kith.workers.ground import Ground
from kith.workers.kinds import KINDS
from kith.workers.runner import Runner
from tests.integration.resolution.crowd import Crowd, mail


async def test_the_job_applies_thresholds_to_everybody(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    await crowd.tell([mail("ada@engines.org", "Ada Lovelace"), mail("countess@home.net", "Ada Lovelace")])
    assert len(await crowd.persons()) == 1
    async with crowd.transaction() as db:
        await resolution.set_wish(db, crowd.workspace_id, 1.0, 0.05)
        job_id, _ = await jobs.enqueue(db, crowd.workspace_id, "resolve", {}, slot="resolve")
    runner = Runner(pool, KINDS, {}, Ground(Path(), Limits()), 1, 30)
    await runner.start(crowd.workspace_id, job_id)
    await runner.stop(5)
    ((status, result),) = await crowd.fetch(
        "SELECT status, result FROM jobs WHERE workspace_id = $1 AND kind = 'resolve'"
    )
    assert (status, result) == ("succeeded", {"moved": 1})
    assert len(await crowd.persons()) == 2
    assert len(await crowd.fetch("SELECT FROM suggestions WHERE workspace_id = $1 AND status = 'open'")) == 1
