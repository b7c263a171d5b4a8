"""Sources that are listened to: one process at a time, whatever happens to it, and only while they are active."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from kith.connectors.irc import IrcConnector
from kith.store import jobs, sources
from kith.store.db import Pool, workspace
from kith.workers import listening
from kith.workers.ground import ANYWHERE, Ground
from kith.workers.kinds import KINDS
from kith.workers.runner import Runner
from tests.integration.store.facts import Store, add_source

ROOM = "#garden"
SECONDS = 30.0


class Chat:
    """An IRC server with one channel, in which Bob is; kith's connections are those that have joined."""

    def __init__(self) -> None:
        self.listeners: list[asyncio.StreamWriter] = []
        self.joins = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.CancelledError):
            while line := (await reader.readline()).decode().strip():
                word, _, rest = line.partition(" ")
                if word == "CAP" and rest.startswith("LS"):
                    writer.write(b":irc.x CAP * LS :server-time multi-prefix\r\n")
                elif word == "CAP" and rest.startswith("REQ"):
                    writer.write(b":irc.x CAP * ACK :server-time multi-prefix\r\n")
                elif rest == "END":
                    writer.write(b":irc.x 001 kith :Welcome\r\n")
                elif word == "JOIN":
                    writer.write(f":irc.x 353 kith = {ROOM} :kith @bob\r\n".encode())
                    self.listeners.append(writer)
                    self.joins += 1
        if writer in self.listeners:
            self.listeners.remove(writer)
        writer.close()

    async def joined(self, times: int) -> None:
        async with asyncio.timeout(SECONDS):
            while self.joins < times or not self.listeners:  # noqa: ASYNC110 - set by many
                await asyncio.sleep(0.02)

    def say(self, text: str, at: int = 0) -> None:
        assert len(self.listeners) == 1, "one listens at a time"
        line = f"@time=2026-01-01T00:{at:02}:00.000Z :ada!a@x PRIVMSG {ROOM} :{text}\r\n"
        self.listeners[0].write(line.encode())

    def drop(self) -> None:
        for writer in self.listeners:
            writer.close()


@asynccontextmanager
async def chat() -> AsyncIterator[tuple[Chat, int]]:
    there = Chat()
    server = await asyncio.start_server(there.talk, "127.0.0.1")
    try:
        yield there, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        there.drop()


@contextmanager
def live(url: str, valkey_url: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    env = os.environ | {"KITH_DATABASE_URL": url, "KITH_REDIS_URL": valkey_url, "KITH_LEASE_SECONDS": "2"}
    with log.open("ab") as out:
        process = subprocess.Popen([sys.executable, "-m", "kith.workers.live"], env=env, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def listened(pool: Pool, workspace_id: UUID, port: int) -> Store:
    store = await Store.open(pool, workspace_id)
    store.source_id = await add_source(
        pool, workspace_id, "irc", network="x", server=f"127.0.0.1:{port}", security="none", rooms=[ROOM]
    )
    async with workspace(pool, workspace_id) as db:
        await jobs.ask_listen(db, workspace_id, store.source_id)
    return store


async def job_of(store: Store) -> Any:
    async with workspace(store.pool, store.workspace_id) as db:
        row = await db.fetchrow(
            "SELECT * FROM jobs WHERE workspace_id = $1 AND kind = 'listen' ORDER BY id DESC", store.workspace_id
        )
    assert row
    return row


async def stored(store: Store, interactions: int) -> None:
    async with asyncio.timeout(SECONDS):
        while await store.count("interactions") < interactions:  # noqa: ASYNC110 - the database rings no bell
            await asyncio.sleep(0.02)


@pytest.fixture
async def runner(pool: Pool, tmp_path: Path) -> AsyncIterator[Runner]:
    runner = Runner(pool, KINDS, {"irc": IrcConnector()}, Ground(tmp_path, ANYWHERE), most=2, lease_seconds=30)
    yield runner
    await runner.stop(1)


def test_the_process_that_listens_imports_no_other_job() -> None:
    code = "import sys, kith.workers.live; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {do.__module__ for do in KINDS.values()} & {*loaded} == {listening.__name__}


async def test_what_is_said_is_stored_until_the_source_rests(
    pool: Pool, workspace_id: UUID, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "LOOK_SECONDS", 0.1)
    async with chat() as (there, port):
        store = await listened(pool, workspace_id, port)
        running = runner.start(workspace_id, (await job_of(store))["id"])
        await there.joined(1)
        there.say("bob: hello")
        there.say("bob: hello again", 1)
        await stored(store, 2)
        async with workspace(pool, workspace_id) as db:
            told = await db.fetchval(
                "SELECT count(*) FROM interactions WHERE workspace_id = $1 AND cardinality(target_ids) = 1",
                workspace_id,
            )
            assert told == 2, "Bob was there before he said anything"
            source = await sources.get_source(db, workspace_id, store.source_id)
            assert source
            await sources.set_status(db, workspace_id, source, "paused")
        await asyncio.wait_for(running, SECONDS)
        again = await job_of(store)
        assert again["status"] == "queued"
        await runner.start(workspace_id, again["id"])
        assert (await job_of(store))["status"] == "canceled"
        assert there.joins == 1


async def test_a_connection_that_ends_is_made_again_later(pool: Pool, workspace_id: UUID, runner: Runner) -> None:
    async with chat() as (there, port):
        store = await listened(pool, workspace_id, port)
        running = runner.start(workspace_id, (await job_of(store))["id"])
        await there.joined(1)
        there.drop()
        await asyncio.wait_for(running, SECONDS)
        row = await job_of(store)
        assert (row["status"], row["error"]["code"], row["due_at"] > row["updated_at"]) == ("queued", "retry", True)


async def test_workers_leave_it_alone(pool: Pool, workspace_id: UUID) -> None:
    await listened(pool, workspace_id, 1)
    async with pool.acquire() as db:
        assert await jobs.due(db, 10) == []
        assert [job.workspace_id for job in await jobs.due(db, 10, listen=True)] == [workspace_id]


async def test_another_process_takes_over_from_one_that_is_killed(
    fresh_url: str, pool: Pool, workspace_id: UUID, valkey_url: str, tmp_path: Path
) -> None:
    async with chat() as (there, port):
        store = await listened(pool, workspace_id, port)
        with live(fresh_url, valkey_url, tmp_path / "one.log") as one:
            await there.joined(1)
            there.say("first")
            await stored(store, 1)
            with live(fresh_url, valkey_url, tmp_path / "other.log"):
                await asyncio.sleep(3)
                assert there.joins == 1, "while the lease is kept nobody else connects"
                one.kill()
                await there.joined(2)
                there.say("second", 1)
                await stored(store, 2)
