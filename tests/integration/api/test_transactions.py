"""A request that is refused or cut off gives its connection back, and none waits for one for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from tests.integration.api.conftest import Client

NEW = {"name": "Press"}
SIZE = 4  # requests of the application under test that have a connection at once; it has one more


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


async def test_whose_turn_does_not_come_is_told_to_come_again(client: Client) -> None:
    assert await people(client) == 200  # the token is known from now on
    other = await client.token_for(["people:read"])
    client.app.state.turns.seconds = 0.3
    async with all_taken(client) as taken:
        for token in (client.token, other):
            answers = await asyncio.gather(*(client.send("GET", "/v1/people", token=token) for _ in range(20)))
            told = {(answer.status_code, answer.json()["code"], answer.headers["retry-after"]) for answer in answers}
            assert told == {(503, "unavailable", "5")}
    assert await asyncio.gather(*taken) == [200] * SIZE
    assert await all_free(client)


async def test_a_line_that_is_too_long_is_told_to_come_again(client: Client) -> None:
    assert await people(client) == 200
    client.app.state.turns.free.line = 3
    async with all_taken(client) as taken:
        asked = [asyncio.create_task(client.send("GET", "/v1/people")) for _ in range(10)]
        coming = asyncio.as_completed(asked)
        refused = [await next(coming) for _ in range(7)]
        told = {(answer.status_code, answer.json()["code"], answer.headers["retry-after"]) for answer in refused}
        assert told == {(429, "rate_limited", "1")}
    assert await asyncio.gather(*taken) == [200] * SIZE
    assert [(await each).status_code for each in asked].count(200) == 3


async def test_readiness_needs_no_turn(client: Client) -> None:
    async with all_taken(client) as taken:
        waiting = [asyncio.create_task(people(client)) for _ in range(20)]
        await asyncio.sleep(0.05)
        ready = await client.send("GET", "/readyz", token=None)
        assert (ready.status_code, ready.json()["database"]) == (200, "ok")
    assert set(await asyncio.gather(*taken, *waiting)) == {200}


async def test_a_pool_without_a_free_connection_answers_503_and_gives_the_turns_back(client: Client) -> None:
    assert await people(client) == 200
    pool = client.app.state.pool
    held = [await pool.acquire() for _ in range(SIZE + 1)]
    client.app.state.turns.seconds = 0.3
    assert set(await asyncio.gather(*(people(client) for _ in range(20)))) == {503}
    for db in held:
        await pool.release(db)
    assert await all_free(client)


@pytest.mark.parametrize("ticks", [0, 1, 2, 3, 5, 10, 100])
async def test_requests_that_are_cut_off_leave_their_turns_to_others(client: Client, ticks: int) -> None:
    assert await people(client) == 200
    async with all_taken(client) as taken:
        waiting = [asyncio.create_task(people(client)) for _ in range(20)]
        await asyncio.sleep(0.05)
        for request in (*waiting[::3], taken[0]):
            request.cancel()
    for _ in range(ticks):  # some have their turn by now
        await asyncio.sleep(0)
    for request in waiting[1::3]:
        request.cancel()
    rest = await asyncio.gather(*waiting[2::3], *taken[1:])
    assert set(rest) == {200}
    await asyncio.gather(*waiting, *taken, return_exceptions=True)
    assert await all_free(client)


async def test_connections_that_are_cut_are_said_and_replaced(client: Client) -> None:
    assert await people(client) == 200
    answers = set[int]()

    async def make(name: str) -> None:
        """Send it again until it is done."""
        status = 0
        while status != 201:
            key = {"Idempotency-Key": name}
            status = (await client.send("POST", "/v1/groups", json={"name": name}, headers=key)).status_code
            answers.add(status)

    owner = await asyncpg.connect(client.app.state.settings.database_url)
    for ticks in range(60):
        made = [asyncio.create_task(make(f"group {ticks} {n}")) for n in range(6)]
        asked = [asyncio.create_task(people(client)) for _ in range(6)]
        for _ in range(ticks):
            await asyncio.sleep(0)
        await owner.execute(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
            """
        )
        answers |= set(await asyncio.gather(*asked))
        await asyncio.gather(*made)
    await owner.close()
    assert answers - {409} == {200, 201, 503}  # 409: the server has not yet seen that the connection is gone
    names = [group["name"] for group in await client.pages("/v1/groups?limit=200")]
    assert sorted(names) == sorted(f"group {ticks} {n}" for ticks in range(60) for n in range(6))


@asynccontextmanager
async def all_taken(client: Client) -> AsyncIterator[list[asyncio.Task[int]]]:
    """Let requests hold every connection, each waiting for a lock, until the block ends."""
    async with client.pool.acquire() as db, db.transaction():
        await db.execute("RESET ROLE; LOCK TABLE people IN ACCESS EXCLUSIVE MODE")
        taken = [asyncio.create_task(people(client)) for _ in range(SIZE)]
        while await db.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted") < SIZE:  # noqa: ASYNC110 - another process tells
            await asyncio.sleep(0.01)
        yield taken


async def people(client: Client) -> int:
    return int((await client.send("GET", "/v1/people")).status_code)


async def all_free(client: Client) -> bool:
    """Whether as many requests as ever work at once, and nobody holds a connection."""
    client.app.state.turns.seconds = 10
    async with all_taken(client) as taken:
        pass
    pool = client.app.state.pool
    return await asyncio.gather(*taken) == [200] * SIZE and pool.get_idle_size() == pool.get_size() >= SIZE
