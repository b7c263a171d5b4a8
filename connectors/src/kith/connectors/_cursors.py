"""A cursor is the connector's own struct; kith keeps its JSON and hands it back unread."""

from typing import TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


def save_cursor(cursor: msgspec.Struct) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(cursor))


def load_cursor(cursor: msgspec.Raw | None, kind: type[T]) -> T | None:
    """Return the cursor; None where there is none, or where an older release wrote another shape: then read again.

    Reading again costs time but changes nothing that is already stored, because natural keys repeat.
    """
    if cursor is None:
        return None
    try:
        return msgspec.json.decode(cursor, type=kind)
    except msgspec.DecodeError:
        return None
