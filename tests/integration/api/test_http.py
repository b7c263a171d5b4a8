"""What holds for every answer: problems, methods, media types, ids of requests, conditions, headers."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from structlog.testing import CapturingLogger

from kith.api.app import BODY_LIMIT, create_app
from kith.api.http.problems import KINDS
from kith.api.routes import ROUTES
from kith.runtime.logs import redact
from kith.runtime.settings import Settings
from kith.store.tokens import mint
from tests.integration.api.cases import requests
from tests.integration.api.conftest import Client, Square, running
from tests.integration.api.contract import check_problem


async def refused(square: Square, method: str, path: str, **options: Any) -> tuple[int, str]:
    """Return status and code of a refusal, whose form is checked on the way."""
    answer = await square.client.send(method, path, **options)
    assert answer.status_code >= 400, f"{path}: {answer.text}"
    check_problem(answer)
    return answer.status_code, answer.json()["code"]


async def test_where_there_is_nothing_the_router_answers_with_a_problem(square: Square) -> None:
    for path in ("/", "/v1", "/v1/nothing", "/v2/people", "/v1/people/x/y/z", "/%00", "/v1/people/%F0%9F%91%BB"):
        assert await refused(square, "GET", path) == (404, "not_found"), path


async def test_a_wrong_method_answers_405_and_says_which_there_are(square: Square) -> None:
    for method, path, allow in (
        ("DELETE", "/v1/people", "GET, HEAD, OPTIONS"),
        ("PUT", "/v1/sources", "GET, HEAD, OPTIONS, POST"),
        ("POST", f"/v1/sources/{square.ours.ids['source']}", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("GET", "/v1/jobs/job_0/cancellation", "OPTIONS, POST"),
        ("GET", "/v1/identity-suggestions/decisions", "OPTIONS, POST"),
    ):
        answer = await square.client.send(method, path)
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
        assert answer.headers["allow"] == allow


async def test_options_lists_the_methods_of_a_path(square: Square) -> None:
    answer = await square.client.send("OPTIONS", "/v1/sources", token=None)
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    assert (await square.client.send("OPTIONS", "/v1/nothing")).status_code == 404


async def test_head_answers_as_get_without_the_body(square: Square) -> None:
    for handler in ROUTES:
        path = next(iter(handler.paths))
        if "GET" not in handler.http_methods or "{" in path:
            continue
        got, head = [await square.client.send(method, path) for method in ("GET", "HEAD")]
        assert head.status_code == got.status_code, path
        assert head.content == b""
        for name in ("content-type", "content-length", "etag", "link"):
            assert head.headers.get(name) == got.headers.get(name), (path, name)


async def test_unknown_parameters_are_refused_by_name(square: Square) -> None:
    for handler in ROUTES:
        path = next(iter(handler.paths))
        if "GET" in handler.http_methods and "{" not in path and not handler.opt.get("hidden"):
            answer = await square.client.send("GET", f"{path}?color=red")
            assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter"), path
            assert answer.json()["errors"][0]["parameter"] == "color"


@pytest.mark.parametrize(
    ("query", "code", "parameter"),
    [
        ("limit=0", "invalid_parameter", "limit"),
        ("limit=201", "invalid_parameter", "limit"),
        ("limit=many", "invalid_parameter", "limit"),
        ("limit=", "invalid_parameter", "limit"),
        ("limit=1&limit=2", "repeated_parameter", "limit"),
        ("sort=height", "invalid_parameter", "sort"),
        ("kind=ghost", "invalid_parameter", "kind"),
        ("q=a", "invalid_parameter", "q"),
        ("last_seen[gte]=yesterday", "invalid_parameter", "last_seen[gte]"),
        ("last_seen[gte]=2026-01-01T00:00:00", "invalid_parameter", "last_seen[gte]"),
        ("last_seen[gte]=null", "invalid_parameter", "last_seen[gte]"),
        ("last_seen[gte]=0.5", "invalid_parameter", "last_seen[gte]"),
        ("limit=1e1", "invalid_parameter", "limit"),
        ("limit=1_0", "invalid_parameter", "limit"),
        ("last_seen[ne]=2026-01-01T00:00:00Z", "unknown_parameter", "last_seen[ne]"),
        ("cursor=x", "invalid_cursor", "cursor"),
    ],
)
async def test_a_bad_parameter_is_named(square: Square, query: str, code: str, parameter: str) -> None:
    answer = await square.client.send("GET", f"/v1/people?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["errors"][0]["parameter"] == parameter


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("interactions", ["kind=review", "kind=thank"]),
        ("interactions", ["kind=review", "kind=thank,post"]),
        ("people", ["network=git", "network=mail", "kind=person", "kind=bot"]),
        ("jobs", ["status=failed", "status=queued", "status=failed"]),
        ("channels", ["kind=area", "limit=1", "kind=list"]),
    ],
)
async def test_the_values_of_a_list_come_with_commas_or_one_by_one(square: Square, path: str, query: list[str]) -> None:
    together: dict[str, list[str]] = {}
    for part in query:
        together.setdefault(part.partition("=")[0], []).append(part.partition("=")[2])
    one = await square.client.pages(f"/v1/{path}?{'&'.join(query)}")
    with_commas = [f"{name}={','.join(values)}" for name, values in together.items()]
    other = await square.client.pages(f"/v1/{path}?{'&'.join(with_commas)}")
    assert one == other


async def test_the_cases_of_a_list_parameter_that_is_repeated(square: Square) -> None:
    with_commas, one_by_one, twice = [path for _, path, _ in requests("list-parameter-repeated")]
    assert (await square.client.get(with_commas))["data"] == (await square.client.get(one_by_one))["data"] != []
    assert await refused(square, "GET", twice) == (400, "repeated_parameter")


async def test_a_zero_byte_in_a_parameter_is_no_fault_of_the_server(square: Square) -> None:
    for path in ("/v1/people?q=a%00b", "/v1/interactions?q=a%00b", "/v1/people?network=a%00b", "/v1/jobs?kind=a%00"):
        assert await refused(square, "GET", path) == (400, "invalid_parameter"), path


async def test_a_cursor_continues_only_the_list_that_issued_it(square: Square) -> None:
    cursor = (await square.client.get("/v1/people?limit=2"))["next_cursor"]
    assert (await square.client.get(f"/v1/people?limit=3&cursor={cursor}"))["data"]
    for path in (
        f"/v1/people?limit=2&kind=bot&cursor={cursor}",
        f"/v1/people?limit=2&sort=name&cursor={cursor}",
        f"/v1/channels?cursor={cursor}",
        f"/v1/people?cursor={cursor[:-1]}{'A' if cursor[-1] != 'A' else 'B'}",
        f"/v1/people?cursor={cursor[:20]}",
        f"/v1/people?cursor={'A' if cursor[0] != 'A' else 'B'}{cursor[1:]}",
    ):
        assert await refused(square, "GET", path) == (400, "invalid_cursor"), path
    token = await square.client.token_for(["people:read"], square.theirs.workspace_id)
    assert await refused(square, "GET", f"/v1/people?cursor={cursor}", token=token) == (400, "invalid_cursor")


async def test_the_link_header_leads_to_the_same_pages(square: Square) -> None:
    answer = await square.client.send("GET", "/v1/people?limit=2&kind=person")
    first, following = answer.headers["link"].split(", ")
    assert first == '</v1/people?limit=2&kind=person>; rel="first"'
    page = await square.client.get(following.partition(">")[0].lstrip("<"))
    cursor = answer.json()["next_cursor"]
    assert page == await square.client.get(f"/v1/people?limit=2&kind=person&cursor={cursor}")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed_request"),
        (b"{", 400, "malformed_request"),
        (b'{"name": "\xff"}', 400, "malformed_request"),
        (b'{"connector": "ndjson", "name": "deep", "config": {"path": ' + b"[" * 20_000, 400, "malformed_request"),
        (b'{"a":' * 20_000, 422, "invalid_body"),
        (b'{"connector": "ndjson", "name": "a\\u0000b", "config": {}}', 422, "invalid_body"),
        (b"[]", 422, "invalid_body"),
        (b"null", 422, "invalid_body"),
        (b"{}", 422, "invalid_body"),
        (b" " * (BODY_LIMIT + 1), 413, "body_too_large"),
    ],
    ids=["none", "half", "not UTF-8", "deep list", "deep object", "zero", "list", "null", "empty", "large"],
)
async def test_a_bad_body_is_refused(square: Square, body: bytes, status: int, code: str) -> None:
    headers = {"Content-Type": "application/json"}
    assert await refused(square, "POST", "/v1/sources", content=body, headers=headers) == (status, code)


@pytest.mark.parametrize(
    ("media_type", "method", "accepted"),
    [
        ("text/plain", "POST", False),
        ("application/xml", "POST", False),
        ("application/merge-patch+json", "POST", False),
        ("application/merge-patch+json", "PATCH", True),
        ("application/json; charset=utf-8", "PATCH", True),
        ("text/plain", "PATCH", False),
    ],
)
async def test_bodies_have_a_declared_media_type(square: Square, media_type: str, method: str, accepted: bool) -> None:
    path = "/v1/sources" if method == "POST" else f"/v1/sources/{square.ours.ids['source']}"
    answer = await square.client.send(method, path, content=b"{}", headers={"Content-Type": media_type})
    assert (answer.status_code != 415) == accepted
    if not accepted:
        assert answer.json()["code"] == "unsupported_media_type"


async def test_a_request_has_an_id_that_the_client_may_choose(square: Square) -> None:
    chosen = await square.client.send("GET", "/livez", headers={"Request-Id": "abc-123"})
    assert chosen.headers["request-id"] == "abc-123"
    for given in ("", "with space", "x" * 129, "é"):
        answer = await square.client.send("GET", "/livez", headers={"Request-Id": given.encode()})
        assert len(answer.headers["request-id"]) == 32


async def test_the_log_says_who_asked_what_and_how_long_it_took(square: Square) -> None:
    path = f"/v1/people/{square.ours.ids['person ada']}"
    me = await square.client.get("/v1/me")
    log = CapturingLogger()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kith.api.http.edge.log", log)
        patch.setattr(square.client.app.edge, "logged", True)
        await square.client.send("GET", path)
        await square.client.send("GET", "/v1/people?limit=0")
        await square.client.send("GET", "/nothing", token=None)
    told, refused, nothing = [call.kwargs for call in log.calls if call.args == ("request",)]
    assert (told["route"], told["operation"], told["status"]) == ("/v1/people/{person_id}", "getPerson", 200)
    assert (told["token"], told["workspace"]) == (me["token"]["id"], me["workspace"]["id"])
    assert told["milliseconds"] > 0
    assert (refused["route"], refused["status"], refused["token"]) == ("/v1/people", 400, me["token"]["id"])
    assert (nothing["route"], nothing["status"], nothing["token"]) == (None, 404, None)


@pytest.mark.parametrize("hosts", [[], [b""], [b"a", b"b"], [b"a", b"a"]])
async def test_a_request_without_one_host_is_refused(square: Square, hosts: list[bytes]) -> None:
    sent: list[Any] = []
    scope = {
        "type": "http", "method": "GET", "path": "/livez", "query_string": b"", "http_version": "1.1",
        "headers": [(b"host", host) for host in hosts],
    }  # fmt: skip

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await square.client.app(scope, receive, send)
    assert sent[0]["status"] == 400
    assert dict(sent[0]["headers"])[b"content-type"] == b"application/problem+json"
    assert json.loads(sent[1]["body"])["code"] == "malformed_request"


@pytest.mark.parametrize("pieces", [[], [b"{"], [b'{"connector": "ndjson", ', b'"name": "x"']])
async def test_a_body_that_does_not_come_is_not_waited_for(
    square: Square, monkeypatch: pytest.MonkeyPatch, pieces: list[bytes]
) -> None:
    monkeypatch.setattr("kith.api.http.edge.BODY_SECONDS", 0.2)

    async def slow() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece
        await asyncio.sleep(10)

    headers = {"Content-Type": "application/json"}
    answer = await square.client.send("POST", "/v1/sources", content=slow(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (408, "request_timeout")
    assert answer.headers["connection"] == "close"


async def test_what_has_not_changed_is_not_sent_again(square: Square) -> None:
    path = f"/v1/people/{square.ours.ids['person ada']}"
    tag = (await square.client.send("GET", path)).headers["etag"]
    for condition in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        answer = await square.client.send("GET", path, headers={"If-None-Match": condition})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert (await square.client.send("GET", path, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_answers_about_people_are_kept_by_nobody(square: Square) -> None:
    answer = await square.client.send("GET", "/v1/people")
    expected = {
        "cache-control": "private, no-store",
        "vary": "Authorization, Accept",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    }
    assert {name: answer.headers[name] for name in expected} == expected


async def test_other_origins_may_call_only_where_they_are_allowed(client: Client) -> None:
    preflight = {"Origin": "https://app.example", "Access-Control-Request-Method": "GET"}
    answer = await client.http.options("/v1/people", headers=preflight)
    assert "access-control-allow-origin" not in answer.headers
    settings = client.app.state.settings
    app = create_app(
        Settings(database_url=settings.database_url, cors_origins="https://app.example", log_level="error")
    )
    transport = httpx2.ASGITransport(app=app)
    async with running(app), httpx2.AsyncClient(transport=transport, base_url="http://kith.test") as http:
        allowed = await http.options("/v1/people", headers=preflight)
        assert allowed.headers["access-control-allow-origin"] == "https://app.example"
        simple = await http.get("/livez", headers={"Origin": "https://app.example"})
        assert "Link" in simple.headers["access-control-expose-headers"]
        other = await http.get("/livez", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers


async def test_a_statement_that_takes_too_long_answers_503(client: Client) -> None:
    settings = client.app.state.settings
    app = create_app(
        Settings(database_url=settings.database_url, pool_size=2, statement_seconds=0.2, log_level="error")
    )
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        running(app),
        httpx2.AsyncClient(transport=transport, base_url="http://kith.test") as http,
        client.pool.acquire() as db,
        db.transaction(),
    ):
        await db.execute("RESET ROLE; LOCK TABLE channels IN ACCESS EXCLUSIVE MODE")
        answer = await http.get("/v1/channels", headers={"Authorization": f"Bearer {client.token}"})
    client.contract.check("GET", answer)
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "unavailable", "5")


async def test_an_unforeseen_fault_tells_nothing_of_the_inside(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError("the secret of the house")

    monkeypatch.setattr("kith.store.channels.list_channels", broken)
    answer = await client.send("GET", "/v1/channels")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text


async def test_every_problem_code_has_a_page(square: Square) -> None:
    for code, kind in KINDS.items():
        page = await square.client.get(f"/problems/{code}")
        assert (page["code"], page["status"]) == (code, kind.status)
    assert await refused(square, "GET", "/problems/boredom") == (404, "not_found")


async def test_the_docs_page_loads_nothing_from_elsewhere(square: Square) -> None:
    page = await square.client.send("GET", "/docs", token=None)
    assert page.headers["content-type"].startswith("text/html")
    assert "https://" not in page.text
    assert "http://" not in page.text
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "docs.js", "docs.css"):
        assert f"/docs/{name}" in page.text
        assert (await square.client.send("GET", f"/docs/{name}", token=None)).status_code == 200
    assert await refused(square, "GET", "/docs/routes.py") == (404, "not_found")
    document = await square.client.send("GET", "/openapi.json", token=None)
    assert document.json() == json.loads(json.dumps(square.client.contract.document))


async def test_the_service_says_how_it_is(square: Square) -> None:
    assert await square.client.get("/livez", token=None) == {"status": "ok"}
    ready = {"ready": True, "database": "ok", "migrations": "ok", "disk": "ok", "queue": "ok"}
    assert await square.client.get("/readyz", token=None) == ready
    assert (await square.client.get("/version", token=None))["api"] == "v1"


async def test_it_is_not_ready_without_its_queue(client: Client) -> None:
    settings = client.app.state.settings
    for url, queue in ((None, "not configured"), ("redis://127.0.0.1:1", "away")):
        app = create_app(Settings(database_url=settings.database_url, redis_url=url, log_level="error"))
        transport = httpx2.ASGITransport(app=app)
        async with running(app), httpx2.AsyncClient(transport=transport, base_url="http://kith.test") as http:
            answer = await http.get("/readyz")
        client.contract.check("GET", answer)
        assert (answer.status_code, answer.json()["queue"]) == (503, queue)


def test_no_token_gets_into_a_log(square: Square) -> None:
    text = mint(square.ours.workspace_id)
    entry = redact(None, "info", {"event": f"Bearer {text}", "path": f"/x?token={text}", "count": 3})
    assert text not in str(entry)
    assert entry["count"] == 3
