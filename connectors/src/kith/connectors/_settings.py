"""The settings of one source: from JSON to a connector's ``Config`` and back, its secrets apart."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from kith.connectors._secrets import Secret

C = TypeVar("C", bound=msgspec.Struct)

_LONGEST = 10_000  # characters of a secret: the private key of an app is one


def load_config(kind: type[C], given: Mapping[str, Any], *, strict: bool = True) -> C:
    """Return the settings as the connector's own struct; raises msgspec.ValidationError where they do not fit.

    strict: False where all were typed by a human, so that numbers come as text.
    """
    return msgspec.convert(given, kind, strict=strict, dec_hook=_secret)


def dump_config(config: msgspec.Struct) -> dict[str, Any]:
    """Return settings as JSON holds them, secrets included: for storing, never for showing."""
    found: dict[str, Any] = msgspec.to_builtins(config, enc_hook=_reveal)
    return found


def schema_of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the JSON Schema of settings; raises TypeError where there is none."""
    return msgspec.json.schema(kind, schema_hook=_schema)


def secret_fields(kind: type[msgspec.Struct]) -> frozenset[str]:
    """Return the names of the settings that are secrets."""
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)  # noqa: S101 - a struct has no other; this tells the type checker
    return frozenset(field.encode_name for field in found.fields if _is_secret(field.type))


def secrets_of(config: msgspec.Struct) -> Iterator[str]:
    """Yield the texts of the secrets in settings."""
    for field in config.__struct_fields__:
        if isinstance(value := getattr(config, field), Secret):
            yield value.reveal()


def _is_secret(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.Metadata):
        return _is_secret(kind.type)
    if isinstance(kind, inspect.UnionType):
        return any(_is_secret(one) for one in kind.types)
    return isinstance(kind, inspect.CustomType) and kind.cls is Secret


def _secret(kind: type, value: object) -> Any:
    if kind is not Secret:
        raise NotImplementedError
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
        raise ValueError(f"Expected a text of 1 to {_LONGEST} characters")
    return Secret(value)


def _reveal(value: object) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    raise NotImplementedError


def _schema(kind: type) -> dict[str, Any]:
    if kind is Secret:
        return {"type": "string", "format": "password", "writeOnly": True, "minLength": 1, "maxLength": _LONGEST}
    raise NotImplementedError
