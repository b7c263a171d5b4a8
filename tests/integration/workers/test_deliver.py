"""Webhooks: signed, tried again, in order for each thing, and never lost, whatever the receiver does."""

import asyncio
import base64
import os
import secrets
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from kith.connectors import Limits
from kith.domain.ids import decode, encode
from kith.domain.scopes import SCOPES
from kith.runtime.vault import Vault
from kith.store import events, webhooks
from kith.store.db import Pool, new_id, workspace
from kith.workers import deliver
from kith.workers.ground import ANYWHERE, Ground
from kith.workers.kinds import KINDS
from kith.workers.runner import Runner
from tests.integration.workers.test_kill import worker

KEY = secrets.token_bytes(32)
OK = b"HTTP/1.1 204 No Content\r\n\r\n"
BAD = b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n"


@dataclass
class Sink:
    """A receiver that answers as a test says. taken: the requests, headers and body."""

    answer: Callable[[dict[str, Any]], bytes] = lambda _: OK
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0
    hangs: bool = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().splitlines()[1:-1]
                headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
                body = await reader.readexactly(int(headers["content-length"]))
                self.taken.append((headers, body))
                if self.hangs:
                    await asyncio.sleep(60)
                writer.write(self.answer(msgspec.json.decode(body)))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    def bodies(self) -> list[Any]:
        return [msgspec.json.decode(body) for _, body in self.taken]

    def roles(self) -> list[str]:
        return [body["data"]["role"] for body in self.bodies() if "role" in body["data"]]


@dataclass
class Post:
    """A workspace with a webhook, and a runner of its jobs."""

    pool: Pool
    workspace_id: UUID
    sink: Sink
    vault: Vault
    runner: Runner
    webhook_id: UUID = field(default_factory=new_id)
    secret: str = ""

    async def open(self, **more: Any) -> None:
        self.webhook_id = new_id()
        self.secret = f"whsec_{base64.b64encode(KEY).decode()}"
        sealed = self.vault.seal(self.secret, webhooks.place(self.workspace_id, self.webhook_id))
        made: dict[str, Any] = {"url": self.sink.url, "types": [], "scopes": list(SCOPES), "app_id": None, "last": 0}
        async with workspace(self.pool, self.workspace_id) as db:
            await webhooks.create_webhook(db, self.workspace_id, self.webhook_id, secret=sealed, **made | more)

    async def tell(self, *roles: str, member: int = 7) -> None:
        async with workspace(self.pool, self.workspace_id) as db:
            for role in roles:
                await events.tell_of_member(db, self.workspace_id, "member.changed", UUID(int=member), role)

    async def run(self) -> None:
        """Do what is due."""
        async with workspace(self.pool, self.workspace_id) as db:
            await webhooks.ask(db, self.workspace_id, self.webhook_id)
            job = await db.fetchval(
                "SELECT id FROM jobs WHERE slot = $1 AND status = 'queued'", f"deliver:{self.webhook_id}"
            )
            await db.execute("UPDATE jobs SET due_at = now() WHERE id = $1", job)
        await self.runner.start(self.workspace_id, job)

    async def hurry(self) -> None:
        """Let what waits be due, and do it."""
        await self.value("UPDATE webhook_events SET due_at = now() WHERE workspace_id = $1")
        await self.run()

    async def value(self, query: str, *values: Any) -> Any:
        async with workspace(self.pool, self.workspace_id) as db:
            return await db.fetchval(query, self.workspace_id, *values)

    async def webhook(self) -> webhooks.Webhook:
        async with workspace(self.pool, self.workspace_id) as db:
            found = await webhooks.get_webhook(db, self.workspace_id, self.webhook_id)
        assert found
        return found

    async def log(self) -> list[webhooks.Delivery]:
        """Return the deliveries, the oldest first."""
        async with workspace(self.pool, self.workspace_id) as db:
            return (await webhooks.list_deliveries(db, self.workspace_id, self.webhook_id, None, None, 1000))[::-1]


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    sink = Sink()
    async with await asyncio.start_server(sink.serve, "127.0.0.1", 0) as server:
        sink.port = server.sockets[0].getsockname()[1]
        yield sink


@pytest.fixture
async def post(pool: Pool, workspace_id: UUID, tmp_path: Path, sink: Sink) -> AsyncIterator[Post]:
    vault = Vault({"test": KEY})
    runner = Runner(pool, KINDS, {}, Ground(tmp_path, ANYWHERE, vault=vault), most=4, lease_seconds=30)
    yield Post(pool, workspace_id, sink, vault, runner)
    await runner.stop(1)


