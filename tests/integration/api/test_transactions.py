"""A request that is refused gives its connection back, whatever refused it."""

import asyncio

import pytest

from tests.integration.api.conftest import Client

NEW = {"name": "Press"}


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("GET", "/v1/people?limit=0", None, {}, 400),
        ("GET", "/v1/people?nothing=1", None, {}, 400),
        ("POST", "/v1/groups", {"nam": 1}, {}, 422),
        ("POST", "/v1/groups", NEW | {"description": "other"}, {"Idempotency-Key": "begun"}, 422),
        ("POST", "/v1/groups", NEW, {"Idempotency-Key": "ü" * 300}, 400),
        ("POST", "/v1/groups", NEW, {"Idempotency-Key": "begun"}, 201),
        ("POST", "/v1/groups", NEW, {}, 409),
        ("GET", "/v1/people/per_x", None, {}, 404),
    ],
)
async def test_many_refusals_leave_no_connection_behind(
    client: Client, method: str, path: str, body: object, headers: dict[str, str], status: int
) -> None:
    first = await client.send("POST", "/v1/groups", json=NEW, headers={"Idempotency-Key": "begun"})
    assert first.status_code == 201
    coded = [(name, value.encode()) for name, value in headers.items()]

    async def refused() -> int:
        answer = await client.send(method, path, json=body, headers=coded)
        return int(answer.status_code)

    assert set(await asyncio.gather(*(refused() for _ in range(40)))) <= {status, 409}
    pool = client.app.state.pool
    assert pool.get_idle_size() == pool.get_size()
    async with asyncio.timeout(5):
        assert (await client.send("GET", "/v1/people")).status_code == 200
