"""Settings that are no plain values, as they are typed: lists with commas between their parts, others as JSON."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import inspect

_LISTS = (inspect.ListType, inspect.VarTupleType)
_TREES = (inspect.StructType, inspect.DictType)


def with_lists(given: Mapping[str, str], kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Return settings with each list as one. Raises msgspec.ValidationError for what should be JSON and is none."""
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)  # noqa: S101 - a struct has no other; this tells the type checker
    kinds = {field.encode_name: field.type for field in found.fields}
    return {name: _value(name, text, kinds.get(name)) for name, text in given.items()}


def _value(name: str, text: str, kind: inspect.Type | None) -> Any:
    if kind is None or not (_holds(kind, _LISTS) or _holds(kind, _TREES)):
        return text
    if _holds(kind, _LISTS) and not text.lstrip().startswith("["):
        return _parts(text)
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise msgspec.ValidationError(f"Expected JSON, which this is not: {error} - at `$.{name}`") from error


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _holds(kind: inspect.Type, wanted: tuple[type[inspect.Type], ...]) -> bool:
    if isinstance(kind, inspect.Metadata):
        return _holds(kind.type, wanted)
    if isinstance(kind, inspect.UnionType):
        return any(_holds(one, wanted) for one in kind.types)
    return isinstance(kind, wanted)