async def test_the_verifier_of_standard_webhooks_accepts_each_delivery(post: Post) -> None:
    await post.open()
    await post.tell("one", "two", "three")
    await post.run()
    assert post.sink.roles() == ["one", "two", "three"]
    other = Verifier(f"whsec_{base64.b64encode(b'another').decode()}")
    for headers, body in post.sink.taken:
        told = Verifier(post.secret).verify(body, headers)
        assert (told["type"], told["id"]) == ("member.changed", headers["webhook-id"])
        assert decode("event", told["id"])
        assert datetime.fromisoformat(told["timestamp"]).tzinfo
        with pytest.raises(WebhookVerificationError):
            other.verify(body, headers)
        with pytest.raises(WebhookVerificationError):
            Verifier(post.secret).verify(body + b" ", headers)
    assert [(one.status, one.problem, one.attempt) for one in await post.log()] == [(204, None, 1)] * 3
    await post.run()
    assert len(post.sink.taken) == 3, "nothing is told twice"


async def test_after_a_rotation_both_secrets_verify_for_a_while(post: Post) -> None:
    await post.open()
    fresh = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    sealed = post.vault.seal(fresh, webhooks.place(post.workspace_id, post.webhook_id))
    for hours in (1, -1):
        until = datetime.now(UTC) + timedelta(hours=hours)
        async with workspace(post.pool, post.workspace_id) as db:
            if hours > 0:
                await webhooks.rotate(db, post.workspace_id, post.webhook_id, sealed, until)
            await db.execute("UPDATE webhooks SET old_until = $1", until)
        await post.tell("one")
        await post.run()
        headers, body = post.sink.taken[-1]
        Verifier(fresh).verify(body, headers)
        if hours > 0:
            Verifier(post.secret).verify(body, headers)
        else:
            with pytest.raises(WebhookVerificationError):
                Verifier(post.secret).verify(body, headers)


async def test_what_fails_is_tried_again_in_its_order_and_holds_up_nothing_else(post: Post) -> None:
    await post.open()
    post.sink.answer = lambda body: BAD if body["data"]["role"] == "bad" else OK
    await post.tell("bad", "after")
    await post.tell("else", member=8)
    await post.run()
    assert sorted(post.sink.roles()) == ["bad", "else"]
    later = await post.value("SELECT due_at - now() FROM jobs WHERE workspace_id = $1 AND kind = 'deliver_later'")
    assert timedelta(seconds=2) < later < timedelta(seconds=6)
    await post.run()
    assert len(post.sink.taken) == 2, "it is not due yet"
    await post.hurry()
    post.sink.answer = lambda _: OK
    await post.hurry()
    assert post.sink.roles()[2:] == ["bad", "bad", "after"]
    attempts = [(one.attempt, one.status) for one in await post.log() if one.event_id == (await post.log())[0].event_id]
    assert attempts[-1][1] in (204, 500)
    assert len({headers["webhook-id"] for headers, _ in post.sink.taken}) == 3, "the same at every attempt"


async def test_after_three_days_an_event_is_given_up(post: Post) -> None:
    await post.open()
    post.sink.answer = lambda _: BAD
    await post.tell("bad")
    waits = []
    for _ in range(20):
        await post.hurry()
        waits.append(
            await post.value(
                "SELECT extract(epoch FROM due_at - now())::float8 FROM webhook_events WHERE workspace_id = $1"
            )
        )
    assert len(post.sink.taken) == len(deliver.WAITS) + 1
    assert await post.value("SELECT status FROM webhook_events WHERE workspace_id = $1") == "failed"
    assert all(0.8 * due < wait < 1.2 * due for due, wait in zip(deliver.WAITS, waits, strict=False))
    assert 3 * 86400 < sum(deliver.WAITS) < 4 * 86400


