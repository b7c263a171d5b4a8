"""Communities, their pictures and exports, and topics, as clients see them."""

import csv
import io
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import igraph
import pytest

from kith.store.db import Pool
from tests.integration.api import town
from tests.integration.api.conftest import Client, connected
from tests.integration.api.contract import Contract

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
async def client(fresh_url: str, pool: Pool, servers: Any, contract: Contract) -> Any:
    """A client of a town that was looked at, with four areas in which people helped each other."""
    home = await town.build(pool, "looked at")
    await town.look_at(pool, home)
    async with connected(fresh_url, pool, home.workspace_id, None, contract) as client:
        client.home = home  # type: ignore[attr-defined]  # for the tests below
        yield client


async def first(client: Client) -> Any:
    return (await client.get("/v1/communities"))["data"][0]


async def test_a_community_is_shown_with_its_people_and_health(client: Client) -> None:
    listed = await first(client)
    shown = await client.get(f"/v1/communities/{listed['id']}")
    assert {name: shown[name] for name in listed} == listed
    assert listed["as_of"] == town.ago(0).date().isoformat()
    assert shown["health"]["people"] == shown["size"] == 6
    people = await client.pages(f"/v1/communities/{listed['id']}/people?limit=2")
    assert {row["person"]["name"] for row in people} == {"Ada", "Bo", "Cyd", "Dan", "Eve", "Eve At Home"}
    assert all(row["home"] and row["belonging"] == 1 for row in people)
    days = (await client.get(f"/v1/communities/{listed['id']}/health"))["data"]
    assert [{name: value for name, value in day.items() if name != "day"} for day in days] == [shown["health"]]
    ada = client.home.ids["person ada"]  # type: ignore[attr-defined]  # set by the fixture
    assert [row["id"] for row in (await client.get(f"/v1/communities?person={ada}"))["data"]] == [listed["id"]]
    assert (await client.get("/v1/communities?status=ended"))["data"] == []


async def test_a_community_was_born_when_it_was_and_says_how_it_does(client: Client) -> None:
    listed = await first(client)
    people = (await client.get("/v1/people"))["data"]
    arrived = sorted(person["first_seen"] for person in people if person["kind"] == "person")
    assert arrived[0] <= listed["born_at"] <= listed["computed_at"]
    assert listed["born_at"][:10] < listed["computed_at"][:10]
    said = (await client.get(f"/v1/communities/{listed['id']}"))["health"]["sentence"]
    assert said.startswith("6 people; 100% of their contact stays inside;")


@pytest.mark.parametrize("picture", ["map.svg", "map.png"])
async def test_a_picture_comes_as_plain_bytes_too(client: Client, picture: str) -> None:
    path = f"/v1/communities/{(await first(client))['id']}/{picture}"
    drawn = await client.send("GET", path)
    plain = await client.send("GET", path, headers={"Accept": "application/octet-stream"})
    assert drawn.headers["content-type"].startswith("image/")
    assert plain.headers["content-type"] == "application/octet-stream"
    assert plain.content == drawn.content


async def test_who_matters_is_one_call_with_sentences_and_interactions_that_exist(client: Client) -> None:
    path = f"/v1/communities/{(await first(client))['id']}/roles"
    people = (await client.get(path))["data"]
    assert [row["place"] for row in people] == list(range(1, len(people) + 1))
    roles = [role for row in people for role in row["roles"]]
    assert {role["as_of"] for role in roles} == {(await first(client))["as_of"]}
    assert {"connector", "maven", "core"} <= {role["role"] for role in roles}
    for row in people:
        for role in row["roles"]:
            assert role["sentence"].startswith("In the last year " + row["person"]["name"])
            assert role["interactions"]
            for id_ in role["interactions"]:
                act = await client.get(f"/v1/interactions/{id_}")
                named = {act["actor"]["person_id"], *(target["identity"]["person_id"] for target in act["targets"])}
                assert row["person"]["id"] in named
    assert await client.pages(f"{path}?limit=1") == people
    mavens = (await client.get(f"{path}?role=maven"))["data"]
    assert {role["role"] for row in mavens for role in row["roles"]} == {"maven"}
    chief = mavens[0]["person"]["id"]
    mine = await client.pages(f"/v1/people/{chief}/roles?limit=1")
    assert {role["role"] for role in mine} >= {"maven"}
    assert {role["community"]["id"] for role in mine} == {(await first(client))["id"]}


async def test_a_map_comes_as_places_as_svg_and_as_png_by_name_and_by_accept(client: Client) -> None:
    path = f"/v1/communities/{(await first(client))['id']}/map"
    drawn = await client.get(path)
    assert {person["name"] for person in drawn["people"]} >= {"Ada", "Bo", "Cyd"}
    assert "6 people" in drawn["summary"]
    by_name, by_accept = [
        await client.send("GET", f"{path}{suffix}", headers=headers)
        for suffix, headers in ((".svg", {}), ("", {"Accept": "image/svg+xml"}))
    ]
    assert by_name.content == by_accept.content
    svg = ET.fromstring(by_name.text)
    assert [svg[0].tag, svg[1].tag, svg[1].text] == [f"{SVG}title", f"{SVG}desc", drawn["summary"]]
    for suffix, headers in ((".png", {}), ("", {"Accept": "image/png"})):
        answer = await client.send("GET", f"{path}{suffix}", headers=headers)
        assert (answer.headers["content-type"], answer.content[:8]) == ("image/png", b"\x89PNG\r\n\x1a\n")


