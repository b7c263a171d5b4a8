"""Another authorization server, oidc-provider, is asked the same as kith; each difference is known and has a reason."""

import asyncio
import json
import tomllib
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from joserfc.jwk import ECKey, RSAKey

from tests.conformance.api.conftest import free_port
from tests.conformance.node import ENV, NODE, install
from tests.conformance.oauth.conftest import FOLDER, Served
from tests.conformance.oauth.oracle_cases import CALLBACK, CASES, Party
from tests.integration.oauth.client import register
from tests.integration.pages.browser import Page

ORACLE = FOLDER / "oracle"
SCOPES = ["people:read", "relationships:read", "groups:read"]
MAY = SCOPES[:2]
#: The kind of each app, and what the oracle calls its grants.
KINDS = {
    "server": ("server", ["authorization_code", "refresh_token"]),
    "quiet": ("server", ["authorization_code", "refresh_token"]),
    "browser": ("browser", ["authorization_code", "refresh_token"]),
    "machine": ("machine", ["client_credentials"]),
    "device": ("device", ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]),
    "gadget": ("device", ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]),
}


@pytest.fixture(scope="session")
async def kith(served: Served) -> AsyncIterator[Party]:
    apps = {}
    for name, (kind, _) in KINDS.items():
        uris = [CALLBACK] if kind in ("server", "browser") else []
        made = await register(served.pool, served.town.workspace_id, kind, redirect_uris=uris, scopes=MAY)
        apps[name] = (made.id, made.secret)
    entered = await served.enter()
    async with httpx2.AsyncClient() as http:
        metadata = (await http.get(f"{served.issuer}/.well-known/oauth-authorization-server")).json()
        yield Party(served.issuer, metadata, apps, http, entered.http, press)
    await entered.http.aclose()


async def press(browser: httpx2.AsyncClient, address: str, agrees: bool) -> str:
    answer = await browser.get(address)
    if answer.status_code == 200:
        form = Page(answer).form("Allow")
        key = next(e.attributes["value"] for e in form.find("input") if e.attributes["name"] == "form_key")
        fields = {"form_key": key, "decision": "allow" if agrees else "deny"}
        answer = await browser.post(form.attributes["action"], data=fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


@pytest.fixture(scope="session")
async def oracle(kith: Party) -> AsyncIterator[Party]:
    install(ORACLE)
    port = free_port()
    given = {
        "port": port,
        "clients": [client(kith, name) for name in KINDS],
        "scopes": ["openid", "offline_access", *SCOPES],
    }
    signing: list[Any] = [ECKey.generate_key("P-256"), RSAKey.generate_key(2048)]
    given["hold"] = [key.as_dict(private=True) for key in signing]
    process = await asyncio.create_subprocess_exec(
        str(NODE), "provider.mjs", json.dumps(given), cwd=ORACLE, env=ENV, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout
    try:
        async with asyncio.timeout(30):
            while b"ready" not in (line := await process.stdout.readline()):
                assert line, "the oracle did not start"
        issuer = f"http://localhost:{port}"
        async with httpx2.AsyncClient() as http, httpx2.AsyncClient() as browser:
            metadata = (await http.get(f"{issuer}/.well-known/openid-configuration")).json()
            party = Party(issuer, metadata, kith.apps, http, browser, follow)
            await party.code()  # the member signs in
            yield party
    finally:
        process.terminate()
        await process.wait()


def client(kith: Party, name: str) -> dict[str, Any]:
    kind, grants = KINDS[name]
    id_, secret = kith.apps[name]
    has_codes = "authorization_code" in grants
    told = {
        "client_id": id_, "grant_types": grants, "scope": " ".join(["openid", *MAY] if kind != "machine" else MAY),
        "redirect_uris": [CALLBACK] if has_codes else [], "response_types": ["code"] if has_codes else [],
        "token_endpoint_auth_method": "client_secret_basic" if secret else "none",
    }  # fmt: skip
    return told | ({"client_secret": secret} if secret else {})


async def follow(browser: httpx2.AsyncClient, address: str, _: bool) -> str:
    """Go wherever the oracle sends the browser until that is back to the app."""
    while not address.startswith("https://app.example/"):
        answer = await browser.get(address)
        assert answer.status_code in (302, 303), answer.text
        address = str(httpx2.URL(address).join(answer.headers["location"]))
    return address


@pytest.mark.parametrize("name", CASES)
async def test_differences_are_known(kith: Party, oracle: Party, name: str) -> None:
    known = tomllib.loads((ORACLE / "differences.toml").read_text())
    ours, theirs = await CASES[name](kith), await CASES[name](oracle)
    if ours == theirs:
        assert name not in known, "this difference is gone: take it off the list"
    else:
        assert name in known, f"kith: {ours}; oidc-provider: {theirs}"
        assert (known[name]["kith"], known[name]["oracle"]) == (ours, theirs)
        assert known[name]["because"].endswith(".")


def test_no_difference_is_listed_of_what_is_not_asked() -> None:
    assert tomllib.loads((ORACLE / "differences.toml").read_text()).keys() <= CASES.keys()
