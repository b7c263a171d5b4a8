"""What others have tried on authorization servers, where no other test of this folder tries it."""

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from kith.api.oauth.keys import rotate
from kith.runtime.settings import Settings
from kith.runtime.vault import open_vault
from kith.store.db import instance
from tests.integration.oauth.client import Desk, Pkce, Registered, register, sent_back

BYE = "https://app.example/bye"


def forged(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    """Return a token that is signed with HMAC, or not at all, whatever its header says."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    mac = hmac.new(secret, b".".join(parts), hashlib.sha256).digest() if secret else b""
    return b".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()


@pytest.mark.parametrize("algorithm", ["HS256", "ES256", "none", "None"])
async def test_a_published_key_signs_nothing(desk: Desk, algorithm: str) -> None:
    app = await register(desk.house.pool, desk.house.workspace_id, logout_uris=[BYE])
    browser = await desk.house.enter()
    hint = (await desk.let_in(app, browser, scope="openid people:read"))["id_token"]
    (public,) = (await desk.http.get("/oauth/jwks")).json()["keys"]
    pem = ECKey.import_key(public).as_pem(private=False)
    claims = {"iss": desk.issuer, "aud": app.id}
    secrets = [b""] if algorithm.lower() == "none" else [pem, pem.strip(), json.dumps(public).encode()]
    tries = [forged({"alg": algorithm, "kid": public["kid"], "jwk": public}, claims, secret) for secret in secrets]
    for one in (*tries, hint[: hint.rindex(".") + 1]):
        query = urlencode({"id_token_hint": one, "post_logout_redirect_uri": BYE})
        assert (await browser.http.get(f"/oauth/logout?{query}")).status_code == 400, one
    query = urlencode({"id_token_hint": hint, "post_logout_redirect_uri": BYE})
    assert (await browser.http.get(f"/oauth/logout?{query}")).status_code == 200, "the true one is believed"


async def test_keys_may_rotate_between_consent_and_exchange(desk: Desk, app: Registered, settings: Settings) -> None:
    browser, pkce = await desk.house.enter(), Pkce.new()
    await desk.let_in(app, browser, scope="openid people:read")
    code = await desk.code(browser, app, pkce, scope="openid people:read", nonce="once")
    async with instance(desk.house.pool) as db:
        new = await rotate(db, open_vault(settings))
    answer = (await desk.exchange(app, code, pkce)).json()
    keys = KeySet.import_key_set((await desk.http.get("/oauth/jwks")).json())
    found = jwt.decode(answer["id_token"], keys, algorithms=["ES256"])
    assert (found.header["kid"], found.claims["nonce"]) == (new, "once")


@pytest.mark.parametrize("header", [b"Basic /w==", b"Basic \xe9", b"Basic \xff", b"Basic  ", b"Basic a", b"Basic"])
async def test_a_header_that_cannot_be_read_proves_nothing(desk: Desk, header: bytes) -> None:
    for endpoint in ("token", "revoke", "introspect", "device_authorization", "par"):
        form = {"grant_type": "client_credentials"}
        answer = await desk.http.post(f"/oauth/{endpoint}", data=form, headers=[(b"authorization", header)])
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), endpoint


async def test_a_token_in_an_address_or_a_form_opens_nothing(desk: Desk, app: Registered) -> None:
    token = (await desk.let_in(app))["access_token"]
    assert (await desk.me(token)).status_code == 200
    for name in ("access_token", "token", "authorization"):
        assert (await desk.http.get(f"/v1/me?{name}={token}")).status_code in (400, 401), name
        assert (await desk.http.get("/v1/me", headers={"Cookie": f"{name}={token}"})).status_code == 401, name
    assert (await desk.http.post("/oauth/userinfo", data={"access_token": token})).status_code in (401, 405)


async def test_whoever_mixes_servers_up_finds_who_answered(desk: Desk, app: Registered) -> None:
    browser = await desk.house.enter()
    for decision in ("deny", "allow"):
        back = await desk.answer(browser, await desk.ask(browser, app, Pkce.new()), decision)
        assert back["iss"] == desk.issuer
    refused = sent_back(await desk.ask(browser, app, Pkce.new(), code_challenge_method="plain"))
    assert (refused["error"], refused["iss"]) == ("invalid_request", desk.issuer)