async def test_exports_are_read_by_other_programs(client: Client, tmp_path: Path) -> None:
    id_ = (await first(client))["id"]
    drawn = await client.get(f"/v1/communities/{id_}/map")
    answer = await client.send("GET", f"/v1/communities/{id_}/export?format=graphml")
    assert f'filename="{id_}.graphml"' in answer.headers["content-disposition"]
    file = tmp_path / "community.graphml"
    file.write_text(answer.text)
    graph = igraph.Graph.Read_GraphML(str(file))
    assert sorted(graph.vs["name"]) == sorted(person["name"] for person in drawn["people"])
    assert graph.ecount() == len(drawn["ties"])
    assert ET.fromstring((await client.send("GET", f"/v1/communities/{id_}/export?format=gexf")).text).tag.endswith(
        "gexf"
    )
    ties = (await client.send("GET", f"/v1/communities/{id_}/export?format=csv")).text
    assert len(list(csv.DictReader(io.StringIO(ties)))) == len(drawn["ties"])
    people = (await client.send("GET", f"/v1/communities/{id_}/export?format=people_csv")).text
    assert {row["id"] for row in csv.DictReader(io.StringIO(people))} == {person["id"] for person in drawn["people"]}
    assert (await client.send("GET", f"/v1/communities/{id_}/export?format=xls")).status_code == 400


async def test_a_declared_community_is_made_changed_and_deleted(client: Client) -> None:
    ids = client.home.ids  # type: ignore[attr-defined]  # set by the fixture
    body = {"name": "The board", "people": [ids["person ada"], ids["person dan"]]}
    headers = {"Idempotency-Key": "board"}
    made = await client.send("POST", "/v1/communities", json=body, headers=headers)
    again = await client.send("POST", "/v1/communities", json=body, headers=headers)
    assert (made.status_code, again.json()) == (201, made.json())
    path, tag = made.headers["location"], made.headers["etag"]
    assert [row["belonging"] for row in (await client.get(f"{path}/people"))["data"]] == [None, None]
    assert (await client.send("GET", f"{path}/map")).status_code == 404
    changed = await client.send("PATCH", path, json={"people": [ids["person bo"]]}, headers={"If-Match": tag})
    assert (changed.json()["name"], changed.json()["size"]) == ("The board", 1)
    late = await client.send("PATCH", path, json={"name": "Late"}, headers={"If-Match": tag})
    assert late.status_code == 412
    ghost = await client.send("PATCH", path, json={"people": ["per_" + "0" * 26]})
    assert (ghost.status_code, ghost.json()["errors"][0]["pointer"]) == (422, "/people")
    assert (await client.get("/v1/communities?kind=curated"))["data"][0]["name"] == "The board"
    assert (await client.send("DELETE", path)).status_code == 200
    assert (await client.send("GET", path)).status_code == 404


async def test_what_kith_found_is_not_for_humans_to_change(client: Client) -> None:
    path = f"/v1/communities/{(await first(client))['id']}"
    for method, body in (("PATCH", {"name": "Mine"}), ("DELETE", None)):
        assert (await client.send(method, path, json=body)).status_code == 409


async def test_a_look_can_be_asked_for_and_is_one_job(client: Client) -> None:
    one, other = [await client.send("POST", "/v1/communities/detections") for _ in range(2)]
    assert (one.status_code, one.json()["kind"], one.json()["id"]) == (202, "detect", other.json()["id"])
    assert one.headers["location"] == f"/v1/jobs/{one.json()['id']}"


async def test_the_birth_of_a_community_is_an_event(client: Client) -> None:
    born = await first(client)
    listed = (await client.get(f"/v1/communities/{born['id']}/events"))["data"]
    assert [(event["change"], event["after"]) for event in listed] == [
        ("birth", [{"id": born["id"], "name": born["name"]}])
    ]
    told = (await client.get("/v1/events?type=community.born"))["data"]
    assert born["id"] in [id_ for event in told for id_ in event["data"]["after_ids"]]


async def test_topics_lead_to_channels_and_to_whom_to_ask(client: Client) -> None:
    listed = await client.pages("/v1/topics?limit=1")
    assert {topic["name"] for topic in listed} >= {"docs", "tests", "build", "web"}
    topic = next(topic for topic in listed if topic["name"] == "docs")
    shown = await client.get(f"/v1/topics/{topic['id']}")
    assert [channel["name"] for channel in shown["channels"]] == ["docs"]
    experts = (await client.get(f"/v1/topics/{topic['id']}/experts"))["data"]
    assert [(row["person"]["name"], row["helps"], row["people_helped"]) for row in experts] == [
        ("Bo", 2, 1),
        ("Ada", 2, 1),
    ]
    assert experts[0]["score"] > experts[1]["score"] > 0
    assert (await client.get(f"/v1/interactions/{experts[0]['interactions'][0]}"))["kind"] == "help"
    asker = experts[0]["person"]["id"]
    asked = (await client.get(f"/v1/topics/{topic['id']}/experts?asker={asker}&limit=1"))["data"]
    assert [row["person"]["name"] for row in asked] == ["Ada"]
