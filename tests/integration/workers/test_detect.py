"""The job ``detect``: it follows what sources tell, waits its turn, and gives way."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from kith.connectors import Coverage
from kith.projections import detection
from kith.store import detections, jobs
from kith.store.db import workspace
from kith.workers.apart import MEGABYTE, OutOfMemory, apart
from tests.integration.store.facts import DAY, act
from tests.integration.workers.conftest import Office, page

MEGABYTES = 512
CIRCLE = [
    act(f"{one} to {other}", one, [other])
    for one in ("ada", "bob", "cyd")
    for other in ("ada", "bob", "cyd")
    if one != other
]


async def count_detections(office: Office) -> list[Any]:
    found = await office.value(
        "SELECT coalesce(jsonb_agg(j ORDER BY id), '[]') FROM jobs j WHERE workspace_id = $1 AND kind = 'detect'"
    )
    return list(found)


async def test_what_a_source_told_is_looked_at(office: Office) -> None:
    office.connector.script = [page(*CIRCLE)]
    await office.run(await office.enqueue())
    (waiting,) = await count_detections(office)
    row = await office.run(waiting["id"])
    assert (row["status"], row["error"]["code"]) == ("queued", "not_settled")
    await office.store.project(datetime.now(UTC))
    await office.make_due(waiting["id"])
    row = await office.run(waiting["id"])
    assert (row["status"], row["result"]) == ("succeeded", {"communities": 1, "topics": 0, "whole": True})
    assert await office.value("SELECT size FROM communities WHERE workspace_id = $1") == 3


async def test_a_run_that_brought_nothing_asks_for_no_look(office: Office) -> None:
    office.connector.script = []
    await office.run(await office.enqueue())
    assert await count_detections(office) == []


async def test_a_run_that_read_on_to_another_day_asks_for_a_look(office: Office) -> None:
    office.connector.script = [page(*CIRCLE), page(Coverage("read", DAY, DAY + timedelta(days=9)))]
    await office.run(await office.enqueue())
    await office.store.project(datetime.now(UTC))
    (first,) = await count_detections(office)
    await office.run(first["id"])
    office.connector.script.append(page(Coverage("read", DAY, DAY + timedelta(days=99))))
    await office.run(await office.enqueue())
    first, second = await count_detections(office)
    assert (first["status"], second["status"]) == ("succeeded", "queued")
    day = "SELECT as_of FROM communities WHERE workspace_id = $1"
    assert await office.value(day) == (DAY + timedelta(days=9)).date()
    await office.value("UPDATE detections SET moment = moment - interval '1 hour' WHERE workspace_id = $1")
    await office.make_due(second["id"])
    row = await office.run(second["id"])
    assert (row["status"], row["result"]["whole"]) == ("succeeded", True)
    assert await office.value(day) == (DAY + timedelta(days=99)).date()


async def test_news_wait_until_some_time_after_the_last_look_and_a_wish_does_not(office: Office) -> None:
    office.connector.script = [page(*CIRCLE)]
    await office.run(await office.enqueue())
    await office.store.project(datetime.now(UTC))
    (first,) = await count_detections(office)
    await office.run(first["id"])
    async with workspace(office.store.pool, office.store.workspace_id) as db:
        news, _ = await jobs.enqueue(db, office.store.workspace_id, "detect", {}, slot="detect")
        wished, _ = await jobs.enqueue(db, office.store.workspace_id, "detect", {"whole": True}, slot="detect:whole")
    row = await office.run(news)
    assert (row["status"], row["error"]["code"]) == ("queued", "just_done")
    until = datetime.fromisoformat(row["due_at"]) - datetime.now(UTC)
    assert timedelta(minutes=8) < until < timedelta(minutes=10)
    row = await office.run(wished)
    assert (row["status"], row["result"]["whole"]) == ("succeeded", True)


async def test_a_computation_apart_answers_or_says_that_it_failed() -> None:
    assert await apart(sorted, [3, 1, 2], MEGABYTES) == [1, 2, 3]
    with pytest.raises(RuntimeError, match="len ended with status 1"):
        await apart(len, 3, MEGABYTES)  # type: ignore[arg-type]  # what has no length


@pytest.mark.parametrize("compute", [np.zeros, bytearray])
async def test_a_computation_apart_takes_no_more_memory_than_it_may(compute: Callable[[int], object]) -> None:
    with pytest.raises(OutOfMemory):
        await apart(compute, 2 * MEGABYTES * MEGABYTE, MEGABYTES)


async def test_the_second_look_starts_from_the_first(office: Office) -> None:
    office.connector.script = [page(*CIRCLE)]
    await office.run(await office.enqueue())
    await office.store.project(datetime.now(UTC))
    async with workspace(office.store.pool, office.store.workspace_id) as db:
        for job in await count_detections(office):
            await office.run(job["id"])
        last = await detections.last(db, office.store.workspace_id)
        assert last
        later = last.moment + timedelta(hours=1)
        facts = await detection.load(db, office.store.workspace_id, later, last, whole=False)
        assert [len(each.people) for each in facts.former] == [3]
