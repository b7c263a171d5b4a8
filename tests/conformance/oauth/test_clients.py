"""Clients of others, pinned, complete their flows against the real server."""

import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from authlib.integrations.requests_client import OAuth2Session
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session as RequestsSession

from kith.store.db import workspace
from kith.store.tokens import create_token
from tests.conformance.node import NODE, install, run
from tests.conformance.oauth.conftest import CALLBACK, FOLDER, LOOPBACK, SCOPES, Served, Told
from tests.conformance.oauth.play import play
from tests.conformance.oauth.samples import blocks, run_curl, run_server
from tests.integration.oauth.client import Pkce
from tests.paths import ROOT


@pytest.fixture(scope="session", autouse=True)
def installed() -> None:
    install(FOLDER)


@pytest.mark.parametrize("script", ["oauth4webapi", "openid-client", "mcp", "simple-oauth2", "passport"])
async def test_a_client_completes_its_flows(served: Served, script: str) -> None:
    apps = {kind: {"id": app.id, "secret": app.secret} for kind, app in served.apps.items()}
    given = {"issuer": served.issuer, "callback": CALLBACK, "loopback": LOOPBACK, **apps}
    assert await play(served, FOLDER / f"{script}.mjs", given) is not None


async def test_the_inspector_of_agents_completes_its_checks(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async with workspace(served.pool, served.town.workspace_id) as db:
        token = await create_token(db, served.town.workspace_id, "inspector", SCOPES)

    async def inspect(method: str, *more: str) -> Any:
        command = (NODE, "node_modules/.bin/mcp-inspector", "--cli", f"{served.issuer}/mcp")
        header = ("--header", f"Authorization: Bearer {token}")
        return json.loads(await run(*command, "--transport", "http", *header, "--method", method, *more, cwd=FOLDER))

    assert "getPerson" in {tool["name"] for tool in (await inspect("tools/list"))["tools"]}
    called = await inspect("tools/call", "--tool-name", "listPeople", "--tool-arg", "limit=1")
    assert len(json.loads(called["content"][0]["text"])["data"]) == 1
    person = f"kith://people/{served.town.ids['person ada']}"
    assert (await inspect("resources/read", "--uri", person))["contents"][0]["uri"] == person
    sample = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "agents.md").read_text(), re.DOTALL)
    monkeypatch.setenv("KITH", served.issuer)
    monkeypatch.setenv("KITH_TOKEN", token)
    names: dict[str, Any] = {}
    exec(sample[1], names)  # type: ignore[index]  # it is there
    assert json.loads(await names["people"]())["data"]
    asked = await inspect("prompts/get", "--prompt-name", "topic", "--prompt-args", "topic=trees")
    assert "trees" in asked["messages"][0]["content"]["text"]


