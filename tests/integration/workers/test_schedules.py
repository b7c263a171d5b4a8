"""Sources that are read by themselves: again and again, after failures too, and not while they rest."""

from datetime import timedelta
from typing import Any

import msgspec

from kith.connectors import Fatal
from kith.domain.schedules import Schedule
from kith.store import sources
from kith.store.db import workspace
from tests.integration.store.facts import act
from tests.integration.workers.conftest import Office, page


async def schedule(office: Office, given: Schedule | None) -> None:
    async with workspace(office.store.pool, office.store.workspace_id) as db:
        source = await sources.get_source(db, office.store.workspace_id, office.store.source_id)
        assert source is not None
        await sources.update_source(
            db, office.store.workspace_id, source.id, name=source.name, config=source.config, status=source.status,
            trusted=source.trusted, schedule=None if given is None else msgspec.to_builtins(given),
        )  # fmt: skip


async def waiting(office: Office, kind: str) -> list[Any]:
    async with workspace(office.store.pool, office.store.workspace_id) as db:
        return await db.fetch(
            "SELECT id, due_at - now() AS wait FROM jobs WHERE workspace_id = $1 AND kind = $2 AND status = 'queued'",
            office.store.workspace_id, kind,
        )  # fmt: skip


async def step(office: Office) -> None:
    """Let the time of the next run come, and do what is due."""
    [scheduled] = await waiting(office, "read_on_schedule")
    await office.make_due(scheduled["id"])
    assert (await office.run(scheduled["id"]))["result"] == {"asked": True}
    [due] = await waiting(office, "sync")
    assert due["wait"] <= timedelta(0)
    await office.run(due["id"])


async def test_each_run_sees_to_the_next_one(office: Office) -> None:
    await schedule(office, Schedule(60))
    await office.run(await office.enqueue())
    for number in range(3):
        office.connector.script.append(page(act(str(number))))
        [scheduled] = await waiting(office, "read_on_schedule")
        assert timedelta(minutes=59) < scheduled["wait"] <= timedelta(minutes=60)
        await step(office)
    assert await office.store.count("interactions") == 3


async def test_a_run_that_fails_is_not_the_last(office: Office) -> None:
    await schedule(office, Schedule(60))
    office.connector.script = [Fatal("no such thing")]
    assert (await office.run(await office.enqueue()))["status"] == "failed"
    office.connector.script = [page(act("1"))]
    await step(office)
    assert await office.store.count("interactions") == 1


async def test_a_run_by_hand_moves_nothing_and_doubles_nothing(office: Office) -> None:
    await schedule(office, Schedule(60))
    await office.run(await office.enqueue())
    [before] = await waiting(office, "read_on_schedule")
    await office.run(await office.enqueue())
    [after] = await waiting(office, "read_on_schedule")
    assert before["id"] == after["id"]


async def test_a_source_that_rests_or_has_no_schedule_any_more_is_not_read(office: Office) -> None:
    await schedule(office, Schedule(60))
    await office.run(await office.enqueue())
    [scheduled] = await waiting(office, "read_on_schedule")
    await office.set_status("paused")
    await office.make_due(scheduled["id"])
    assert (await office.run(scheduled["id"]))["result"] == {"asked": False}
    assert await waiting(office, "sync") == []
    await office.set_status("active")
    await schedule(office, None)
    await office.run(await office.enqueue())
    assert await waiting(office, "read_on_schedule") == []
