"""``expand=people,channels``: a GET answers with what it mentions too, below ``expanded``, by kind and id.

Each kind is loaded once, whatever the length of the answer, in the order of ``KINDS``: what an expanded interaction
mentions is expanded with it, where it was asked for.
"""

import re
from collections.abc import Awaitable, Callable, Iterator
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from litestar.connection import Request

from kith.api.http import fields, moments
from kith.api.http.auth import require
from kith.api.http.problems import Fault, Problem
from kith.domain import ids
from kith.store.db import Db

NAME = "expand"
MOST = 5  # kinds
LOADED = 1000  # of each kind
_SIGN = b"expand="
_PATTERN = re.compile(rb'"pattern":"\^([a-z]{3})_')

Load = Callable[[Request[Any, Any, Any], Db, list[UUID]], Awaitable[dict[str, Any]]]
Expanded = dict[str, dict[str, Any]]


class Kind(NamedTuple):
    """noun: of its ids. scope: what reading it needs. mentions: the kinds of which it holds ids."""

    noun: str
    scope: str
    mentions: tuple[str, ...] = ()


#: In the order of loading: each mentions only those that follow.
KINDS = {
    "interactions": Kind("interaction", "interactions:read", ("conversations", "channels", "identities", "people")),
    "conversations": Kind("conversation", "conversations:read", ("channels",)),
    "channels": Kind("channel", "channels:read"),
    "identities": Kind("identity", "identities:read", ("people",)),
    "people": Kind("person", "people:read"),
    "organizations": Kind("organization", "organizations:read"),
    "communities": Kind("community", "communities:read"),
    "topics": Kind("topic", "topics:read"),
}


def read(request: Request[Any, Any, Any], handler: Callable[..., Any], asked: list[tuple[str, str]]) -> list[str]:
    """Return the kinds that a GET expands, in the order of loading. Raises Problem."""
    if _SIGN not in request.scope["query_string"] or request.method != "GET":
        return []
    known = expandable(handler)
    given = {name for key, value in asked if key == NAME for name in value.split(",")} if known else set[str]()
    for name in sorted(given):
        if name not in known:
            raise _refusal(f"{name!r} cannot be expanded here, but {', '.join(known)}.")
    if len(given) > MOST:
        raise _refusal(f"At most {MOST} kinds are expanded at once.")
    for name in sorted(given):
        require(request, KINDS[name].scope)
    return [name for name in KINDS if name in given]


@cache
def expandable(fn: Callable[..., Any]) -> tuple[str, ...]:
    """Return the kinds of which an operation's answer, or what it mentions, may hold ids beside those of its items."""
    item, _ = fields.shown(fn)
    held = set(mentions(item)) if item else set[str]()
    return tuple(name for name in KINDS if name in held.union(*(KINDS[one].mentions for one in held)))


def mentions(item: type[msgspec.Struct]) -> tuple[str, ...]:
    """Return the kinds of which a struct may hold ids, beside its own."""
    (schema,), components = msgspec.json.schema_components([item], schema_hook=moments.schema)
    components[schema["$ref"].rpartition("/")[2]]["properties"].pop("id", None)
    held = {prefix.decode() for prefix in _PATTERN.findall(msgspec.json.encode(components))}
    return tuple(name for name, kind in KINDS.items() if ids.PREFIXES[kind.noun] in held)


async def load(request: Request[Any, Any, Any], db: Db, content: Any, wanted: list[str]) -> Expanded:
    """Return what an answer mentions of each wanted kind, by id."""
    if not isinstance(content, msgspec.Struct):
        return {}  # it leads elsewhere
    loaders: dict[str, Load] = request.app.state.loaders
    body = msgspec.to_builtins(content, enc_hook=str)  # days are of a type of ours
    mentioned = set(_texts([_without_id(item) for item in body["data"]] if "data" in body else _without_id(body)))
    expanded: Expanded = {}
    for name in wanted:
        keys = sorted(key for text in mentioned if (key := ids.decode(KINDS[name].noun, text)) is not None)
        expanded[name] = await loaders[name](request, db, keys[:LOADED]) if keys else {}
        mentioned.update(_texts(msgspec.to_builtins(expanded[name])))
    return expanded


def attach(body: bytes, expanded: Expanded) -> bytes:
    """Return the JSON object with what was expanded as its last field."""
    return body[:-1] + b',"expanded":' + msgspec.json.encode(expanded) + b"}"


def _without_id(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "id"}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _refusal(message: str) -> Problem:
    return Problem("invalid_parameter", message, Fault("invalid_parameter", message, parameter=NAME))
