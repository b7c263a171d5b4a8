"""Marks: a text that kith did not write itself is quoted, so that an agent takes it for data and not for an order."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from kith.api import openapi

OURS = frozenset({
    "as_of_why", "code", "connectors", "feature", "id", "kind", "kind_reason", "meaning", "message", "missing", "model",
    "native_kind", "network", "next_cursor", "part", "place", "pointer", "parameter", "reason", "scope", "scopes",
    "status", "time_zone", "type", "unit", "version",
})  # fmt: skip
"""Fields whose words are kith's own, or a connector's, though their schema names none."""

_BOUND = frozenset({"enum", "format", "pattern", "const"})


@cache
def strangers() -> frozenset[str]:
    """Return the names of fields that may hold what anybody wrote: every text without a form, but for kith's own."""
    schemas = openapi.document()["components"]["schemas"].values()
    named = {name for each in schemas for name, schema in each.get("properties", {}).items() if _is_free(schema)}
    return frozenset(named - OURS)


def marked(value: Any, quoted: frozenset[str]) -> Any:
    """Return an answer with ``{"quoted": ...}`` around each text of these fields."""
    if isinstance(value, list):
        return [marked(each, quoted) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: _field(name, each, quoted) for name, each in value.items()}


def _field(name: str, value: Any, quoted: frozenset[str]) -> Any:
    texts = isinstance(value, str) or (isinstance(value, list) and value and all(isinstance(e, str) for e in value))
    return {"quoted": value} if texts and name in quoted else marked(value, quoted)


def _is_free(schema: Mapping[str, Any]) -> bool:
    return any(_takes_texts(each) and not _BOUND & each.keys() for each in _parts(schema))


def _parts(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield schema
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), schema.get("items")):
        if isinstance(each, dict):
            yield from _parts(each)


def _takes_texts(schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type")
    return kind == "string" or (isinstance(kind, list) and "string" in kind)
