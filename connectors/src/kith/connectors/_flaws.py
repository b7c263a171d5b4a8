"""What the types of the records do not catch, and the database would refuse."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from kith.connectors._records import Record, Stated

_NETWORK = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def flaw(record: Record | Stated) -> str | None:
    """Return why kith could not store this record, None if it can: the first of a network's name, NUL, a far date."""
    for name, value in _leaves(record):
        if isinstance(value, str):
            if name == "network" and not _NETWORK.fullmatch(value):
                return f"{value!r} is no name of a network: lower case letters, digits, '.', '_' and '-', at most 63"
            if "\0" in value:
                return f"`{name}` contains a NUL character"
        elif isinstance(value, datetime):
            try:
                value.astimezone(UTC)
            except OverflowError:
                return f"`{name}` lies outside the years 1 to 9999 UTC"
    return None


def _leaves(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _leaves(getattr(value, field), field)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _leaves(item, name)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield name, key
            yield from _leaves(item, name)
    else:
        yield name, value
