"""Webhooks as a resource: what workers then do is told in tests/integration/workers/test_deliver.py."""

import base64
from typing import Any
from uuid import UUID

import pytest

from kith.store import events
from kith.store.db import workspace
from tests.integration.api.conftest import Client

URL = "https://app.example/hooks"


async def create(client: Client, status: int = 201, token: str = "", **body: Any) -> Any:
    answer = await client.send("POST", "/v1/webhooks", json={"url": URL} | body, token=token)
    assert answer.status_code == status, answer.text
    return answer.json()


async def tell(client: Client, *roles: str) -> None:
    async with workspace(client.pool, client.workspace_id) as db:
        for role in roles:
            await events.tell_of_member(db, client.workspace_id, "member.changed", UUID(int=7), role)


async def waiting(client: Client) -> int:
    async with workspace(client.pool, client.workspace_id) as db:
        count: int = await db.fetchval("SELECT count(*) FROM webhook_events WHERE status = 'waiting'")
    return count


async def test_its_secret_is_shown_once_and_kept_sealed(client: Client) -> None:
    made = await create(client, types=["person.joined"])
    assert made["secret"].startswith("whsec_")
    shown = await client.get(f"/v1/webhooks/{made['id']}")
    assert "secret" not in shown
    assert (shown["url"], shown["types"], shown["status"]) == (URL, ["person.joined"], "active")
    async with workspace(client.pool, client.workspace_id) as db:
        row = await db.fetchval("SELECT w::text FROM webhooks w")
    kept = made["secret"].encode().hex(), base64.b64decode(made["secret"][6:]).hex()
    assert not [plain for plain in (made["secret"][6:], *kept) if plain in row], "bytes are shown in hex"
    rotated = (await client.send("POST", f"/v1/webhooks/{made['id']}/secrets")).json()
    assert rotated["secret"] != made["secret"]


@pytest.mark.parametrize(
    "url",
    [
        "http://app.example/", "ftp://app.example/", "https://localhost/", "https://127.0.0.1/", "https://10.0.0.1/",
        "https://[::1]/", "https://u:p@app.example/", "https://", "nowhere", "https://169.254.169.254/latest",
    ],
)  # fmt: skip
async def test_an_address_that_must_not_be_asked_is_refused(client: Client, url: str) -> None:
    refused = await create(client, 422, url=url)
    assert refused["errors"][0]["pointer"] == "/url"
    made = await create(client)
    changed = await client.send("PATCH", f"/v1/webhooks/{made['id']}", json={"url": url})
    assert changed.status_code == 422


async def test_it_is_tried_paused_and_gone(client: Client) -> None:
    made = await create(client)
    path = f"/v1/webhooks/{made['id']}"
    other = await create(client)
    assert (await client.send("POST", f"{path}/tests")).json() == {"events": 1}
    assert await waiting(client) == 1, "the other gets none"
    paused = await client.send("PATCH", path, json={"status": "paused"})
    assert paused.json()["status"] == "paused"
    assert [one["id"] for one in await client.pages("/v1/webhooks?limit=1")] == [made["id"], other["id"]]
    assert (await client.get(f"{path}/deliveries"))["data"] == []
    assert (await client.send("DELETE", path)).status_code == 200
    assert (await client.send("GET", path)).status_code == 404


async def test_one_event_or_a_period_is_delivered_again(client: Client) -> None:
    for role in ("one", "two", "three"):
        await tell(client, role)
    made = await create(client)
    path = f"/v1/webhooks/{made['id']}/replays"
    assert await waiting(client) == 0, "it gets what happens from now on"
    found = (await client.get("/v1/events"))["data"]
    one = await client.send("POST", path, json={"event_id": found[0]["id"]})
    assert (one.json(), await waiting(client)) == ({"events": 1}, 1)
    rest = await client.send("POST", path, json={"before": found[0]["occurred_at"]})
    assert (rest.json(), await waiting(client)) == ({"events": 2}, 3)
    assert (await client.send("POST", path, json={"since": "2030-01-01"})).json() == {"events": 0}
    for body in ({}, {"event_id": found[0]["id"], "since": "2026-01-01"}, {"event_id": f"evt_{'0' * 26}"}):
        assert (await client.send("POST", path, json=body)).status_code == 422
    blind = await client.token_for(["webhooks:write"])
    deaf = await create(client, token=blind)
    heard = await client.send("POST", f"/v1/webhooks/{deaf['id']}/replays", json={"since": "2020-01-01"})
    assert heard.json() == {"events": 0}, "its creator may not read who is a member"
