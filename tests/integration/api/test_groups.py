from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from kith.store.db import Pool
from tests.integration.api import town
from tests.integration.api.conftest import Client, connected
from tests.integration.api.contract import Contract

TEAM = {"name": "team", "description": "Us."}


@dataclass
class Home:
    client: Client
    ids: dict[str, str]

    def people(self, *names: str) -> list[str]:
        return [self.ids[f"person {name}"] for name in names]

    async def create(self, **content: object) -> dict[str, object]:
        answer = await self.client.send("POST", "/v1/groups", json=content)
        assert answer.status_code == 201, answer.text
        made: dict[str, object] = answer.json()
        return made


@pytest.fixture
async def home(fresh_url: str, pool: Pool, contract: Contract) -> AsyncIterator[Home]:
    built = await town.build(pool, "home")
    async with connected(fresh_url, pool, built.workspace_id, None, contract) as client:
        yield Home(client, built.ids)


async def test_no_token_no_groups(home: Home) -> None:
    assert (await home.client.send("GET", "/v1/groups", token=None)).status_code == 401


async def test_who_may_read_may_not_write(home: Home) -> None:
    token = await home.client.token_for(["groups:read"])
    assert (await home.client.send("GET", "/v1/groups", token=token)).status_code == 200
    assert (await home.client.send("POST", "/v1/groups", token=token, json=TEAM)).status_code == 403


async def test_a_group_of_another_workspace_does_not_exist(home: Home, pool: Pool) -> None:
    made = await home.create(**TEAM)
    other = await town.build(pool, "other")
    token = await home.client.token_for(["groups:read", "groups:write", "people:read", "relationships:read"],
                                        other.workspace_id)  # fmt: skip
    for tail in ("", "/people", "/relationship-mix"):
        assert (await home.client.send("GET", f"/v1/groups/{made['id']}{tail}", token=token)).status_code == 404
    assert (await home.client.send("DELETE", f"/v1/groups/{made['id']}", token=token)).status_code == 404
    strangers = {"name": "strangers", "people": home.people("ada")}
    refused = await home.client.send("POST", "/v1/groups", token=token, json=strangers)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/people")


async def test_a_group_lives_from_its_creation_to_its_end(home: Home) -> None:
    made = await home.create(**TEAM, people=home.people("ada", "bo"))
    path = f"/v1/groups/{made['id']}"
    shown = await home.client.send("GET", path)
    assert (shown.json(), made["size"]) == (made, 2)
    taken = await home.client.send("POST", "/v1/groups", json=TEAM)
    assert (taken.status_code, taken.json()["code"]) == (409, "conflict")
    changed = await home.client.send(
        "PATCH", path, json={"people": home.people("cyd")}, headers={"If-Match": shown.headers["etag"]}
    )
    assert (changed.status_code, changed.json()["people"], changed.json()["name"]) == (200, home.people("cyd"), "team")
    late = await home.client.send("PATCH", path, json={"name": "us"}, headers={"If-Match": shown.headers["etag"]})
    assert late.status_code == 412
    assert [group["name"] for group in (await home.client.get("/v1/groups"))["data"]] == ["team"]
    assert (await home.client.send("DELETE", path)).status_code == 200
    assert (await home.client.send("GET", path)).status_code == 404
    assert (await home.client.get("/v1/people"))["data"]


async def test_people_are_in_a_group_by_name_by_organization_and_by_channel(home: Home) -> None:
    organization = await home.client.send(
        "POST", "/v1/organizations", json={"name": "Home", "domains": ["home.example"]}
    )
    made = await home.create(
        name="friends",
        people=home.people("ada"),
        organization=organization.json()["id"],
        channel=home.ids["channel list@example.org"],
    )
    path = f"/v1/groups/{made['id']}/people"
    found = {person["name"] for person in await home.client.pages(f"{path}?limit=1")}
    assert {"Ada", "Dan"} <= found
    assert found <= {"Ada", "Dan", "Eve At Home"}
    assert made["size"] == len(found)


