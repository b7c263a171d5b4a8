"""What only a real server on a real socket shows."""

from collections.abc import Iterator

import httpx2
import pytest

from tests.conformance.api.conftest import Served


@pytest.fixture
def http(served: Served) -> Iterator[httpx2.Client]:
    """One kept connection, as a client that sends a token has."""
    limits = httpx2.Limits(max_connections=1)
    headers = {"Authorization": f"Bearer {served.token}"}
    with httpx2.Client(base_url=served.url, headers=headers, limits=limits) as client:
        yield client


def test_after_head_and_304_the_connection_goes_on(http: httpx2.Client) -> None:
    got = http.get("/v1/people")
    head = http.head("/v1/people")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
    assert http.get("/v1/people", headers={"If-None-Match": got.headers["etag"]}).status_code == 304
    assert http.get("/v1/people").json() == got.json()


def test_a_body_without_a_length_is_cut_off_at_the_limit(http: httpx2.Client) -> None:
    pieces = (b" " * 100_000 for _ in range(15))
    answer = http.post("/v1/sources", content=pieces, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_path_of_escapes_is_not_found(http: httpx2.Client) -> None:
    for path in ("/v1/people/%2e%2e%2f", "/v1/%FF", "/docs/..%2fapp.py", "//v1//people"):
        assert http.get(path).status_code == 404, path


def test_a_method_nobody_knows_is_not_allowed(http: httpx2.Client) -> None:
    answer = http.request("BREW", "/v1/people")
    assert answer.status_code in (400, 405, 501)


def test_a_trailing_slash_leads_to_the_same(http: httpx2.Client) -> None:
    assert http.get("/v1/people/").json() == http.get("/v1/people").json()
