"""Secrets of sources: taken in, sealed, used by the worker, and never seen again."""

import asyncio
import copy
import logging
import pickle
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

import kith.api.app as application
from kith.cli import secrets as command
from kith.connectors import (
    Bearer,
    Context,
    Limits,
    Page,
    Registry,
    Report,
    Secret,
    Url,
    load_registry,
    save_cursor,
)
from kith.connectors.testing import Asked, FaultServer, Given, given_json
from kith.domain.ids import decode
from kith.runtime.settings import Settings, SettingsError
from kith.runtime.vault import Sealed, Unreadable, Vault, new_key, open_vault
from kith.store import credentials
from kith.store.db import Pool, workspace
from kith.workers.ground import Ground
from kith.workers.kinds import KINDS
from kith.workers.runner import Runner
from tests.integration.api.conftest import Client, connected
from tests.integration.api.contract import Contract

TOKEN = "gho-16C7e42F292c6912E7"
NEWER = "gho-77a0b81d220ea119F0"


class SafeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    site: Url
    token: Secret
    spare: Secret | None = None
    pages: Annotated[int, msgspec.Meta(ge=1)] = 1


class Cursor(msgspec.Struct, frozen=True):
    page: int


class Safe:
    name = "acme.safe"
    title = "Safe"
    description = "Asks for what only a token opens."
    version = "1"
    Config = SafeConfig

    async def check(self, config: SafeConfig, context: Context) -> Report:
        await context.http.get(config.site, auth=Bearer(config.token))
        return Report("open")

    async def pull(self, config: SafeConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        await context.http.get(config.site, auth=Bearer(config.token))
        yield Page((), save_cursor(Cursor(1)))


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return open_vault(Settings(home=tmp_path))


@pytest.fixture
async def client(
    fresh_url: str, pool: Pool, workspace_id: UUID, contract: Contract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Client]:
    registry = Registry({**load_registry().connectors, "acme.safe": Safe()}, ())
    monkeypatch.setattr(application, "load_registry", lambda: registry)
    async with connected(fresh_url, pool, workspace_id, None, contract, home=tmp_path) as client:
        yield client


@pytest.fixture
async def site() -> AsyncIterator[FaultServer]:
    def guarded(asked: Asked) -> Given:
        known = asked.headers.get("authorization") in (f"Bearer {TOKEN}", f"Bearer {NEWER}")
        return given_json({}) if known else given_json({"message": f"unknown: {asked.headers['authorization']}"}, 401)

    async with FaultServer() as server:
        server.on("/", guarded)
        yield server


async def create(client: Client, site: FaultServer, **config: Any) -> Any:
    new = {"connector": "acme.safe", "name": "safe", "config": {"site": site.url(), "token": TOKEN} | config}
    return await client.send("POST", "/v1/sources", json=new)


async def run(client: Client, source: str, vault: Vault | None) -> dict[str, Any]:
    """Start a run and do its work as a worker does; return the job."""
    started = await client.send("POST", f"/v1/sources/{source}/runs")
    assert started.status_code == 202, started.text
    await work(client, started.json()["id"], vault)
    found: dict[str, Any] = await client.get(f"/v1/jobs/{started.json()['id']}")
    return found


async def work(client: Client, job: str, vault: Vault | None) -> None:
    runner = Runner(
        client.pool, KINDS, {"acme.safe": Safe()}, Ground(Path("/nonexistent"), Limits(), None, vault), 1, 30
    )
    job_id = decode("job", job)
    assert job_id is not None
    await runner.start(client.workspace_id, job_id)


async def everything(url: str) -> str:
    """Return all rows of all tables as text."""
    tables = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    db = await asyncpg.connect(url)
    try:
        return "\n".join([str(await db.fetch(f'SELECT t::text FROM "{name}" t')) for (name,) in await db.fetch(tables)])
    finally:
        await db.close()


@pytest.fixture
def logged() -> Iterator[list[str]]:
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Keep()
    logging.getLogger().addHandler(handler)
    yield lines
    logging.getLogger().removeHandler(handler)


async def test_a_secret_is_used_and_never_seen_again(
    client: Client,
    site: FaultServer,
    vault: Vault,
    fresh_url: str,
    capfd: pytest.CaptureFixture[str],
    logged: list[str],
) -> None:
    answers = [await create(client, site)]
    source = answers[0].json()
    assert answers[0].status_code == 201, answers[0].text
    assert (source["config"], source["credentials"]) == ({"site": site.url()}, ["token"])
    assert (await run(client, source["id"], vault))["status"] == "succeeded"
    assert site.asked[-1].headers["authorization"] == f"Bearer {TOKEN}"
    for path in ("/v1/sources", f"/v1/sources/{source['id']}", "/v1/jobs", "/v1/connectors"):
        answers.append(await client.send("GET", path))
    answers.append(await client.send("PATCH", f"/v1/sources/{source['id']}", json={"name": "other"}))
    assert answers[-1].json()["credentials"] == ["token"]
    assert not [answer for answer in answers if TOKEN in answer.text]
    rows = await everything(fresh_url)
    assert source["config"]["site"] in rows
    assert TOKEN not in rows
    assert TOKEN.encode().hex() not in rows
    seen = capfd.readouterr()
    assert TOKEN not in seen.out + seen.err + "".join(logged)


async def test_a_refusal_that_repeats_a_secret_is_told_without_it(
    client: Client, site: FaultServer, vault: Vault, fresh_url: str
) -> None:
    source = (await create(client, site, token="wrong-4711-token")).json()
    job = await run(client, source["id"], vault)
    assert (job["status"], job["error"]["code"]) == ("failed", "reauthorize")
    assert "unknown: Bearer •••" in job["error"]["detail"]
    assert "wrong-4711-token" not in await everything(fresh_url)
    config = {"site": site.url(), "token": NEWER}
    renewed = await client.send("PATCH", f"/v1/sources/{source['id']}", json={"config": config})
    assert renewed.json()["status"] == "active", "a new secret is what it waited for"
    assert (await run(client, source["id"], vault))["status"] == "succeeded"


async def test_settings_are_replaced_and_secrets_that_they_leave_out_stay(
    client: Client, site: FaultServer, vault: Vault
) -> None:
    source = (await create(client, site, spare="spare-secret")).json()
    path = f"/v1/sources/{source['id']}"
    changed = (await client.send("PATCH", path, json={"config": {"site": site.url(), "pages": 2}})).json()
    assert (changed["config"], changed["credentials"]) == ({"site": site.url(), "pages": 2}, ["spare", "token"])
    changed = (await client.send("PATCH", path, json={"config": {"site": site.url(), "spare": None}})).json()
    assert changed["credentials"] == ["token"]
    refused = await client.send("PATCH", path, json={"config": {"site": site.url(), "token": None}})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/config/token")
    assert (await run(client, source["id"], vault))["status"] == "succeeded"


async def test_a_stored_secret_is_not_sent_to_another_place(client: Client, site: FaultServer) -> None:
    """Who may change settings may not read in that way a secret that somebody else gave."""
    source = (await create(client, site)).json()
    path = f"/v1/sources/{source['id']}"
    for elsewhere in ("http://127.0.0.1:9/", site.url("/other")):
        refused = await client.send("PATCH", path, json={"config": {"site": elsewhere}})
        assert refused.status_code == 422, refused.text
        assert [(fault["code"], fault["pointer"]) for fault in refused.json()["errors"]] == [
            ("secret_required", "/config/token")
        ]
    moved = await client.send("PATCH", path, json={"config": {"site": site.url("/other"), "token": NEWER}})
    assert moved.status_code == 200, moved.text


@pytest.mark.parametrize("token", ["", 3, None, ["x"], "x" * 10_001])
async def test_what_is_no_secret_is_refused_without_repeating_it(client: Client, site: FaultServer, token: Any) -> None:
    answer = await create(client, site, token=token)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/config/token")
    assert "xxxx" not in answer.text


async def test_a_source_takes_its_secrets_with_it(client: Client, site: FaultServer, vault: Vault) -> None:
    source = (await create(client, site)).json()
    await work(client, (await client.send("DELETE", f"/v1/sources/{source['id']}")).json()["id"], vault)
    async with workspace(client.pool, client.workspace_id) as db:
        assert await db.fetchval("SELECT count(*) FROM credentials WHERE workspace_id = $1", client.workspace_id) == 0


async def test_keys_are_changed_without_sealing_anything_again(
    client: Client, site: FaultServer, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_url: str
) -> None:
    source = (await create(client, site)).json()
    file = tmp_path / "secret.keys"
    assert file.stat().st_mode & 0o777 == 0o600
    old, new = file.read_text().strip(), new_key()
    before = await sealed(client, source["id"])
    monkeypatch.setenv("KITH_SECRET_KEYS", f"{new},{old}")
    monkeypatch.setenv("KITH_DATABASE_URL", fresh_url)
    monkeypatch.setenv("KITH_REDIS_URL", "redis://127.0.0.1:9")
    await asyncio.to_thread(command.rewrap)
    after = await sealed(client, source["id"])
    assert (after.key_id, after.sealed) == (new.partition(":")[0], before.sealed)
    assert after.wrapped != before.wrapped
    only_new = open_vault(Settings(secret_keys=new))
    assert (await run(client, source["id"], only_new))["status"] == "succeeded"
    job = await run(client, source["id"], vault)
    assert (job["status"], job["error"]["code"]) == ("failed", "credential_unreadable")
    assert "KITH_SECRET_KEYS" in job["error"]["detail"]


async def sealed(client: Client, source: str) -> credentials.Credential:
    source_id = decode("source", source)
    assert source_id is not None
    async with workspace(client.pool, client.workspace_id) as db:
        [found] = await credentials.of_source(db, client.workspace_id, source_id)
    return found


def test_a_sealed_text_opens_at_its_place_alone(vault: Vault) -> None:
    one = vault.seal("text", "here")
    assert vault.open(one, "here") == "text"
    turned = bytes([one.text[0] ^ 1]) + one.text[1:]
    other = Vault({vault.current: b"x" * 32})
    wrong: list[Callable[[], str]] = [
        lambda: vault.open(one, "there"),
        lambda: vault.open(Sealed(one.key_id, one.wrapped, turned), "here"),
        lambda: vault.open(Sealed(one.key_id, b"", one.text), "here"),
        lambda: other.open(one, "here"),
        lambda: vault.open(Sealed("gone", one.wrapped, one.text), "here"),
    ]
    for opened in wrong:
        with pytest.raises(Unreadable):
            opened()
    assert vault.seal("text", "here") != one, "the same text never looks the same"


@pytest.mark.parametrize("keys", ["x", "a:", "a:AAAA", ":" + "A" * 44, "a:not base64 at all" * 3])
def test_keys_that_are_none_are_refused_without_repeating_them(keys: str) -> None:
    with pytest.raises(SettingsError, match="32 bytes in Base64") as caught:
        open_vault(Settings(secret_keys=keys))
    assert "AAAA" not in str(caught.value)


def test_many_processes_agree_on_the_first_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        vaults = list(pool.map(lambda _: open_vault(Settings(home=tmp_path / "home")), range(16)))
    one = vaults[0].seal("text", "here")
    assert {each.open(one, "here") for each in vaults} == {"text"}
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["secret.keys"]


def test_a_secret_hides_from_every_way_of_printing() -> None:
    config = SafeConfig("https://a.example", Secret(TOKEN))
    shown = [repr(config), str(config), f"{config.token}", f"{config.token!r:>40}", f"{[config]}"]
    assert not [text for text in shown if TOKEN in text]
    for write in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            write(config.token)
    for encode in (msgspec.json.encode, msgspec.msgpack.encode, msgspec.to_builtins):
        with pytest.raises((TypeError, NotImplementedError)):
            encode(config)


@pytest.mark.parametrize("name", ["nobody", "a%00b", "%ED%A0%80"])
async def test_an_app_is_entered_at_a_provider_of_a_connector_alone(client: Client, name: str) -> None:
    entered = {"client_id": "ours", "site": "https://code.example"}
    answer = await client.send("PUT", f"/v1/providers/{name}", json=entered)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
