"""Events: read on from any, none missed; a stream that goes on where it broke and ends with its token."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx2
import msgspec
import pytest
import uvicorn

from kith.api.events import hub, stream
from kith.api.http.wire import Wire
from kith.domain.ids import decode, encode
from kith.projections import project
from kith.store import events
from kith.store.db import workspace
from kith.store.tokens import revoke_token
from tests.integration.api import town
from tests.integration.api.conftest import Client
from tests.integration.api.test_batches import act, ref, write
from tests.integration.detections import detect_in

READ = ["events:read", "members:read", "people:read"]


async def told(client: Client, *roles: str) -> None:
    async with workspace(client.pool, client.workspace_id) as db:
        for role in roles:
            await events.tell_of_member(db, client.workspace_id, "member.changed", UUID(int=7), role)


def roles(found: list[Any]) -> list[str]:
    return [event["data"]["role"] for event in found]


async def test_reading_on_misses_nothing_however_late_it_was_committed(client: Client) -> None:
    home = client.workspace_id
    await told(client, "first")
    (first,) = (await client.get("/v1/events"))["data"]
    async with workspace(client.pool, home) as late:
        await events.tell_of_member(late, home, "member.changed", UUID(int=7), "late")
        await told(client, "early")
        (early,) = (await client.get(f"/v1/events?after={first['id']}"))["data"]
    found = await client.pages(f"/v1/events?limit=1&after={first['id']}")
    assert (early["data"]["role"], roles(found)) == ("early", ["early", "late"])
    assert roles((await client.get(f"/v1/events?after={early['id']}"))["data"]) == ["late"]
    assert roles((await client.get("/v1/events?type=member.left"))["data"]) == []


async def test_readers_at_once_number_each_event_once(client: Client) -> None:
    await told(client, *(str(n) for n in range(20)))
    (*_, oldest) = (await client.get("/v1/events"))["data"]
    await told(client, *(str(n) for n in range(20, 60)))
    path = f"/v1/events?limit=200&after={oldest['id']}"
    answers = await asyncio.gather(*(client.get(path) for _ in range(5)))
    assert all(roles(answer["data"]) == [str(n) for n in range(1, 60)] for answer in answers)


async def test_what_is_gone_cannot_be_read_on_from(client: Client) -> None:
    await told(client, "one", "two")
    gone = (await client.get("/v1/events"))["data"][-1]["id"]
    async with workspace(client.pool, client.workspace_id) as db:
        await db.execute("DELETE FROM events WHERE id = $1", decode("event", gone))
    for path in ("/v1/events", "/v1/events/stream"):
        headers = {"Authorization": f"Bearer {client.token}"}
        answer = await client.http.get(f"{path}?after={gone}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (410, "events_gone")


async def test_a_type_takes_the_scope_of_what_it_tells_of(client: Client) -> None:
    await told(client, "one")
    blind = await client.token_for(["events:read", "people:read"])
    assert (await client.get("/v1/events", token=blind))["data"] == []
    assert len((await client.get("/v1/events", token=await client.token_for(READ)))["data"]) == 1


async def test_kinds_have_schemas(client: Client) -> None:
    kinds = (await client.get("/v1/event-kinds"))["data"]
    assert {"person.joined", "member.left"} <= {kind["type"] for kind in kinds}


@asynccontextmanager
async def served(client: Client) -> AsyncIterator[httpx2.AsyncClient]:
    """Serve the application over a real connection: a stream has no end that could be waited for."""
    config = uvicorn.Config(
        client.app, port=0, http=Wire, interface="asgi3", log_config=None, lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 -- uvicorn tells nobody
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as http:
            yield http
    finally:
        server.should_exit = True
        await task


class Listener:
    """Reads the events of a stream, one after the other."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.answer, self.lines = answer, answer.aiter_lines()

    async def next(self) -> dict[str, str]:
        """Return the fields of the next event; comments have the name ''."""
        found: dict[str, str] = {}
        async with asyncio.timeout(10):
            async for line in self.lines:
                if not line:
                    return found
                name, _, value = line.partition(":")
                found[name] = value.strip()
        raise EOFError

    async def drain(self) -> None:
        while True:
            await self.next()


@asynccontextmanager
async def listening(http: httpx2.AsyncClient, token: str, path: str = "", **headers: str) -> AsyncIterator[Listener]:
    told = {"Authorization": f"Bearer {token}"} | headers
    async with http.stream("GET", f"/v1/events/stream{path}", headers=told) as answer:
        assert answer.status_code == 200, await answer.aread()
        listener = Listener(answer)
        assert await listener.next() == {"retry": "3000"}
        yield listener


