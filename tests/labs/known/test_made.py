"""The known community: what kith says equals what they did."""

from pathlib import Path
from uuid import UUID

from kith.connectors import load_registry
from kith.store.db import Pool
from kith.store.jobs import Kind
from tests.integration.store.facts import add_source
from tests.integration.workers.readings import Readings
from tests.labs.known.community import made
from tests.labs.known.told import differences
from tests.labs.known.truth import Truth


async def test_what_kith_says_is_what_they_did(pool: Pool, workspace_id: UUID, tmp_path: Path) -> None:
    readings = await Readings.open(pool, workspace_id, tmp_path / "folder", dict(load_registry().connectors))
    truth = Truth()
    async with made(tmp_path, truth) as sources:
        ids = [await add_source(pool, workspace_id, one.connector, **one.config) for one in sources]
        await read(readings, ids)
        for source in sources:
            await source.go_on()
        await read(readings, ids)
        await read(readings, ids)  # nothing comes twice
    assert await differences(readings, truth) == {}


async def read(readings: Readings, source_ids: list[UUID]) -> None:
    for source_id in source_ids:
        row = await readings.run("sync", source_id=str(source_id))
        assert row["status"] == "succeeded", row["error"]
    kinds: tuple[Kind, ...] = ("project", "resolve", "project")
    for kind in kinds:
        await readings.run(kind)
