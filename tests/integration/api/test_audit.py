"""The audit: every change is told, in its transaction and without naming anybody; whoever meddles with it is found."""

import asyncio
import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from kith.api.routes import ROUTES
from kith.domain.audit import BEGINNING, Entry, digest
from kith.projections import audit
from kith.runtime.settings import Settings
from kith.store import audit as store
from kith.store.db import workspace
from kith.workers.forget import forget
from tests.integration.api.changing import own_square  # noqa: F401 -- a fixture
from tests.integration.api.conftest import RECORDS, Client, Square
from tests.integration.api.test_repeats import BODIES as POSTED
from tests.integration.api.test_repeats import HEADERS, filled, organization, suggestion
from tests.integration.api.test_tenants import BODIES, foreign_ids

CHANGES = {
    str(handler.operation_id): handler
    for handler in ROUTES
    if not handler.http_methods & {"GET"} and not handler.opt.get("safe") and not handler.opt.get("public")
}
#: What cannot succeed in the town, as it is made for tests of ids alone.
REFUSED = {
    "undoMerge", "deleteAffiliation", "confirmMyIdentity", "denyMyIdentity", "updateMember", "removeMember",
    "authorizeSource", "deleteInteraction", "appendToUpload", "setInferredReply", "resetInferredReply",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CHANGES, key=lambda name: (str(name).startswith("delete"), name)))
async def test_a_change_is_told_and_a_refusal_is_not(square: Square, name: str) -> None:
    handler, client = CHANGES[name], square.client
    (method,) = handler.http_methods
    known = await foreign_ids(square, square.ours) | {"second_identity_id": square.ours.ids["identity dan"]}
    known |= {
        "name": "github",
        "suggestion_id": await suggestion(square),
        "organization_id": await organization(square, f"told {name}"),
    }
    if name.endswith("Community") and method != "POST":
        made = await client.send("POST", "/v1/communities", json={"name": name, "people": []})
        known["community_id"] = made.json()["id"]
    if "{workspace:str}" in next(iter(handler.paths)):
        made = await client.send("POST", "/v1/workspaces", json={"name": name})
        known["workspace"] = made.json()["workspace"]["id"]
    path = next(iter(handler.paths)).replace(":str}", "}").format(**known)
    before = await entries(client)
    body = filled(POSTED.get(name, BODIES.get(name)), known)
    answer = await client.send(method, path, json=body, headers=HEADERS.get(name, {}))
    after = await entries(client)
    if answer.status_code >= 300:
        assert after == before
        assert name in REFUSED or answer.status_code == 308, answer.text
        return
    (told,) = after[: len(after) - len(before)]
    me = await client.get("/v1/me")
    assert (told["operation"], told["actor"], told["token_id"]) == (name, "token", me["token"]["id"])
    assert told["request_id"] == answer.headers["request-id"]
    assert told["network"] == "127.0.0.0/24"
    ids = re.findall(r"[a-z]{3}_[0-9a-z]{26}", path)
    made_id = answer.json().get("id") if answer.content and name != "createWorkspace" else None
    assert told["object"] == (ids[-1] if ids else made_id)
    body = POSTED.get(name, BODIES.get(name)) or {}
    assert set(told["changed"]) >= set(body)


async def entries(client: Client) -> list[dict[str, Any]]:
    return await client.pages("/v1/audit?limit=50")


async def test_it_shows_settings_before_and_after_and_nothing_of_people(client: Client) -> None:
    made = (await client.send("POST", "/v1/groups", json={"name": "Press", "description": "Ada's friends"})).json()
    path = f"/v1/groups/{made['id']}"
    await client.send("PATCH", path, json={"name": "Journalists", "description": "Bo's friends"})
    await client.send("DELETE", path)
    deleted, changed, created = await entries(client)
    assert (created["before"], created["after"]) == ({}, {"name": "Press"})
    assert changed["changed"] == ["description", "name"]
    assert (changed["before"], changed["after"]) == ({"name": "Press"}, {"name": "Journalists"})
    assert (deleted["before"], deleted["after"]) == ({"name": "Journalists"}, {})
    config = {"connector": "ndjson", "name": "records", "config": {"path": str(RECORDS)}}
    await client.send("POST", "/v1/sources", json=config)
    source = (await entries(client))[0]
    assert source["after"] == {"name": "records", "connector": "ndjson", "schedule": None}
    assert "friends" not in json.dumps(await entries(client))
    assert str(RECORDS) not in json.dumps(await entries(client))


