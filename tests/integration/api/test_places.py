"""Identities, channels and conversations."""

import pytest

from tests.integration.api.conftest import Square

RESOURCES = ["identities", "channels", "conversations"]


@pytest.mark.parametrize("name", RESOURCES)
async def test_no_token_no_answer(square: Square, name: str) -> None:
    assert (await square.client.send("GET", f"/v1/{name}", token=None)).status_code == 401


@pytest.mark.parametrize("name", RESOURCES)
async def test_without_the_scope_no_answer(square: Square, name: str) -> None:
    token = await square.client.token_for(["people:read"])
    assert (await square.client.send("GET", f"/v1/{name}", token=token)).status_code == 403


@pytest.mark.parametrize("name", RESOURCES)
async def test_small_pages_hold_what_one_large_page_holds(square: Square, name: str) -> None:
    whole = (await square.client.get(f"/v1/{name}"))["data"]
    assert whole
    assert await square.client.pages(f"/v1/{name}?limit=1") == whole


@pytest.mark.parametrize("name", RESOURCES)
async def test_a_detail_repeats_what_the_list_says(square: Square, name: str) -> None:
    for item in (await square.client.get(f"/v1/{name}"))["data"]:
        detail = await square.client.get(f"/v1/{name}/{item['id']}")
        assert {key: detail[key] for key in item} == item


async def test_identities_are_found_by_words_person_network_and_kind(square: Square) -> None:
    ids = square.ours.ids
    for query, expected in (
        ("q=ADA", {"ada"}),
        ("q=at-home", {"eve-at-home"}),
        ("q=_d_", set()),
        ("network=mail", {"dan", "eve-at-home"}),
        ("kind=bot", {"robot"}),
        (f"person={ids['person eve']}", {"eve"}),
        (f"person={ids['person eve']}&network=mail", set()),
        ("kind=bot&suspected=false", {"robot"}),
        ("suspected=true", set()),
    ):
        listed = (await square.client.get(f"/v1/identities?{query}"))["data"]
        assert {identity["handle"] for identity in listed} == expected, query
    assert (await square.client.send("GET", "/v1/identities?suspected=yes")).status_code == 400


async def test_an_identity_shows_its_address_only_with_the_scope(square: Square) -> None:
    path = f"/v1/identities/{square.ours.ids['identity ada']}"
    assert (await square.client.get(path))["address"] == "ada@example.org"
    token = await square.client.token_for(["identities:read"])
    hidden = await square.client.get(path, token=token)
    assert (hidden["address"], hidden["key"]) == (None, None)


async def test_channels_are_listed_latest_used_first(square: Square) -> None:
    channels = (await square.client.get("/v1/channels"))["data"]
    counts = [(channel["name"], channel["interaction_count"]) for channel in channels]
    assert counts == [("core", 10), ("Town list", 3), ("Second list", 1)]
    mail = await square.client.get("/v1/channels?network=mail&kind=list,room")
    assert [channel["name"] for channel in mail["data"]] == ["Town list", "Second list"]


async def test_a_conversation_shows_who_took_part(square: Square) -> None:
    ids = square.ours.ids
    detail = await square.client.get(f"/v1/conversations/{ids['conversation']}")
    assert (detail["title"], detail["channel_name"], detail["interaction_count"]) == ("How to greet", "Town list", 3)
    parts = [(part["identity"]["name"], part["interaction_count"]) for part in detail["participants"]]
    assert parts == [("Dan", 2), ("Eve At Home", 1)]
    listed = await square.client.get(f"/v1/conversations?channel={ids['channel core']}")
    assert listed["data"] == []


async def test_an_empty_page_is_a_page(square: Square) -> None:
    listed = await square.client.get("/v1/conversations", params={"last_at[gte]": "2999-01-01T00:00:00Z"})
    assert listed == {"data": [], "has_more": False, "next_cursor": None}
