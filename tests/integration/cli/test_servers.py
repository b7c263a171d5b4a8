"""The embedded servers, whatever an earlier run or the machine has prepared for them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
import redis

from kith.cli.home import Held, hold
from kith.cli.processes import CannotStart, Child
from kith.cli.servers import addresses_of, start_servers


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    assert workers_in(tmp_path) == []


def workers_in(folder: Path) -> list[psutil.Process]:
    """The processes that work below ``folder``."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder):
                found.append(process)
        except psutil.Error:
            continue
    return found


async def remember(url: str, number: int) -> None:
    db = await asyncpg.connect(url)
    await db.execute(f"CREATE TABLE IF NOT EXISTS memory AS SELECT {number}::int AS number")
    await db.close()


async def remembered(url: str) -> int:
    db = await asyncpg.connect(url)
    try:
        return int(await db.fetchval("SELECT number FROM memory"))
    finally:
        await db.close()


def start_and_die(home: Path) -> None:
    """Start the servers in another process, write a row, and kill that process."""
    script = f"""
import asyncio, os, signal
from pathlib import Path
from kith.cli.servers import start_servers
from tests.integration.cli.test_servers import remember
servers = start_servers(Path({str(home)!r}), durable=False)
asyncio.run(remember(servers.database_url, 7))
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", script], timeout=60, check=False).returncode == -signal.SIGKILL


async def test_data_outlives_the_servers(home: Path) -> None:
    with start_servers(home, durable=False) as servers:
        await remember(servers.database_url, 42)
        with redis.Redis.from_url(servers.redis_url) as valkey:
            assert valkey.ping()
    started = time.monotonic()
    with start_servers(home, durable=False) as servers:
        assert await remembered(servers.database_url) == 42
    assert time.monotonic() - started < 5


async def test_nothing_outlives_a_killed_parent_and_the_next_start_works(home: Path) -> None:
    start_and_die(home)
    with start_servers(home, durable=False) as servers:
        assert await remembered(servers.database_url) == 7


async def test_a_pid_file_that_names_a_stranger_is_no_obstacle(home: Path) -> None:
    with start_servers(home, durable=False) as servers:
        await remember(servers.database_url, 1)
        pid_file = (home / "postgres" / "postmaster.pid").read_text()
    stranger = pid_file.replace(pid_file.split("\n")[0], str(os.getppid()), 1)
    (home / "postgres" / "postmaster.pid").write_text(stranger)
    with start_servers(home, durable=False) as servers:
        assert await remembered(servers.database_url) == 1


async def test_backends_without_their_postmaster_are_ended_first(home: Path) -> None:
    with start_servers(home, durable=False) as servers:
        await remember(servers.database_url, 2)
        assert servers.postgres.pid
        os.kill(servers.postgres.pid, signal.SIGKILL)
        servers.postgres.start()
        assert await remembered(servers.database_url) == 2


async def test_a_home_too_deep_for_a_socket_works(tmp_path: Path) -> None:
    home = tmp_path / ("deep" * 30) / "with a space"
    with start_servers(home, durable=False) as servers:
        await remember(servers.database_url, 3)
        assert await remembered(addresses_of(home)[0]) == 3
        sockets = servers.sockets
    assert not sockets.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can close a folder to PostgreSQL's account")
async def test_root_may_keep_its_data_below_a_folder_closed_to_others(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with start_servers(closed / "home", durable=False) as servers:
        await remember(servers.database_url, 4)
        assert servers.postgres.pid
        assert psutil.Process(servers.postgres.pid).uids().effective != 0


def test_an_interrupted_creation_is_begun_anew(home: Path) -> None:
    (home / "postgres.new").mkdir(parents=True)
    (home / "postgres.new" / "PG_VERSION").write_text("18\n")
    with start_servers(home, durable=False) as servers:
        assert servers.postgres.is_running


def test_a_damaged_server_says_why_it_does_not_start(home: Path) -> None:
    with start_servers(home, durable=False):
        pass
    (home / "postgres" / "global" / "pg_control").unlink()
    with pytest.raises(CannotStart, match=r"PostgreSQL did not start: .*pg_control.*postgres\.log"):
        start_servers(home, durable=False)


def test_one_process_holds_a_home(home: Path) -> None:
    with hold(home), pytest.raises(Held, match=f"already runs in {home} .process {os.getpid()}"), hold(home):
        pass
    with hold(home):
        pass


def test_a_file_in_the_place_of_the_home_is_said(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(CannotStart, match=r"cannot be created .File exists.: set KITH_HOME"):
        start_servers(tmp_path / "home")


@pytest.mark.parametrize(("limit", "left"), [(9, b"new"), (10, b"an old lognew")])
def test_a_log_that_is_too_large_starts_over_with_its_process(tmp_path: Path, limit: int, left: bytes) -> None:
    log = tmp_path / "it.log"
    log.write_bytes(b"an old log")
    says = [sys.executable, "-c", "print('new', end='')"]
    Child("It", says, log, tmp_path, lambda: True, log_bytes=limit).run()
    assert log.read_bytes() == left
