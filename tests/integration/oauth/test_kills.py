"""Eight ask at once for one thing while processes of the API and the worker are killed: it has one effect.

``RACES=200`` plays each race that often; without it, two are played three times. Whoever lost the answer asks again;
what then comes is never more than once.
"""

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from uuid import UUID

import httpx2
import psutil
import pytest

from kith.cli.servers import Servers
from kith.connectors import Interaction
from kith.domain.ids import encode
from kith.domain.scopes import SCOPES
from kith.store import members, sign_ins
from kith.store.db import Pool, open_pool, workspace
from kith.store.tokens import create_token
from tests.conformance.api.conftest import free_port, wait_for
from tests.integration.oauth.client import Desk, Pkce, register
from tests.integration.oauth.test_device import begin, decide, poll
from tests.integration.pages.conftest import House
from tests.integration.store.facts import act, add_source
from tests.integration.workers.test_kill import worker, write
from tests.servers import fresh_database

ROUNDS = int(os.environ.get("RACES", "3"))
KILLS = 8  # one round of so many has one
PROCESSES = 2
pytestmark = pytest.mark.timeout(120 + 20 * ROUNDS)
of_races = pytest.mark.skipif("RACES" not in os.environ, reason="make races plays it")

Ask = Callable[[], Awaitable[httpx2.Response]]


@dataclass
class Tally:
    """What a race came to."""

    rounds: int = 0
    killed: int = 0
    lost: int = 0
    again: int = 0

    def __str__(self) -> str:
        return (
            f"{self.rounds} rounds of eight, {self.killed} with a process killed in between: {self.lost} answers lost, "
            f"{self.again} rounds without one that succeeded at first, one effect each"
        )


@dataclass
class Fleet:
    """``kith api`` with several processes behind one port."""

    port: int
    process: asyncio.subprocess.Process
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    tally: Tally = field(default_factory=Tally)

    def connected(self) -> dict[int, int]:
        """Return how many connections each process has accepted and not closed."""
        found = {}
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.Error):  # it has just ended
                if "spawn_main" in str(child.cmdline()):
                    open_ = [each for each in child.net_connections("tcp") if each.status == psutil.CONN_ESTABLISHED]
                    found[child.pid] = sum(each.laddr.port == self.port for each in open_)
        return found

    async def until_others_answer(self) -> None:
        """Wait until a second process takes requests: who is let down by one finds another."""
        while True:
            answering = set[int]()
            for _ in range(20):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
                await reader.readuntil(b"\r\n\r\n")
                answering |= {pid for pid, count in self.connected().items() if count}
                writer.close()
                await writer.wait_closed()
                if len(answering) > 1:
                    return
            await asyncio.sleep(0.1)

    async def eight(self, ask: Ask, number: int) -> list[httpx2.Response]:
        """Ask eight times at once, in some rounds with a kill in between; return the answers that came."""
        kills = number % KILLS == 0
        if kills:
            await self.until_others_answer()
        asked = [asyncio.create_task(answer_of(ask)) for _ in range(8)]
        if kills:
            for answered in islice(asyncio.as_completed(asked), self.chance.randrange(3)):
                await answered
            await asyncio.sleep(self.chance.uniform(0, 0.02))
            accepted = self.connected()
            psutil.Process(max(accepted, key=lambda pid: accepted[pid])).kill()
        answers = [answer for answer in await asyncio.gather(*asked) if answer is not None]
        self.tally.rounds += 1
        self.tally.killed += kills
        self.tally.lost += 8 - len(answers)
        return answers

    async def once_more(self, ask: Ask) -> httpx2.Response:
        self.tally.again += 1
        return await ask()


async def answer_of(ask: Ask) -> httpx2.Response | None:
    try:
        return await ask()
    except httpx2.TransportError:
        return None


@pytest.fixture(scope="module")
async def url(database_url: str) -> AsyncIterator[str]:
    """A database of these tests, each in a workspace of its own."""
    async with fresh_database(database_url) as url:
        yield url