async def test_a_stream_tells_at_once_and_goes_on_where_it_broke(client: Client) -> None:
    token = await client.token_for(READ)
    await told(client, "before")
    async with served(client) as http:
        async with listening(http, token) as listener:
            await told(client, "one")
            first = await listener.next()
            assert first["event"] == "member.changed"
            assert msgspec.json.decode(first["data"])["data"]["role"] == "one"
        await told(client, "two", "three")
        headers = {"Last-Event-ID": first["id"]}
        async with listening(http, token, "", **headers) as listener:
            again = [msgspec.json.decode((await listener.next())["data"])["data"]["role"] for _ in range(2)]
        assert again == ["two", "three"]
        async with listening(http, token, f"?type=member.left&after={first['id']}") as listener:
            async with workspace(client.pool, client.workspace_id) as db:
                await events.tell_of_member(db, client.workspace_id, "member.left", UUID(int=7), "viewer")
            assert (await listener.next())["event"] == "member.left"


async def test_a_stream_shows_that_it_lives_and_ends_with_its_token(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.1)
    token = await client.token_for(READ)
    async with served(client) as http, listening(http, token) as listener:
        assert await listener.next() == {"": ""}
        me = (await client.get("/v1/me", token=token))["token"]["id"]
        async with workspace(client.pool, client.workspace_id) as db:
            assert await revoke_token(db, client.workspace_id, decode("token", me) or UUID(int=0))
        with pytest.raises(EOFError):
            await listener.drain()


async def test_a_token_has_so_many_streams_and_no_more(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "EACH", 2)
    token = await client.token_for(READ)
    async with served(client) as http:
        async with listening(http, token), listening(http, token):
            answer = await http.get("/v1/events/stream", headers={"Authorization": f"Bearer {token}"})
            assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
        for _ in range(50):
            if not client.app.state.hub._open:
                break
            await asyncio.sleep(0.05)
        async with listening(http, token):
            pass
    head = await client.http.head("/v1/events/stream", headers={"Authorization": f"Bearer {token}"})
    assert (head.status_code, head.headers["content-type"]) == (200, "text/event-stream")


async def test_a_relationships_word_is_told_when_it_changes_and_once(client: Client) -> None:
    home = client.workspace_id
    days = [f"2026-04-{n:02}T12:00:00Z" for n in range(1, 31)]
    met = [act(day, occurred_at=day) for day in days]
    back = [act(f"b{day}", occurred_at=day, actor=ref("bo"), targets=[{"identity": ref("ada")}]) for day in days]
    await write(client, "interactions", *met, *back)
    async with workspace(client.pool, home) as db:
        while (await project.project(db, home, datetime(2026, 5, 1, 12, tzinfo=UTC)))[1]:
            pass
    words = []
    for month in (5, 5, 11, 11):
        until = {"since": "2026-04-01T00:00:00Z", "until": f"2026-{month:02}-02T00:00:00Z"}
        await write(client, "interactions", {"type": "coverage", "status": "read"} | until)
        async with workspace(client.pool, home) as db:
            await project.refresh(db, home, datetime(2026, month, 2, 12, tzinfo=UTC), (UUID(int=0), UUID(int=0)))
            words.append(await db.fetchval("SELECT word FROM relationships LIMIT 1"))
    told = (await client.get("/v1/events?type=relationship.changed"))["data"]
    assert words[0] == words[1] != words[2] == words[3]
    assert [(event["data"]["before"], event["data"]["after"]) for event in told] == [(words[0], words[2])]


async def test_roles_are_told_when_they_change_and_once(client: Client) -> None:
    made = await town.build(client.pool, "roles")
    counts = []
    for step in range(3):
        async with workspace(client.pool, made.workspace_id) as db:
            if step == 1:
                lost = await db.fetchrow("DELETE FROM roles WHERE ctid = (SELECT min(ctid) FROM roles) RETURNING *")
            await detect_in(db, made.workspace_id, whole=True)
            rows = await db.fetch("SELECT data FROM events WHERE type = 'role.changed'")
            counts.append(len(rows))
    assert counts == [0, 1, 1]
    assert lost
    told = rows[0]["data"]
    assert told["person_id"] == encode("person", lost["person_id"])
    assert {*told["after"]} - {*told["before"]} == {lost["role"]}
