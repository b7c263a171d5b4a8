"""``include=total`` and ``ids``: lists that can be counted, and looked up."""

from typing import Any

import pytest

from kith.api.http.inputs import declared
from kith.api.http.paging import Counted
from kith.api.routes import ROUTES
from kith.domain import ids
from kith.store import queries
from tests.integration.api.conftest import Square
from tests.integration.api.test_tenants import foreign_ids

LISTS = {str(handler.operation_id): handler for handler in ROUTES if handler.http_methods == {"GET"}}
COUNTED = [name for name, handler in LISTS.items() if issubclass(declared(handler.fn, "params") or object, Counted)]
LOOKED_UP = [
    name for name, handler in LISTS.items() if "ids" in getattr(declared(handler.fn, "params"), "__struct_fields__", ())
]


def test_these_are_counted() -> None:
    assert set(COUNTED) == {
        "listPeople", "listChannels", "listConversations", "listCommunities", "listTopics", "listOrganizations",
        "listGroups",
    }  # fmt: skip
    assert set(LOOKED_UP) == {*COUNTED, "listIdentities", "listInteractions"}


@pytest.mark.parametrize("name", COUNTED)
async def test_the_total_is_that_of_all_pages(square: Square, name: str) -> None:
    await foreign_ids(square, square.ours)  # some of each
    path = next(iter(LISTS[name].paths))
    items = await square.client.pages(f"{path}?limit=2&include=total")
    for limit in (1, 200):
        assert (await square.client.get(f"{path}?limit={limit}&include=total"))["total"] == len(items) > 0
    assert "total" not in await square.client.get(path)
    some = ",".join(item["id"] for item in items[:2])
    assert (await square.client.get(f"{path}?ids={some}&include=total"))["total"] == len(items[:2])


async def test_filters_narrow_the_total(square: Square) -> None:
    bots = await square.client.pages("/v1/people?kind=bot&limit=1")
    assert (await square.client.get("/v1/people?kind=bot&include=total"))["total"] == len(bots)


@pytest.mark.parametrize("path", ["/v1/people?q=ada", "/v1/people?network=git", "/v1/conversations?network=git"])
async def test_where_counting_costs_more_there_is_none(square: Square, path: str) -> None:
    assert "total" not in await square.client.get(f"{path}&include=total")


async def test_very_many_are_not_counted(square: Square, monkeypatch: pytest.MonkeyPatch) -> None:
    people = (await square.client.get("/v1/people?include=total"))["total"]
    monkeypatch.setattr(queries, "COUNTED", people)
    assert (await square.client.get("/v1/people?include=total"))["total"] == people
    monkeypatch.setattr(queries, "COUNTED", people - 1)
    assert "total" not in await square.client.get("/v1/people?include=total")


@pytest.mark.parametrize("name", LOOKED_UP)
async def test_what_is_named_is_found(square: Square, name: str) -> None:
    mine, theirs = [await foreign_ids(square, town) for town in (square.ours, square.theirs)]
    path = next(iter(LISTS[name].paths))
    everything: list[Any] = await square.client.pages(f"{path}?limit=50")
    prefix = everything[0]["id"].partition("_")[0]
    noun = next(noun for noun, known in ids.PREFIXES.items() if known == prefix)
    wanted = everything[-1]["id"]
    found = await square.client.get(f"{path}?ids={wanted},{theirs[f'{noun}_id']}")
    assert [item["id"] for item in found["data"]] == [wanted]
    assert found["data"] == [everything[-1]]
    answer = await square.client.send("GET", f"{path}?ids={mine['workspace']}")
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "ids")
