"""Settings that are lists, as they are typed: parts with commas between them."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import inspect


def with_lists(given: Mapping[str, str], kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Return settings with each list as one."""
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)  # noqa: S101 - a struct has no other; this tells the type checker
    listed = {field.encode_name for field in found.fields if _is_list(field.type)}
    return {name: _parts(text) if name in listed else text for name, text in given.items()}


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _is_list(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.Metadata):
        return _is_list(kind.type)
    if isinstance(kind, inspect.UnionType):
        return any(_is_list(one) for one in kind.types)
    return isinstance(kind, inspect.ListType | inspect.VarTupleType)
