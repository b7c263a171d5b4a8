"""No operation shows, or even admits, what belongs to another workspace."""

import re
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from kith.api.app import ROUTES
from kith.domain import ids
from kith.store.db import workspace
from kith.store.jobs import enqueue
from tests.integration.api.conftest import Square
from tests.integration.api.town import Town

NOUNS = {
    "person_id": "person ada",
    "other_id": "person bo",
    "identity_id": "identity ada",
    "channel_id": "channel core",
}
WITH_IDS = [
    (method, re.sub(r":str\}", "}", path), handler)
    for handler in ROUTES
    for method in sorted(handler.http_methods)
    for path in handler.paths
    if re.search(r"\{\w+_id:str\}", path)
]


async def foreign_ids(square: Square, town: Town) -> dict[str, str]:
    """Return an existing id of every kind that paths may hold."""
    known = {name: town.ids[key] for name, key in NOUNS.items()} | {
        "conversation_id": town.ids["conversation"],
        "source_id": town.ids["source"],
    }
    async with workspace(square.client.pool, town.workspace_id) as db:
        interaction = await db.fetchval(
            "SELECT id FROM interactions WHERE workspace_id = $1 LIMIT 1", town.workspace_id
        )
        job, _ = await enqueue(db, town.workspace_id, "rebuild", {}, slot="test")
        run = UUID(int=town.workspace_id.int + 1)
        await db.execute(
            "INSERT INTO runs (workspace_id, id, source_id, job_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            town.workspace_id, run, town.source_id, job,
        )  # fmt: skip
    rows = {"interaction_id": interaction, "job_id": job, "run_id": run}
    return known | {name: ids.encode(name.removesuffix("_id"), value) for name, value in rows.items()}


BODIES: dict[str, Any] = {"PATCH": {"name": "mine now"}}


@pytest.mark.parametrize(
    ("method", "path", "handler"), WITH_IDS, ids=lambda value: getattr(value, "operation_id", None)
)
async def test_a_foreign_id_is_not_found(square: Square, method: str, path: str, handler: Any) -> None:
    theirs = path.format(**await foreign_ids(square, square.theirs))
    ours = path.format(**await foreign_ids(square, square.ours))
    answer = await square.client.send(method, theirs, json=BODIES.get(method))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    if method == "GET":
        assert (await square.client.send(method, ours)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "handler"), WITH_IDS, ids=lambda value: getattr(value, "operation_id", None)
)
async def test_an_id_of_another_noun_is_not_found(square: Square, method: str, path: str, handler: Any) -> None:
    known = await foreign_ids(square, square.ours)
    wrong = {name: "tok_" + value.partition("_")[2] for name, value in known.items()}
    answer = await square.client.send(method, path.format(**wrong), json=BODIES.get(method))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_lists_hold_nothing_of_others(square: Square) -> None:
    foreign = set((await foreign_ids(square, square.theirs)).values())
    for handler in ROUTES:
        path = next(iter(handler.paths))
        if path.startswith("/v1/") and "{" not in path and "GET" in handler.http_methods:
            answer = await square.client.send("GET", path)
            assert answer.status_code == 200, path
            assert not foreign & set(re.findall(r"[a-z]{3}_[0-9a-z]{26}", answer.text)), path


async def test_filters_by_foreign_ids_find_nothing(square: Square) -> None:
    theirs = await foreign_ids(square, square.theirs)
    for path in (
        f"/v1/interactions?person={theirs['person_id']}",
        f"/v1/interactions?identity={theirs['identity_id']}",
        f"/v1/interactions?channel={theirs['channel_id']}",
        f"/v1/interactions?q=lanterns&person={theirs['person_id']}",
        f"/v1/identities?person={theirs['person_id']}",
        f"/v1/relationships?person={theirs['person_id']}",
        f"/v1/channels?parent={theirs['channel_id']}",
    ):
        assert (await square.client.get(path))["data"] == [], path


async def test_search_refuses_another_workspace_than_the_bound_one(square: Square) -> None:
    async with workspace(square.client.pool, square.ours.workspace_id) as db:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db.fetch("SELECT search_identities($1, 'ada')", square.theirs.workspace_id)


async def test_without_a_bound_workspace_there_is_nothing(square: Square) -> None:
    async with square.client.pool.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM interactions") == 0
        assert await db.fetchval("SELECT count(*) FROM idempotency_keys") == 0


async def test_a_token_of_theirs_sees_theirs(square: Square) -> None:
    token = await square.client.token_for(["people:read"], square.theirs.workspace_id)
    listed = await square.client.get("/v1/people", token=token)
    assert {person["id"] for person in listed["data"]} >= {square.theirs.ids["person ada"]}
    assert square.ours.ids["person ada"] not in str(listed)
