"""The tools: one a read of the API, with its name, its description and its parameters."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from kith.api import openapi

TAGS = frozenset({
    "search", "people", "identities", "organizations", "channels", "conversations", "interactions", "asks", "dialogue",
    "relationships", "communities", "topics", "notes", "groups",
})  # fmt: skip
"""What agents read; how a workspace is run is not for them."""

FEW = 10  # items of a page, where none are asked for
_BRACKETS = re.compile(r"\[(\w+)\]")
_NO_PARAMETERS = frozenset({"If-None-Match"})


@dataclass(frozen=True)
class Tool:
    """A read as a tool. scopes: what a token needs. places: where each argument goes, and its name there."""

    name: str
    title: str
    description: str
    path: str
    scopes: frozenset[str]
    schema: Mapping[str, Any]
    places: Mapping[str, tuple[str, str]]

    def address(self, arguments: Mapping[str, Any]) -> tuple[str, str]:
        """Return the path and the query that ask it. Raises ValueError, which names what is wrong."""
        if unknown := sorted(arguments.keys() - self.places.keys()):
            raise ValueError(f"There is no argument {unknown[0]}.")
        if missing := sorted(set(self.schema["required"]) - arguments.keys()):
            raise ValueError(f"The argument {missing[0]} is missing.")
        path, query = self.path, []
        for name, value in {**self._few(), **arguments}.items():
            place, named = self.places[name]
            if place == "path":
                path = path.replace(f"{{{named}}}", quote(_text(value), safe=""))
            elif value is not None:
                query.append((named, _text(value)))
        return path, urlencode(query)

    def _few(self) -> dict[str, int]:
        return {"limit": FEW} if "limit" in self.places else {}


@cache
def tools() -> Mapping[str, Tool]:
    """Return all tools by their names, in the order of the document."""
    document = openapi.document()
    found = [
        _tool(document, path, operations["get"])
        for path, operations in document["paths"].items()
        if "get" in operations and TAGS & {*operations["get"]["tags"]} and _answers_json(operations["get"])
    ]
    return {tool.name: tool for tool in found}


def allowed(scopes: Collection[str]) -> list[Tool]:
    """Return the tools that a token with these scopes can use."""
    return [tool for tool in tools().values() if tool.scopes <= {*scopes}]


def _answers_json(operation: Mapping[str, Any]) -> bool:
    return "application/json" in operation["responses"]["200"].get("content", {})


def _tool(document: Mapping[str, Any], path: str, operation: Mapping[str, Any]) -> Tool:
    parameters = [each for each in operation.get("parameters", []) if each["in"] in ("path", "query")]
    properties = {_named(each): _property(each, document) for each in parameters}
    schema = {
        "type": "object",
        "properties": properties,
        "required": [_named(each) for each in parameters if each.get("required")],
        "additionalProperties": False,
    }
    return Tool(
        name=operation["operationId"],
        title=operation["summary"],
        description=f"{operation['summary']}. {operation.get('description', '')}".strip(),
        path=path,
        scopes=frozenset(
            scope for each in operation.get("security", []) for needed in each.values() for scope in needed
        ),
        schema=schema,
        places={_named(each): (each["in"], each["name"]) for each in parameters},
    )


def _named(parameter: Mapping[str, Any]) -> str:
    """Return an argument's name: many models take no brackets in one."""
    return _BRACKETS.sub(r"_\1", parameter["name"])


def _property(parameter: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    schema = _resolved(parameter["schema"], document)
    if parameter["name"] == "limit":
        schema = {**schema, "default": FEW}
    return {**schema, "description": parameter["description"]}


def _resolved(schema: Any, document: Mapping[str, Any]) -> Any:
    """Return a schema that stands alone: parameters refer to few others, and never to themselves."""
    if isinstance(schema, list):
        return [_resolved(each, document) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if reference := schema.get("$ref"):
        return _resolved(document["components"]["schemas"][reference.rpartition("/")[2]], document)
    return {key: _resolved(value, document) for key, value in schema.items()}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(_text, value)) if isinstance(value, list) else str(value)
