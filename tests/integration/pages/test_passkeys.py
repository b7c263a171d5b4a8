"""Passkeys: added, used, refused."""

import json
from dataclasses import replace

import pytest

from kith.store.db import instance
from tests.integration.pages.authenticator import PRESENT, Authenticator
from tests.integration.pages.browser import Browser, Page
from tests.integration.pages.conftest import House


async def add(house: House, device: Authenticator) -> Browser:
    browser = await house.enter()
    page = await browser.open("/security/passkeys/new")
    page = await browser.press(page, "Add a passkey", credential=device.create(options(page)), name="Old phone")
    assert page.title == "Security"
    return browser


async def ask(browser: Browser) -> Page:
    return await browser.press(await browser.open("/sign-in?next=/workspaces"), "Sign in with a passkey")


def options(page: Page) -> str:
    (form,) = [e for e in page.root.find("form") if e.attributes.get("id") == "passkey-form"]
    return form.attributes["data-options"]


async def test_a_passkey_signs_in_and_is_enough(house: House) -> None:
    device = Authenticator()
    page = await (await add(house, device)).open("/security")
    assert "Old phone" in page.text
    browser = house.browser()
    page = await ask(browser)
    asked = json.loads(options(page))
    assert (asked["rpId"], asked["userVerification"]) == ("localhost", "required")
    page = await browser.press(page, "Go on", credential=device.get(options(page)))
    assert page.address == "/workspaces"
    assert "by passkey" in (await browser.open("/security")).text


@pytest.mark.parametrize(
    "wrong",
    [
        Authenticator(origin="https://evil.example"),
        Authenticator(flags=PRESENT),  # not unlocked
        Authenticator(uses=0),  # the counter goes back: a copy
        Authenticator(id=b"another"),
    ],
    ids=["another origin", "not unlocked", "a copy", "unknown"],
)
async def test_what_is_not_right_lets_nobody_in(house: House, wrong: Authenticator) -> None:
    device = Authenticator(uses=100)
    await add(house, device)
    used = replace(wrong, key=device.key, id=wrong.id if wrong.id == b"another" else device.id)
    if wrong.uses == 1:
        used.uses = 200
    browser = house.browser()
    page = await ask(browser)
    page = await browser.press(page, "Go on", credential=used.get(options(page)))
    assert (page.status, page.title) == (422, "This passkey lets nobody in")
    assert (await browser.open("/security")).title == "Sign in"


async def test_a_challenge_is_answered_once_and_by_its_browser(house: House) -> None:
    device = Authenticator()
    await add(house, device)
    browser, other = house.browser(), house.browser()
    page, theirs = await ask(browser), await ask(other)
    answer = device.get(options(page))
    assert (await other.press(theirs, "Go on", credential=answer)).status == 422
    assert (await browser.press(page, "Go on", credential=answer)).address == "/workspaces"
    assert (await browser.press(page, "Go on", credential=answer)).status in (403, 422)


async def test_a_foreign_key_with_a_known_name_lets_nobody_in(house: House) -> None:
    device = Authenticator()
    await add(house, device)
    browser = house.browser()
    page = await ask(browser)
    thief = Authenticator(id=device.id, uses=50)
    assert (await browser.press(page, "Go on", credential=thief.get(options(page)))).status == 422


@pytest.mark.parametrize("junk", ["", "{}", "[]", '{"id": 1}', '{"id": "é"}', "null", '{"id": "AAAA", "response": {}}'])
async def test_junk_is_refused(house: House, junk: str) -> None:
    device = Authenticator(id=b"\0\0\0")  # what the last one names
    await add(house, device)
    browser = house.browser()
    assert (await browser.press(await ask(browser), "Go on", credential=junk)).status == 422
    member = await house.enter()
    page = await member.open("/security/passkeys/new")
    assert (await member.press(page, "Add a passkey", credential=junk)).status == 422


async def test_a_removed_passkey_lets_nobody_in(house: House) -> None:
    device = Authenticator()
    owner = await add(house, device)
    await owner.press(await owner.open("/security"), "Remove: Old phone")
    browser = house.browser()
    page = await ask(browser)
    assert (await browser.press(page, "Go on", credential=device.get(options(page)))).status == 422


async def test_nobody_removes_the_passkey_of_another(house: House) -> None:
    device = Authenticator()
    await add(house, device)
    thief = await house.enter(await house.add("Theo", "viewer"))
    page = await thief.open("/security")
    key = next(e.attributes["value"] for e in page.root.find("input") if e.attributes.get("name") == "form_key")
    name = json.loads(device.get('{"rpId": "localhost", "challenge": ""}'))["id"]
    await thief.send("/security/passkeys/remove", {"form_key": key, "passkey": name})
    async with instance(house.pool) as db:
        assert await db.fetchval("SELECT count(*) FROM passkeys") == 1
