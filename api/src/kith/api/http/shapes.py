"""From what the store returns to what the API shows."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any, TypeVar

import msgspec

Shown = TypeVar("Shown", bound=msgspec.Struct)
_Many = Callable[[Any], Iterable[Any]]


def shape(kind: type[Shown], row: msgspec.Struct, **changed: Any) -> Shown:
    """Return ``kind`` with the fields of ``row`` that have the same name, and those ``changed``."""
    take, place = _plan(kind, *changed)
    values = (*changed.values(), *take(row))
    return kind(*(place(values) if place else values))


@cache
def _plan(kind: type[msgspec.Struct], *changed: str) -> tuple[_Many, _Many | None]:
    """Return what takes the other fields of a row, and what orders all values as ``kind`` does, where they are not yet.

    Both run in C: a page has up to two hundred rows.
    """
    fields = kind.__struct_fields__
    if unknown := set(changed) - set(fields):
        raise TypeError(f"{kind.__name__} has no {sorted(unknown)}.")
    names = (*changed, *(name for name in fields if name not in changed))
    place = None if names == fields else _many(itemgetter, [names.index(name) for name in fields])
    return _many(attrgetter, names[len(changed) :]), place


def _many(getter: Callable[..., Any], keys: Sequence[Any]) -> _Many:
    """Return what gets these, as many as they are; the getters of the standard library return a lone one bare."""
    return getter(*keys) if len(keys) > 1 else lambda row: [getter(key)(row) for key in keys]
