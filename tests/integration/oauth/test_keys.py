"""Apps that prove with a key of their own who they are (private_key_jwt)."""

import base64
import json
import time
from typing import Any
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from kith.api.oauth.assertions import LONGEST_SECONDS
from tests.integration.oauth.client import Desk, Pkce, Registered, register
from tests.integration.oauth.test_negative import forged

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
HEADER = '{"alg": "ES256"}'


@pytest.fixture
def key() -> ECKey:
    return ECKey.generate_key("P-256")


@pytest.fixture
async def machine(desk: Desk, key: ECKey) -> Registered:
    return await register(
        desk.house.pool, desk.house.workspace_id, "machine", keys=[public(ECKey.generate_key("P-256")), public(key)]
    )


def public(key: ECKey) -> dict[str, Any]:
    found = key.as_dict(private=False)
    return {name: str(found[name]) for name in ("kty", "crv", "x", "y")}


def claims(desk: Desk, app: Registered, **changed: Any) -> dict[str, Any]:
    given = {
        "iss": app.id, "sub": app.id, "aud": desk.issuer, "jti": str(uuid4()), "exp": int(time.time()) + 60, **changed,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}


def asserted(desk: Desk, app: Registered, key: ECKey, **changed: Any) -> dict[str, str]:
    text = jwt.encode({"alg": "ES256"}, claims(desk, app, **changed), key)
    return {"client_assertion_type": TYPE, "client_assertion": text}


async def ask(desk: Desk, form: dict[str, str], headers: dict[str, str] | None = None) -> Any:
    form = {"grant_type": "client_credentials", "scope": "people:read", **form}
    return await desk.http.post("/oauth/token", data=form, headers=headers or {})


async def test_a_key_proves_who_an_app_is(desk: Desk, machine: Registered, key: ECKey) -> None:
    told = (await desk.http.get("/.well-known/oauth-authorization-server")).json()
    assert "private_key_jwt" in told["token_endpoint_auth_methods_supported"]
    for audience in (desk.issuer, told["token_endpoint"]):
        answer = await ask(desk, asserted(desk, machine, key, aud=audience))
        assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]
    for endpoint in ("introspect", "revoke"):
        form = asserted(desk, machine, key) | {"token": token}
        assert (await desk.http.post(f"/oauth/{endpoint}", data=form)).status_code == 200, endpoint


async def test_an_assertion_is_good_once(desk: Desk, machine: Registered, key: ECKey) -> None:
    form = asserted(desk, machine, key)
    assert [(await ask(desk, form)).status_code for _ in range(2)] == [200, 401]


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "https://elsewhere.example"}, {"aud": None}, {"exp": 1}, {"exp": None}, {"jti": None}, {"jti": 7},
        {"exp": int(time.time()) + 10 * LONGEST_SECONDS}, {"iss": "app_00000000000000000000000000"}, {"iss": None},
        {"sub": "app_00000000000000000000000000"}, {"sub": None}, {"sub": 7}, {"nbf": int(time.time()) + 3600},
        {"exp": 10**400}, {"exp": float("nan")},
    ],
)  # fmt: skip
async def test_an_assertion_says_for_whom_and_until_when(
    desk: Desk, machine: Registered, key: ECKey, changed: dict[str, Any]
) -> None:
    answer = await ask(desk, asserted(desk, machine, key, **changed))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), answer.text


async def test_an_assertion_that_nobody_signed_may_hold_anything(desk: Desk, machine: Registered) -> None:
    half, deep = json.dumps({"sub": machine.id, "jti": "\ud800"}), '{"sub":' + "[" * 5000 + "]" * 5000 + "}"
    for payload in (half, deep, '{"sub": "\\ud800"}', "[]", ""):
        parts = [base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in (HEADER, payload, "x")]
        answer = await ask(desk, {"client_assertion_type": TYPE, "client_assertion": ".".join(parts)})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), payload[:40]


async def test_no_other_key_and_no_secret_proves_it(desk: Desk, machine: Registered, key: ECKey) -> None:
    other = asserted(desk, machine, ECKey.generate_key("P-256"))
    unsigned = {**other, "client_assertion": forged({"alg": "none"}, claims(desk, machine), b"")}
    mixed = {**other, "client_assertion": forged({"alg": "HS256"}, claims(desk, machine), key.as_pem(private=False))}
    for form in (other, unsigned, mixed, {**other, "client_assertion": "x"}, {"client_id": machine.id}):
        assert (await ask(desk, form)).json()["error"] == "invalid_client", form
    assert (await ask(desk, {}, machine.basic)).json()["error"] == "invalid_client", "it had a secret before"
    twice = await ask(desk, asserted(desk, machine, key), machine.basic)
    assert twice.json()["error"] == "invalid_request"
    named = asserted(desk, machine, key) | {"client_id": "app_00000000000000000000000000"}
    assert (await ask(desk, named)).json()["error"] == "invalid_client"


async def test_an_app_without_keys_has_none_to_prove_it_with(desk: Desk, server: Registered, key: ECKey) -> None:
    browser, pkce = await desk.house.enter(), Pkce.new()
    code = await desk.code(browser, server, pkce)
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": pkce.verifier}
    answer = await desk.http.post("/oauth/token", data=form | asserted(desk, server, key))
    assert answer.json()["error"] == "invalid_client"
    assert (await desk.exchange(server, code, pkce)).status_code == 200