@pytest.fixture(scope="module")
async def serving(url: str, servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fleet]:
    port = free_port()
    settings = {
        "KITH_DATABASE_URL": url, "KITH_REDIS_URL": servers.redis_url, "KITH_LOG_LEVEL": "error",
        "KITH_PORT": str(port), "KITH_PUBLIC_URL": f"http://localhost:{port}",
        "KITH_HOME": str(tmp_path_factory.mktemp("home")),
        "KITH_RATE_ADDRESS": "0", "KITH_RATE_TOKEN": "0", "KITH_RATE_WORKSPACE": "0",
    }  # fmt: skip
    command = [sys.executable, "-m", "kith.cli", "api", "--processes", str(PROCESSES)]
    process = await asyncio.create_subprocess_exec(*command, env=os.environ | settings)
    try:
        await wait_for(f"http://127.0.0.1:{port}/readyz")
        yield Fleet(port, process)
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture
def fleet(serving: Fleet) -> Iterator[Fleet]:
    serving.tally = Tally()
    yield serving
    print(serving.tally)


@pytest.fixture
async def pool(url: str) -> AsyncIterator[Pool]:
    async with await open_pool(url) as pool:
        yield pool


@pytest.fixture
async def desk(fleet: Fleet, pool: Pool, workspace_id: UUID) -> AsyncIterator[Desk]:
    """Where apps come to be let in, served by the fleet."""
    base = f"http://localhost:{fleet.port}"
    async with workspace(pool, workspace_id) as db:
        sign_in = await sign_ins.create_sign_in(db, "Olga Owner", f"{workspace_id}@example.org", verified=True)
        owner = await members.create_member(db, workspace_id, sign_in.id, "owner")
    house = House(None, pool, workspace_id, owner, base=base)
    async with Desk(house, base) as desk:
        yield desk
    for browser in house.browsers:
        await browser.http.aclose()


async def test_a_code_is_exchanged_once_whatever_is_killed(fleet: Fleet, desk: Desk) -> None:
    app = await register(desk.house.pool, desk.house.workspace_id)
    browser = await desk.house.enter()
    for number in range(ROUNDS):
        pkce = Pkce.new()
        code = await desk.code(browser, app, pkce)
        exchange = lambda: desk.exchange(app, code, pkce)  # noqa: B023, E731 - asked in this round alone
        answers = await fleet.eight(exchange, number)
        effects = await tokens(desk, "access") - number
        assert_one(answers, effects)
        if effects == 0:  # nobody got tokens, and the code is as good as before
            assert (await fleet.once_more(exchange)).status_code == 200
        elif not succeeded(
            answers
        ):  # the tokens are lost: what is asked again ends them, and the member consents again
            assert (await fleet.once_more(exchange)).json()["error"] == "invalid_grant"
        assert await tokens(desk, "access") == number + 1
    assert (await desk.let_in(app, browser))["access_token"]


@of_races
async def test_a_refresh_token_is_renewed_once_whatever_is_killed(fleet: Fleet, desk: Desk) -> None:
    app = await register(desk.house.pool, desk.house.workspace_id)
    browser = await desk.house.enter()
    token, made = (await desk.let_in(app, browser))["refresh_token"], 1
    for number in range(ROUNDS):
        renew = lambda: desk.refresh(app, token)  # noqa: B023, E731 - asked in this round alone
        answers = await fleet.eight(renew, number)
        effects = await tokens(desk, "refresh") - made
        assert_one(answers, effects)
        made += 1
        if won := succeeded(answers):
            found = won[0].json()
        elif effects == 0:  # the old one is as good as before
            found = (await fleet.once_more(renew)).json()
        else:  # the new one is lost: the member lets the app in again
            assert (await fleet.once_more(renew)).json()["error"] == "invalid_grant"
            found, made = await desk.let_in(app, browser), made + 1
        assert (await desk.me(found["access_token"])).status_code == 200
        assert await tokens(desk, "refresh") == made
        token = found["refresh_token"]


@of_races
async def test_a_device_code_is_exchanged_once_whatever_is_killed(fleet: Fleet, desk: Desk) -> None:
    app = await register(desk.house.pool, desk.house.workspace_id, "device", redirect_uris=[])
    browser = await desk.house.enter()
    for number in range(ROUNDS):
        told = (await begin(desk, app)).json()
        await decide(browser, told["user_code"], "allow")
        ask = lambda: poll(desk, app, told["device_code"])  # noqa: B023, E731 - asked in this round alone
        answers = await fleet.eight(ask, number)
        effects = await tokens(desk, "access") - number
        assert_one(answers, effects)
        if effects == 0:
            assert (await fleet.once_more(ask)).status_code == 200
        elif not succeeded(answers):  # the tokens are lost, and the device shows another code
            assert (await fleet.once_more(ask)).json()["error"] == "invalid_grant"
        assert await tokens(desk, "access") == number + 1


