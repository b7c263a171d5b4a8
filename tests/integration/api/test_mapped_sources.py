"""Sources whose settings say what rows and deliveries mean: tried before they are created, and pushed to."""

import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from kith.connectors import load_registry
from kith.runtime.settings import Settings
from kith.runtime.vault import open_vault
from kith.store.db import Pool, workspace
from kith.workers.ground import ANYWHERE, Ground
from kith.workers.kinds import KINDS
from kith.workers.runner import Runner
from tests.integration.api.conftest import Client, connected
from tests.integration.api.contract import Contract

SECRET = "it-is-a-secret-a1b2"
CALL = {
    "type": "interaction",
    "ref": {"network": "crm", "key": "{/id}", "kind": "call"},
    "actor": {"network": "mail", "key": "{/by}"},
    "occurred_at": "{/at|date}",
    "targets": [{"identity": {"network": "mail", "key": "{/with}"}}],
}
SIGNED = {"header": "X-Crm-Signature", "signed": "{timestamp}.{body}", "timestamp": "X-Crm-Time", "encoding": "base64"}


@pytest.fixture
async def own(
    fresh_url: str, pool: Pool, workspace_id: UUID, contract: Contract, tmp_path: Path
) -> AsyncIterator[Client]:
    async with connected(fresh_url, pool, workspace_id, None, contract, tmp_path) as client:
        yield client


async def check(client: Client, connector: str, **config: Any) -> Any:
    return await client.send("POST", "/v1/sources/checks", json={"connector": connector, "config": config})


async def test_a_table_is_shown_as_it_would_be_read(own: Client, tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("nr;who;when\n1;ada@x.org;2024-05-01T10:00:00Z\n2;bob@x.org;soon\n")
    record = CALL | {
        "ref": {"network": "crm", "key": "{nr}", "kind": "call"}, "actor": {"network": "mail", "key": "{who}"},
        "occurred_at": "{when|date}", "targets": [],
    }  # fmt: skip
    answer = await check(own, "csv", path=str(tmp_path / "calls.csv"), records=[{"record": record}])
    found = answer.json()
    assert answer.status_code == 200, answer.text
    assert [one["ref"]["key"] for one in found["preview"]] == ["1"]
    assert found["preview"][0]["actor"] == {"network": "mail", "key": "ada@x.org"}
    assert found["warnings"][0].startswith("line 3: 'soon' is no date")
    bad = {"record": record | {"actr": {}}}
    answer = await check(own, "csv", path=str(tmp_path / "calls.csv"), records=[{"record": record}, bad])
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (422, "/config/records/1")
    assert "record/actr: there is no such field" in str(error)


async def test_deliveries_signed_as_the_settings_say_are_worked_in(own: Client, tmp_path: Path) -> None:
    config = {"records": [{"record": CALL}], "signature": SIGNED, "secret": SECRET}
    created = await own.send("POST", "/v1/sources", json={"connector": "webhook", "name": "crm", "config": config})
    assert created.status_code == 201, created.text
    hook, stamp = created.json()["hook"], str(int(time.time()))
    body = msgspec.json.encode({"id": 7, "by": "Ada@x.org", "at": "2024-05-01T10:00:00Z", "with": "bob@x.org"})

    async def push(body: bytes, secret: str, at: str) -> int:
        signature = base64.b64encode(hmac.digest(secret.encode(), at.encode() + b"." + body, hashlib.sha256)).decode()
        headers = {"x-crm-signature": signature, "x-crm-time": at}
        answer = await own.http.post(hook, content=body, headers=headers)
        return int(answer.status_code)

    assert await push(body, "another-secret", stamp) == 401
    assert await push(body, SECRET, str(int(stamp) - 4000)) == 401
    assert await push(body, SECRET, stamp) == await push(body, SECRET, stamp) == 202
    ground = Ground(tmp_path, ANYWHERE, vault=open_vault(Settings(home=tmp_path)))
    runner = Runner(own.pool, KINDS, load_registry().connectors, ground, most=2, lease_seconds=30)
    async with workspace(own.pool, own.workspace_id) as db:
        [job] = await db.fetch(
            "UPDATE jobs SET due_at = now() WHERE workspace_id = $1 AND kind = 'receive' RETURNING id", own.workspace_id
        )
    await runner.start(own.workspace_id, job["id"])
    async with workspace(own.pool, own.workspace_id) as db:
        found = await db.fetch("SELECT key, kind FROM interactions WHERE workspace_id = $1", own.workspace_id)
    assert [(row["key"], row["kind"]) for row in found] == [("7", "call")]
