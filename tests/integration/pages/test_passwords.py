"""Passwords: set, tried, guessed; what is said does not tell which accounts exist."""

import asyncio
import re
import statistics
import time
from contextlib import closing

import pytest

from kith.api.signin import attempts
from kith.api.signin.passwords import Passwords, flaw
from kith.store.db import instance
from tests.integration.pages.browser import Browser, Page
from tests.integration.pages.conftest import House

GOOD = "seven quiet lanterns"


async def with_password(house: House) -> Browser:
    """Return a browser whose owner has a password."""
    browser = await house.enter()
    page = await browser.press(await browser.open("/security"), "Set the password", password=GOOD)
    assert page.status == 200
    return browser


async def attempt(browser: Browser, address: str, password: str, onward: str = "") -> Page:
    page = await browser.open(f"/sign-in?next={onward}" if onward else "/sign-in")
    return await browser.press(page, "Sign in", address=address, password=password)


async def test_a_password_signs_in_and_leads_to_where_one_wanted(house: House) -> None:
    await with_password(house)
    page = await attempt(house.browser(), " Olga@Example.org ", GOOD, onward="/workspaces")
    assert page.address == "/workspaces"
    page = await attempt(house.browser(), "olga@example.org", GOOD, onward="//evil.example")
    assert page.address == "/security"


async def test_what_is_stored_is_argon2id_of_the_strength_that_is_asked_for(house: House) -> None:
    await with_password(house)
    async with instance(house.pool) as db:
        stored = await db.fetchval("SELECT password FROM sign_ins WHERE id = $1", house.owner.sign_in_id)
    kind, memory, passes, lanes = re.match(r"\$(\w+)\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$", stored).groups()  # type: ignore[union-attr]  # else it fails
    assert kind == "argon2id"
    assert (int(memory), int(passes), int(lanes)) >= (19 * 1024, 2, 1)


@pytest.mark.parametrize("address", ["olga@example.org", "nobody@example.org", "", "Å@example.org"])
async def test_a_wrong_password_says_the_same_of_every_account(house: House, address: str) -> None:
    await with_password(house)
    page = await attempt(house.browser(), address, "not the password")
    assert page.status == 422
    assert "The address or the password is wrong." in page.text
    (shown,) = [e for e in page.root.find("input") if e.attributes.get("id") == "address"]
    assert shown.attributes["value"] == address


async def test_an_account_that_does_not_exist_takes_as_long(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "FREE_OF_ACCOUNT", 1000)
    monkeypatch.setattr(attempts, "FREE_OF_ADDRESS", 1000)
    await with_password(house)

    async def seconds(address: str) -> float:
        browser, taken = house.browser(), []
        page = await browser.open("/sign-in")
        for _ in range(15):
            started = time.perf_counter()
            await browser.press(page, "Sign in", address=address, password="not the password")
            taken.append(time.perf_counter() - started)
        return statistics.median(taken)

    known, unknown = await seconds("olga@example.org"), await seconds("nobody@example.org")
    assert 0.5 < known / unknown < 2  # without the work for nobody, a look-up would be ten times as quick


async def test_who_guesses_waits_and_the_right_password_waits_too(house: House) -> None:
    await with_password(house)
    browser = house.browser()
    answers = [(await attempt(browser, "olga@example.org", "not the password")).status for _ in range(7)]
    assert answers == [422] * 6 + [429]
    page = await attempt(browser, "olga@example.org", GOOD)
    assert (page.status, page.title) == (429, "Too many attempts")
    assert int(page.answer.headers["retry-after"]) >= 1
    assert (await attempt(browser, "nobody@example.org", "not the password")).status == 422
    async with instance(house.pool) as db:
        await db.execute("UPDATE sign_in_failures SET blocked_until = now()")
    assert (await attempt(browser, "olga@example.org", GOOD)).title == "Security"
    answers = [(await attempt(house.browser(), "olga@example.org", "not the password")).status for _ in range(5)]
    assert answers == [422] * 5  # after a success, counting starts over