async def test_a_correction_of_a_person_names_nobody(square: Square) -> None:
    living = (await square.client.get("/v1/people?limit=1"))["data"][0]  # the cases above may have joined any two
    answer = await square.client.send("PATCH", f"/v1/people/{living['id']}", json={"name": "Bobby Tables"})
    assert answer.status_code == 200, answer.text
    (told,) = (await entries(square.client))[:1]
    assert (told["operation"], told["changed"], told["before"], told["after"]) == ("updatePerson", ["name"], {}, {})
    assert "Bobby" not in json.dumps(told)


async def test_filters_find_what_they_ask_for(client: Client) -> None:
    first = (await client.send("POST", "/v1/groups", json={"name": "one"})).json()["id"]
    await client.send("POST", "/v1/groups", json={"name": "two"})
    await client.send("PATCH", f"/v1/groups/{first}", json={"name": "three"})
    token = (await client.get("/v1/me"))["token"]["id"]

    async def found(query: str) -> list[int]:
        return [entry["number"] for entry in (await client.get(f"/v1/audit?{query}"))["data"]]

    assert await found("operation=createGroup") == [2, 1]
    assert await found("operation=createGroup,updateGroup&limit=2") == [3, 2]
    assert await found(f"object={first}") == [3, 1]
    assert await found(f"token={token}") == [3, 2, 1]
    assert await found("member=mem_01jd2wk8m4f3xv6r0q5t7y9zab") == []
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert await found(f"occurred_at[gte]={tomorrow}") == []
    assert await found(f"occurred_at[lt]={tomorrow}") == [3, 2, 1]


async def test_changes_at_once_make_one_chain(client: Client) -> None:
    sent = [client.send("POST", "/v1/groups", json={"name": f"group {number % 20}"}) for number in range(40)]
    made = [answer.status_code for answer in await asyncio.gather(*sent)].count(201)
    assert made == 20
    assert [entry["number"] for entry in await entries(client)] == list(range(20, 0, -1))
    async with workspace(client.pool, client.workspace_id) as db:
        chain, found = await audit.verify(db, client.workspace_id)
    assert (chain.number, found) == (20, None)


async def test_an_export_can_be_checked_by_anybody(client: Client) -> None:
    for number in range(5):
        await client.send("POST", "/v1/groups", json={"name": f"group {number}"})
    first = await client.send("GET", "/v1/audit/export?limit=3")
    following = re.findall(r'<([^>]+)>; rel="next"', first.headers["link"])[0]
    rest = await client.send("GET", following)
    assert "link" not in rest.headers
    previous = bytes(32)
    lines = (first.text + rest.text).splitlines()
    assert len(lines) == 5
    for line in lines:
        told = json.loads(line)
        said = json.dumps([told["workspace_id"], *told["entry"].values()], separators=(",", ":"), ensure_ascii=False)
        assert told["previous"] == previous.hex()
        previous = hashlib.sha256(previous + said.encode()).digest()
        assert told["hash"] == previous.hex()


CHANGE = "UPDATE audit_entries SET {} WHERE workspace_id = $1 AND number = 3"
ATTACKS = {
    "changed": [CHANGE.format("operation = 'deleteGroup'")],
    "changed by whom": [CHANGE.format("token_id = NULL")],
    "moved in time": [CHANGE.format("occurred_at = occurred_at + interval '1 microsecond'")],
    "another hash": [CHANGE.format(r"hash = '\x00'")],
    "removed": ["DELETE FROM audit_entries WHERE workspace_id = $1 AND number = 3"],
    "first removed": ["DELETE FROM audit_entries WHERE workspace_id = $1 AND number = 1"],
    "last removed": ["DELETE FROM audit_entries WHERE workspace_id = $1 AND number = 5"],
    "all removed": ["DELETE FROM audit_entries WHERE workspace_id = $1"],
    "reordered": [
        "UPDATE audit_entries SET number = 0 WHERE workspace_id = $1 AND number = 2",
        "UPDATE audit_entries SET number = 2 WHERE workspace_id = $1 AND number = 3",
        "UPDATE audit_entries SET number = 3 WHERE workspace_id = $1 AND number = 0",
    ],
}


@pytest.mark.parametrize("statements", ATTACKS.values(), ids=ATTACKS)
async def test_who_meddles_with_it_is_found(client: Client, statements: list[str]) -> None:
    for number in range(5):
        await client.send("POST", "/v1/groups", json={"name": f"group {number}"})
    async with workspace(client.pool, client.workspace_id) as db:
        before, found = await audit.verify(db, client.workspace_id)
        assert found is None
    await as_owner(client, statements)
    async with workspace(client.pool, client.workspace_id) as db:
        _, found = await audit.verify(db, client.workspace_id)
    assert found is not None
    assert before.number == 5


