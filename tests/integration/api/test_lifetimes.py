"""Operations that end say so; requests go on in the trace that they belong to."""

import re
from typing import Any

import httpx2
import pytest
from litestar import get

from kith.api import app, openapi
from kith.api.health.schemas import Liveness
from kith.api.http import lifetimes
from kith.api.routes import ROUTES
from tests.integration.api.conftest import Client, Square, running

OLD: dict[str, Any] = {"deprecated": "2027-01-31", "sunset": "2028-01-31", "successor": "/v1/new"}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@get("/v1/old", operation_id="getOldThing", tags=["meta"], scopes=[], opt=OLD)
async def get_old() -> Liveness:
    """Show what will be gone.

    Soon.
    """
    return Liveness()


async def test_a_deprecated_operation_says_until_when_it_lives(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "ROUTES", [*ROUTES, get_old])
    monkeypatch.setattr(openapi, "PUBLISHED", [*ROUTES, get_old])
    assert openapi.document.__wrapped__()["paths"]["/v1/old"]["get"]["deprecated"] is True
    transport = httpx2.ASGITransport(app=(made := app.create_app(client.app.state.settings)))
    async with running(made), httpx2.AsyncClient(transport=transport, base_url="http://kith.test") as http:
        answer = await http.get("/v1/old", headers={"Authorization": f"Bearer {client.token}"})
        other = await http.get("/v1/groups", headers={"Authorization": f"Bearer {client.token}"})
    assert answer.headers["deprecation"] == "@1801353600"
    assert answer.headers["sunset"] == "Mon, 31 Jan 2028 00:00:00 GMT"
    assert re.findall(r'<([^>]+)>; rel="([^"]+)"', answer.headers["link"]) == [
        ("/docs", "deprecation"), ("/docs", "sunset"), ("/v1/new", "successor-version"),
    ]  # fmt: skip
    assert not {"deprecation", "sunset"} & other.headers.keys()


def test_links_stand_beside_those_of_a_page() -> None:
    headers = {b"link": b'</v1/people>; rel="first"'}
    lifetimes.add(headers, lifetimes.headers_of(OLD))
    assert headers[b"link"].startswith(b'</v1/people>; rel="first", </docs>; rel="deprecation"')


def test_nothing_ends_sooner_than_a_year_after_that_is_announced() -> None:
    with pytest.raises(RuntimeError, match="sooner"):
        lifetimes.headers_of({"deprecated": "2027-01-31", "sunset": "2028-01-30"})


async def test_a_request_goes_on_in_its_trace(square: Square) -> None:
    parent = f"00-{TRACE}-00f067aa0ba902b7-01"
    answer = await square.client.send("GET", "/v1/me", headers={"traceparent": parent})
    version, trace, span, flags = answer.headers["traceparent"].split("-")
    assert (version, trace, flags) == ("00", TRACE, "01")
    assert span != "00f067aa0ba902b7"
    later = await square.client.send("GET", "/v1/me", headers={"traceparent": f"01-{TRACE}-00f067aa0ba902b7-00-more"})
    assert later.headers["traceparent"].startswith(f"00-{TRACE}-")


@pytest.mark.parametrize(
    "parent",
    ["", "x", f"00-{TRACE}-00f067aa0ba902b7", f"ff-{TRACE}-00f067aa0ba902b7-01", f"00-{'0' * 32}-00f067aa0ba902b7-01",
     f"00-{TRACE}-{'0' * 16}-01", f"00-{TRACE.upper()}-00f067aa0ba902b7-01", f"00-{TRACE}-00f067aa0ba902b7-01-more"],
)  # fmt: skip
async def test_what_names_no_trace_is_passed_over(square: Square, parent: Any) -> None:
    answer = await square.client.send("GET", "/v1/me", headers={"traceparent": parent})
    assert answer.status_code == 200
    assert "traceparent" not in answer.headers
