"""The published document: drawn from the code, whole, and true to itself."""

import json
import re
from typing import Any

import pytest
from openapi_spec_validator import validate

from kith.api import openapi
from kith.api.app import UNPUBLISHED
from kith.api.http.problems import KINDS
from kith.api.routes import ROUTES
from kith.domain.scopes import SCOPES
from tests.integration.api.contract import Contract
from tests.paths import ROOT

DOCUMENT: dict[str, Any] = json.loads((ROOT / "openapi" / "kith.json").read_text())
OPERATIONS = [
    (method, path, operation) for path, item in DOCUMENT["paths"].items() for method, operation in item.items()
]
NAMES = [operation["operationId"] for _, _, operation in OPERATIONS]


def test_the_committed_document_is_that_of_the_code() -> None:
    assert (ROOT / "openapi" / "kith.json").read_bytes() == openapi.document_text()


def test_the_document_is_the_same_each_time() -> None:
    assert openapi.document_text() == openapi.document_text()


def test_the_document_is_valid() -> None:
    validate(DOCUMENT)


def test_every_route_that_is_not_hidden_is_published() -> None:
    routes = {
        (method.lower(), re.sub(r":str\}", "}", path))
        for handler in (*ROUTES, *UNPUBLISHED)
        if not handler.opt.get("hidden")
        for method in handler.http_methods
        for path in handler.paths
    }
    assert {(method, path) for method, path, _ in OPERATIONS} == routes


def test_names_of_operations_are_unique() -> None:
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_every_operation_is_described(method: str, path: str, operation: dict[str, Any]) -> None:
    assert re.fullmatch(r"[a-z]+([A-Z][a-z]+)+", operation["operationId"])
    assert re.fullmatch(r"[A-Z].*[^.]", operation["summary"])
    assert len(operation["description"]) > len("OK.")
    (tag,) = operation["tags"]
    assert tag in openapi.TAGS
    assert re.findall(r"\{(\w+)\}", path) == [
        parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"
    ]
    if path.startswith("/v1/") and operation["operationId"] != "receivePush":  # which a network signs
        requirement, by_app = operation["security"]
        assert by_app == {"oauth": requirement["token"]}
        assert set(requirement["token"]) <= SCOPES.keys()
        assert {"401", "403", "500", "503"} <= operation["responses"].keys()
    for parameter in operation["parameters"]:
        assert parameter["description"].endswith(".")
        assert "anyOf" not in parameter["schema"], "a query parameter is absent, never null"


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_every_example_fits_its_schema(method: str, path: str, operation: dict[str, Any]) -> None:
    contract = Contract()
    bodies = [contract.resolve(response) for response in operation["responses"].values()]
    contents = [body["content"] for body in (*bodies, operation.get("requestBody", {})) if "content" in body]
    assert contents
    for content in contents:
        for media in content.values():
            assert ("examples" in media) != (media["schema"].get("format") == "binary")
            for example in media.get("examples", {}).values():
                contract.validate(example["value"], media["schema"])
    for parameter in operation["parameters"]:
        if "example" in parameter:
            contract.validate(parameter["example"], parameter["schema"])


#: What generators of clients can read; an operation of whose answers they know none is left out.
READABLE = re.compile(r"application/json|text/.*|application/octet-stream|application/problem\+json")


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_every_answer_has_a_media_type_that_generators_know(method: str, path: str, operation: dict[str, Any]) -> None:
    contract = Contract()
    for status, response in operation["responses"].items():
        content = contract.resolve(response).get("content")
        assert content is None or any(READABLE.fullmatch(media_type) for media_type in content), status


def test_every_problem_code_is_shown_under_its_status() -> None:
    shown = {
        code: response["content"]["application/problem+json"]["examples"][code]["value"]["status"]
        for response in DOCUMENT["components"]["responses"].values()
        for code in response["content"]["application/problem+json"]["examples"]
    }
    #: Of no operation: a published one is never asked with a wrong method, and a head that is too long names none.
    unlisted = {"method_not_allowed", "address_too_long", "head_too_large"}
    assert shown == {code: kind.status for code, kind in KINDS.items() if code not in unlisted}


def test_inputs_are_closed_and_outputs_are_open() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    closed = {name for name, schema in schemas.items() if schema.get("additionalProperties") is False}
    bodies = {name for _, _, operation in OPERATIONS for name in referred(operation.get("requestBody", {}))}
    while within := {name for body in bodies for name in referred(schemas[body])} - bodies:
        bodies |= within
    assert closed == {name for name in bodies if schemas[name].get("type") == "object"}


def referred(node: Any) -> set[str]:
    """The schemas that a part of the document names."""
    return set(re.findall(r"#/components/schemas/(\w+)", json.dumps(node)))


def test_bounds_of_zero_are_kept() -> None:
    """Litestar's own document loses them."""
    assert DOCUMENT["components"]["schemas"]["Person"]["properties"]["interaction_count"]["minimum"] == 0


def test_what_comes_in_is_bounded() -> None:
    """Every array and every free text of a body or a parameter has a longest length."""
    bodies = [content["schema"] for _, _, operation in OPERATIONS for content in bodies_of(operation)]
    queries = [
        parameter["schema"]
        for _, _, operation in OPERATIONS
        for parameter in operation["parameters"]
        if parameter["in"] == "query"
    ]
    assert [part for schema in (*bodies, *queries) for part in unbounded(schema, set())] == []


def bodies_of(operation: dict[str, Any]) -> list[dict[str, Any]]:
    return list(operation.get("requestBody", {}).get("content", {}).values())


BOUNDS = {"maxLength", "maxItems", "enum", "const", "format", "pattern"}


def unbounded(schema: dict[str, Any], seen: set[str]) -> list[dict[str, Any]]:
    """Return the parts of a schema that may be of any length."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return [] if name in seen else unbounded(DOCUMENT["components"]["schemas"][name], seen | {name})
    found = [schema] if schema.get("type") in ("array", "string") and not BOUNDS & schema.keys() else []
    parts = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("properties", {}).values()]
    parts += [schema[name] for name in ("items", "additionalProperties") if isinstance(schema.get(name), dict)]
    return found + [bad for part in parts for bad in unbounded(part, seen)]
