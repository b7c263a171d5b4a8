"""Imports by API: what was sent is read into a source of its own, once, and can be taken back as a whole."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import zstandard

from kith.connectors import Limits, load_registry
from kith.domain import ids
from kith.runtime.vault import open_vault
from kith.store.db import workspace
from kith.workers.ground import Ground
from kith.workers.kinds import KINDS
from kith.workers.runner import Runner
from tests.integration.api.conftest import Client
from tests.integration.api.test_uploads import append, begin


class Office:
    """A client, and a runner of the jobs that it asks for."""

    def __init__(self, client: Client, folder: Path) -> None:
        self.client, self.folder = client, folder
        ground = Ground(folder, Limits(), vault=open_vault(client.app.state.settings))
        self.runner = Runner(client.pool, KINDS, load_registry().connectors, ground, most=4, lease_seconds=30)

    async def upload(self, content: bytes) -> str:
        path = await begin(self.client, len(content))
        assert (await append(self.client, path, 0, content)).status_code == 204
        return path.rpartition("/")[2]

    async def ask(self, content: bytes, name: str = "File", **asked: Any) -> dict[str, Any]:
        """Import a file, and return the import once its job has ended."""
        body = {"upload_id": await self.upload(content), "name": name, "format": "ndjson"} | asked
        answer = await self.client.send("POST", "/v1/imports", json=body)
        assert answer.status_code == 202, answer.text
        await self.run(answer.json()["job_id"])
        found: dict[str, Any] = await self.client.get(answer.headers["location"])
        return found

    async def run(self, job: str) -> None:
        job_id = ids.decode("job", job)
        assert isinstance(job_id, UUID)
        await self.runner.start(self.client.workspace_id, job_id)

    async def told(self) -> set[tuple[str, str]]:
        """Return title and actor's key of each interaction."""
        async with workspace(self.client.pool, self.client.workspace_id) as db:
            rows = await db.fetch("SELECT i.title, a.key FROM interactions i JOIN identities a ON a.id = i.actor_id")
        assert len(rows) == len({tuple(row) for row in rows})
        return {tuple(row) for row in rows}


@pytest.fixture
async def office(client: Client, tmp_path: Path) -> AsyncIterator[Office]:
    office = Office(client, tmp_path / "sources")
    yield office
    await office.runner.stop(1)


def line(key: str, title: str = "Lanterns", who: str = "ada@example.org") -> bytes:
    return json.dumps({
        "type": "interaction", "ref": {"network": "crm", "key": key, "kind": "message"},
        "actor": {"network": "mail", "key": who}, "occurred_at": "2026-05-01T12:00:00Z", "title": title,
    }).encode() + b"\n"  # fmt: skip


FILE = b"".join(line(str(number), f"No. {number}") for number in range(5))
ALL = {(f"No. {number}", "ada@example.org") for number in range(5)}


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gz", "zst"])
async def test_a_file_is_read_into_a_source_of_its_own_and_taken_back_as_a_whole(office: Office, pack: Any) -> None:
    first = await office.ask(pack(FILE))
    assert (first["status"], first["records"], first["added"], first["refused"]) == ("succeeded", 5, 5, 0)
    assert (await office.client.send("GET", f"/v1/uploads/{first['upload_id']}")).status_code == 404, "it was read"
    assert not list(office.folder.rglob("upload*")), "nothing is left on the disk"
    again = await office.ask(FILE + line("6", "New"), "File again")
    assert (again["added"], await office.told()) == (1, ALL | {("New", "ada@example.org")})
    for found, left in ((first, ALL | {("New", "ada@example.org")}), (again, set())):
        job = await office.client.send("DELETE", f"/v1/imports/{found['id']}")
        assert job.status_code == 202
        assert (await office.client.get(f"/v1/imports/{found['id']}"))["undone"]
        await office.run(job.json()["id"])
        assert await office.told() == left
    twice = await office.client.send("DELETE", f"/v1/imports/{again['id']}")
    assert (twice.status_code, twice.json()["code"]) == (409, "conflict")


