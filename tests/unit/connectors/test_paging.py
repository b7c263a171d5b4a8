"""Lists over many pages: each item once, an end to every list, and none that goes round in a circle."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.connectors import Answer, Egress, Fatal, Http, Window, by_cursor, by_id, by_link, by_offset, links
from kith.connectors.testing import Asked, FakeClock, FaultServer, Given, given_json

ITEMS = list(range(1, 24))
NOW = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    http = Http(Egress(("127.0.0.1",)), clock=FakeClock())
    yield http
    await http.close()


def items(answer: Answer) -> list[int]:
    return [*answer.json(dict[str, Any])["items"]]


def offset_of(asked: Asked, name: str) -> int:
    return int(asked.query.get(name) or 0)


@pytest.mark.parametrize("size", [1, 5, 23, 100])
async def test_links_are_followed_to_the_end(server: FaultServer, http: Http, size: int) -> None:
    def page(asked: Asked) -> Given:
        at = offset_of(asked, "at")
        more = {"link": f'</list?at={at + size}&q=a,b>; rel="next", </list?at=0>; rel=first'} if at + size < 23 else {}
        return given_json({"items": ITEMS[at : at + size]}, headers=more)

    server.on("/list", page)
    pages = [seen async for seen in by_link(http, server.url("/list"), params={"per_page": size})]
    assert [item for seen in pages for item in items(seen.answer)] == ITEMS
    assert pages[-1].next is None
    if len(pages) > 2:
        again = [seen async for seen in by_link(http, pages[0].next or "")]
        assert [item for seen in again for item in items(seen.answer)] == ITEMS[size:]


@pytest.mark.parametrize("length", [1, 2, 3, 7])
async def test_links_in_a_circle_are_an_error_and_no_end(server: FaultServer, http: Http, length: int) -> None:
    def page(asked: Asked) -> Given:
        return given_json(
            {"items": []}, headers={"link": f'</list?at={(offset_of(asked, "at") + 1) % length}>; rel="next"'}
        )

    server.on("/list", page)
    with pytest.raises(Fatal, match="circle"):
        [seen async for seen in by_link(http, server.url("/list?at=0"))]
    assert len(server.asked) <= 4 * length + 2


async def test_a_stop_rule_ends_what_names_a_next_page_for_ever(server: FaultServer, http: Http) -> None:
    def page(asked: Asked) -> Given:
        at = offset_of(asked, "cursor")
        return given_json({"items": ITEMS[at : at + 10], "cursor": at + 10})

    server.on("/list", page)
    pages = [
        seen
        async for seen in by_cursor(
            http, server.url("/list"), read=lambda answer: answer.json()["cursor"], stop=lambda one: not items(one)
        )
    ]
    assert [item for seen in pages for item in items(seen.answer)] == ITEMS


@pytest.mark.parametrize(("seed", "first"), [(None, None), ("*", "*"), (0, "0")])
async def test_a_cursor_begins_with_its_seed(server: FaultServer, http: Http, seed: Any, first: str | None) -> None:
    def page(asked: Asked) -> Given:
        asked_for = asked.query.get("cursor")
        assert asked_for in (first, "b")
        return given_json({"items": [1] if asked_for == first else [2], "next": "b" if asked_for == first else ""})

    server.on("/list", page)
    read = by_cursor(http, server.url("/list"), read=lambda answer: answer.json()["next"], seed=seed)
    assert [items(seen.answer) async for seen in read] == [[1], [2]]


async def test_a_cursor_that_stands_still_is_an_error(server: FaultServer, http: Http) -> None:
    server.on("/list", given_json({"items": [1], "next": "same"}))
    with pytest.raises(Fatal, match="'same' comes up again"):
        [seen async for seen in by_cursor(http, server.url("/list"), read=lambda answer: answer.json()["next"])]


@pytest.mark.parametrize("given_at_once", [1, 4, 10])
async def test_an_offset_counts_what_came_and_not_what_was_asked_for(
    server: FaultServer, http: Http, given_at_once: int
) -> None:
    def page(asked: Asked) -> Given:
        at = offset_of(asked, "offset")
        return given_json({"items": ITEMS[at : at + given_at_once]})

    server.on("/list", page)
    pages = by_offset(http, server.url("/list"), count=lambda answer: len(items(answer)), size=10)
    assert [item async for seen in pages for item in items(seen.answer)] == ITEMS


async def test_numbered_pages_are_counted_by_one(server: FaultServer, http: Http) -> None:
    def page(asked: Asked) -> Given:
        number = offset_of(asked, "page")
        return given_json({"items": ITEMS[(number - 1) * 10 : number * 10]})

    server.on("/list", page)
    pages = by_offset(
        http, server.url("/list"), count=lambda answer: len(items(answer)), size=10, param="page", seed=1, step=1
    )
    assert [item async for seen in pages for item in items(seen.answer)] == ITEMS


async def test_a_list_that_ignores_its_offset_is_an_error(server: FaultServer, http: Http) -> None:
    server.on("/list", given_json({"items": [1, 2]}))
    with pytest.raises(Fatal, match="same page for every offset"):
        [seen async for seen in by_offset(http, server.url("/list"), count=lambda answer: len(items(answer)), size=2)]


@pytest.mark.parametrize("inclusive", [True, False])
async def test_ids_are_walked_down_with_or_without_the_last_one(
    server: FaultServer, http: Http, inclusive: bool
) -> None:
    def page(asked: Asked) -> Given:
        below = int(asked.query.get("max_id", 10**6))
        left = [item for item in reversed(ITEMS) if item < below or (inclusive and item == below)]
        return given_json({"items": left[:5]})

    server.on("/list", page)
    pages = by_id(http, server.url("/list"), ids=lambda answer: [*map(str, items(answer))], param="max_id")
    found = [item async for seen in pages for item in items(seen.answer)]
    assert sorted(set(found)) == ITEMS
    assert len(found) - len(ITEMS) <= (6 if inclusive else 0)


async def test_ids_in_a_circle_are_an_error(server: FaultServer, http: Http) -> None:
    def page(asked: Asked) -> Given:
        after = offset_of(asked, "after")
        return given_json({"items": [(after + 1) % 6, (after + 2) % 6]})

    server.on("/list", page)
    with pytest.raises(Fatal, match="circle"):
        [
            seen
            async for seen in by_id(
                http, server.url("/list"), ids=lambda answer: [*map(str, items(answer))], param="after"
            )
        ]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('<https://a/?p=2>; rel="next"', {"next": "https://a/?p=2"}),
        ("</b>;rel=next", {"next": "/b"}),
        ('<a,b;c>; title="x, <y>; rel=prev"; rel="next last"', {"next": "a,b;c", "last": "a,b;c"}),
        ('<1>; rel="prev",<2>; rel="next"', {"prev": "1", "next": "2"}),
        ('<1>; REL="Next"', {"next": "1"}),
        ("", {}),
        ("no link at all", {}),
        ("<unclosed; rel=next", {}),
    ],
)
def test_the_link_header_is_read_in_every_spelling(header: str, expected: dict[str, str]) -> None:
    assert links(Answer(200, "https://a/", {"link": header}, b"")) == expected


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_link_header_is_read_in_no_time(header: str) -> None:
    links(Answer(200, "https://a/", {"link": header * 20}, b""))


@given(st.lists(st.integers(-3600, 86400), min_size=1, max_size=12), st.integers(0, 7200), st.integers(1, 90))
@settings(max_examples=100, deadline=None)
def test_windows_cover_all_time_whatever_the_clock_does(gaps: list[int], overlap: int, hours: int) -> None:
    floor, now = NOW - timedelta(days=30), NOW
    reached: datetime | None = None
    for gap in gaps:
        now += timedelta(seconds=gap)
        window = Window.next(reached, now, overlap=timedelta(seconds=overlap), floor=floor)
        assert window.since <= window.until
        assert window.since == (floor if reached is None else max(reached - timedelta(seconds=overlap), floor))
        parts = window.parts(timedelta(hours=hours))
        edges = [window.since, *(part.until for part in parts)]
        assert [part.since for part in parts] == edges[:-1]
        assert edges[-1] == window.until
        reached = window.until