async def test_a_receiver_that_lies_redirects_or_floods_is_not_believed(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post.open()
    monkeypatch.setattr(
        deliver, "_MANNERS", msgspec.structs.replace(deliver._MANNERS, read_seconds=0.3, total_seconds=1)
    )
    answers = {
        "redirect": f"HTTP/1.1 307 There\r\nlocation: {post.sink.url}/there\r\ncontent-length: 0\r\n\r\n".encode(),
        "flood": b"HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n" + b"x" * 10_000_000,
        "short": b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx",
        "noise": b"what?\r\n\r\n",
        "wait": b"HTTP/1.1 503 Busy\r\nretry-after: 7200\r\ncontent-length: 0\r\n\r\n",
    }
    post.sink.answer = lambda body: answers[body["data"]["role"]]
    for member, role in enumerate(answers):
        await post.tell(role, member=member)
    await post.run()
    assert sorted(post.sink.roles()) == sorted(answers), "each was asked once"
    log = await post.log()
    assert len(log) == len(answers)
    assert all(one.problem for one in log)
    most = await post.value(
        "SELECT extract(epoch FROM max(due_at) - now())::float8 FROM webhook_events WHERE workspace_id = $1"
    )
    assert 7000 < most <= 7200, "as the receiver asked"
    post.sink.hangs = True
    await post.tell("redirect", member=99)
    await post.run()
    assert (await post.log())[-1].problem
    assert (await post.webhook()).failing_since


async def test_whoever_is_gone_is_told_nothing_more(post: Post) -> None:
    await post.open()
    post.sink.answer = lambda _: b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"
    await post.tell("one")
    await post.run()
    assert ((await post.webhook()).status, (await post.webhook()).reason) == (
        "disabled",
        "It answered 410: it is gone.",
    )
    told = await post.value("SELECT data FROM events WHERE workspace_id = $1 AND type = 'webhook.disabled'")
    assert told["webhook_id"] == encode("webhook", post.webhook_id)
    await post.hurry()
    assert len(post.sink.taken) == 1


async def test_whoever_takes_nothing_for_five_days_is_disabled(post: Post) -> None:
    await post.open()
    post.sink.answer = lambda _: BAD
    await post.tell("one")
    await post.run()
    await post.value("UPDATE webhooks SET failing_since = now() - interval '6 days' WHERE workspace_id = $1")
    await post.hurry()
    assert (await post.webhook()).status == "disabled"


async def test_a_webhook_hears_what_its_scopes_and_types_let_it(post: Post) -> None:
    await post.open(scopes=["people:read"])
    await post.tell("one")
    await post.run()
    assert post.sink.taken == []
    await post.open(types=["member.left"])
    await post.run()
    assert post.sink.taken == []
    await post.open(app_id=new_id())
    await post.run()
    assert post.sink.taken == [], "no workspace approves that app"


async def test_no_private_address_is_reached_that_the_operator_does_not_allow(post: Post, tmp_path: Path) -> None:
    await post.open()
    post.runner = Runner(
        post.pool, KINDS, {}, Ground(tmp_path, Limits((), False), vault=post.vault), most=4, lease_seconds=30
    )
    for number, host in enumerate(("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0.0.0.0")):
        url = f"http://{host}:{post.sink.port}/"
        await post.value("UPDATE webhooks SET url = $2 WHERE workspace_id = $1", url)
        await post.tell("one", member=number)
        await post.hurry()
    assert post.sink.taken == []
    assert all(one.problem and one.status is None for one in await post.log())


@pytest.mark.timeout(120)
async def test_killed_again_and_again_a_worker_loses_nothing(
    post: Post, fresh_url: str, valkey_url: str, tmp_path: Path
) -> None:
    await post.open()
    seen: set[str] = set()
    many = 400 if "RACES" in os.environ else 80
    for member in range(8):
        await post.tell(*(f"{member}.{n}" for n in range(many // 8)), member=member)
    more = {"KITH_SECRET_KEYS": f"test:{base64.b64encode(KEY).decode()}", "KITH_PRIVATE_ADDRESSES": "true"}
    for kill_at in (many // 10, many // 2, many):
        with worker(fresh_url, valkey_url, tmp_path / "worker.log", **more) as process:
            for _ in range(600):
                if len(seen := set(post.sink.roles())) >= kill_at:
                    break
                await asyncio.sleep(0.05)
            process.send_signal(signal.SIGKILL)
            process.wait()
    assert len(seen) == many, (tmp_path / "worker.log").read_text()[-2000:]
    first = list(dict.fromkeys(post.sink.roles()))
    for member in range(8):
        mine = [role for role in first if role.startswith(f"{member}.")]
        assert mine == [f"{member}.{n}" for n in range(many // 8)], "each member's in their order"
