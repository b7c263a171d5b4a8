"""What was seen decides until when is spoken of it."""

from typing import Any

from kith.store.db import workspace
from tests.integration.api.cases import requests, store, told_by_file
from tests.integration.api.conftest import Client
from tests.integration.detections import detect_in

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


async def people(client: Client) -> dict[str, str]:
    """Return the ids of everybody, by the keys of their accounts."""
    return {each["key"]: each["person_id"] for each in (await client.get("/v1/identities?limit=200"))["data"]}


def spoken(answer: Any) -> Any:
    return [answer[name] for name in ("as_of", "strength", "word", "first_day", "last_day")]