async def test_whoever_writes_it_anew_is_found_by_an_earlier_head(client: Client) -> None:
    for number in range(3):
        await client.send("POST", "/v1/groups", json={"name": f"group {number}"})
    async with workspace(client.pool, client.workspace_id) as db:
        chain, _ = await audit.verify(db, client.workspace_id)
    head = f"{chain.number}:{chain.hash.hex()}"
    await as_owner(
        client, [f"DELETE FROM {table} WHERE workspace_id = $1" for table in ("audit_entries", "audit_chains")]
    )
    for number in range(3, 8):
        await client.send("POST", "/v1/groups", json={"name": f"group {number}"})
    async with workspace(client.pool, client.workspace_id) as db:
        again, found = await audit.verify(db, client.workspace_id)
        assert found is None, "by itself it holds"
        assert not await audit.holds(db, client.workspace_id, again, head)
        assert await audit.holds(db, client.workspace_id, again, f"{again.number}:{again.hash.hex()}")


async def as_owner(client: Client, statements: list[str]) -> None:
    """Do what only who owns the database can."""
    db = await asyncpg.connect(client.app.state.settings.database_url)
    await db.execute(f"SET kith.workspace = '{client.workspace_id}'")
    for statement in statements:
        await db.execute(statement, client.workspace_id)
    await db.close()


@pytest.mark.parametrize("statement", [CHANGE.format("operation = 'x'"), *ATTACKS["removed"]])
async def test_the_application_itself_cannot_change_it(client: Client, statement: str) -> None:
    await client.send("POST", "/v1/groups", json={"name": "one"})
    async with workspace(client.pool, client.workspace_id) as db:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db.execute(statement, client.workspace_id)


async def test_what_is_old_is_forgotten_and_the_rest_still_holds(client: Client) -> None:
    for number in range(5):
        await client.send("POST", "/v1/groups", json={"name": f"group {number}"})
    await age(client, {1: 400, 2: 40, 3: 40, 4: 10})
    settings = client.app.state.settings
    kept = {"database_url": settings.database_url}
    for days, left in ((0, 5), (365, 4), (1, 2)):  # of the last month all stay
        await forget(client.pool, client.workspace_id, Settings(audit_days=days, event_days=days, **kept))
        async with workspace(client.pool, client.workspace_id) as db:
            chain, found = await audit.verify(db, client.workspace_id)
            events = await db.fetchval("SELECT count(*) FROM events WHERE workspace_id = $1", client.workspace_id)
        assert (chain.number - chain.first_number + 1, found) == (left, None)
        assert events == (2 if days != 1 else 1)
    await client.send("POST", "/v1/groups", json={"name": "another"})
    assert [entry["number"] for entry in await entries(client)] == [6, 5, 4]


async def age(client: Client, days: dict[int, int]) -> None:
    """Let entries be so old, with the hashes that they would then have; and have one old event, and one new."""
    async with workspace(client.pool, client.workspace_id) as db:
        await db.execute(
            """
            INSERT INTO events (workspace_id, id, type, data, occurred_at) VALUES
                ($1, $2, 'person.joined', '{}', now() - interval '40 days'), ($1, $3, 'person.joined', '{}', now())
            """,
            client.workspace_id, UUID(int=1), UUID(int=2),
        )  # fmt: skip
        rows = await store.read_on(db, client.workspace_id, 0, 10)
    owner = await asyncpg.connect(client.app.state.settings.database_url)
    await owner.execute(f"SET kith.workspace = '{client.workspace_id}'")
    previous = BEGINNING
    for row in rows:
        entry = Entry(
            **{name: getattr(row, name) for name in Entry.__struct_fields__}
            | {"occurred_at": row.occurred_at - timedelta(days=days.get(row.number, 0))}
        )
        hash_ = digest(client.workspace_id, previous, entry)
        await owner.execute(
            """
            UPDATE audit_entries SET occurred_at = $3, previous = $4, hash = $5 WHERE workspace_id = $1 AND number = $2
            """,
            client.workspace_id, row.number, entry.occurred_at, previous, hash_,
        )  # fmt: skip
        previous = hash_
    await owner.execute("UPDATE audit_chains SET hash = $2 WHERE workspace_id = $1", client.workspace_id, previous)
    await owner.close()