@of_races
async def test_a_post_under_one_key_has_one_effect_whatever_is_killed(fleet: Fleet, desk: Desk) -> None:
    home = desk.house.workspace_id
    async with workspace(desk.house.pool, home) as db:
        headers = {"Authorization": f"Bearer {await create_token(db, home, 'races', SCOPES)}"}
    made = set[str]()
    for number in range(ROUNDS):
        key = {"Idempotency-Key": f"token {number}"}
        body = {"name": "script", "scopes": ["people:read"]}
        send = lambda: desk.http.post("/v1/tokens", json=body, headers=headers | key)  # noqa: B023, E731 - as above
        made.add(await one_answer(fleet, send, number, 201))
        assert await count(desk, "tokens", " AND name = 'script'") == len(made) == number + 1


async def test_a_run_under_one_key_happens_once_whatever_is_killed(
    fleet: Fleet, desk: Desk, url: str, servers: Servers, tmp_path: Path
) -> None:
    home, records, jobs = desk.house.workspace_id, list[Interaction](), set[str]()
    write(tmp_path / "in.ndjson", records)
    source_id = encode("source", await add_source(desk.house.pool, home, path=str(tmp_path / "in.ndjson")))
    async with workspace(desk.house.pool, home) as db:
        headers = {"Authorization": f"Bearer {await create_token(db, home, 'races', SCOPES)}"}
    with killable_worker(url, servers.redis_url, tmp_path / "worker.log") as killed:
        for number in range(ROUNDS):
            records += [act(f"{number} {each}") for each in range(20)]
            write(tmp_path / "in.ndjson", records)
            key = {"Idempotency-Key": f"run {number}"}
            send = lambda: desk.http.post(f"/v1/sources/{source_id}/runs", headers=headers | key)  # noqa: B023, E731 - as above
            killing = asyncio.create_task(killed(fleet.chance.uniform(0, 0.5))) if number % KILLS == 2 else None
            jobs.add(await one_answer(fleet, send, number, 202))
            while await count(desk, "jobs", " AND kind = 'sync' AND status IN ('queued', 'running')"):  # noqa: ASYNC110 - the database rings no bell
                await asyncio.sleep(0.05)
            if killing:
                await killing
            assert await count(desk, "interactions") == len(records)
    assert len(jobs) == await count(desk, "runs") == ROUNDS


@contextmanager
def killable_worker(url: str, redis_url: str, log: Path) -> Iterator[Callable[[float], Coroutine[None, None, None]]]:
    """Run a worker; yield what kills it after some seconds and starts the next."""
    with ExitStack() as stack:
        running = [stack.enter_context(worker(url, redis_url, log))]

        async def kill(seconds: float) -> None:
            await asyncio.sleep(seconds)
            running.pop().kill()
            running.append(stack.enter_context(worker(url, redis_url, log)))

        yield kill


async def one_answer(fleet: Fleet, send: Ask, number: int, status: int) -> str:
    """Return the id that all who get an answer are told, however often they ask under their key."""
    answers = await fleet.eight(send, number)
    if not succeeded(answers):
        fleet.tally.again += 1
    answers.append(await send())  # what a client does whose answer was lost
    told = [answer for answer in answers if answer.json().get("code") != "request_in_progress"]
    assert {answer.status_code for answer in told} == {status}
    (found,) = {answer.json()["id"] for answer in told}
    return str(found)


def succeeded(answers: list[httpx2.Response]) -> list[httpx2.Response]:
    return [answer for answer in answers if answer.is_success]


def assert_one(answers: list[httpx2.Response], effects: int) -> None:
    """Fail where more than one succeeded, where one succeeded for nothing, or where somebody was told anything else."""
    assert len(succeeded(answers)) <= effects <= 1
    assert {(answer.status_code, answer.json().get("error")) for answer in answers if not answer.is_success} <= {
        (400, "invalid_grant")
    }
    assert effects == 1 or len(answers) < 8


async def tokens(desk: Desk, kind: str) -> int:
    return await count(desk, "app_tokens", f" AND kind = '{kind}'")


async def count(desk: Desk, table: str, condition: str = "") -> int:
    home = desk.house.workspace_id
    async with workspace(desk.house.pool, home) as db:
        found: int = await db.fetchval(f"SELECT count(*) FROM {table} WHERE workspace_id = $1{condition}", home)
    return found
