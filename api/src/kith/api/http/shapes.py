"""From what the store returns to what the API shows."""

from collections.abc import Callable, Iterable
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

import msgspec

Shown = TypeVar("Shown", bound=msgspec.Struct)


def shape(kind: type[Shown], row: msgspec.Struct, **changed: Any) -> Shown:
    """Return ``kind`` with the fields of ``row`` that have the same name, and those ``changed``."""
    names, values = _taken(kind, tuple(changed))
    return kind(**changed, **dict(zip(names, values(row), strict=True)))


@cache
def _taken(kind: type[msgspec.Struct], changed: tuple[str, ...]) -> tuple[list[str], Callable[[Any], Iterable[Any]]]:
    """Return the names of the fields that are taken as they are, and what takes their values, in C where it can."""
    names = [name for name in kind.__struct_fields__ if name not in changed]
    if len(names) > 1:
        return names, attrgetter(*names)
    return names, lambda row: [getattr(row, name) for name in names]
