"""Sources are let in by a real authorization server, kith's own: asked, granted, renewed by many at once, and ended."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import httpx2
import msgspec
import pytest

import kith.api.app as application
from kith.cli.secrets import rewrap
from kith.connectors import (
    Bearer,
    Context,
    Identity,
    Page,
    Provider,
    Ref,
    Registry,
    Report,
    ScopeNeeded,
    Secret,
    Url,
    oauth,
    save_cursor,
)
from kith.connectors.testing import FaultServer, Given, given_json
from kith.domain.ids import decode
from kith.runtime.settings import Settings
from kith.runtime.vault import Vault, new_key, open_vault
from kith.store import authorizations, credentials, grants, jobs, members, tokens
from kith.store.db import Pool, workspace
from kith.workers.ground import ANYWHERE, Ground
from kith.workers.kinds import KINDS
from kith.workers.renewal import renewal_of
from kith.workers.runner import Runner
from kith.workers.work import Work
from tests.conformance.oauth.conftest import Served
from tests.integration.api.conftest import serving
from tests.integration.oauth.client import register
from tests.integration.pages.browser import Page as Shown
from tests.integration.pages.conftest import House

BACK = "http://localhost:8000/sources/authorizations/return"


class TownConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    site: Url
    token: Secret | None = None


class Town:
    """Reads whom the people of another kith are, by its API."""

    name: ClassVar[str] = "acme.town"
    title: ClassVar[str] = "Town"
    description: ClassVar[str] = "People of another kith."
    version: ClassVar[str] = "1"
    Config: ClassVar[type[msgspec.Struct]] = TownConfig
    egress: ClassVar[tuple[str, ...]] = ()
    rates: ClassVar[tuple[Any, ...]] = ()
    provider = Provider(
        name="kith",
        title="Kith",
        authorize="{site}/oauth/authorize",
        exchange="{site}/oauth/token",
        register="{site}/oauth/register",
        pushed="{site}/oauth/par",
        site_setting="site",
        client="basic",
        scopes=(
            ScopeNeeded("people:read", "Who the people are."),
            ScopeNeeded("relationships:read", "Whom they know."),
            ScopeNeeded("offline_access", "To read on while nobody looks."),
        ),
    )

    async def check(self, config: TownConfig, context: Context) -> Report:
        return Report(await self._name(config, context))

    async def pull(self, config: TownConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        who = await self._name(config, context)
        yield Page((Identity(Ref("town", "one"), name=who, seen_at=datetime.now(UTC)),), save_cursor(TownConfig("x")))

    async def _name(self, config: TownConfig, context: Context) -> str:
        auth = Bearer(config.token) if config.token else None
        answer = await context.http.get(f"{config.site.rstrip('/')}/v1/me", auth=auth)
        return str(answer.json()["workspace"]["name"])


@dataclass
class Home:
    """Our kith, and a source of it that reads another."""

    house: House
    settings: Settings
    vault: Vault
    http: httpx2.AsyncClient
    folder: Path
    source: str = ""

    @property
    def source_id(self) -> UUID:
        found = decode("source", self.source)
        assert found
        return found

    async def call(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        answer = await self.http.request(method, path, **options)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def add(self, site: str) -> None:
        made = {"connector": "acme.town", "name": f"town {site}", "config": {"site": site}}
        self.source = (await self.call("POST", "/v1/sources", 201, json=made))["id"]

    async def let_in(self, served: Served) -> Shown:
        """Have the source let in by the owner of the other kith; return the page that they come to."""
        return await (await self.house.enter()).open(await self.asked(served))

    async def asked(self, served: Served, decision: str = "allow") -> str:
        """Return the path of ours to which the other kith sends its owner."""
        asked = await self.call("POST", f"/v1/sources/{self.source}/authorizations", 201)
        browser = await served.enter()
        back = await browser.consent(asked["url"], decision)
        await browser.http.aclose()
        assert back.startswith(BACK + "?")
        return back.removeprefix("http://localhost:8000")

    def runner(self) -> Runner:
        ground = Ground(self.folder, ANYWHERE, vault=self.vault)
        return Runner(self.house.pool, KINDS, {"acme.town": Town()}, ground, most=4, lease_seconds=30)

    async def run(self) -> dict[str, Any]:
        started = await self.call("POST", f"/v1/sources/{self.source}/runs", 202)
        job_id = decode("job", started["id"])
        assert job_id
        await self.runner().start(self.house.workspace_id, job_id)
        found: dict[str, Any] = await self.call("GET", f"/v1/jobs/{started['id']}")
        return found

    async def held(self) -> str:
        """Return the token that is stored."""
        async with workspace(self.house.pool, self.house.workspace_id) as db:
            found = await credentials.of_source(db, self.house.workspace_id, self.source_id)
        return Ground(self.folder, ANYWHERE, vault=self.vault).reveal(self.house.workspace_id, found)["token"]

    async def store(self, token: str) -> None:
        """Put another text in place of the token."""
        place = credentials.place(self.house.workspace_id, self.source_id, "token")
        sealed = credentials.Credential(self.source_id, "token", *self.vault.seal(token, place))
        async with workspace(self.house.pool, self.house.workspace_id) as db:
            await credentials.save(db, self.house.workspace_id, [sealed])

    async def age(self, expires_at: datetime) -> None:
        async with workspace(self.house.pool, self.house.workspace_id) as db:
            await db.execute(
                "UPDATE authorizations SET expires_at = $3 WHERE workspace_id = $1 AND source_id = $2",
                self.house.workspace_id, self.source_id, expires_at,
            )  # fmt: skip


@pytest.fixture
def settings(fresh_url: str, servers: Any, tmp_path: Path) -> Settings:
    return Settings(
        database_url=fresh_url, redis_url=servers.redis_url, pool_size=5, log_level="error", home=tmp_path / "home",
        rate_address=0, private_addresses=True,
    )  # fmt: skip


@pytest.fixture
async def home(
    settings: Settings, pool: Pool, workspace_id: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Home]:
    from kith.store import sign_ins

    monkeypatch.setattr(application, "load_registry", lambda: Registry({"acme.town": Town()}, ()))
    async with workspace(pool, workspace_id) as db:
        sign_in = await sign_ins.create_sign_in(db, "Olga Owner", "olga@example.org", verified=True)
        owner = await members.create_member(db, workspace_id, sign_in.id, "owner")
        text = await tokens.create_token(
            db, workspace_id, "t", ["sources:read", "sources:write", "jobs:read"], None, owner.id
        )
    async with serving(settings) as app:
        house = House(app, pool, workspace_id, owner)
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        bearer = {"Authorization": f"Bearer {text}"}
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost:8000", headers=bearer) as http:
            yield Home(house, settings, open_vault(settings), http, tmp_path)
        for browser in house.browsers:
            await browser.http.aclose()


@pytest.fixture
async def let_in(home: Home, served: Served) -> Home:
    await home.add(served.issuer)
    assert (await home.let_in(served)).title == "The source is let in"
    return home


async def test_a_source_is_let_in_by_an_app_that_registers_itself_and_reads(let_in: Home, served: Served) -> None:
    shown = await let_in.call("GET", f"/v1/sources/{let_in.source}/authorization")
    assert (shown["provider"], shown["site"], shown["missing"]) == ("kith", served.issuer, [])
    assert (shown["renewable"], shown["problem"]) == (True, None)
    assert datetime.fromisoformat(shown["expires_at"]) > datetime.now(UTC)
    [app] = (await let_in.call("GET", "/v1/providers/kith"))["apps"]
    assert (app["site"], app["registered"], app["has_secret"]) == (served.issuer, True, app["has_secret"])
    source = await let_in.call("GET", f"/v1/sources/{let_in.source}")
    assert (source["status"], source["credentials"], source["repair"]) == ("active", ["token"], None)
    job = await let_in.run()
    assert job["status"] == "succeeded", job


async def test_the_operators_app_is_asked_for_and_its_secret_never_shown(home: Home, served: Served) -> None:
    scopes = ["people:read", "relationships:read"]
    app = await register(served.pool, served.owner.workspace_id, "server", redirect_uris=[BACK], scopes=scopes)
    await home.add(served.issuer)
    entered = {"client_id": app.id, "client_secret": app.secret, "site": served.issuer}
    shown = await home.call("PUT", "/v1/providers/kith", json=entered)
    assert app.secret
    assert app.secret not in str(shown)
    assert shown["return_address"] == BACK
    assert (shown["apps"][0]["client_id"], shown["apps"][0]["has_secret"]) == (app.id, True)
    assert (await home.let_in(served)).title == "The source is let in"
    assert (await home.run())["status"] == "succeeded"
    await home.call("DELETE", "/v1/providers/kith")
    assert (await home.call("GET", "/v1/providers"))["data"][0]["apps"] == []


async def test_no_source_is_locked_while_its_provider_is_asked(
    home: Home, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    await home.add(served.issuer)
    ask = oauth.ask

    async def meanwhile(*given: Any) -> Any:
        async with workspace(home.house.pool, home.house.workspace_id) as db:
            await db.execute(
                "SELECT FROM sources WHERE workspace_id = $1 AND id = $2 FOR UPDATE NOWAIT",
                home.house.workspace_id, home.source_id,
            )  # fmt: skip
        await home.call("PUT", "/v1/providers/kith", json={"client_id": "entered", "site": served.issuer})
        return await ask(*given)

    monkeypatch.setattr(oauth, "ask", meanwhile)
    refused = await home.call("POST", f"/v1/sources/{home.source}/authorizations", 409)
    assert refused["code"] == "conflict"
    [app] = (await home.call("GET", "/v1/providers/kith"))["apps"]
    assert app["client_id"] == "entered"


async def test_an_answer_counts_once_for_who_asked_and_with_its_own_state(home: Home, served: Served) -> None:
    await home.add(served.issuer)
    back = await home.asked(served)
    other = await home.house.enter(await home.house.add("Eve", "owner"))
    browser = await home.house.enter()
    state = dict(parse_qsl(urlsplit(back).query))["state"]
    for who, address in (
        (other, back),
        (browser, back.replace(state, state[:-1] + ("A" if state[-1] != "A" else "B"))),
        (browser, back.replace(state, "nonsense")),
    ):
        page = await who.open(address)
        assert page.title in ("The source was not let in", "Not found"), page.title
    nobody = await home.house.browser().http.get(back)
    assert nobody.status_code == 303
    assert nobody.headers["location"].startswith("/sign-in?next=")
    assert (await browser.open(back)).title == "The source is let in"
    held = await home.held()
    assert (await browser.open(back)).title == "The source was not let in"
    assert await home.held() == held


async def test_who_refuses_at_the_provider_changes_nothing(home: Home, served: Served) -> None:
    await home.add(served.issuer)
    page = await (await home.house.enter()).open(await home.asked(served, "deny"))
    assert page.title == "The source was not let in"
    assert (await home.call("GET", f"/v1/sources/{home.source}"))["credentials"] == []


async def test_a_token_for_nobody_cannot_let_a_source_in(home: Home, served: Served) -> None:
    await home.add(served.issuer)
    async with workspace(home.house.pool, home.house.workspace_id) as db:
        text = await tokens.create_token(db, home.house.workspace_id, "operator", ["sources:write"])
    home.http.headers["Authorization"] = f"Bearer {text}"
    await home.call("POST", f"/v1/sources/{home.source}/authorizations", 409)


# Renewal.


@pytest.mark.parametrize("why", ["it ends soon", "it is refused"])
async def test_a_token_is_renewed_while_the_source_is_read(let_in: Home, why: str) -> None:
    first = await let_in.held()
    if why == "it ends soon":
        await let_in.age(datetime.now(UTC) + timedelta(minutes=1))
    else:
        await let_in.store("kat_not-a-token")
    assert (await let_in.run())["status"] == "succeeded"
    second = await let_in.held()
    assert second not in (first, "kat_not-a-token")
    shown = await let_in.call("GET", f"/v1/sources/{let_in.source}/authorization")
    assert (shown["renewable"], shown["problem"]) == (True, None)
    assert shown["renewed_at"] > shown["authorized_at"]


async def test_of_many_workers_one_renews_and_all_go_on(let_in: Home, served: Served) -> None:
    """Used twice, a refresh token ends what was granted: the server sees to that."""
    await let_in.store("kat_not-a-token")
    workers = []
    for _ in range(6):
        config = TownConfig(served.issuer, Secret("kat_not-a-token"))
        job = jobs.HeldJob(let_in.house.workspace_id, UUID(int=1), "sync", {}, 1, 0, 1, 0, 30.0)
        ground = Ground(let_in.folder, ANYWHERE, vault=let_in.vault)
        work = Work(job, let_in.house.pool, {}, ground, 100, asyncio.Event())
        made = renewal_of(work, let_in.source_id, Town(), config, trusted=False)
        assert config.token
        assert made
        workers.append((config.token, made))
    assert all(await asyncio.gather(*(one.renew("kat_not-a-token") for _, one in workers)))
    assert {secret.reveal() for secret, _ in workers} == {await let_in.held()}
    assert (await let_in.run())["status"] == "succeeded"


async def test_a_grant_that_was_revoked_is_a_state_with_its_repair_and_no_loop(let_in: Home, served: Served) -> None:
    async with workspace(served.pool, served.owner.workspace_id) as db:
        for grant in await grants.list_grants(db, served.owner.workspace_id, None, 100):
            await grants.revoke(db, served.owner.workspace_id, grant_id=grant.id)
    await let_in.store("kat_not-a-token")
    job = await let_in.run()
    assert (job["status"], job["error"]["code"]) == ("failed", "reauthorize")
    call = f"POST /v1/sources/{let_in.source}/authorizations"
    assert call in job["error"]["detail"]
    [source] = (await let_in.call("GET", "/v1/sources"))["data"]
    assert (source["status"], source["repair"]) == ("reauthorize", call)
    shown = await let_in.call("GET", f"/v1/sources/{let_in.source}/authorization")
    assert (shown["renewable"], "invalid_grant" in shown["problem"]) == (False, True)
    await let_in.call("POST", f"/v1/sources/{let_in.source}/runs", 409)
    assert (await let_in.let_in(served)).title == "The source is let in"
    assert (await let_in.call("GET", f"/v1/sources/{let_in.source}"))["status"] == "active"
    assert (await let_in.run())["status"] == "succeeded"


async def test_a_provider_that_is_away_ends_nothing(home: Home) -> None:
    """While the token still holds, the source is read; afterwards the run waits, and a human is not asked."""
    async with FaultServer() as server:
        server.on("/v1/me", given_json({"workspace": {"name": "far"}}))
        server.on("/oauth/token", Given(503))
        site = server.url().rstrip("/")
        await home.add(site)
        given = authorizations.Granted("kith", site, "token", "kat_old", "krt_old", None, ["people:read"])
        async with workspace(home.house.pool, home.house.workspace_id) as db:
            await authorizations.keep(db, home.house.workspace_id, home.source_id, given, home.vault.seal)
        await home.call("PUT", "/v1/providers/kith", json={"client_id": "c", "client_secret": "s3cr3t", "site": site})
        await home.age(datetime.now(UTC) + timedelta(minutes=1))
        assert (await home.run())["status"] == "succeeded"
        await home.age(datetime.now(UTC) - timedelta(minutes=1))
        job = await home.run()
        assert (job["status"], job["error"]["code"]) == ("queued", "retry")
        assert (await home.call("GET", f"/v1/sources/{home.source}"))["status"] == "active"


async def test_another_token_by_hand_ends_the_authorization(let_in: Home) -> None:
    site = (await let_in.call("GET", f"/v1/sources/{let_in.source}"))["config"]["site"]
    await let_in.call("PATCH", f"/v1/sources/{let_in.source}", json={"config": {"site": site, "token": "by-hand"}})
    await let_in.call("GET", f"/v1/sources/{let_in.source}/authorization", 404)
    job = await let_in.run()
    assert (job["status"], job["error"]["code"]) == ("failed", "reauthorize")
    source = await let_in.call("GET", f"/v1/sources/{let_in.source}")
    assert source["repair"] == f"PATCH /v1/sources/{let_in.source}"


async def test_what_a_provider_gave_is_wrapped_with_a_newer_key(let_in: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    older = (let_in.settings.home / "secret.keys").read_text().strip()
    both = f"{new_key()},{older}"
    monkeypatch.setenv("KITH_SECRET_KEYS", both)
    monkeypatch.setenv("KITH_DATABASE_URL", let_in.settings.database_url or "")
    monkeypatch.setenv("KITH_HOME", str(let_in.settings.home))
    await asyncio.to_thread(rewrap)
    let_in.vault = Vault(dict(open_vault(Settings(secret_keys=both.partition(",")[0]))._keys))
    await let_in.age(datetime.now(UTC) - timedelta(minutes=1))
    assert (await let_in.run())["status"] == "succeeded"
