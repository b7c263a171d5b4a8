"""``fields``: a GET answers with what is asked for alone."""

import re
from typing import Any

import pytest

from kith.api.http.fields import selectable
from kith.api.routes import ROUTES
from tests.integration.api.conftest import Square
from tests.integration.api.test_tenants import foreign_ids

GETS = {
    str(handler.operation_id): handler
    for handler in ROUTES
    if "GET" in handler.http_methods and next(iter(handler.paths)).startswith("/v1/")
}
SELECTABLE = {name for name, handler in GETS.items() if selectable(handler.fn)[0]}


def test_all_but_pictures_and_files_can_be_selected_from() -> None:
    pictures = {"drawHistory", "drawCommunityMap", "paintCommunityMap"}
    assert GETS.keys() - SELECTABLE == pictures | {
        "exportCommunity", "exportAudit", "downloadDataReport", "exportImportErrors", "getExportContent"
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(SELECTABLE))
async def test_an_answer_holds_the_fields_that_are_asked_for(square: Square, name: str) -> None:
    handler, client = GETS[name], square.client
    known = await foreign_ids(square, square.ours) | {"name": "github"}
    path = re.sub(r":str\}", "}", next(iter(handler.paths))).format(**known)
    path += "?q=lanterns&" if name == "searchAll" else "?"
    whole = await client.get(path.rstrip("?&"))
    fields, paged = selectable(handler.fn)
    wanted = sorted(fields)[:2]
    answer = await client.http.get(
        f"{path}fields={','.join(wanted)}", headers={"Authorization": f"Bearer {client.token}"}
    )
    assert answer.status_code == 200, answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.json().keys() == (whole if paged else cut(whole, wanted)).keys()
    if paged:
        items: list[Any] = answer.json()["data"]
        assert [item.keys() for item in items] == [cut(item, wanted).keys() for item in whole["data"]]


def cut(item: dict[str, Any], wanted: list[str]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name in wanted}


async def test_a_selection_may_be_repeated_and_pages_go_on(square: Square) -> None:
    headers = {"Authorization": f"Bearer {square.client.token}"}
    first = await square.client.http.get("/v1/people?limit=1&fields=id&fields=name", headers=headers)
    assert first.json()["data"][0].keys() == {"id", "name"}
    following = re.findall(r'<([^>]+)>; rel="next"', first.headers["link"])[0]
    second = await square.client.http.get(following, headers=headers)
    assert second.json()["data"][0].keys() == {"id", "name"}
    assert second.json()["data"][0]["id"] != first.json()["data"][0]["id"]
    tag = {"If-None-Match": first.headers["etag"]}
    again = await square.client.http.get("/v1/people?limit=1&fields=id&fields=name", headers=headers | tag)
    assert again.status_code == 304


@pytest.mark.parametrize("query", ["fields=", "fields=id,height", "fields=data", "fields=id,", "fields=id&height=1"])
async def test_a_field_that_does_not_exist_is_refused(square: Square, query: str) -> None:
    answer = await square.client.send("GET", f"/v1/people?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] in ("fields", "height")


async def test_a_change_selects_nothing(square: Square) -> None:
    answer = await square.client.send("PATCH", f"/v1/sources/{square.ours.ids['source']}?fields=id", json={})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")
