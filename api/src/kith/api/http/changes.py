"""What a request changed, for the audit: which object, which fields, and the values of those that tell of no person."""

import re
from typing import Any

import msgspec
from litestar import Request, Response

from kith.api.http.addresses import address_of, network_of
from kith.api.http.auth import token_of
from kith.domain.ids import PREFIXES
from kith.projections import audit
from kith.store.db import Db

#: Fields whose values are about settings and never about a person, whatever has them.
PLAIN = frozenset({
    "application_type", "approved", "connector", "days", "declared", "expires_at", "join_above", "kind", "origins",
    "redirect_uris", "role", "schedule", "scopes", "status", "suggest_above", "verdict", "visibility",
})  # fmt: skip
#: What has a name that is no person's.
NAMED = frozenset({"app", "community", "group", "organization", "source", "workspace"})

_NOUNS = {prefix: noun for noun, prefix in PREFIXES.items()}
_ID = re.compile(r"([a-z]{3})_[0-9a-z]{26}")

Incoming = Request[Any, Any, Any]


def note_before(request: Incoming, thing: Any) -> None:
    """Keep how something was before this request changes it."""
    request.scope["kith.before"] = thing  # type: ignore[typeddict-unknown-key]  # our own key


async def tell(request: Incoming, db: Db, found: Any) -> None:
    """Write what a request has changed, in its transaction. found: what the handler returned."""
    if request.scope["method"] == "GET" or request.route_handler.opt.get("safe"):
        return
    if (getattr(found, "status_code", None) or 0) >= 300:
        return  # it leads elsewhere, and has changed nothing
    token, after = token_of(request), found.content if isinstance(found, Response) else found
    object_ = _object(request.scope["path"], after)
    await audit.record(
        db, token.workspace_id, "app" if token.app_id else "token", str(request.route_handler.operation_id), object_,
        _changes(request, object_, after), member_id=token.member_id, app_id=token.app_id, token_id=token.id,
        network=network_of(address_of(request.scope, request.app.state.limits.trusted)),
        request_id=str(request.scope["kith.request_id"]),  # type: ignore[typeddict-item]  # our own key
    )  # fmt: skip


def _object(path: str, after: Any) -> str | None:
    """Return the id of what was changed: the last in the path, or that of what was made."""
    if named := list(_ID.finditer(path)):
        return named[-1][0]
    made = getattr(after, "id", None)
    return made if isinstance(made, str) and _ID.fullmatch(made) else None


def _changes(request: Incoming, object_: str | None, after: Any) -> dict[str, Any]:
    payload: Any = request.scope.get("kith.payload")
    before: Any = request.scope.get("kith.before")
    removed = request.scope["method"] == "DELETE"
    names = [] if payload is None else [n for n in payload.__struct_fields__ if _is_given(getattr(payload, n))]
    noun = _NOUNS.get((object_ or "")[:3], "")
    shown = [name for name in (_fields(before) if removed else names) if _is_plain(noun, name)]
    changes = {
        "changed": sorted(names),
        "before": _values(before, shown),
        "after": {} if removed else _values(payload, shown) | _values(after, shown),
    }
    return {name: part for name, part in changes.items() if part}


def _values(thing: Any, names: list[str]) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in names if hasattr(thing, name) and _is_given(getattr(thing, name))}


def _fields(thing: Any) -> tuple[str, ...]:
    return getattr(thing, "__struct_fields__", ())


def _is_plain(noun: str, name: str) -> bool:
    return name in PLAIN or (name == "name" and noun in NAMED)


def _is_given(value: Any) -> bool:
    return value is not msgspec.UNSET
