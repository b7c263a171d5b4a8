"""What networks push: checked before it is stored, stored as it came, worked in by a job, healed by reading."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import pytest

import kith.api.app as application
from kith.connectors import (
    Context,
    Delivery,
    Identity,
    Interaction,
    InteractionRef,
    Page,
    Pushes,
    Received,
    Record,
    Ref,
    Refused,
    Registry,
    Report,
    Secret,
    Signature,
    Skip,
)
from kith.domain.ids import decode
from kith.runtime.settings import Settings
from kith.runtime.vault import open_vault
from kith.store import pushes
from kith.store.db import Pool, workspace
from kith.workers.ground import ANYWHERE, Ground
from kith.workers.kinds import KINDS
from kith.workers.runner import Runner
from tests.integration.api.conftest import Client, connected
from tests.integration.api.contract import Contract
from tests.paths import shared

SECRET = "it-is-a-secret-a1b2"
HEADER = "x-hub-signature-256"


class HubConfig(msgspec.Struct, frozen=True):
    secret: Secret


class User(msgspec.Struct):
    id: int
    login: str


class Comment(msgspec.Struct):
    node_id: str
    user: User
    created_at: datetime
    body: str


class Pushed(msgspec.Struct):
    sender: User | None = None
    comment: Comment | None = None
    zen: str | None = None


class Hub:
    """Takes comments as GitHub pushes them, and knows who sent the rest."""

    name: ClassVar[str] = "hub"
    title: ClassVar[str] = "Hub"
    description: ClassVar[str] = "Comments."
    version: ClassVar[str] = "1"
    Config: ClassVar[type[msgspec.Struct]] = HubConfig
    pushes = Pushes(
        Signature("X-Hub-Signature-256", "secret", prefix="sha256="),
        ("x-github-event", "x-github-delivery"),
        "challenge",
    )

    async def check(self, config: HubConfig, context: Context) -> Report:
        return Report("hub")

    async def pull(self, config: HubConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        return
        yield

    async def receive(self, config: HubConfig, delivery: Delivery, context: Context) -> Received:
        event = delivery.headers["x-github-event"]
        if event == "broken":
            raise ZeroDivisionError(config.secret.reveal())
        if event == "forged":
            raise Refused("It is forged.")
        try:
            told = msgspec.json.decode(delivery.body, type=Pushed)
        except msgspec.ValidationError as error:
            return Received(skipped=(Skip(event, "unreadable_item", str(error)),))
        records: list[Record] = []
        if told.sender:
            records.append(Identity(whose(told.sender), "person", handle=told.sender.login))
        if told.comment:
            ref = InteractionRef("github", told.comment.node_id, "comment", host="github.com")
            act = Interaction(ref, whose(told.comment.user), told.comment.created_at, text=told.comment.body)
            records.append(act)
        return Received(tuple(records), read=event == "push")


def whose(user: User) -> Ref:
    return Ref("github", str(user.id), "github.com")


class Post:
    """A source that is pushed to, and the worker of its jobs."""

    def __init__(self, client: Client, folder: Path, source: dict[str, Any]) -> None:
        self.client, self.source, self.path = client, source, source["hook"]
        self.source_id = decode("source", source["id"])
        vault = open_vault(Settings(home=folder))
        ground = Ground(folder, ANYWHERE, vault=vault)
        self.runner = Runner(client.pool, KINDS, {"hub": Hub()}, ground, most=2, lease_seconds=30)

    async def push(self, body: bytes, event: str, delivery: str = "1", **headers: str) -> Any:
        digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        given = {HEADER: f"sha256={digest}", "X-GitHub-Event": event, "X-GitHub-Delivery": delivery, "X-Other": "no"}
        return await self.client.http.post(self.path, content=body, headers=given | headers)

    async def work(self) -> list[dict[str, Any]]:
        """Run the jobs that wait; return them."""
        done = []
        while rows := await self.rows("jobs", "status = 'queued' AND kind = 'receive'"):
            async with workspace(self.client.pool, self.client.workspace_id) as db:
                await db.execute("UPDATE jobs SET due_at = now() WHERE id = $1", rows[0]["id"])
            await self.runner.start(self.client.workspace_id, rows[0]["id"])
            done += await self.rows("jobs", f"id = '{rows[0]['id']}'")
        return done

    async def rows(self, table: str, where: str = "true") -> list[dict[str, Any]]:
        async with workspace(self.client.pool, self.client.workspace_id) as db:
            found = await db.fetch(
                f"SELECT * FROM {table} WHERE workspace_id = $1 AND {where}", self.client.workspace_id
            )
        return [dict(row) for row in found]


@pytest.fixture
async def office(
    fresh_url: str, pool: Pool, workspace_id: UUID, contract: Contract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Post]:
    monkeypatch.setattr(application, "load_registry", lambda: Registry({"hub": Hub()}, ()))
    async with connected(fresh_url, pool, workspace_id, None, contract, tmp_path) as client:
        body = {"connector": "hub", "name": "hub", "config": {"secret": SECRET}}
        created = await client.send("POST", "/v1/sources", json=body)
        assert created.status_code == 201, created.text
        yield Post(client, tmp_path, created.json())


def deliveries() -> list[tuple[str, bytes]]:
    lines = (shared("samples/github-webhooks") / "events.ndjson").read_bytes().splitlines()
    found = [msgspec.json.decode(line, type=dict[str, msgspec.Raw]) for line in lines]
    return [(msgspec.json.decode(one["event"], type=str), bytes(one["payload"])) for one in found]


async def test_what_github_pushed_is_stored_as_it_came_and_worked_in_once(office: Post) -> None:
    given = deliveries()
    assert len(given) == 134
    for _ in range(2):
        for number, (event, body) in enumerate(given):
            answer = await office.push(body, event, str(number))
            assert (answer.status_code, answer.text) == (202, "")
    stored = await office.rows("pushes")
    assert sorted(row["body"] for row in stored) == sorted(body for _, body in given)
    assert all(set(row["headers"]) == {"x-github-event", "x-github-delivery"} for row in stored)
    [job] = await office.work()
    assert (job["status"], job["result"]["received"], job["result"]["failed"]) == ("succeeded", 134, 0), job["error"]
    told = [msgspec.json.decode(body, type=Pushed).comment for _, body in given]
    comments = {comment.node_id for comment in told if comment}
    assert len(comments) == 5
    assert {row["key"] for row in await office.rows("interactions")} == comments
    assert len(await office.rows("identities")) == 5
    assert {row["body"] for row in await office.rows("pushes")} == {None}
    for number, (event, body) in enumerate(given):
        await office.push(body, event, str(number))
    assert await office.work() == [], "what was worked in is known"
    assert await office.rows("jobs", "kind = 'sync'"), "a push that only says that there is news has the source read"


async def test_a_hub_gets_its_challenge_back_where_the_connector_takes_its_pushes(office: Post) -> None:
    get, asked = office.client.http.get, {"hub.mode": "subscribe", "hub.topic": "https://x.org/", "hub.challenge": "c1"}
    assert (await get(office.path, params=asked)).status_code == 404
    Hub.pushes = msgspec.structs.replace(before := Hub.pushes, confirms=True)
    try:
        answer = await get(office.path, params=asked)
        assert (answer.status_code, answer.text) == (200, "c1")
        assert answer.headers["content-type"].startswith("text/plain")
        for wrong in ({"hub.mode": "unsubscribe"}, {"hub.challenge": ""}, {"hub.challenge": "c" * 1001}):
            assert (await get(office.path, params=asked | wrong)).status_code == 404
    finally:
        Hub.pushes = before
    assert await office.rows("pushes") == []


async def test_what_is_not_signed_is_not_stored(office: Post) -> None:
    body = b'{"zen": "Keep it simple."}'
    for headers in ({HEADER: "sha256=" + "0" * 64}, {HEADER: "sha1=abc"}, {HEADER: ""}):
        answer = await office.push(body, "ping", **headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_signature")
        assert SECRET not in answer.text
    unsigned = await office.client.http.post(office.path, content=body)
    assert "missing" in unsigned.json()["detail"]
    assert await office.rows("pushes") == []


async def test_hooks_of_no_source_are_not_there(office: Post) -> None:
    home, source = office.path.rsplit("/", 2)[1:]
    for path in (f"/v1/hooks/{home}/src_{'0' * 26}", f"/v1/hooks/wsp_{'0' * 26}/{source}", "/v1/hooks/x/y"):
        answer = await office.client.http.post(path, content=b"{}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_challenge_is_answered_at_once_and_stored_nowhere(office: Post) -> None:
    answer = await office.push(b'{"challenge": "3eZbrw1a", "type": "url_verification"}', "ping")
    assert (answer.status_code, answer.text) == (200, "3eZbrw1a")
    assert answer.headers["content-type"].startswith("text/plain")
    assert await office.rows("pushes") == []


async def test_too_large_and_too_many_are_refused(office: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await office.push(b" " * 1_000_001, "ping")).status_code == 413
    monkeypatch.setattr(pushes, "MOST", 2)
    answers = [await office.push(b"{}", "ping", str(number)) for number in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 503]
    assert answers[2].headers["retry-after"] == "60"


async def test_one_that_breaks_keeps_its_body_and_reason_and_stops_no_other(office: Post) -> None:
    for event, body in (("broken", b"{}"), ("forged", b"{ }"), ("odd", b'{"sender": 7}'), ("ping", b'{"zen": ""}')):
        await office.push(body, event)
    [job] = await office.work()
    assert (job["status"], job["result"]["received"], job["result"]["failed"]) == ("succeeded", 4, 3)
    kept = {row["headers"]["x-github-event"]: (row["body"], row["problem"]) for row in await office.rows("pushes")}
    assert kept["forged"] == (b"{ }", "It is forged.")
    assert kept["broken"][0] == b"{}"
    assert SECRET not in kept["broken"][1]
    assert kept["odd"][0] is not None
    assert "sender" in kept["odd"][1]
    assert kept["ping"] == (None, None)
    listed = await office.client.pages(f"/v1/sources/{office.source['id']}/pushes?limit=2")
    assert {each["headers"]["x-github-event"] for each in listed} == {"broken", "forged", "odd"}
    assert {each["body"] for each in listed if each["problem"] == "It is forged."} == {"{ }"}
    connector = await office.client.get("/v1/connectors/hub")
    assert connector["capabilities"] == ["pushes"]


async def test_pushes_come_in_side_by_side(office: Post) -> None:
    bodies = [f'{{"zen": "{number}"}}'.encode() for number in range(40)]
    answers = await asyncio.gather(*(office.push(body, "ping", str(number)) for number, body in enumerate(bodies)))
    assert {answer.status_code for answer in answers} == {202}
    assert sum(job["result"]["received"] for job in await office.work()) == 40