async def test_a_trial_counts_and_stores_nothing(office: Office) -> None:
    bad = FILE + b"{no json\n" + b'{"type": "interaction"}\n' + line("9")[:40]
    tried = await office.ask(bad, dry_run=True)
    assert (tried["status"], tried["whole"], tried["source_id"]) == ("succeeded", True, None)
    assert (tried["kinds"], tried["refused"]) == ({"interaction": 5}, 3)
    assert [error["place"] for error in tried["first_errors"]] == ["line 6", "line 7", "line 8"]
    assert await office.told() == set()
    body = {"upload_id": tried["upload_id"], "name": "File", "format": "ndjson"}
    made = (await office.client.send("POST", "/v1/imports", json=body)).json()
    await office.run(made["job_id"])
    assert await office.told() == ALL
    answer = await office.client.send("GET", f"/v1/imports/{made['id']}/errors?limit=2")
    assert answer.headers["content-type"] == "application/x-ndjson"
    errors = [json.loads(text) for text in answer.text.splitlines()]
    assert [(error["place"], error["code"]) for error in errors] == [
        ("line 6", "invalid_json"),
        ("line 7", "invalid_record"),
    ]
    rest = await office.client.send("GET", answer.headers["link"].partition("<")[2].partition(">")[0])
    assert json.loads(rest.text)["code"] == "incomplete_line"


TABLE = """\
Datum;Von;An;Betreff
01.05.2026 10:00;ada@example.org;bo@example.org;Grüße
02.05.2026 11:30;Bo@example.org;;Größe
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
async def test_the_columns_of_a_table_are_guessed_shown_and_confirmed(office: Office, encoding: str) -> None:
    upload = await office.upload(gzip.compress(TABLE.encode(encoding)))
    answer = await office.client.send("POST", "/v1/imports/previews", json={"upload_id": upload})
    shown = answer.json()
    assert (shown["format"], shown["columns"]) == ("csv", ["Datum", "Von", "An", "Betreff"])
    assert [record["title"] for record in shown["records"]] == ["Grüße", "Größe"]
    assert shown["records"][0]["targets"] == [{"identity": {"network": "mail", "key": "bo@example.org"}}]
    body = {"upload_id": upload, "name": "Table", "format": "csv", "mapping": shown["mapping"]}
    made = (await office.client.send("POST", "/v1/imports", json=body)).json()
    await office.run(made["job_id"])
    assert await office.told() == {("Grüße", "ada@example.org"), ("Größe", "bo@example.org")}
    again = await office.ask(TABLE.encode(encoding), "Again", format="csv", mapping=shown["mapping"])
    assert (again["added"], again["changed"]) == (0, 0)


async def test_a_file_that_is_cut_tells_what_it_has_and_says_so(office: Office) -> None:
    packed = zstandard.compress(FILE * 1000)
    for cut in (FILE[:-5], packed[: len(packed) // 2]):
        await office.ask(cut, f"Cut at {len(cut)}")
        assert await office.told() <= ALL
    assert await office.told() == ALL or len(await office.told()) >= 4
    array = await office.ask(b"[{}]", "Array")
    assert (array["status"], array["error"]["code"]) == ("failed", "fatal")
    assert array["error"]["detail"].startswith("The file is one JSON array")


async def test_what_cannot_be_imported_is_refused(office: Office) -> None:
    client, upload = office.client, await office.upload(FILE)
    half = (await begin(client, 100)).rpartition("/")[2]
    asked = {"upload_id": upload, "name": "File", "format": "ndjson"}
    for changed, status in (
        ({"upload_id": half}, 409), ({"upload_id": "upl_" + "0" * 26}, 422), ({"format": "csv"}, 422),
        ({"mapping": {"records": [{"record": {"type": "identity"}}]}}, 422),
        ({"format": "csv", "mapping": {"records": [{"record": {"type": "identity"}}]}}, 422),
    ):  # fmt: skip
        assert (await client.send("POST", "/v1/imports", json=asked | changed)).status_code == status
    both = await asyncio.gather(*(client.send("POST", "/v1/imports", json=asked | {"name": n}) for n in ("a", "b")))
    assert sorted(answer.status_code for answer in both) == [202, 409]