async def test_authlibs_own_client_completes_its_flows(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    app, browser = served.apps["server"], await served.enter()
    session = OAuth2Session(
        app.id, app.secret, scope="people:read", redirect_uri=CALLBACK, code_challenge_method="S256",
        token_endpoint=f"{served.issuer}/oauth/token", revocation_endpoint_auth_method="client_secret_basic",
    )  # fmt: skip
    verifier = "v" * 43
    address, state = session.create_authorization_url(f"{served.issuer}/oauth/authorize", code_verifier=verifier)
    callback = await browser.consent(address)
    fetch, endpoint = session.fetch_token, f"{served.issuer}/oauth/token"
    tokens = await asyncio.to_thread(
        fetch, endpoint, authorization_response=callback, state=state, code_verifier=verifier
    )
    renewed = await asyncio.to_thread(session.refresh_token, endpoint, tokens["refresh_token"])
    assert renewed["refresh_token"] != tokens["refresh_token"]
    answer = await asyncio.to_thread(session.get, f"{served.issuer}/v1/people")
    assert answer.status_code == 200
    ended = await asyncio.to_thread(session.revoke_token, f"{served.issuer}/oauth/revoke", renewed["refresh_token"])
    assert ended.status_code == 200
    await browser.http.aclose()


@pytest.mark.parametrize("kind", ["browser", "server"])
async def test_requests_oauthlib_completes_its_flows(
    served: Served, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    app, browser, kept = served.apps[kind], await served.enter(), list[Told]()
    secret = {"client_secret": app.secret} if app.secret else {}
    session = RequestsSession(
        app.id, scope=["people:read"], redirect_uri=app.app.redirect_uris[0], pkce="S256",
        auto_refresh_url=f"{served.issuer}/oauth/token", auto_refresh_kwargs={"client_id": app.id, **secret},
        token_updater=kept.append,
    )  # fmt: skip
    address, _ = session.authorization_url(f"{served.issuer}/oauth/authorize")
    callback = await browser.consent(address)

    def use() -> None:
        tokens = session.fetch_token(
            f"{served.issuer}/oauth/token", authorization_response=callback, include_client_id=True, **secret
        )
        assert session.get(f"{served.issuer}/v1/people").status_code == 200
        session.token = {**tokens, "expires_at": time.time() - 1}  # it renews by itself what has ended
        assert session.get(f"{served.issuer}/v1/people").status_code == 200
        (renewed,) = kept
        assert renewed["refresh_token"] != tokens["refresh_token"]
        given = {"token": renewed["refresh_token"], "client_id": app.id, **secret}
        assert session.post(f"{served.issuer}/oauth/revoke", data=given, withhold_token=True).status_code == 200
        assert session.get(f"{served.issuer}/v1/people").status_code == 401

    await asyncio.to_thread(use)
    await browser.http.aclose()


async def test_requests_oauthlib_lets_a_machine_in(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    app = served.apps["machine"]
    session = RequestsSession(client=BackendApplicationClient(app.id, scope=["people:read"]))
    fetch, endpoint = session.fetch_token, f"{served.issuer}/oauth/token"
    await asyncio.to_thread(fetch, endpoint, client_id=app.id, client_secret=app.secret)
    answer = await asyncio.to_thread(session.get, f"{served.issuer}/v1/people")
    assert answer.status_code == 200


async def test_the_samples_of_the_page_on_apps_work(served: Served, tmp_path: Path) -> None:
    browser = await served.enter()
    script = tmp_path / "page.mjs"
    script.write_text(
        f'import {{ done, given, open }} from "{FOLDER}/talk.mjs";\n'
        "const { issuer, loopback: redirectUri } = given;\nconst clientId = given.browser.id;\n"
        + blocks("js")[0]
        + 'const begun = await begin("people:read");\ndone(await finish(await open(begun.address), begun));\n'
    )
    given = {"issuer": served.issuer, "loopback": LOOPBACK, "browser": {"id": served.apps["browser"].id}}
    tokens = await play(served, script, given)
    assert tokens["access_token"].startswith("kat_")
    await asyncio.to_thread(run_server, served, await code_of(served, browser))
    machine, device = served.apps["machine"], served.apps["device"]
    own = await run_curl(blocks("curl")[2], KITH=served.issuer, APP=machine.id, SECRET=str(machine.secret))
    assert own["access_token"]
    waiting = await run_curl(blocks("curl")[0], KITH=served.issuer, APP=device.id)
    await browser.connect(waiting["user_code"])
    found = await run_curl(blocks("curl")[1], KITH=served.issuer, APP=device.id, CODE=waiting["device_code"])
    assert found["refresh_token"]
    async with httpx2.AsyncClient(base_url=served.issuer) as http:
        for one in (tokens, own, found):
            headers = {"Authorization": f"Bearer {one['access_token']}"}
            assert (await http.get("/v1/people", headers=headers)).status_code == 200
    await browser.http.aclose()


async def code_of(served: Served, browser: Any) -> tuple[str, str]:
    """Return a code for the server's sample, and its verifier."""
    pkce = Pkce.new()
    query = urlencode(
        {
            "response_type": "code", "client_id": served.apps["server"].id, "redirect_uri": CALLBACK,
            "scope": "people:read", "code_challenge": pkce.challenge, "code_challenge_method": "S256",
        }
    )  # fmt: skip
    callback = await browser.consent(f"/oauth/authorize?{query}")
    return parse_qs(urlsplit(callback).query)["code"][0], pkce.verifier
