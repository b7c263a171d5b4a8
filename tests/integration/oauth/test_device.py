"""A device that has no browser: it shows a code, and a member lets it in elsewhere."""

import asyncio
from typing import Any

import httpx2
import pytest

from kith.domain.apps import DEVICE
from kith.store.db import instance
from tests.integration.oauth.client import Desk, Registered, register
from tests.integration.oauth.test_tokens import ROUNDS
from tests.integration.pages.browser import Browser, Page


@pytest.fixture
async def device(desk: Desk) -> Registered:
    return await register(desk.house.pool, desk.house.workspace_id, "device", redirect_uris=[])


async def begin(desk: Desk, app: Registered, **form: str) -> httpx2.Response:
    return await desk.http.post("/oauth/device_authorization", data={"client_id": app.id, **form})


async def poll(desk: Desk, app: Registered, code: str) -> httpx2.Response:
    return await desk.token(app, grant_type=DEVICE, device_code=code)


async def decide(browser: Browser, user_code: str, decision: str) -> Page:
    page = await browser.open("/oauth/device")
    page = await browser.press(page, "Go on", user_code=user_code)
    return await browser.press(page, "Allow", decision=decision)


async def forget_polls(desk: Desk) -> None:
    async with instance(desk.house.pool) as db:
        await db.execute("UPDATE device_codes SET polled_at = NULL")


async def test_a_member_lets_a_device_in(desk: Desk, device: Registered) -> None:
    told = (await begin(desk, device, scope="people:read")).json()
    assert told["verification_uri"] == f"{desk.issuer}/oauth/device"
    assert (told["interval"], told["expires_in"]) == (5, 900)
    waiting = await poll(desk, device, told["device_code"])
    assert (waiting.status_code, waiting.json()["error"]) == (400, "authorization_pending")
    browser = await desk.house.enter()
    page = await browser.open(told["verification_uri_complete"].removeprefix(desk.issuer))
    assert told["user_code"] in page.text
    assert "Read people and their timelines." in page.text
    page = await decide(browser, told["user_code"].lower().replace("-", " "), "allow")
    assert page.title == "The device is connected"
    tokens = await poll(desk, device, told["device_code"])
    assert tokens.status_code == 200, tokens.text
    assert tokens.json()["scope"] == "people:read"
    assert (await desk.me(tokens.json()["access_token"])).status_code == 200
    assert (await desk.refresh(device, tokens.json()["refresh_token"])).status_code == 200
    again = await poll(desk, device, told["device_code"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    page = await browser.open("/oauth/device")
    assert (await browser.press(page, "Go on", user_code=told["user_code"])).status == 404


async def test_a_member_refuses_a_device(desk: Desk, device: Registered) -> None:
    told = (await begin(desk, device)).json()
    assert (await decide(await desk.house.enter(), told["user_code"], "deny")).title == "The device was refused"
    assert (await poll(desk, device, told["device_code"])).json()["error"] == "access_denied"


async def test_a_device_that_asks_too_often_waits_longer(desk: Desk, device: Registered) -> None:
    told = (await begin(desk, device)).json()
    answers = [(await poll(desk, device, told["device_code"])).json()["error"] for _ in range(3)]
    assert answers == ["authorization_pending", "slow_down", "slow_down"]
    async with instance(desk.house.pool) as db:
        assert await db.fetchval("SELECT wait FROM device_codes") == 15
    await forget_polls(desk)
    assert (await poll(desk, device, told["device_code"])).json()["error"] == "authorization_pending"


async def test_a_device_code_ends(desk: Desk, device: Registered) -> None:
    told = (await begin(desk, device)).json()
    async with instance(desk.house.pool) as db:
        await db.execute("UPDATE device_codes SET expires_at = now() - interval '1 second'")
    assert (await poll(desk, device, told["device_code"])).json()["error"] == "expired_token"
    page = await (await desk.house.enter()).open(f"/oauth/device?user_code={told['user_code']}")
    assert page.status == 404


async def test_of_eight_polls_at_once_one_gets_tokens(desk: Desk, device: Registered) -> None:
    browser = await desk.house.enter()
    for _ in range(ROUNDS):
        told = (await begin(desk, device)).json()
        await decide(browser, told["user_code"], "allow")
        answers = await asyncio.gather(*(poll(desk, device, told["device_code"]) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"scope": "nothing:read"}, "invalid_scope"),
        ({"scope": "groups:write"}, "invalid_scope"),
        ({"resource": "https://elsewhere.example"}, "invalid_target"),
        ({"client_id": "app_00000000000000000000000000"}, "invalid_client"),
    ],
    ids=str,
)
async def test_what_a_device_cannot_ask(desk: Desk, device: Registered, form: Any, error: str) -> None:
    assert (await begin(desk, device, **form)).json()["error"] == error


async def test_a_device_code_of_one_app_is_worth_nothing_to_another(
    desk: Desk, device: Registered, app: Registered
) -> None:
    told = (await begin(desk, device)).json()
    assert (await begin(desk, app)).json()["error"] == "unauthorized_client"
    other = await register(desk.house.pool, desk.house.workspace_id, "device", redirect_uris=[])
    await decide(await desk.house.enter(), told["user_code"], "allow")
    assert (await poll(desk, other, told["device_code"])).json()["error"] == "invalid_grant"
    assert (await poll(desk, app, told["device_code"])).json()["error"] == "unauthorized_client"
    assert (await poll(desk, device, "kdc_unknown")).json()["error"] == "invalid_grant"
