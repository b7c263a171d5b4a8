"""OpenID Connect: who has signed in, and signing out."""

import asyncio
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

from kith.api.oauth.keys import rotate
from kith.runtime.settings import Settings
from kith.runtime.vault import open_vault
from kith.store.db import instance
from tests.integration.oauth.client import Desk, Pkce, Registered, register, sent_back
from tests.integration.pages.browser import Page

OPENID = "openid profile email people:read"


async def believed(desk: Desk) -> KeySet:
    return KeySet.import_key_set((await desk.http.get("/oauth/jwks")).json())


async def test_an_id_token_says_who_has_signed_in(desk: Desk, app: Registered) -> None:
    tokens = await desk.let_in(app, scope=OPENID, nonce="once")
    keys = await believed(desk)
    found = jwt.decode(tokens["id_token"], keys, algorithms=["ES256"])
    assert found.header["alg"] == "ES256"
    claims: dict[str, Any] = found.claims
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (desk.issuer, app.id, "once")
    assert claims["sub"].startswith("mem_")
    assert 0 <= time.time() - claims["auth_time"] < 600
    assert claims["exp"] - claims["iat"] == 900
    assert claims["at_hash"]
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    for answer in (
        await desk.http.get("/oauth/userinfo", headers=headers),
        await desk.http.post("/oauth/userinfo", headers=headers),
    ):
        told = answer.json()
        assert isinstance(told.pop("email_verified"), bool)
        assert told == {"sub": claims["sub"], "name": "Olga Owner", "email": "olga@example.org"}


async def test_an_app_learns_no_more_of_the_member_than_it_was_granted(desk: Desk, app: Registered) -> None:
    only = await desk.let_in(app, scope="openid")
    answer = await desk.http.get("/oauth/userinfo", headers={"Authorization": f"Bearer {only['access_token']}"})
    assert answer.json().keys() == {"sub"}
    none = await desk.let_in(app, scope="people:read")
    assert "id_token" not in none
    answer = await desk.http.get("/oauth/userinfo", headers={"Authorization": f"Bearer {none['access_token']}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")
    assert (await desk.http.get("/oauth/userinfo")).status_code == 401


async def test_keys_rotate_while_tokens_of_the_old_one_are_believed(
    desk: Desk, app: Registered, settings: Settings
) -> None:
    browser = await desk.house.enter()
    before = (await desk.let_in(app, browser, scope=OPENID))["id_token"]
    async with instance(desk.house.pool) as db:
        new = await rotate(db, open_vault(settings))
    after = (await desk.let_in(app, browser, scope=OPENID))["id_token"]
    keys = await believed(desk)
    assert len(keys.keys) == 2
    assert jwt.decode(after, keys, algorithms=["ES256"]).header["kid"] == new
    assert jwt.decode(before, keys, algorithms=["ES256"]).header["kid"] != new
    async with instance(desk.house.pool) as db:
        assert await db.fetchval("SELECT count(*) FROM signing_keys WHERE sealed IS NOT NULL") == 2
        shown = str(await db.fetch("SELECT public FROM signing_keys"))
        assert '"d"' not in shown
        assert "'d'" not in shown
        await db.execute("UPDATE signing_keys SET retired_at = now() - interval '8 days' WHERE retired_at IS NOT NULL")
    with pytest.raises(JoseError):
        jwt.decode(before, KeySet.import_key_set((await desk.http.get("/oauth/jwks")).json()), algorithms=["ES256"])


async def test_the_first_key_is_made_once(desk: Desk, app: Registered) -> None:
    browser = await desk.house.enter()
    pairs = [Pkce.new() for _ in range(6)]
    codes = [await desk.code(browser, app, pkce, scope=OPENID) for pkce in pairs]
    answers = await asyncio.gather(*(desk.exchange(app, code, pkce) for code, pkce in zip(codes, pairs, strict=True)))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert len((await believed(desk)).keys) == 1


async def test_an_app_signs_its_member_out(desk: Desk) -> None:
    app = await register(desk.house.pool, desk.house.workspace_id, logout_uris=["https://app.example/bye"])
    browser = await desk.house.enter()
    hint = (await desk.let_in(app, browser, scope=OPENID))["id_token"]
    query = urlencode({"id_token_hint": hint, "post_logout_redirect_uri": "https://app.example/bye", "state": "s"})
    page = Page(await browser.http.get(f"/oauth/logout?{query}"))
    assert app.app.name in page.text
    form = page.form("Sign out")
    key = next(e.attributes["value"] for e in form.find("input") if e.attributes["name"] == "form_key")
    forged = await browser.http.post(form.attributes["action"], data={"form_key": "x"})
    assert forged.status_code == 403
    answer = await browser.http.post(form.attributes["action"], data={"form_key": key})
    assert (answer.status_code, answer.headers["location"]) == (303, "https://app.example/bye?state=s")
    assert (await browser.http.get("/connected-apps")).status_code == 303
    again = await browser.http.get(f"/oauth/logout?{query}")
    assert sent_back(again) == {"state": "s"}


async def test_signing_out_leads_nowhere_else(desk: Desk) -> None:
    app = await register(desk.house.pool, desk.house.workspace_id, logout_uris=["https://app.example/bye"])
    browser = await desk.house.enter()
    key = OctKey.import_key("a secret of nobody that is long enough")
    forged = jwt.encode({"alg": "HS256"}, {"iss": desk.issuer, "aud": app.id}, key)
    for asked in (
        {"post_logout_redirect_uri": "https://evil.example", "client_id": app.id},
        {"post_logout_redirect_uri": "https://app.example/bye"},
        {"post_logout_redirect_uri": "https://app.example/bye", "id_token_hint": forged},
        {"post_logout_redirect_uri": "https://app.example/bye", "id_token_hint": "x.y.z"},
    ):
        answer = await browser.http.get(f"/oauth/logout?{urlencode(asked)}")
        assert answer.status_code == 400, asked
        Page(answer)