async def test_a_member_goes_where_the_identity_goes(home: Home, pool: Pool) -> None:
    made = await home.create(name="eves", people=home.people("eve", "eve at home"))
    assert made["size"] == 2
    await town.join(pool, town.Town(home.client.workspace_id, home.client.workspace_id, home.ids), "eve", "eve at home")
    assert (await home.client.get(f"/v1/groups/{made['id']}"))["size"] == 1


async def test_the_mix_counts_each_relationship_between_two_groups_once(home: Home) -> None:
    us = await home.create(name="us", people=home.people("ada", "eve"))
    them = await home.create(name="them", people=home.people("bo", "cyd", "ada"))
    mix = await home.client.get(f"/v1/groups/{us['id']}/relationship-mix?with={them['id']}&months=2")
    # Ada with Bo and with Cyd, Eve with Ada and with Bo.
    assert mix["pairs"] == sum(share["pairs"] for share in mix["mix"]) == 4
    assert (sum(share["given"] for share in mix["mix"]), sum(share["received"] for share in mix["mix"])) == (6, 3)
    assert len(mix["months"]) == 3
    assert mix["as_of"] == mix["months"][-1]["day"] == town.ago(0).date().isoformat()
    assert {each["word"]: each["pairs"] for each in mix["months"][-1]["mix"]} == {
        share["word"]: share["pairs"] for share in mix["mix"]
    }
    others = await home.client.get(f"/v1/groups/{us['id']}/relationship-mix?months=0")
    assert others["pairs"] == 4  # Ada with Bo and Cyd, Eve with Bo and Dan; nobody is in touch with a robot
    same = await home.client.get(f"/v1/groups/{us['id']}/relationship-mix?with={us['id']}")
    assert same["pairs"] == 1
    nobody = await home.client.send("GET", f"/v1/groups/{us['id']}/relationship-mix?with=grp_{'0' * 26}")
    assert nobody.status_code == 404


async def test_a_saved_search_is_a_group(home: Home) -> None:
    client = home.client
    ada, bo = home.people("ada", "bo")
    tag = (await client.send("POST", "/v1/attributes", json={"name": "speaker", "type": "tag"})).json()["id"]
    circle = (await client.send("POST", "/v1/communities", json={"name": "Circle", "people": [ada, bo]})).json()["id"]
    name = (await client.get(f"/v1/people/{ada}"))["name"]
    made = await home.create(name="found", search={"q": name.upper(), "attribute": tag, "community": circle})
    path = f"/v1/groups/{made['id']}"

    async def found() -> list[str]:
        return [each["id"] for each in await client.pages(f"{path}/people?limit=1")]

    assert (made["search"], made["size"], await found()) == (
        {"q": name.upper(), "attribute": tag, "community": circle}, 0, [],
    )  # fmt: skip
    for person in (ada, bo):
        body = {"attribute_id": tag, "value": True, "person_id": person}
        assert (await client.send("POST", "/v1/attribute-values", json=body)).status_code == 200
    assert await found() == [ada], "who meets all of it, also what came later"
    changed = await client.send("PATCH", path, json={"search": {"attribute": tag}}, headers={"If-Match": "*"})
    assert (changed.json()["search"]["q"], changed.json()["size"], await found()) == (None, 2, sorted([ada, bo]))
    kept = await client.send("PATCH", path, json={"description": "Ours."}, headers={"If-Match": "*"})
    assert (kept.json()["search"], kept.json()["size"]) == (changed.json()["search"], 2)
    for search, pointer in (({}, "/search"), ({"community": circle[:-1] + "7"}, "/search/community")):
        refused = await client.send("POST", "/v1/groups", json={"name": "no", "search": search})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    less = await client.token_for(["groups:write"])
    for search in ({"attribute": tag}, {"community": circle}):
        answer = await client.send("POST", "/v1/groups", json={"name": "no", "search": search}, token=less)
        assert answer.status_code == 403
    assert (await client.send("DELETE", f"/v1/attributes/{tag}")).status_code == 200
    assert await found() == [], "what is gone finds nobody"
