"""Codes of an app and recovery codes."""

import asyncio
import re
import time

import pyotp
import pytest

from kith.api.signin import totp
from kith.cli import secrets as command
from kith.runtime.settings import Settings
from kith.runtime.vault import Sealed, new_key, open_vault
from kith.store import sign_ins
from kith.store.db import instance
from tests.integration.pages.browser import Browser, Page
from tests.integration.pages.conftest import House
from tests.integration.pages.test_passwords import attempt, with_password


async def enroll(browser: Browser) -> tuple[str, list[str]]:
    """Return the secret of the app, and recovery codes."""
    page = await browser.open("/security/codes")
    (secret,) = [e.text for e in page.root.find("code")]
    assert list(page.root.find("svg"))
    page = await browser.press(page, "Ask for codes from now on", code=code_of(secret))
    assert page.title == "Recovery codes"
    codes = [item.text for item in next(page.root.find("main")).find("li")]
    assert len(codes) == len(set(codes)) == 10
    assert all(re.fullmatch(r"[a-z2-7]{4}(-[a-z2-7]{4}){3}", code) for code in codes)
    return secret, codes


def code_of(secret: str, later: int = 0) -> str:
    """Return the code of now, or of a later half minute, within what clocks may differ."""
    return pyotp.TOTP(secret).at(time.time() + later * totp.SECONDS)


async def half(house: House) -> tuple[Browser, Page, str, list[str]]:
    """Return a browser that has given the password and is asked for more."""
    secret, codes = await enroll(await with_password(house))
    browser = house.browser()
    page = await attempt(browser, "olga@example.org", "seven quiet lanterns", onward="/workspaces")
    assert page.title == "One more step"
    return browser, page, secret, codes


async def test_a_password_alone_lets_nobody_in_any_more(house: House) -> None:
    browser, page, secret, _ = await half(house)
    assert (await browser.open("/security")).title == "Sign in"
    page = await browser.press(page, "Go on", code=f" {code_of(secret, 1)[:3]} {code_of(secret, 1)[3:]}")
    assert page.address == "/workspaces"
    assert "password, code" in (await browser.open("/security")).text


async def test_a_code_is_taken_once(house: House) -> None:
    browser, page, secret, _ = await half(house)
    again = code_of(secret, 1)
    page = await browser.press(page, "Go on", code=again)
    assert page.address == "/workspaces"
    other = house.browser()
    page = await attempt(other, "olga@example.org", "seven quiet lanterns")
    assert (await other.press(page, "Go on", code=again)).status == 422


async def test_of_several_with_one_code_at_once_one_gets_in(house: House) -> None:
    _, _, secret, _ = await half(house)
    browsers = [house.browser() for _ in range(4)]
    pages = [await attempt(b, "olga@example.org", "seven quiet lanterns") for b in browsers]
    code = code_of(secret, 1)
    found = await asyncio.gather(*(b.press(p, "Go on", code=code) for b, p in zip(browsers, pages, strict=True)))
    assert sorted(page.status for page in found) == [200, 422, 422, 422]


async def test_a_recovery_code_stands_in_once(house: House) -> None:
    browser, page, _, codes = await half(house)
    page = await browser.press(page, "Go on", code=codes[3].upper().replace("-", " "))
    assert page.address == "/workspaces"
    page = await browser.open("/security")
    assert "Recovery codes left: 9." in page.text
    other = house.browser()
    again = await attempt(other, "olga@example.org", "seven quiet lanterns")
    assert (await other.press(again, "Go on", code=codes[3])).status == 422
    page = await browser.press(page, "Make new recovery codes")
    assert (await other.press(again, "Go on", code=codes[4])).status == 422
    fresh = [item.text for item in next(page.root.find("main")).find("li")]
    assert (await other.press(again, "Go on", code=fresh[0])).status == 200


async def test_guesses_of_codes_are_held_back_also_with_the_right_password(house: House) -> None:
    browser, page, _, codes = await half(house)
    answers = [(await browser.press(page, "Go on", code=f"00000{n}")).status for n in range(7)]
    assert answers == [422] * 6 + [429]
    assert (await browser.press(page, "Go on", code=codes[0])).status == 429


@pytest.mark.parametrize("wrong", ["", "12345", "1234567", "１２３４５６", "abcdef", "-----"])
async def test_what_is_no_code_is_refused(house: House, wrong: str) -> None:
    browser, page, _, _ = await half(house)
    assert (await browser.press(page, "Go on", code=wrong)).status == 422


async def test_another_browser_cannot_take_the_step_over(house: House) -> None:
    await half(house)
    assert (await house.browser().open("/sign-in/second-factor")).title == "Sign in"


async def test_the_step_expires(house: House) -> None:
    browser, page, secret, _ = await half(house)
    async with instance(house.pool) as db:
        await db.execute("UPDATE sign_in_steps SET expires_at = now()")
    assert (await browser.press(page, "Go on", code=code_of(secret, 1))).title == "Sign in"


async def test_the_operators_link_lets_in_who_has_lost_everything(house: House) -> None:
    await half(house)
    browser = await house.enter()
    page = await browser.press(await browser.open("/security"), "Ask for codes no more")
    assert page.title == "Security"
    assert (await attempt(house.browser(), "olga@example.org", "seven quiet lanterns")).title == "Security"
    async with instance(house.pool) as db:
        assert await db.fetchval("SELECT count(*) FROM recovery_codes") == 0


async def test_the_secret_is_sealed_in_the_database(house: House) -> None:
    _, _, secret, _ = await half(house)
    async with instance(house.pool) as db:
        row = await db.fetchrow("SELECT * FROM sign_ins WHERE id = $1", house.owner.sign_in_id)
    assert secret not in str(row)
    assert secret.encode() not in b"".join(value for value in row or () if isinstance(value, bytes))


async def test_keys_are_changed_without_enrolling_again(
    house: House, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, secret, _ = await half(house)
    old, new = (settings.home / "secret.keys").read_text().strip(), new_key()
    monkeypatch.setenv("KITH_SECRET_KEYS", f"{new},{old}")
    monkeypatch.setenv("KITH_DATABASE_URL", str(settings.database_url))
    monkeypatch.setenv("KITH_REDIS_URL", "redis://127.0.0.1:9")
    await asyncio.to_thread(command.rewrap)
    async with instance(house.pool) as db:
        kept = await sign_ins.get_totp(db, house.owner.sign_in_id)
        assert kept
        assert not await sign_ins.take_step(db, house.owner.sign_in_id, 0)  # which codes were taken stays known
    sealed = Sealed(kept.key_id, kept.wrapped, kept.sealed)
    opened = open_vault(Settings(secret_keys=new)).open(sealed, sign_ins.place(house.owner.sign_in_id))
    assert opened == secret


def test_only_codes_of_now_are_codes() -> None:
    secret, now = totp.new_secret(), 1_800_000_000.0
    codes = pyotp.TOTP(secret)
    found = [totp.step_of(secret, codes.at(now + 30 * apart), now) for apart in (-2, -1, 0, 1, 2)]
    present = int(now // 30)
    assert found == [None, present - 1, present, present + 1, None]


def test_the_codes_are_those_of_the_rfc() -> None:
    """RFC 6238, appendix B, the last six of eight digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for moment, code in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
        assert totp.step_of(secret, code, moment) == moment // 30
