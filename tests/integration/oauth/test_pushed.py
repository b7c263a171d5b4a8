"""Pushed requests, proofs of possession, and what members consent to again."""

import asyncio
import base64
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx2
import msgspec
import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from kith.runtime.keyring import thumbprint
from kith.runtime.settings import Settings
from tests.integration.api.conftest import serving
from tests.integration.oauth.client import Desk, Pkce, Registered, register, sent_back
from tests.integration.pages.browser import Page
from tests.integration.pages.conftest import House


def push_form(desk: Desk, app: Registered, pkce: Pkce, **changed: Any) -> dict[str, Any]:
    given = {
        "response_type": "code",
        "client_id": app.id,
        "redirect_uri": app.app.redirect_uris[0],
        "scope": "people:read",
        "state": "kept",
        "code_challenge": pkce.challenge,
        "code_challenge_method": "S256",
        **changed,
    }
    return {name: value for name, value in given.items() if value is not None}


async def test_a_request_is_pushed_and_named(desk: Desk, server: Registered) -> None:
    pkce = Pkce.new()
    answer = await desk.http.post("/oauth/par", data=push_form(desk, server, pkce), headers=server.basic)
    assert (answer.status_code, answer.json()["expires_in"]) == (201, 90)
    name = answer.json()["request_uri"]
    browser = await desk.house.enter()
    only = {
        "response_type": None, "redirect_uri": None, "scope": None, "state": None, "code_challenge": None,
        "code_challenge_method": None,
    }  # fmt: skip
    back = await desk.answer(browser, await desk.ask(browser, server, pkce, request_uri=name, **only))
    assert back["state"] == "kept"
    tokens = await desk.exchange(server, back["code"], pkce)
    assert tokens.json()["scope"] == "people:read"
    again = await desk.ask(browser, server, pkce, request_uri=name, **only)
    assert again.status_code == 400, "it was good for one answer"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"redirect_uri": "https://evil.example"}, "invalid_request"),
        ({"scope": "nothing:read"}, "invalid_scope"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "request_uri_not_supported"),
    ],
    ids=str,
)
async def test_what_cannot_be_is_not_kept(desk: Desk, server: Registered, changed: Any, error: str) -> None:
    form = push_form(desk, server, Pkce.new(), **changed)
    answer = await desk.http.post("/oauth/par", data=form, headers=server.basic)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_a_pushed_request_is_its_apps_alone(desk: Desk, app: Registered, server: Registered) -> None:
    nobody = await desk.http.post("/oauth/par", data=push_form(desk, server, Pkce.new()))
    assert (nobody.status_code, nobody.json()["error"]) == (401, "invalid_client")
    kept = await desk.http.post("/oauth/par", data=push_form(desk, server, Pkce.new()), headers=server.basic)
    shown = await desk.ask(desk.house.browser(), app, Pkce.new(), request_uri=kept.json()["request_uri"])
    assert shown.status_code == 400


async def test_consent_grows_with_what_is_asked(desk: Desk, app: Registered) -> None:
    browser = await desk.house.enter()
    await desk.let_in(app, browser, scope="people:read")
    known = await desk.ask(browser, app, Pkce.new(), scope="people:read")
    assert "code" in sent_back(known), "nothing new is asked"
    more = await desk.ask(browser, app, Pkce.new(), scope="people:read relationships:read")
    text = Page(more).text
    assert text.index("It will be able to") < text.index("Read relationships") < text.index("It is already able to")
    again = await desk.ask(browser, app, Pkce.new(), scope="people:read", prompt="consent")
    assert Page(again).title.startswith("Let")
    silent = await desk.ask(browser, app, Pkce.new(), scope="people:read interactions:read", prompt="none")
    assert sent_back(silent)["error"] == "consent_required"
    assert "code" in sent_back(await desk.ask(browser, app, Pkce.new(), scope="people:read", prompt="none"))
    stranger = await desk.ask(desk.house.browser(), app, Pkce.new(), prompt="none")
    assert sent_back(stranger)["error"] == "login_required"


async def test_on_a_members_own_machine_each_consent_is_asked_for(desk: Desk) -> None:
    """Any program there may listen on the port of another."""
    app = await register(desk.house.pool, desk.house.workspace_id, redirect_uris=["http://127.0.0.1/cb"])
    browser, here = await desk.house.enter(), {"redirect_uri": "http://127.0.0.1:51004/cb"}
    await desk.answer(browser, await desk.ask(browser, app, Pkce.new(), **here))
    assert Page(await desk.ask(browser, app, Pkce.new(), **here)).title.startswith("Let")


@pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "0"}], ids=str)
async def test_a_member_shows_again_who_they_are(desk: Desk, app: Registered, asked: Any) -> None:
    browser, pkce = await desk.house.enter(), Pkce.new()
    await asyncio.sleep(1.1)  # times are told in whole seconds
    sent = await desk.ask(browser, app, pkce, **asked)
    assert sent.headers["location"].startswith("/sign-in?next=")
    back = httpx2.URL(sent.headers["location"]).params["next"]
    assert (await browser.http.get(back)).status_code == 303, "nothing was shown yet"
    page = await browser.open(await desk.house.link())
    await browser.press(page, "Sign in")
    assert Page(await browser.http.get(back)).title.startswith("Let")


def proof(key: ECKey, method: str, address: str, token: str | None = None, signer: Any = None, **changed: Any) -> str:
    """Return a proof as a client makes it. changed: claims and headers that are not as they should be."""
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
    claims: dict[str, Any] = {"jti": secrets.token_hex(8), "htm": method, "htu": address, "iat": int(time.time())}
    if token is not None:
        digest = hashlib.sha256(token.encode()).digest()
        claims["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    header |= {name: value for name, value in changed.items() if name in header}
    claims |= {name: value for name, value in changed.items() if name not in header}
    return jws.serialize_compact(
        header, json.dumps(claims), signer or key, algorithms=["ES256", "Ed25519", "HS256", "RS256"]
    )


def fresh_key() -> ECKey:
    return ECKey.generate_key("P-256", {"use": "sig"})


async def bound(desk: Desk, app: Registered, key: ECKey) -> dict[str, Any]:
    """Return tokens that are bound to a key."""
    browser, pkce = await desk.house.enter(), Pkce.new()
    code = await desk.code(browser, app, pkce, dpop_jkt=thumbprint(key.as_dict(private=False)))
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": app.app.redirect_uris[0],
        "code_verifier": pkce.verifier,
    }  # fmt: skip
    unproven = await desk.token(app, None, **form)
    assert unproven.json()["error"] == "invalid_grant"
    answer = await desk.token(app, {"DPoP": proof(key, "POST", f"{desk.issuer}/oauth/token")}, **form)
    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"] == "DPoP"
    tokens: dict[str, Any] = answer.json()
    return tokens


async def test_a_bound_token_is_worth_nothing_without_its_key(desk: Desk, app: Registered) -> None:
    key, thief, here = fresh_key(), fresh_key(), f"{desk.issuer}/v1/me"
    tokens = await bound(desk, app, key)
    token = tokens["access_token"]

    async def call(kind: str, *proofs: str) -> httpx2.Response:
        headers = [("Authorization", f"{kind} {token}"), *(("DPoP", one) for one in proofs)]
        return await desk.http.get("/v1/me", headers=headers)

    good = proof(key, "GET", here, token)
    assert (await call("DPoP", good)).status_code == 200
    replayed = await call("DPoP", good)
    assert replayed.status_code == 401
    assert replayed.headers["www-authenticate"].startswith("DPoP ")
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
    wrong = [
        proof(thief, "GET", here, token),
        proof(key, "POST", here, token),
        proof(key, "GET", f"{desk.issuer}/v1/people", token),
        proof(key, "GET", here, "kat_other"),
        proof(key, "GET", here),
        proof(key, "GET", here, token, iat=int(time.time()) - 301),
        proof(key, "GET", here, token, iat=int(time.time()) + 120),
        proof(key, "GET", here, token, iat="now"),
        proof(key, "GET", here, token, iat=10**400),
        proof(key, "GET", here, token, iat=float("nan")),
        proof(key, "GET", here, token, jti=""),
        proof(key, "GET", here, token, jti="\ud800"),
        proof(key, "GET", here, token, ath="\ud800"),
        jws.serialize_compact(head, "[" * 2000, key),
        base64.urlsafe_b64encode(b'{"jwk":' + b"[" * 2900).decode() + ".e30.",
        proof(key, "GET", here, token, typ="JWT"),
        proof(key, "GET", here, token, jwk=key.as_dict(private=True)),
        proof(key, "GET", here, token, jwk=thief.as_dict(private=False)),
        proof(key, "GET", here, token)[:-4],
        "x.y.z",
        "a" * 5000,
    ]
    for one in wrong:
        assert (await call("DPoP", one)).status_code == 401, one
    assert (await call("Bearer", proof(key, "GET", here, token))).status_code == 401
    assert (await call("Bearer")).status_code == 401
    assert (await call("DPoP")).status_code == 401
    skewed = proof(key, "GET", here, token, iat=int(time.time()) + 30)
    assert (await call("DPoP", skewed)).status_code == 200, "a clock may be a little ahead"


