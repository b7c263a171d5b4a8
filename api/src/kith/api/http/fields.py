"""``fields=id,name``: a GET answers with these fields alone, of the resource or of each item of a list.

What was left out is still computed: it saves the transfer, and the client what it would not read.
"""

from collections.abc import Callable
from functools import cache
from types import UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec
from litestar import Response
from litestar.connection import Request
from litestar.response import Redirect

from kith.api.http.problems import Fault, Problem

NAME = "fields"
_SIGN = b"fields="

Parts = dict[str, msgspec.Raw]


class Selection(NamedTuple):
    """names: the fields that are wanted. paged: of each item."""

    names: frozenset[str]
    paged: bool

    def of(self, body: bytes) -> bytes:
        """Return the body with these fields alone; a page keeps what it says of itself, and what was expanded stays."""
        whole = msgspec.json.decode(body, type=Parts)
        if not self.paged:
            beside = {name: part for name, part in whole.items() if name == "expanded"}
            return msgspec.json.encode(self._cut(whole) | beside)
        items = msgspec.json.decode(whole["data"], type=list[Parts])
        return msgspec.json.encode({**whole, "data": [self._cut(item) for item in items]})

    def _cut(self, parts: Parts) -> Parts:
        return {name: part for name, part in parts.items() if name in self.names}


def read(
    request: Request[Any, Any, Any], handler: Callable[..., Any], asked: list[tuple[str, str]]
) -> Selection | None:
    """Return what a GET selects; None where it selects nothing. Raises Problem."""
    if _SIGN not in request.scope["query_string"] or request.method != "GET":
        return None
    given = [name for key, value in asked if key == NAME for name in value.split(",")]
    known, paged = selectable(handler)
    if not given or not known:
        return None
    for name in given:
        if name not in known:
            message = f"There is no field {name!r} here."
            raise Problem("invalid_parameter", message, Fault("invalid_parameter", message, parameter=NAME))
    return Selection(frozenset(given), paged)


@cache
def selectable(fn: Callable[..., Any]) -> tuple[frozenset[str], bool]:
    """Return the fields that an operation's answer has, and whether it is a page of such; none where it is no JSON."""
    item, paged = shown(fn)
    return frozenset(field.encode_name for field in msgspec.structs.fields(item)) if item else frozenset(), paged


def shown(fn: Callable[..., Any]) -> tuple[type[msgspec.Struct] | None, bool]:
    """Return the struct that an operation shows, and whether it is a page of such; None where it is no JSON."""
    answer = get_type_hints(fn).get("return")
    if get_origin(answer) in (Union, UnionType):
        (answer,) = (part for part in get_args(answer) if part is not Redirect)
    if get_origin(answer) is Response:
        (answer,) = get_args(answer)
    items = get_args(answer)
    item = items[0] if items else answer
    if not (isinstance(item, type) and issubclass(item, msgspec.Struct)):
        return None, False
    return item, bool(items)
