"""``expand``: an answer brings along what it mentions, each kind by one look-up."""

import re
from typing import Any, get_args, get_origin

import msgspec
import pytest

from kith.api.expansions import LOADERS, Expanded
from kith.api.http.expand import KINDS, expandable, mentions
from kith.api.http.inputs import declared
from kith.api.routes import ROUTES
from kith.domain.ids import PREFIXES
from kith.domain.scopes import SCOPES
from tests.integration.api.conftest import Square
from tests.integration.api.test_tenants import foreign_ids

EXPANDABLE = {
    str(handler.operation_id): handler for handler in ROUTES if "GET" in handler.http_methods and expandable(handler.fn)
}
ITEMS = {
    field.name: next(get_args(part)[1] for part in get_args(field.type) if get_origin(part) is dict)
    for field in msgspec.structs.fields(Expanded)
}
EACH = [(name, kind) for name, handler in sorted(EXPANDABLE.items()) for kind in expandable(handler.fn)]


def test_the_tables_agree() -> None:
    assert list(ITEMS) == list(LOADERS) == list(KINDS)
    for name, item in ITEMS.items():
        assert {*mentions(item)} - {name} == {*KINDS[name].mentions}, name
        order = list(KINDS)
        assert all(order.index(other) > order.index(name) for other in KINDS[name].mentions), (
            "loaded after what holds it"
        )


async def address(square: Square, name: str) -> str:
    known = await foreign_ids(square, square.ours)
    return re.sub(r":str\}", "}", next(iter(EXPANDABLE[name].paths))).format(**known) + "?"


@pytest.mark.parametrize(("name", "kind"), EACH, ids=lambda value: value)
async def test_what_an_answer_mentions_comes_along(square: Square, name: str, kind: str) -> None:
    path = await address(square, name)
    plain = await square.client.get(path)
    answer = await square.client.get(f"{path}&expand={kind}")
    expanded = answer.pop("expanded")
    for each in (answer, plain):
        each.pop("at", None)  # the moment of the answer
    assert answer == plain
    assert expanded.keys() == {kind}
    shown = [cut(item) for item in plain["data"]] if "data" in plain else cut(plain)
    noun = PREFIXES[KINDS[kind].noun]
    assert expanded[kind].keys() == set(re.findall(rf"'({noun}_[0-9a-z]{{26}})'", str(shown)))
    if listed := sorted(expanded[kind]):
        there = await square.client.pages(f"/v1/{kind}?ids={','.join(listed)}&limit=2")
        assert expanded[kind] == {item["id"]: item for item in there}, "as its own list shows it"


def cut(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in ("id", "coverage")}


@pytest.mark.parametrize("name", sorted(EXPANDABLE))
async def test_a_kind_takes_as_many_statements_whatever_is_mentioned(
    square: Square, statements: list[str], name: str
) -> None:
    path = await address(square, name)
    kinds = [kind for kind in expandable(EXPANDABLE[name].fn) if kind != "interactions"][:5]
    params = declared(EXPANDABLE[name].fn, "params")
    for limit in ("limit=1", "limit=50") if "limit" in getattr(params, "__struct_fields__", ()) else ("",):
        square.client.app.state.tokens._known.clear()
        await square.client.get(path + limit)  # looks the token up, and not the next two by chance
        statements.clear()
        await square.client.get(path + limit)
        plain = len(statements)
        statements.clear()
        answer = await square.client.get(f"{path}{limit}&expand={','.join(kinds)}")
        found = sum(1 for kind in kinds if answer["expanded"][kind])
        assert plain + found == len(statements), statements[plain:]


async def test_what_is_mentioned_by_what_comes_along_comes_too(square: Square) -> None:
    channel = next(each for each in await square.client.pages("/v1/channels?limit=50") if each["interaction_count"])
    path = f"/v1/interactions?channel={channel['id']}&limit=1"
    answer = await square.client.get(f"{path}&expand=identities,people")
    people = {each["person_id"] for each in answer["expanded"]["identities"].values()}
    assert people == set(answer["expanded"]["people"]) != set()


async def test_a_selection_of_fields_keeps_it(square: Square) -> None:
    headers = {"Authorization": f"Bearer {square.client.token}"}
    ada = square.ours.ids["identity ada"]
    one = await square.client.http.get(f"/v1/identities/{ada}?fields=name&expand=people", headers=headers)
    assert one.json().keys() == {"name", "expanded"}
    many = await square.client.http.get("/v1/identities?fields=name&expand=people", headers=headers)
    assert many.json()["expanded"]["people"]
    assert all(item.keys() == {"name"} for item in many.json()["data"])


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, kind) for name, kind in EACH if KINDS[kind].scope not in EXPANDABLE[name].opt["scopes"]],
)
async def test_it_needs_no_less_than_the_list(square: Square, name: str, kind: str) -> None:
    scope = KINDS[kind].scope
    token = await square.client.token_for(SCOPES.keys() - {scope})
    path = await address(square, name)
    answer = await square.client.send("GET", f"{path}&expand={kind}", token=token)
    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")
    assert scope in answer.json()["detail"]


async def test_contact_data_stays_hidden(square: Square) -> None:
    token = await square.client.token_for(["identities:read", "interactions:read"])
    answer = await square.client.get("/v1/interactions?expand=identities&limit=200", token=token)
    identities = answer["expanded"]["identities"].values()
    assert identities
    assert all(each["address"] is None and "@" not in (each["key"] or "") for each in identities)


@pytest.mark.parametrize(
    "query", ["expand=", "expand=people,pets", "expand=organizations", "expand=people&expand=pets"]
)
async def test_what_cannot_be_expanded_is_refused(square: Square, query: str) -> None:
    answer = await square.client.send("GET", f"/v1/interactions?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")
    assert answer.json()["errors"][0]["parameter"] == "expand"


async def test_too_much_at_once_is_refused(square: Square) -> None:
    people = (square.ours.ids[f"person {who}"] for who in ("ada", "bo"))
    kinds = expandable(EXPANDABLE["getTrust"].fn)
    answer = await square.client.send("GET", f"/v1/relationships/{'/'.join(people)}/trust?expand={','.join(kinds)}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/me?expand=people"), ("PATCH", "/v1/resolution?expand=people")]
)
async def test_where_nothing_is_mentioned_there_is_no_such_parameter(square: Square, method: str, path: str) -> None:
    answer = await square.client.send(method, path, json=None if method == "GET" else {})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")
