"""Meetings and calls that are typed in: participants are found, or kept open."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kith.projections.project import project
from kith.store import members, sign_ins
from kith.store.db import workspace
from kith.store.tokens import create_token
from tests.integration.api.conftest import Client
from tests.integration.api.test_batches import write

WHEN = "2026-05-01T20:00:00Z"
ADA = {"type": "identity", "ref": {"network": "forum", "host": "talk.example", "key": "7"}, "name": "Ada Lovelace",
       "handle": "ada", "address": "ada@example.org", "verified": True, "seen_at": WHEN}  # fmt: skip


async def typed(client: Client, *participants: Any, status: int = 201, token: str = "", **more: Any) -> Any:
    body = {"occurred_at": WHEN, "participants": participants, "actor": {"address": "mia@example.org"}} | more
    answer = await client.send("POST", "/v1/interactions", json=body, token=token)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_whoever_is_known_is_found(client: Client) -> None:
    ada = (await write(client, "identities", ADA))["data"][0]["id"]
    person = (await client.get(f"/v1/identities/{ada}"))["person_id"]
    for given in ({"handle": "@Ada", "network": "forum"}, {"identity_id": ada}, {"person_id": person}):
        made = await typed(client, given, title="Cocktail party")
        assert [target["identity"]["id"] for target in made["targets"]] == [ada]
        assert made["kind"] == "meet"
        assert not set(made["open"]) & {ada}
        assert (await client.get(f"/v1/interactions/{made['id']}"))["title"] == "Cocktail party"


async def test_whoever_is_not_known_is_kept_open_and_is_one_each_time(client: Client) -> None:
    first = await typed(client, {"name": "Grace  Hopper"}, {"handle": "grace", "network": "mastodon"})
    again = await typed(client, {"name": "grace hopper"})
    assert len(first["open"]) == 3, "me as well"
    assert again["open"] == []
    assert again["targets"][0]["identity"]["id"] == first["targets"][0]["identity"]["id"]
    shown = await client.get(f"/v1/identities/{first['targets'][0]['identity']['id']}")
    assert (shown["network"], shown["name"].title()) == ("app", "Grace Hopper")


async def test_a_meeting_makes_a_tie(client: Client) -> None:
    await typed(client, {"address": "Ada@Example.org", "name": "Ada"}, kind="call")
    async with workspace(client.pool, client.workspace_id) as db:
        await project(db, client.workspace_id, datetime.now(UTC))
    (tie,) = (await client.get("/v1/relationships"))["data"]
    assert tie["given"] + tie["received"] == 1


async def test_the_same_key_replaces_what_was_written(client: Client) -> None:
    one = await typed(client, {"name": "Bo"}, key="note-1", text="Hello.")
    two = await typed(client, {"name": "Bo"}, {"name": "Cy"}, key="note-1", text="Hello, both.")
    assert (two["id"], two["text"], len(two["targets"])) == (one["id"], "Hello, both.", 2)
    other = await typed(client, {"name": "Bo"}, key="note-2")
    assert other["id"] != one["id"]


async def test_a_member_is_who_acted(client: Client) -> None:
    home = client.workspace_id
    async with workspace(client.pool, home) as db:
        sign_in = await sign_ins.create_sign_in(db, "Olga", None)
        member = await members.create_member(db, home, sign_in.id, "analyst")
        token = await create_token(db, home, "hers", ["interactions:read", "interactions:write"], None, member.id)
    made = await typed(client, {"name": "Bo"}, actor=None, token=token)
    assert made["actor"]["name"] == "Olga"
    refused = await typed(client, {"name": "Bo"}, actor=None, status=422)
    assert refused["errors"][0]["pointer"] == "/actor"


async def test_what_was_written_is_taken_back(client: Client) -> None:
    made = await typed(client, {"name": "Bo"}, key="note-1")
    gone = await client.send("DELETE", f"/v1/interactions/{made['id']}")
    assert (gone.status_code, gone.json()["id"]) == (200, made["id"])
    assert (await client.send("GET", f"/v1/interactions/{made['id']}")).status_code == 404
    assert (await client.send("DELETE", f"/v1/interactions/{made['id']}")).status_code == 404
    assert (await typed(client, {"name": "Bo"}, key="note-1"))["id"] == made["id"]


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({}, "/participants/0"),
        ({"name": " "}, "/participants/0"),
        ({"handle": "ada"}, "/participants/0"),
        ({"network": "forum", "name": "Ada"}, "/participants/0"),
        ({"address": "ada"}, "/participants/0/address"),
        ({"address": "ada@example.org", "handle": "ada", "network": "forum"}, "/participants/0"),
        ({"person_id": f"per_{'0' * 26}"}, "/participants/0/person_id"),
        ({"identity_id": f"idn_{'0' * 26}"}, "/participants/0/identity_id"),
    ],
)
async def test_a_participant_who_is_none_is_refused_by_name(client: Client, given: Any, pointer: str) -> None:
    refused = await typed(client, given, status=422)
    assert refused["errors"][0]["pointer"] == pointer
    assert (await client.get("/v1/sources"))["data"] == [], "nothing was written"
