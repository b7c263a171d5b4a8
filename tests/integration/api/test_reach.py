"""What was seen decides until when is spoken of it."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kith.connectors import Record
from kith.domain import ids
from kith.store.db import workspace
from kith.workers.ground import ANYWHERE, Ground
from kith.workers.kinds import KINDS
from kith.workers.runner import Runner
from tests.integration.api.cases import records_of, requests, store, told_by_file
from tests.integration.api.conftest import Client
from tests.integration.detections import detect_in
from tests.integration.upgrade import village
from tests.integration.upgrade.test_upgrade import differences

CASE = "as-of-and-an-unrelated-source"


async def test_a_source_that_does_not_see_two_people_makes_no_time_pass_for_them(client: Client) -> None:
    one, other = told_by_file(CASE, "a.ndjson"), told_by_file(CASE, "b.ndjson")
    detail, _, listed = [path for _, path, _ in requests(CASE)]
    await store(client, one, "a")
    ids = await people(client)
    before = (await client.get(detail.format(**ids)), (await client.get(listed))["data"])
    assert before[0]["as_of"] == before[1][0]["as_of"] == "2024-02-05"
    await store(client, other, "b")
    ids = await people(client)
    after = await client.get(detail.format(**ids))
    assert spoken(after) == spoken(before[0])
    again = (await client.get(listed))["data"]
    assert {each["as_of"] for each in again} == {"2024-02-05", "2024-06-15"}
    (still,) = [each for each in again if each["as_of"] == "2024-02-05"]
    assert spoken(still) == spoken(before[1][0])
    assert (await client.get(requests(CASE)[1][1].format(**ids)))["as_of"] == "2024-06-15"


async def test_a_declared_community_speaks_of_the_day_of_those_who_see_it(client: Client) -> None:
    await store(client, told_by_file(CASE, "a.ndjson"), "a")
    ids = await people(client)
    body = {"name": "two", "people": [ids["ada"], ids["bea"]]}
    made = (await client.send("POST", "/v1/communities", json=body)).json()["id"]
    found = []
    for name in (None, "b"):
        if name:
            await store(client, told_by_file(CASE, f"{name}.ndjson"), name)
        async with workspace(client.pool, client.workspace_id) as db:
            await detect_in(db, client.workspace_id)
        found.append(await client.get(f"/v1/communities/{made}"))
    assert [each["as_of"] for each in found] == ["2024-02-05"] * 2
    assert found[0]["health"] == found[1]["health"]


def strangers(seed: int) -> list[dict[str, Any]]:
    """Return what a small source tells of people whom nobody else knows, on later days, about other things."""
    chance = random.Random(seed)
    place = {"network": "forum", "host": f"talk{seed}.lund.example"}
    names = [f"s{n}" for n in range(chance.randint(2, 5))]
    told: list[dict[str, Any]] = []
    for number in range(chance.randint(3, 20)):
        one, other = chance.sample(names, 2)
        day = datetime(2024, 2, 5, 12, tzinfo=UTC) + timedelta(days=chance.randint(1, 400))
        told.append(
            {
                "type": "interaction",
                "ref": place | {"key": f"x{number}", "kind": chance.choice(["message", "answer", "thank", "review"])},
                "actor": place | {"key": one},
                "occurred_at": day.isoformat(),
                "targets": [{"identity": place | {"key": other}}],
                "channel": place | {"key": "room"},
                "text": chance.choice(["rain in the north", "snow on the pass"]),
                "visibility": "public",
            }
        )
    return told


@pytest.mark.parametrize("seed", range(3))
async def test_roles_and_trust_of_those_whom_a_later_source_does_not_see_stay(client: Client, seed: int) -> None:
    await store(client, records(village.records()), "village")
    found = []
    for name in ("", "strangers"):
        if name:
            await store(client, records(strangers(seed)), name)
        async with workspace(client.pool, client.workspace_id) as db:
            await detect_in(db, client.workspace_id, whole=True)
        known = await people(client)
        pair = f"/v1/relationships/{known['gus']}/{known['fay']}/trust"
        found.append(
            {
                "trust": [
                    trusted((await client.get(f"/v1/people/{known[who]}/trust"))["data"]) for who in village.MILLERS
                ],
                "trust of a pair": (await client.get(pair))["as_of"],
                "roles": [
                    held((await client.get(f"/v1/people/{known[who]}/roles"))["data"]) for who in village.MILLERS
                ],
            }
        )
    before, after = found
    assert any(before["trust"])
    assert any(before["roles"])
    assert {each[0] for whom in before["trust"] for each in whom} == {"2024-02-04"}
    assert not list(differences(after, before))


def trusted(answers: list[Any]) -> list[Any]:
    """Return the numbers, and until when they speak, in their order. Topics follow from all that is said."""
    found = [(each["as_of"], each["value"], each["low"], each["supports"], each["opposes"]) for each in answers]
    return sorted(found, key=lambda each: [f"{part:.6f}" if isinstance(part, float) else str(part) for part in each])


def held(roles: list[Any]) -> list[Any]:
    return [(role["as_of"], role["role"], role["sentence"], role["score"]) for role in roles]


def records(told: list[dict[str, Any]]) -> list[Record]:
    return records_of(b"\n".join(json.dumps(each).encode() for each in told))


@pytest.mark.parametrize("facts", ["keep", "withdraw"])
async def test_what_is_told_before_a_removal_is_what_goes(client: Client, facts: str) -> None:
    """A second source tells some of what the first tells, and more."""
    await store(client, records(village.records()), "village")
    acts = [each for each in village.records() if each["type"] == "interaction"]
    source = await store(client, records([*acts[:20], *strangers(1)]), "another")
    before = await counted(client)
    told = await client.get(f"/v1/sources/{source}/removal")
    assert told["interactions"] == len(strangers(1))
    assert told["shared"] >= 18  # one of the twenty was deleted
    job = await client.send("DELETE", f"/v1/sources/{source}?facts={facts}")
    assert job.status_code == 202
    runner = Runner(client.pool, KINDS, {}, Ground(Path("/nonexistent"), ANYWHERE), most=1, lease_seconds=30)
    job_id = ids.decode("job", job.json()["id"])
    assert job_id
    await runner.start(client.workspace_id, job_id)
    await runner.stop(1)
    gone = before - await counted(client)
    assert gone == (told["interactions"] if facts == "withdraw" else 0)
    assert [each["name"] for each in (await client.get("/v1/sources"))["data"]] == ["village"]


async def counted(client: Client) -> int:
    return len(await client.pages("/v1/interactions?limit=200"))


async def people(client: Client) -> dict[str, str]:
    """Return the ids of everybody, by the keys of their accounts."""
    return {each["key"]: each["person_id"] for each in (await client.get("/v1/identities?limit=200"))["data"]}


def spoken(answer: Any) -> Any:
    return [answer[name] for name in ("as_of", "strength", "word", "first_day", "last_day")]
