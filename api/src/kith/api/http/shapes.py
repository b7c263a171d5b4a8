"""From what the store returns to what the API shows."""

from typing import Any, TypeVar

import msgspec

Shown = TypeVar("Shown", bound=msgspec.Struct)


def shape(kind: type[Shown], row: msgspec.Struct, **changed: Any) -> Shown:
    """Return ``kind`` with the fields of ``row`` that have the same name, and those ``changed``."""
    for name in kind.__struct_fields__:
        if name not in changed:
            changed[name] = getattr(row, name)
    return kind(**changed)
