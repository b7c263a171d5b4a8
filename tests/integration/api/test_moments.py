"""Moments and days at the edges of the calendar, in both forms, in every parameter and body that takes one."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kith.api.http import inputs, moments
from kith.api.http.moments import Bound, Day, Moment, Until
from kith.api.routes import ROUTES
from tests.integration.api.cases import requests
from tests.integration.api.conftest import Square
from tests.integration.api.test_tenants import NEEDED, foreign_ids

#: Moments that are none in UTC, or lie where sums of days leave the calendar.
EDGES = [
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999Z", "0001-01-01", "9999-12-31",
    "0001-01-02", "9999-12-30", "1970-01-01", "1969-12-31T23:59:59.999999-12:00", "2024-02-29",
]  # fmt: skip
NONE = ["2023-02-29", "2024-00-10", "0000-01-01", "10000-01-01", "2024-01-01T25:00:00Z", "2024-1-1", "2024-01-01T00:00"]


async def timed(square: Square, **more: str) -> list[tuple[str, str, dict[str, str]]]:
    """Return each GET of the document, with each of its parameters that takes a day or a moment, and what it needs.

    more: ids in place of those that any operation may be asked for.
    """
    known = await foreign_ids(square, square.ours) | {"name": "github"}
    known |= {"person_id": square.ours.ids["person ada"], "other_id": square.ours.ids["person bo"]} | more
    found = []
    for path, operations in square.client.contract.document["paths"].items():
        operation = operations.get("get", {})
        needed = dict(parse_qsl(NEEDED.get(operation.get("operationId"), "")))
        found += [
            (path.format(**known), parameter["name"], needed)
            for parameter in operation.get("parameters", ())
            if parameter["schema"].get("format", "").startswith("date")
        ]
    return found


async def test_no_moment_at_the_edge_is_a_fault_of_the_server(square: Square) -> None:
    asked = await timed(square)
    assert len(asked) > 20
    for path, name, needed in asked:
        for text in (*EDGES, *NONE):
            answer = await square.client.send("GET", path, params=needed | {name: text})
            assert answer.status_code < 500, (path, name, text)
            if answer.status_code == 400:
                assert answer.json()["errors"][0]["parameter"] == name, (path, text)
            else:
                assert text not in NONE, (path, name, text)


async def test_the_cases_of_moments_at_the_edge(square: Square) -> None:
    ids = square.ours.ids
    for method, path, body in requests("moments-at-the-edge"):
        if method == "GET":
            name = path.partition("?")[2].partition("=")[0]
            for text, expected in ((path, 400), (re.sub(r"(%2B|-)\d\d:\d\d$", "Z", path), 200)):
                answer = await square.client.send("GET", text.replace("{id}", ids["person ada"]))
                assert answer.status_code == expected, text
                if expected == 400:
                    assert answer.json()["code"] == "invalid_parameter"
                    assert answer.json()["errors"][0]["parameter"] == name
        else:
            answer = await square.client.send(method, path.replace("{id}", f"sug_{'0' * 26}"), json=body)
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")
            assert answer.json()["errors"][0]["pointer"] == "/until"


@pytest.fixture
async def organization(square: Square) -> AsyncIterator[str]:
    """The id of an organization for one test."""
    made = await square.client.send("POST", "/v1/organizations", json={"name": "Edge"})
    assert made.status_code == 201, made.text
    path = f"/v1/organizations/{made.json()['id']}"
    yield made.json()["id"]
    gone = await square.client.send("DELETE", path, headers={"If-Match": made.headers["etag"]})
    assert gone.status_code == 200, gone.text


@pytest.mark.parametrize("name", ["since", "until"])
@pytest.mark.parametrize("text", EDGES)
async def test_days_of_a_body_may_lie_at_the_edge(square: Square, organization: str, name: str, text: str) -> None:
    body = {"organization_id": organization, "evidence": "own_statement", name: text}
    answer = await square.client.send("POST", f"/v1/people/{square.ours.ids['person ada']}/affiliations", json=body)
    if answer.status_code == 201:
        assert answer.json()[name] == text
    else:
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{name}"), answer.text


async def test_a_day_and_a_moment_of_it_ask_the_same(square: Square, organization: str) -> None:
    """Whatever operation takes them; a day of ``as_of`` and ``known_at`` counts as a whole, others from its begin."""
    today = datetime.now(UTC).date()
    begin = [f"{today}T00:00:00Z", f"{today}T05:30:00+05:30"]
    end = [f"{today}T23:59:59.999999Z", f"{today + timedelta(1)}T01:59:59.999999+02:00"]
    asked = await timed(square, organization_id=organization)
    assert len([name for _, name, _ in asked if name in ("as_of", "known_at")]) > 10
    for path, name, needed in asked:
        answers = []
        for text in (str(today), *(end if name in ("as_of", "known_at") else begin)):
            answer = await square.client.send("GET", path, params=needed | {name: text})
            assert answer.status_code == 200, (path, name, text, answer.text)
            answers.append(_without_the_moment(answer))
        assert answers[0] == answers[1] == answers[2], (path, name)


def _without_the_moment(answer: Any) -> Any:
    """Return what was answered, without the moment that it repeats."""
    if not answer.headers["content-type"].startswith("application/json"):
        return answer.content
    return {key: value for key, value in answer.json().items() if key != "known_at"}


async def test_a_day_begins_a_range(square: Square) -> None:
    day = datetime.now(UTC).date() - timedelta(5)
    for name in ("occurred_at[gte]", "occurred_at[lt]"):
        found = [
            (await square.client.get("/v1/interactions", params={name: text}))["data"]
            for text in (str(day), f"{day}T00:00:00Z", f"{day}T05:30:00+05:30")
        ]
        assert found[0] == found[1] == found[2]


def test_whatever_takes_a_moment_reads_it_by_one_rule() -> None:
    """A plain datetime in a parameter or body would bring its offset along, and overflow later."""
    for handler in ROUTES:
        for name in ("params", "payload"):
            if kind := inputs.declared(handler.fn, name):
                plain = [info for info in _types(msgspec.inspect.type_info(kind)) if _is_plain(info, name)]
                assert not plain, (handler, name)


def _types(info: Any) -> Iterator[Any]:
    yield info
    for name in ("type", "item_type"):
        if hasattr(info, name):
            yield from _types(getattr(info, name))
    for part in (*getattr(info, "types", ()), *(field.type for field in getattr(info, "fields", ()))):
        yield from _types(part)


def _is_plain(info: Any, name: str) -> bool:
    return isinstance(info, msgspec.inspect.DateTimeType) or (
        name == "params" and isinstance(info, msgspec.inspect.DateType)
    )


MOMENTS: tuple[Any, ...] = (Bound, Until, Moment)
OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59)


def written(moment: datetime, minutes: int) -> str:
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    return f"{moment.isoformat()}{sign}{hours:02}:{rest:02}"


@given(st.datetimes(), OFFSETS)
@settings(suppress_health_check=list(HealthCheck))
def test_a_moment_is_read_in_utc_or_refused(moment: datetime, minutes: int) -> None:
    text = written(moment, minutes)
    try:
        expected = (moment - timedelta(minutes=minutes)).replace(tzinfo=UTC)
    except OverflowError:
        for kind in (*MOMENTS, Day):
            with pytest.raises(ValueError, match="years 1 to 9999"):
                moments.read(kind, text)
        return
    for kind in MOMENTS:
        assert moments.read(kind, text) == expected
    assert moments.read(Day, text) == expected.date()


@given(st.dates())
def test_a_day_is_read_by_what_is_meant(day: date) -> None:
    assert moments.read(Bound, str(day)) <= moments.read(Until, str(day))
    assert moments.read(Bound, str(day)).date() == moments.read(Until, str(day)).date() == day
    assert moments.read(Day, str(day)) == day
    with pytest.raises(ValueError, match="moment"):
        moments.read(Moment, str(day))
