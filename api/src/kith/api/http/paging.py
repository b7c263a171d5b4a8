"""Pages by keyset: a cursor holds the sort key of the last row, signed together with what was asked.

A cursor therefore continues the very list that issued it, costs the same on the first page and on the ten-thousandth,
and skips or doubles nothing when rows arrive in between.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from hashlib import blake2b
from hmac import compare_digest
from typing import Annotated, Any, Generic, Literal, TypeVar
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response
from msgspec import UNSET, Meta, UnsetType

from kith.api.http import inputs
from kith.api.http.auth import token_of
from kith.api.http.coverage import Coverage
from kith.api.http.problems import Fault, Problem

_MAC_BYTES = 16

Row = TypeVar("Row")
Item = TypeVar("Item")
Key = TypeVar("Key")

Limit = Annotated[int, Meta(ge=1, le=200, description="Maximum number of items on a page.")]
CursorText = Annotated[str, Meta(min_length=1, max_length=1000, description="next_cursor of the page before.")]


class Listing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The parameters that every list takes."""

    limit: Limit = 50
    cursor: CursorText | None = None


class Counted(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The parameters of a list that can be counted."""

    include: Annotated[
        tuple[Literal["total"], ...], Meta(max_length=1, description="Counts all pages, where that is cheap.")
    ] = ()


class Page(msgspec.Struct, Generic[Item], frozen=True):
    """One page of a list."""

    data: list[Item]
    has_more: Annotated[bool, Meta(description="Whether more items follow.")]
    next_cursor: Annotated[str | None, Meta(description="Give it as cursor to get the next page; null on the last.")]
    total: (
        Annotated[
            int,
            Meta(
                ge=0, description="With `include=total`: how many all pages have; absent beyond 10,000 or where costly."
            ),
        ]
        | UnsetType
    ) = UNSET


class CoveredPage(Page[Item], Generic[Item], frozen=True, kw_only=True):
    """One page of a list of what was computed, with how much had been read for it."""

    coverage: Coverage


def after(request: Request[Any, Any, Any], params: Listing, keys: type[Key]) -> Key | None:
    """Return the sort key that the page starts after; None for the first page.

    keys: the tuple type of the key. Raises Problem when the cursor was issued for another list, or was changed.
    """
    if params.cursor is None:
        return None
    try:
        raw = urlsafe_b64decode(params.cursor + "=" * (-len(params.cursor) % 4))
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if compare_digest(mac, _sign(request, params, payload)) and _text(raw) == params.cursor:
            return msgspec.msgpack.decode(payload, type=keys)
    except (ValueError, msgspec.MsgspecError):
        pass
    raise Problem("invalid_cursor", None, Fault("invalid_cursor", "It belongs to another list.", parameter="cursor"))


def page(
    request: Request[Any, Any, Any],
    params: Listing,
    rows: Sequence[Row],
    item: Callable[[Row], Item],
    key: Callable[[Row], tuple[Any, ...]],
    total: int | None = None,
) -> Response[Page[Item]]:
    """Return rows as one page. rows: one more than the limit where more follow. key: a row's sort key."""
    body = _page(request, params, rows, item, key, total)
    return Response(body, headers={"Link": links(request, params, body.next_cursor)})


def covered_page(
    request: Request[Any, Any, Any],
    params: Listing,
    rows: Sequence[Row],
    item: Callable[[Row], Item],
    key: Callable[[Row], tuple[Any, ...]],
    coverage: Coverage,
    total: int | None = None,
) -> Response[CoveredPage[Item]]:
    """Return rows as one page, as ``page`` does, with its coverage."""
    plain = _page(request, params, rows, item, key, total)
    body = CoveredPage(plain.data, plain.has_more, plain.next_cursor, plain.total, coverage=coverage)
    return Response(body, headers={"Link": links(request, params, body.next_cursor)})


def _page(
    request: Request[Any, Any, Any],
    params: Listing,
    rows: Sequence[Row],
    item: Callable[[Row], Item],
    key: Callable[[Row], tuple[Any, ...]],
    total: int | None,
) -> Page[Item]:
    shown = rows[: params.limit]
    cursor = None
    if len(rows) > params.limit:
        payload = msgspec.msgpack.encode(key(shown[-1]))
        cursor = _text(_sign(request, params, payload) + payload)
    return Page([item(row) for row in shown], cursor is not None, cursor, UNSET if total is None else total)


def links(request: Request[Any, Any, Any], params: Listing, cursor: str | None) -> str:
    """Return the Link header (RFC 8288) that mirrors the body."""
    same = [(name, value) for name, value in inputs.asked(request) if name != "cursor"]
    found = [("first", same)] + ([("next", [*same, ("cursor", cursor)])] if cursor else [])
    return ", ".join(f'<{_address(request.scope["path"], query)}>; rel="{name}"' for name, query in found)


def _address(path: str, query: Sequence[tuple[str, Any]]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _sign(request: Request[Any, Any, Any], params: Listing, payload: bytes) -> bytes:
    asked = msgspec.structs.replace(params, cursor=None, limit=0)
    context = msgspec.msgpack.encode((request.scope["path"], asked, payload), enc_hook=str)
    return blake2b(context, key=token_of(request).id_key, person=b"kith cursor", digest_size=_MAC_BYTES).digest()