async def test_accounts_that_do_not_exist_make_guessers_wait_just_so(house: House) -> None:
    browser = house.browser()
    answers = [(await attempt(browser, "nobody@example.org", "not the password")).status for _ in range(7)]
    assert answers == [422] * 6 + [429]


async def test_waits_double_up_to_a_quarter_of_an_hour(house: House) -> None:
    browser, waits = house.browser(), []
    for _ in range(20):
        await attempt(browser, "olga@example.org", "not the password")
        async with instance(house.pool) as db:
            waits.append(
                await db.fetchval(
                    "SELECT round(extract(epoch FROM max(blocked_until) - now()))::int FROM sign_in_failures"
                )
            )
            await db.execute("UPDATE sign_in_failures SET blocked_until = now() WHERE blocked_until IS NOT NULL")
    found = [wait for wait in waits if wait and wait > 0]
    assert found[:4] == [1, 2, 4, 8]
    assert max(found) == 900


async def test_one_place_that_tries_many_accounts_waits(house: House) -> None:
    browser = house.browser()
    answers = [(await attempt(browser, f"a{n}@example.org", "not the password")).status for n in range(33)]
    assert answers == [422] * 31 + [429] * 2


async def test_many_guesses_at_once_are_counted_one_by_one(house: House) -> None:
    browsers = [house.browser() for _ in range(12)]
    answers = await asyncio.gather(*(attempt(b, "olga@example.org", "not the password") for b in browsers))
    assert sum(page.status == 422 for page in answers) <= 6


async def test_more_than_can_be_judged_are_refused_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "FREE_OF_ADDRESS", 1000)
    browsers = [house.browser() for _ in range(40)]
    pages = await asyncio.gather(*(b.open("/sign-in") for b in browsers))
    with closing(Passwords(1)) as house.app.state.passwords:
        answers = await asyncio.gather(
            *(
                b.press(page, "Sign in", address=f"a{n}@example.org", password="not the password")
                for n, (b, page) in enumerate(zip(browsers, pages, strict=True))
            )
        )
    found = [page.status for page in answers]
    assert set(found) == {422, 429}
    refused = next(page for page in answers if page.status == 429)
    assert refused.answer.headers["retry-after"] == "1"


async def test_who_judges_may_end_and_another_goes_on() -> None:
    with closing(Passwords(1)) as passwords:
        known = await passwords.hash(GOOD)
        for judge in passwords._judges:
            judge.kill()
            judge.wait()
        assert await passwords.verify(known, GOOD)
        assert not await passwords.verify(known, "not the password")
        assert not await passwords.verify(None, GOOD)


async def test_a_new_password_ends_other_sessions_and_open_links(house: House) -> None:
    other, link = await house.enter(), await house.link()
    await with_password(house)
    assert (await other.open("/security")).title == "Sign in"
    assert (await house.browser().open(link)).status == 410


async def test_who_has_not_shown_who_they_are_for_long_does_so_again(house: House) -> None:
    browser = await house.enter()
    page = await browser.open("/security")
    async with instance(house.pool) as db:
        await db.execute("UPDATE sessions SET proven_at = now() - interval '16 minutes'")
    page = await browser.press(page, "Set the password", password=GOOD)
    assert page.title == "Sign in"
    async with instance(house.pool) as db:
        assert await db.fetchval("SELECT password FROM sign_ins") is None


@pytest.mark.parametrize("weak", ["short", "olga@example.org1", "aaaaaaaaaaaaaaa", "Olga Owner 1234", "x" * 201])
def test_weak_passwords_are_refused(weak: str) -> None:
    assert flaw(weak, "olga@example.org", "Olga Owner")


def test_good_passwords_need_no_special_characters() -> None:
    assert flaw(GOOD, "olga@example.org", None) is None


async def test_a_weak_password_is_refused_with_its_reason(house: House) -> None:
    browser = await house.enter()
    page = await browser.press(await browser.open("/security"), "Set the password", password="short")
    assert page.status == 422
    assert "A password has 12 characters at least." in page.text
