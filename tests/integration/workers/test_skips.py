"""Each thing that a run skipped has a line of its own."""

import random
from pathlib import Path
from uuid import UUID

import pytest

from kith.connectors import Identity, Ref
from kith.connectors.ndjson import LINE_BYTES, encode_line
from kith.store.db import Pool
from tests.integration.store.facts import add_source
from tests.integration.workers.readings import Readings

GOOD = encode_line(Identity(Ref("mail", "ada@birk.example"), kind="person"))
BAD = {
    "invalid_json": b'{"type": identity}\n',
    "invalid_record": b'{"type":"identity","identity":{"network":"mail"}}\n',
    "line_too_long": b'{"type":"' + b"x" * LINE_BYTES + b'"}\n',
}


@pytest.mark.parametrize("seed", range(3))
async def test_a_run_counts_as_many_as_it_names(pool: Pool, workspace_id: UUID, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    codes = [code for code in BAD for _ in range(chance.randint(1, 4))]
    lines = [*((code, BAD[code]) for code in codes), *[("", GOOD)] * 3]
    chance.shuffle(lines)
    path = tmp_path / "import.ndjson"
    path.write_bytes(b"".join(line for _, line in lines) + GOOD[:40])
    readings = await Readings.open(pool, workspace_id, tmp_path / "ground")
    await readings.read(await add_source(pool, workspace_id, "ndjson", path=str(path)))
    assert sorted(await readings.skips()) == sorted([*codes, "incomplete_line"])
    (run,) = await readings.rows("SELECT skipped FROM runs WHERE workspace_id = $1")
    assert run["skipped"] == len(codes) + 1
    named = await readings.rows("SELECT * FROM run_errors WHERE workspace_id = $1")
    places = [f"line {number}" for number, (code, _) in enumerate(lines, 1) if code] + [f"line {len(lines) + 1}"]
    assert sorted(row["place"] for row in named) == sorted(places)
