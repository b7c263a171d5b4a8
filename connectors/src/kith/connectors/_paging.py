"""Pages of a list, one after another: where to begin, when to end, and never round in a circle."""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import msgspec

from kith.connectors._answers import Answer
from kith.connectors._errors import Fatal
from kith.connectors._exchange import place_of
from kith.connectors._http import Http

_LINK = re.compile(r"<([^>]*)>((?:\s*;\s*[\w*-]+(?:\s*=\s*(?:\"[^\"]*\"|[^\s;,\"]*))?)*)")
_LINK_BYTES = 8192
_ATTRIBUTE = re.compile(r";\s*([\w*-]+)\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]*))")

Stop = Callable[[Answer], bool]


class Seen(msgspec.Struct, frozen=True):
    """A page with what asks for the one behind it: keep ``next`` in the cursor; None: this was the last."""

    answer: Answer
    next: str | None


async def by_link(
    http: Http, url: str, *, rel: str = "next", stop: Stop | None = None, **options: Any
) -> AsyncIterator[Seen]:
    """Follow the ``Link`` header (RFC 8288). url: of the first page, or the ``next`` of the last one read.

    stop: whether this page is the last although it names another. Raises Fatal where a page comes up again.
    """
    guard = _Guard(url)
    following: str | None = url
    params = options.pop("params", None)
    while following is not None:
        answer = await http.get(following, params=params, **options)
        params = None  # the next address holds them
        found = links(answer).get(rel)
        following = None if found is None or (stop and stop(answer)) else guard.new(urljoin(answer.url, found))
        yield Seen(answer, following)


async def by_cursor(
    http: Http,
    url: str,
    *,
    read: Callable[[Answer], str | int | None],
    param: str = "cursor",
    seed: str | int | None = None,
    stop: Stop | None = None,
    params: Mapping[str, Any] | None = None,
    **options: Any,
) -> AsyncIterator[Seen]:
    """Follow a cursor that the body names.

    read: the cursor in an answer; None, or an empty one: the end. seed: what the first request sends; None: nothing.
    stop: whether this page is the last although it names a cursor, as an empty one often is.
    """
    guard = _Guard("" if seed is None else str(seed))
    cursor = seed
    while True:
        sent = {} if cursor is None else {param: cursor}
        answer = await http.get(url, params={**(params or {}), **sent}, **options)
        found = read(answer)
        cursor = None if found in (None, "") or (stop and stop(answer)) else guard.new(str(found))
        yield Seen(answer, None if cursor is None else str(cursor))
        if cursor is None:
            return


async def by_offset(
    http: Http,
    url: str,
    *,
    count: Callable[[Answer], int],
    size: int,
    param: str = "offset",
    size_param: str = "limit",
    seed: int = 0,
    step: int | None = None,
    params: Mapping[str, Any] | None = None,
    **options: Any,
) -> AsyncIterator[Seen]:
    """Count through a list. count: the items on a page; a page with none is the last.

    step: what each page adds to ``param``; by default the items that came, so that a server that gives fewer than asked
    for loses none; 1 for a number of pages. A page that repeats the one before, as past the end of some lists, is an
    error.
    """
    offset, before = seed, b""
    while True:
        answer = await http.get(url, params={**(params or {}), param: offset, size_param: size}, **options)
        items = count(answer)
        if items and answer.body == before:
            raise Fatal(f"{place_of(url)} gives the same page for every {param}.")
        offset, before = offset + (items if step is None else step), answer.body
        yield Seen(answer, str(offset) if items else None)
        if not items:
            return


async def by_id(
    http: Http,
    url: str,
    *,
    ids: Callable[[Answer], list[str]],
    param: str,
    seed: str | None = None,
    params: Mapping[str, Any] | None = None,
    **options: Any,
) -> AsyncIterator[Seen]:
    """Walk through ids: each page is asked for by the last id of the one before (``after=17``, ``max_id=17``).

    ids: those on a page, in its order; a page without any that is new is the last.
    """
    guard = _Guard(seed or "")
    last, before = seed, frozenset({seed})
    while True:
        sent = {} if last is None else {param: last}
        answer = await http.get(url, params={**(params or {}), **sent}, **options)
        found = frozenset(ordered := ids(answer))
        last = guard.new(ordered[-1]) if found - before else None
        before = found
        yield Seen(answer, last)
        if last is None:
            return


class Window(msgspec.Struct, frozen=True):
    """A span of time to ask for, half open, and the moment from which the next run reads on."""

    since: datetime
    until: datetime

    @classmethod
    def next(cls, reached: datetime | None, now: datetime, *, overlap: timedelta, floor: datetime) -> "Window":
        """Return what is to be read now. reached: ``until`` of the last window that was read whole.

        overlap: how late the network shows a thing under its own date: so far back is read again. Its end is fixed
        before anything is asked, so that what changes meanwhile belongs to the next window. A clock that was set back
        leaves an empty one.
        """
        since = floor if reached is None else max(reached - overlap, floor)
        return cls(since, max(now, since))

    def parts(self, span: timedelta) -> list["Window"]:
        """Cut it into pieces of at most ``span``, the oldest first: progress is kept after each."""
        cut, parts = self.since, []
        while cut < self.until:
            parts.append(Window(cut, min(cut + span, self.until)))
            cut = parts[-1].until
        return parts


def links(answer: Answer) -> dict[str, str]:
    """Return the addresses of the ``Link`` header by what each is to this page (``next``, ``last``)."""
    found: dict[str, str] = {}
    for target, attributes in _LINK.findall(answer.headers.get("link", "")[:_LINK_BYTES]):
        for name, quoted, plain in _ATTRIBUTE.findall(attributes):
            if name.lower() == "rel":
                for rel in (quoted or plain).lower().split():
                    found.setdefault(rel, target.strip())
    return found


class _Guard:
    """Raises Fatal where what asks for a page comes up again: the list would never end.

    Brent's way: it remembers one, the last that came at a power of two, and so finds any circle in little memory.
    """

    def __init__(self, first: str) -> None:
        self._kept, self._steps, self._until = first, 0, 1

    def new(self, following: str) -> str:
        if following == self._kept:
            shown = place_of(following) if "://" in following else repr(following)
            raise Fatal(f"The list goes round in a circle: {shown} comes up again.")
        self._steps += 1
        if self._steps == self._until:
            self._kept, self._steps, self._until = following, 0, self._until * 2
        return following
