"""Workspaces are made, renamed, counted, bounded, and deleted after a time in which they can be kept."""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from kith.domain import ids
from kith.domain.members import ROLES, scopes_of
from kith.domain.quotas import NO_QUOTAS, Quotas
from kith.projections import audit
from kith.store import workspaces
from kith.store.db import Db, workspace
from kith.workers import quotas
from kith.workers.work import Failed
from tests.integration.api import town
from tests.integration.api.conftest import RECORDS, Client, Square

NEW = {"connector": "ndjson", "name": "records", "config": {"path": str(RECORDS)}}


async def make(client: Client, name: str = "Another") -> tuple[str, str]:
    """Return the id and the first token of a new workspace."""
    made = await client.send("POST", "/v1/workspaces", json={"name": name})
    assert made.status_code == 201
    return made.json()["workspace"]["id"], made.json()["token"]


async def test_a_new_workspace_is_empty_and_its_token_reaches_nothing_else(client: Client) -> None:
    await client.send("POST", "/v1/groups", json={"name": "ours"})
    workspace_id, token = await make(client)
    own = await client.get("/v1/workspace", token=token)
    assert (own["id"], own["name"], own["delete_after"]) == (workspace_id, "Another", None)
    assert (await client.get("/v1/groups", token=token))["data"] == []
    assert (await client.send("POST", "/v1/groups", json={"name": "theirs"}, token=token)).status_code == 201
    assert [group["name"] for group in (await client.get("/v1/groups"))["data"]] == ["ours"]
    refused = await client.send("GET", "/v1/workspaces", token=token)
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    listed = {one["id"]: one["name"] for one in await client.pages("/v1/workspaces?limit=1")}
    assert listed[workspace_id] == "Another"
    assert len(listed) == 2
    told = [entry["operation"] for entry in await client.pages("/v1/audit?limit=5")]
    assert told == ["createWorkspace", "createGroup"]
    assert [entry["actor"] for entry in (await client.get("/v1/audit", token=token))["data"]] == ["token", "operator"]


async def test_a_repeated_request_makes_one_workspace_and_shows_its_token_once(client: Client) -> None:
    headers = {"Idempotency-Key": "one"}
    first, again = [await client.send("POST", "/v1/workspaces", json={"name": "x"}, headers=headers) for _ in range(2)]
    assert first.json()["workspace"] == again.json()["workspace"]
    assert (first.json()["token"] is None, again.json()["token"]) == (False, None)
    async with workspace(client.pool, client.workspace_id) as db:
        kept = await db.fetchval("SELECT body FROM idempotency_keys WHERE workspace_id = $1", client.workspace_id)
    assert first.json()["token"].encode() not in kept


def test_no_member_reaches_beyond_the_workspace() -> None:
    assert not [role for role in ROLES if {"workspaces:read", "workspaces:write"} & scopes_of(role)]


async def test_a_workspace_is_renamed_by_its_own_and_by_who_runs_the_instance(client: Client) -> None:
    workspace_id, token = await make(client)
    seen = await client.send("GET", "/v1/workspace", token=token)
    headers = {"If-Match": seen.headers["etag"]}
    renamed = await client.send("PATCH", "/v1/workspace", token=token, json={"name": "Press"}, headers=headers)
    assert renamed.json()["name"] == "Press"
    assert (
        await client.send("PATCH", "/v1/workspace", token=token, json={"name": "x"}, headers=headers)
    ).status_code == 412
    path = f"/v1/workspaces/{workspace_id}"
    assert (await client.send("PATCH", path, json={"name": "Friends"})).json()["name"] == "Friends"
    assert (await client.get("/v1/workspace", token=token))["name"] == "Friends"
    assert (await client.get("/v1/workspace"))["name"] != "Friends"


