from kith.domain.scopes import SCOPES
from tests.integration.api.conftest import Square
from tests.integration.api.town import ago


async def test_no_token_no_people(square: Square) -> None:
    answer = await square.client.send("GET", "/v1/people", token=None)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith('Bearer realm="kith", resource_metadata=')


async def test_without_the_scope_the_refusal_names_it(square: Square) -> None:
    token = await square.client.token_for(SCOPES.keys() - {"people:read"})
    answer = await square.client.send("GET", "/v1/people", token=token)
    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")
    assert "people:read" in answer.json()["detail"]


async def test_people_are_listed_last_seen_first(square: Square) -> None:
    listed = await square.client.get("/v1/people")
    assert [person["name"] for person in listed["data"]] == ["Ada", "Eve At Home", "Dan", "Cyd", "Robot", "Bo", "Eve"]
    assert listed["has_more"] is False


async def test_people_are_listed_by_name(square: Square) -> None:
    listed = await square.client.get("/v1/people?sort=name")
    assert [person["name"] for person in listed["data"]] == ["Ada", "Bo", "Cyd", "Dan", "Eve", "Eve At Home", "Robot"]


async def test_pages_of_two_hold_everybody_once(square: Square) -> None:
    for sort in ("name", "-last_seen"):
        whole = (await square.client.get(f"/v1/people?sort={sort}"))["data"]
        assert await square.client.pages(f"/v1/people?sort={sort}&limit=2") == whole


async def test_people_are_found_by_part_of_a_name_or_handle(square: Square) -> None:
    assert names(await square.client.get("/v1/people?q=EVE")) == {"Eve", "Eve At Home"}
    assert names(await square.client.get("/v1/people?q=at-home")) == {"Eve At Home"}
    assert names(await square.client.get("/v1/people?q=%25%25")) == set()


async def test_people_are_found_by_network_kind_and_when_they_were_seen(square: Square) -> None:
    assert names(await square.client.get("/v1/people?network=mail")) == {"Dan", "Eve At Home"}
    assert names(await square.client.get("/v1/people?kind=bot,group")) == {"Robot"}
    day = ago(6, 60).isoformat()
    assert names(await square.client.get("/v1/people", params={"last_seen[gte]": day})) >= {"Ada", "Robot"}
    assert names(await square.client.get("/v1/people", params={"last_seen[lt]": day})) == {"Bo", "Eve"}


async def test_a_person_shows_identities_and_channels(square: Square) -> None:
    ada = await square.client.get(f"/v1/people/{square.ours.ids['person ada']}")
    assert [identity["address"] for identity in ada["identities"]] == ["ada@example.org"]
    assert [(use["name"], use["acts"], use["received"]) for use in ada["channels"]] == [("core", 4, 5)]
    assert ada["coverage"]["sources"][0]["gaps"] == 1
    assert ada["coverage"]["complete"] is False


async def test_addresses_need_a_scope_of_their_own(square: Square) -> None:
    token = await square.client.token_for(SCOPES.keys() - {"people:contact:read"})
    ada = await square.client.get(f"/v1/people/{square.ours.ids['person ada']}", token=token)
    assert (ada["identities"][0]["address"], ada["identities"][0]["key"]) == (None, None)
    assert "ada@example.org" not in str(ada)


async def test_a_timeline_holds_acts_by_and_towards_the_person(square: Square) -> None:
    path = f"/v1/people/{square.ours.ids['person bo']}/timeline"
    timeline = (await square.client.get(path))["data"]
    assert [(act["actor"]["name"], act["direction"]) for act in timeline] == [
        ("Ada", "received"),
        ("Ada", "received"),
        ("Bo", "given"),
        ("Eve", "received"),
        ("Bo", "given"),
        ("Ada", "received"),
    ]
    assert await square.client.pages(f"{path}?limit=1") == timeline
    assert [act["kind"] for act in (await square.client.get(f"{path}?kind=thank,help"))["data"]] == ["thank", "help"]


async def test_relationships_of_a_person_are_seen_from_that_person(square: Square) -> None:
    path = f"/v1/people/{square.ours.ids['person bo']}/relationships"
    ties = (await square.client.get(path))["data"]
    assert [(tie["other"]["name"], tie["given"], tie["received"]) for tie in ties] == [("Ada", 2, 3), ("Eve", 0, 1)]
    assert ties[0]["strength"] > 0
    assert ties[1]["strength"] is None
    assert await square.client.pages(f"{path}?limit=1") == ties


def names(listed: dict[str, list[dict[str, str]]]) -> set[str]:
    return {person["name"] for person in listed["data"]}
