"""What breaks clients between two documents is found, and what does not is left alone."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from kith.api.compare import Comparison, main
from tests.paths import ROOT

DOCUMENT: dict[str, Any] = {
    "paths": {
        "/v1/groups": {
            "get": {
                "operationId": "listGroups",
                "security": [{"token": ["groups:read"]}],
                "parameters": [
                    {"in": "query", "name": "limit", "schema": {"type": "integer", "minimum": 1, "maximum": 200}}
                ],
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Group"}}}}
                },
            },
            "post": {
                "operationId": "createGroup",
                "security": [{"token": ["groups:write"]}],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/GroupCreate"}}},
                },
                "responses": {"201": {}, "409": {}},
            },
            "delete": {"operationId": "dropGroups", "x-draft": True, "responses": {"200": {}}},
        }
    },
    "components": {
        "schemas": {
            "Group": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "name": {"type": "string"},
                    "size": {"type": "integer"},
                    "within": {"anyOf": [{"$ref": "#/components/schemas/Group"}, {"type": "null"}]},
                    "people": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["id", "name"],
            },
            "GroupCreate": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "name": {"type": "string", "maxLength": 100},
                    "kind": {"enum": ["press", "team"]},
                    "people": {"type": "array", "items": {"type": "string"}, "maxItems": 10},
                    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                },
                "required": ["name"],
            },
        }
    },
}
#: Changes the operations of the path, the answer, or the body.
Change = Callable[[Any, Any, Any], object]


def changed(change: Change) -> list[str]:
    new = deepcopy(DOCUMENT)
    schemas = new["components"]["schemas"]
    change(new["paths"]["/v1/groups"], schemas["Group"], schemas["GroupCreate"])
    return Comparison(DOCUMENT, new).breaks


def limit(operations: Any) -> Any:
    return operations["get"]["parameters"][0]["schema"]


BREAKS: dict[str, Change] = {
    "the operation is gone": lambda i, o, b: i.pop("post"),
    "its name was createGroup": lambda i, o, b: i["post"].update(operationId="makeGroup"),
    "it needs the scope people:read": lambda i, o, b: i["get"]["security"][0]["token"].append("people:read"),
    "the parameter limit is gone": lambda i, o, b: i["get"]["parameters"].clear(),
    "parameter limit has a smaller maximum": lambda i, o, b: limit(i).update(maximum=100),
    "parameter limit has a greater minimum": lambda i, o, b: limit(i).update(minimum=2),
    "the parameter q is required": lambda i, o, b: i["get"]["parameters"].append(
        {"in": "query", "name": "q", "required": True, "schema": {}}
    ),
    "it takes no application/json": lambda i, o, b: i["post"]["requestBody"]["content"].clear(),
    "it answers 201 no more": lambda i, o, b: i["post"]["responses"].pop("201"),
    "it answers with no application/json": lambda i, o, b: i["get"]["responses"]["200"]["content"].clear(),
    "body/kind is refused": lambda i, o, b: b["properties"].pop("kind"),
    "body/kind is required": lambda i, o, b: b["required"].append("kind"),
    "body/kind takes fewer values": lambda i, o, b: b["properties"]["kind"]["enum"].pop(),
    "body/name has a smaller maxLength": lambda i, o, b: b["properties"]["name"].update(maxLength=50),
    "body/name has another pattern": lambda i, o, b: b["properties"]["name"].update(pattern="^a"),
    "body/name takes integer alone": lambda i, o, b: b["properties"]["name"].update(type="integer"),
    "body/people[] takes integer alone": lambda i, o, b: b["properties"]["people"]["items"].update(type="integer"),
    "body/note takes fewer kinds of values": lambda i, o, b: b["properties"]["note"]["anyOf"].pop(),
    "answer/name is gone": lambda i, o, b: o["properties"].pop("name"),
    "answer/name may be absent": lambda i, o, b: o["required"].remove("name"),
    "answer/size was of type integer": lambda i, o, b: o["properties"]["size"].update(type="number"),
    "answer/people[] was of type string": lambda i, o, b: o["properties"]["people"]["items"].update(type="null"),
    "answer/within may have another kind of value": lambda i, o, b: o["properties"]["within"]["anyOf"].append(
        {"type": "string"}
    ),
}  # fmt: skip
FINE: dict[str, Change] = {
    "another operation": lambda i, o, b: i.update(put={}),
    "a draft is gone": lambda i, o, b: i.pop("delete"),
    "another optional parameter": lambda i, o, b: i["get"]["parameters"].append(
        {"in": "query", "name": "q", "schema": {}}
    ),
    "another optional field": lambda i, o, b: b["properties"].update(x={"type": "string"}),
    "another field in the answer": lambda i, o, b: o["properties"].update(x={"type": "string"}),
    "another value": lambda i, o, b: b["properties"]["kind"]["enum"].append("customers"),
    "a longer name": lambda i, o, b: b["properties"]["name"].update(maxLength=200),
    "no longest name": lambda i, o, b: b["properties"]["name"].pop("maxLength"),
    "an optional name": lambda i, o, b: b["required"].clear(),
    "one scope less": lambda i, o, b: i["get"]["security"][0]["token"].clear(),
    "no refusal": lambda i, o, b: i["post"]["responses"].pop("409"),
    "more is always there": lambda i, o, b: o["required"].append("size"),
    "never null": lambda i, o, b: o["properties"]["within"]["anyOf"].pop(),
}  # fmt: skip


@pytest.mark.parametrize(("what", "change"), BREAKS.items(), ids=BREAKS)
def test_what_breaks_clients_is_found(what: str, change: Change) -> None:
    (found,) = {line.partition(": ")[2] for line in changed(change)} - {
        "answer/within may have another kind of value"
    } or {what}
    assert found == what


@pytest.mark.parametrize("change", FINE.values(), ids=FINE)
def test_what_is_added_breaks_nothing(change: Change) -> None:
    assert changed(change) == []


def test_the_document_of_the_code_breaks_nothing_that_was_released() -> None:
    documents = [json.loads((ROOT / "openapi" / name).read_text()) for name in ("released.json", "kith.json")]
    assert Comparison(*documents).breaks == []


def test_the_command_fails_where_something_breaks(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    new = deepcopy(DOCUMENT)
    del new["paths"]["/v1/groups"]["get"]
    for name, document in (("old", DOCUMENT), ("new", new)):
        (tmp_path / name).write_text(json.dumps(document))
    assert main([str(tmp_path / "old"), str(tmp_path / "old")]) == 0
    assert main([str(tmp_path / "old"), str(tmp_path / "new")]) == 1
    assert "GET /v1/groups: the operation is gone" in capsys.readouterr().err
