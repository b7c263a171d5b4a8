"""The cases of ../shared/cases/api: which requests they make, and what there is to be stored first."""

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from kith.connectors import Record
from kith.domain import ids
from tests.integration.api import town
from tests.integration.api.conftest import RECORDS, Client
from tests.paths import shared

PAGE = 10_000


def requests(case: str) -> list[tuple[str, str, Any]]:
    """Return method, path and JSON body of each request of a case."""
    lines = (shared(f"cases/api/{case}") / "request.txt").read_text().splitlines()
    return [_request(line) for line in lines if line]


def _request(line: str) -> tuple[str, str, Any]:
    method, path, *body = line.split(maxsplit=2)
    return method, path, json.loads(body[0]) if body else None


def told_by_file(case: str, name: str) -> list[Record]:
    return records_of((shared(f"cases/api/{case}") / name).read_bytes())


async def told_by_script(case: str) -> list[Record]:
    script = shared(f"cases/api/{case}") / "gen.py"
    process = await asyncio.create_subprocess_exec(sys.executable, script, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert process.returncode == 0
    return records_of(output)


def records_of(lines: bytes) -> list[Record]:
    return [msgspec.json.decode(line, type=Record) for line in lines.splitlines()]


async def store(client: Client, told: Sequence[Record], name: str = "records") -> str:
    """Store records of a source of this name in the client's workspace; return its id."""
    body = {"connector": "ndjson", "name": name, "config": {"path": str(RECORDS)}}
    made = await client.send("POST", "/v1/sources", json=body)
    source_id = ids.decode("source", made.json()["id"])
    assert source_id
    home = town.Town(client.workspace_id, source_id)
    for start in range(0, len(told), PAGE):
        await town.tell(client.pool, home, told[start : start + PAGE])
    return str(made.json()["id"])