async def test_other_algorithms_prove_nothing(desk: Desk, app: Registered) -> None:
    key, address = fresh_key(), f"{desk.issuer}/oauth/token"
    rsa, okp = RSAKey.generate_key(2048), OKPKey.generate_key("Ed25519")
    tries: list[dict[str, Any]] = [
        {"alg": "RS256", "jwk": rsa.as_dict(private=False), "signer": rsa},
        {"alg": "Ed25519", "jwk": okp.as_dict(private=False), "signer": okp},
        {"alg": "HS256", "signer": OctKey.import_key("secret" * 8)},
    ]
    for one in tries:
        answer = await desk.token(app, {"DPoP": proof(key, "POST", address, **one)}, grant_type="refresh_token")
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")
    none = base64.urlsafe_b64encode(b'{"typ":"dpop+jwt","alg":"none"}').decode() + ".e30."
    answer = await desk.token(app, {"DPoP": none}, grant_type="refresh_token")
    assert answer.json()["error"] == "invalid_dpop_proof"


async def test_a_refresh_token_of_a_public_app_stays_bound(desk: Desk, app: Registered) -> None:
    key, address = fresh_key(), f"{desk.issuer}/oauth/token"
    tokens = await bound(desk, app, key)
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert (await desk.token(app, **form)).json()["error"] == "invalid_grant"
    other = await desk.token(app, {"DPoP": proof(fresh_key(), "POST", address)}, **form)
    assert other.json()["error"] == "invalid_grant"
    assert (await desk.token(app, {"DPoP": proof(key, "POST", address)}, **form)).status_code == 200


async def test_a_token_that_is_not_bound_is_sent_as_bearer(desk: Desk, app: Registered) -> None:
    tokens = await desk.let_in(app)
    key = fresh_key()
    made = proof(key, "GET", f"{desk.issuer}/v1/me", tokens["access_token"])
    headers = {"Authorization": f"DPoP {tokens['access_token']}", "DPoP": made}
    assert (await desk.http.get("/v1/me", headers=headers)).status_code == 401


@pytest.fixture
async def strict_desk(house: House, settings: Settings) -> AsyncIterator[Desk]:
    """The same where proofs have to hold a nonce."""
    async with (
        serving(msgspec.structs.replace(settings, dpop_nonce="on")) as app,
        Desk(replace(house, app=app), settings.issuer) as desk,
    ):
        yield desk


async def test_a_proof_holds_the_nonce_that_the_server_named(strict_desk: Desk) -> None:
    desk, key = strict_desk, fresh_key()
    app = await register(desk.house.pool, desk.house.workspace_id, "machine", scopes=["people:read"])
    here, form = f"{desk.issuer}/oauth/token", {"grant_type": "client_credentials", "scope": "people:read"}
    nonces = list[str]()
    for given in ({}, {"nonce": "x"}, {"nonce": 7}):
        refused = await desk.token(app, {"DPoP": proof(key, "POST", here, **given)}, **form)
        assert (refused.status_code, refused.json()["error"]) == (400, "use_dpop_nonce")
        nonces.append(refused.headers["dpop-nonce"])
    answer = await desk.token(app, {"DPoP": proof(key, "POST", here, nonce=nonces[0])}, **form)
    assert (answer.status_code, answer.json()["token_type"]) == (200, "DPoP")
    token, me = answer.json()["access_token"], f"{desk.issuer}/v1/me"
    for given, status in (({}, 401), ({"nonce": nonces[-1]}, 200)):
        headers = {"Authorization": f"DPoP {token}", "DPoP": proof(key, "GET", me, token, **given)}
        found = await desk.http.get("/v1/me", headers=headers)
        assert found.status_code == status
        assert ("dpop-nonce" in found.headers) == (
            'error="use_dpop_nonce"' in found.headers.get("www-authenticate", "")
        )
        assert ("dpop-nonce" in found.headers) == (status == 401)
    assert (await desk.token(app, None, **form)).status_code == 200, "who proves nothing needs none"
    assert "nonce_key" in desk.house.app.state, "it is derived once"
