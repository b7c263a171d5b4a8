"""Whoever objects to being scored is in nobody's numbers, through rebuilding, joining and parting, until it is over."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kith.projections import rebuild
from kith.projections.project import project
from kith.store.db import Pool, workspace
from tests.integration.api import town
from tests.integration.api.conftest import Client, connected
from tests.integration.api.contract import Contract
from tests.integration.api.test_batches import act, ref, write
from tests.integration.detections import detect_in

NAMES = {"ada": "Ada Lovelace", "bo": "Bo Diddley", "cy": "Cy Twombly", "di": "Di Barrie"}


async def circle(client: Client) -> dict[str, str]:
    """Return four people, each of whom has written to each other twice."""
    told = [{"type": "identity", "ref": ref(key), "name": name, "seen_at": "2026-05-01T12:00:00Z"}
            for key, name in NAMES.items()]  # fmt: skip
    made = [item["id"] for item in (await write(client, "identities", *told))["data"]]
    pairs = [(a, b, n) for a in NAMES for b in NAMES if a != b for n in (1, 2)]
    await write(
        client, "interactions",
        *[act(f"{a}{b}{n}", actor=ref(a), targets=[{"identity": ref(b)}], occurred_at=f"2026-05-0{n}T12:00:00Z")
          for a, b, n in pairs],
    )  # fmt: skip
    await settle(client)
    return {key: (await client.get(f"/v1/identities/{id_}"))["person_id"] for key, id_ in zip(NAMES, made, strict=True)}


async def settle(client: Client) -> None:
    async with workspace(client.pool, client.workspace_id) as db:
        await project(db, client.workspace_id, datetime.now(UTC))


async def differences(client: Client) -> dict[str, Any]:
    home = client.workspace_id
    async with workspace(client.pool, home) as db:
        found = await rebuild.rebuild(db, lambda: workspace(client.pool, home), home, datetime.now(UTC))
    return {table: each for table, each in found.items() if any(each)}


async def ties(client: Client) -> dict[frozenset[str], float | None]:
    rows = (await client.get("/v1/relationships?limit=200"))["data"]
    return {frozenset((row["person"]["name"], row["other"]["name"])): row["strength"] for row in rows}


async def object_(client: Client, person: str, **body: Any) -> str:
    answer = await client.send("POST", f"/v1/people/{person}/objections", json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()["id"]
    assert isinstance(made, str)
    return made


async def test_whoever_objects_is_in_no_number_until_it_is_taken_back(client: Client) -> None:
    ids = await circle(client)
    before, ada = await ties(client), ids["ada"]
    asked = {"reason": "No rank for me.", "objected_at": "2026-05-03T00:00:00Z"}
    objection = await object_(client, ada, **asked)
    assert all("Ada Lovelace" not in pair for pair in await ties(client))
    assert len(await ties(client)) == 3
    for path in (
        f"/v1/relationships/{ada}/{ids['bo']}",
        f"/v1/relationships/{ids['bo']}/{ada}/trust",
        f"/v1/relationships/{ids['bo']}/{ada}/history",
        f"/v1/people/{ada}/dialogue",
        f"/v1/dialogue?of={ada}",
    ):
        answer = await client.send("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (409, "objected"), path
    for path in (f"/v1/people/{ada}/relationships", f"/v1/people/{ada}/trust", f"/v1/people/{ada}/roles"):
        assert (await client.get(path))["data"] == []
    pair = await client.get(f"/v1/relationships/{ids['bo']}/{ids['cy']}")
    assert pair["circle"] == {"shared": 1, "either": 1, "left_out": 1}
    assert (await client.get(f"/v1/people/{ada}"))["objects"] is True
    assert ada in {row["id"] for row in (await client.get("/v1/people"))["data"]}, "she is no secret"
    shown = await client.get(f"/v1/objections/{objection}")
    assert (shown["person_ids"], shown["reason"], shown["ended_at"]) == ([ada], asked["reason"], None)
    assert await differences(client) == {}
    ended = await client.send("DELETE", f"/v1/objections/{objection}", headers={"If-Match": '"1"'})
    assert ended.json()["ended_by"] == ended.json()["author"]
    assert (await client.send("DELETE", f"/v1/objections/{objection}", headers={"If-Match": '"1"'})).status_code == 412
    assert (await ties(client)).keys() == before.keys()
    assert await differences(client) == {}
    assert await ties(client) == before
    told = [event["type"] for event in (await client.get("/v1/events?type=person.objected,person.scored"))["data"]]
    assert told == ["person.scored", "person.objected"]
    audited = {entry["operation"] for entry in (await client.get("/v1/audit"))["data"]}
    assert {"createObjection", "endObjection"} <= audited
    assert (await client.get(f"/v1/objections?person={ada}&standing=true"))["data"] == []


@pytest.mark.parametrize(("stays", "objecting"), [("ada", "bo"), ("bo", "ada")])
async def test_it_holds_through_joining_and_parting(client: Client, stays: str, objecting: str) -> None:
    ids = await circle(client)
    before = await ties(client)
    await object_(client, ids[objecting])
    apart = await ties(client)
    joined = await client.send("POST", f"/v1/people/{ids[stays]}/merges", json={"person_id": ids[objecting]})
    assert joined.status_code < 300, joined.text
    await settle(client)
    assert await ties(client) == {frozenset(("Cy Twombly", "Di Barrie")): pytest.approx(0, abs=1)}
    assert await differences(client) == {}
    living = (await client.get(f"/v1/people?ids={ids[stays]}"))["data"][0]["id"]
    (merge,) = (await client.get(f"/v1/people/{living}/merges"))["data"]
    parted = await client.send("DELETE", f"/v1/people/{living}/merges/{merge['id']}")
    assert parted.status_code == 200, parted.text
    await settle(client)
    assert (await ties(client)).keys() == apart.keys() < before.keys()
    assert await differences(client) == {}


async def test_communities_roles_and_maps_are_without_them(
    fresh_url: str, pool: Pool, servers: Any, contract: Contract
) -> None:
    home = await town.build(pool, "looked at")
    await town.look_at(pool, home)
    async with connected(fresh_url, pool, home.workspace_id, None, contract) as client:
        (community, *_) = (await client.get("/v1/communities"))["data"]
        path, ada = f"/v1/communities/{community['id']}", home.ids["person ada"]
        assert "Ada" in (await client.send("GET", f"{path}/map.svg")).text
        await object_(client, ada)
        for round_ in ("at once", "after the next detection"):
            people = [row["person"]["name"] for row in (await client.get(f"{path}/people"))["data"]]
            assert "Ada" not in people, round_
            assert len(people) == 5, round_
            assert ada not in (await client.send("GET", f"{path}/roles")).text, round_
            assert ada not in (await client.send("GET", f"{path}/map")).text, round_
            assert ">Ada<" not in (await client.send("GET", f"{path}/map.svg")).text, round_
            assert (await client.get(f"/v1/communities?person={ada}"))["data"] == [], round_
            async with workspace(pool, home.workspace_id) as db:
                await detect_in(db, home.workspace_id)
            (community, *_) = (await client.get("/v1/communities"))["data"]
            path = f"/v1/communities/{community['id']}"
        assert community["size"] == 5