async def test_a_workspace_that_does_not_exist_is_not_found(client: Client) -> None:
    for path in (f"/v1/workspaces/wsp_{'0' * 26}", f"/v1/workspaces/tok_{'0' * 26}", "/v1/workspaces/x"):
        for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
            answer = await client.send(method, path, json=body)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_one_is_deleted_with_all_that_belongs_to_it_and_with_nothing_else(square: Square) -> None:
    client = square.client
    workspace_id, token = await make(client)
    raw = ids.decode("workspace", workspace_id)
    assert raw
    doomed = town.Town(raw, UUID(int=0))
    made = await client.send("POST", "/v1/sources", json=NEW, token=token)
    doomed.source_id = ids.decode("source", made.json()["id"]) or UUID(int=0)
    await town.tell(client.pool, doomed, town.records())
    path = f"/v1/workspaces/{workspace_id}"
    others = await rows(client, square.ours.workspace_id)
    deleted = await client.send("DELETE", path)
    again = await client.send("DELETE", path)
    assert deleted.json()["delete_after"] == again.json()["delete_after"] is not None
    assert (await client.get("/v1/workspace", token=token))["delete_after"], "everything goes on"
    assert await purge(client, raw) is None, "its time has not come"
    kept = await client.send("PATCH", path, json={"delete_after": None})
    assert kept.json()["delete_after"] is None
    assert (await client.send("PATCH", path, json={"delete_after": "2027-01-01T00:00:00Z"})).status_code == 422
    await client.send("DELETE", path)
    async with workspace(client.pool, raw) as db:
        await db.execute("UPDATE workspaces SET delete_after = now() - interval '1 s' WHERE workspace_id = $1", raw)
        assert (await audit.verify(db, raw))[1] is None
        sources = [row["id"] for row in await db.fetch("SELECT id FROM sources WHERE workspace_id = $1", raw)]
    assert len(await rows(client, raw)) > 15
    assert await purge(client, raw) == sources
    assert await rows(client, raw) == {}
    told = await rows(client, square.ours.workspace_id, "audit")
    assert await rows(client, square.ours.workspace_id) == others | told, "that alone has grown"
    assert (await client.send("GET", path)).status_code == 404
    async with client.pool.acquire() as db:
        for table in ("workspace_ids", "open_jobs", "source_states", "memberships"):
            assert not await db.fetchval(f"SELECT count(*) FROM {table} WHERE workspace_id = $1", raw), table


async def purge(client: Client, workspace_id: UUID) -> list[UUID] | None:
    async with workspace(client.pool, workspace_id) as db:
        return await workspaces.purge(db, workspace_id)


async def rows(client: Client, workspace_id: UUID, prefix: str = "") -> dict[str, int]:
    """Return how many rows each table has that has any."""
    async with workspace(client.pool, workspace_id) as db:
        names = await db.fetch(
            """
            SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id'
            WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relrowsecurity
            """
        )
        counted = {
            name: await db.fetchval(f"SELECT count(*) FROM {name}") for (name,) in names if name.startswith(prefix)
        }
    return {name: number for name, number in counted.items() if number}


async def test_the_own_workspace_cannot_be_deleted(client: Client) -> None:
    own = await client.get("/v1/workspace")
    answer = await client.send("DELETE", f"/v1/workspaces/{own['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_nobody_deletes_a_workspace_before_its_time(client: Client) -> None:
    assert await purge(client, client.workspace_id) is None
    other = UUID(int=5)
    async with workspace(client.pool, client.workspace_id) as db:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db.execute("SELECT purge_workspace($1)", other)


async def test_usage_counts_what_there_is(square: Square) -> None:
    usage = await square.client.get("/v1/usage")
    assert usage["sources"]["used"] == len((await square.client.get("/v1/sources"))["data"])
    assert usage["interactions"]["used"] == len(town.ACTS)
    assert usage["people"]["used"] == len(town.CAST)
    assert usage["people"]["quota"] is None
    async with workspace(square.client.pool, square.ours.workspace_id) as db:
        counted = await workspaces.count(db, square.ours.workspace_id)
    assert counted.storage > 10_000


async def test_quotas_hold(client: Client) -> None:
    settings = client.app.state.settings
    client.app.state.settings = changed(settings, quota_sources=2)
    for name, status in (("one", 201), ("two", 201), ("three", 403)):
        answer = await client.send("POST", "/v1/sources", json=NEW | {"name": name})
        assert answer.status_code == status, answer.text
    assert answer.json()["code"] == "quota_exceeded"
    assert (await client.get("/v1/usage"))["sources"] == {"used": 2, "quota": 2}
    sources = (await client.get("/v1/sources"))["data"]
    home = town.Town(client.workspace_id, ids.decode("source", sources[0]["id"]) or UUID(int=0))
    await town.tell(client.pool, home, town.records())
    async with workspace(client.pool, client.workspace_id) as db:
        people = len(town.CAST)
        for quota in (NO_QUOTAS, Quotas(people + 1, len(town.ACTS) + 1, 1000)):
            await quotas.check(db, client.workspace_id, quota)
        for quota in (Quotas(people=people), Quotas(interactions=len(town.ACTS))):
            assert await refused(db, client.workspace_id, quota) == "quota_exceeded"


def changed(settings: Any, **values: Any) -> Any:
    return msgspec.structs.replace(settings, **values)


async def refused(db: Db, workspace_id: UUID, quota: Quotas) -> str:
    with pytest.raises(Failed) as failed:
        await quotas.check(db, workspace_id, quota)
    return failed.value.problem.code
