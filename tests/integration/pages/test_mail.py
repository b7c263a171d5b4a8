"""Links by mail, through a mail server that runs here."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from kith.domain.scopes import SCOPES
from kith.runtime import mail
from kith.runtime.settings import Settings
from kith.store import tokens
from kith.store.db import instance, workspace
from tests.integration.api.conftest import serving
from tests.integration.pages.browser import Browser
from tests.integration.pages.conftest import House
from tests.integration.pages.test_passwords import with_password
from tests.integration.pages.test_second_factor import code_of, enroll
from tests.integration.pages.test_sessions import changed


@dataclass
class Letters:
    """A mail server that keeps what it gets."""

    url: str = ""
    letters: list[Message] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        return "250 kept"

    async def next(self) -> tuple[str, str]:
        """Return to whom the next letter is, and its text."""
        for _ in range(400):
            if self.letters:
                letter = self.letters.pop(0)
                return str(letter["To"]), str(letter.get_payload(decode=True), "utf-8")  # type: ignore[arg-type]  # bytes
            await asyncio.sleep(0.05)
        raise AssertionError("no letter came")


@pytest.fixture
async def letters() -> AsyncIterator[Letters]:
    kept = Letters()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(kept, hostname="127.0.0.1", port=port)
    server.start()
    kept.url = f"smtp://127.0.0.1:{port}"
    yield kept
    server.stop(no_assert=True)


@pytest.fixture
async def posting(house: House, settings: Settings, letters: Letters) -> AsyncIterator[House]:
    """The same house, that can send mail."""
    async with serving(changed(settings, mail_server=letters.url, mail_from="kith@example.org")) as app:
        made = House(app, house.pool, house.workspace_id, house.owner)
        yield made
        for browser in made.browsers:
            await browser.http.aclose()


async def ask(browser: Browser, address: str) -> str:
    page = await browser.press(await browser.open("/sign-in?next=/workspaces"), "Send me a link", address=address)
    return page.text


def path_in(text: str) -> str:
    (found,) = re.findall(r"http://localhost:8000(/\S+)", text)
    return str(found)


async def test_a_link_by_mail_signs_in_and_leads_on(posting: House, letters: Letters) -> None:
    said = await ask(posting.browser(), " OLGA@example.org")
    to, text = await letters.next()
    assert to == "olga@example.org"
    browser = posting.browser()
    page = await browser.press(await browser.open(path_in(text)), "Sign in")
    assert page.address == "/workspaces"
    assert said == await ask(posting.browser(), "nobody@example.org")
    await asyncio.sleep(0.5)
    assert letters.letters == []


async def test_a_link_by_mail_does_not_replace_the_second_factor(posting: House, letters: Letters) -> None:
    secret, _ = await enroll(await with_password(posting))
    await ask(posting.browser(), "olga@example.org")
    browser = posting.browser()
    page = await browser.press(await browser.open(path_in((await letters.next())[1])), "Sign in")
    assert page.title == "One more step"
    page = await browser.press(page, "Go on", code=code_of(secret, 1))
    assert page.address == "/workspaces"


async def test_mail_is_not_sent_without_end(posting: House, letters: Letters) -> None:
    browser = posting.browser()
    page = await browser.open("/sign-in")
    answers = [(await browser.press(page, "Send me a link", address="nobody@example.org")).status for _ in range(7)]
    assert answers == [200] * 6 + [429]


async def test_a_new_address_is_shown_to_be_theirs_first_and_the_old_one_hears_of_it(
    posting: House, letters: Letters
) -> None:
    browser = await posting.enter()
    page = await browser.press(await browser.open("/security"), "Change the address", address="New@Example.org")
    assert page.title == "Look into your mail"
    first, second = await letters.next(), await letters.next()
    assert (first[0], second[0]) == ("new@example.org", "olga@example.org")
    assert "/sign-in/links" not in second[1]
    async with instance(posting.pool) as db:
        assert await db.fetchval("SELECT address FROM sign_ins") == "olga@example.org"
    other = posting.browser()  # where nobody has signed in
    page = await other.press(await other.open(path_in(first[1])), "Make it mine")
    assert page.title == "Sign in"  # it lets nobody in
    async with instance(posting.pool) as db:
        row = await db.fetchrow("SELECT address, verified_at IS NOT NULL AS verified FROM sign_ins")
    assert tuple(row or ()) == ("new@example.org", True)


async def test_an_address_that_somebody_has_stays_theirs(posting: House, letters: Letters) -> None:
    theo = await posting.add("Theo", "viewer", "theo@example.org")
    browser = await posting.enter(theo)
    page = await browser.press(await browser.open("/security"), "Change the address", address="olga@example.org")
    assert page.title == "Look into your mail"  # as for any other
    page = await browser.open(path_in((await letters.next())[1]))
    assert (await browser.press(page, "Make it mine")).status == 410


async def test_without_mail_an_address_is_taken_as_said_but_not_as_shown(house: House) -> None:
    browser = await house.enter()
    page = await browser.press(await browser.open("/security"), "Change the address", address="new@example.org")
    assert "Nobody has verified this address." in page.text
    theo = await house.enter(await house.add("Theo", "viewer", "theo@example.org"))
    page = await theo.press(await theo.open("/security"), "Change the address", address="NEW@example.org")
    assert (page.status, "Another sign-in has this address." in page.text) == (422, True)
    page = await house.browser().open("/sign-in")
    assert "Send me a link" not in page.text


async def test_letters_say_who_sends_them_and_that_a_machine_does(settings: Settings, letters: Letters) -> None:
    await asyncio.to_thread(mail.send, changed(settings, mail_server=letters.url), "a@example.org", "Grüße", "Ähm")
    (letter,) = letters.letters
    assert (letter["From"], letter["Subject"], letter["Auto-Submitted"]) == (
        "kith@localhost",
        "Grüße",
        "auto-generated",
    )
    assert letter["Message-ID"].endswith("@localhost>")


async def test_a_server_that_is_away_or_speaks_no_tls_is_said(settings: Settings, letters: Letters) -> None:
    port = letters.url.rpartition(":")[2]
    for url in ("smtp://127.0.0.1:1", f"smtps://127.0.0.1:{port}"):
        with pytest.raises(mail.NotSent, match="mail server refused or did not answer"):
            await asyncio.to_thread(mail.send, changed(settings, mail_server=url), "a@example.org", "a", "b")
    with pytest.raises(mail.NotSent, match="KITH_MAIL_SERVER is not set"):
        mail.send(settings, "a@example.org", "a", "b")


async def test_an_invitation_by_the_api_goes_by_mail_and_its_link_is_proof(posting: House, letters: Letters) -> None:
    async with workspace(posting.pool, posting.workspace_id) as db:
        token = await tokens.create_token(db, posting.workspace_id, "test", SCOPES, member_id=posting.owner.id)
    http = posting.browser().http
    made = await http.post(
        "/v1/invitations", json={"address": "Theo@example.org"}, headers={"Authorization": f"Bearer {token}"}
    )
    assert (made.status_code, made.json()["mailed"], made.json()["link"]) == (201, True, None)
    to, text = await letters.next()
    assert to == "theo@example.org"
    assert "as viewer" in text
    browser = posting.browser()
    page = await browser.press(await browser.open(path_in(text)), "Join", name="Theo")
    assert page.title == "Security"
    async with instance(posting.pool) as db:
        assert await db.fetchval("SELECT verified_at IS NOT NULL FROM sign_ins WHERE name = 'Theo'")


async def test_a_letter_on_its_way_is_sent_before_the_process_ends(
    house: House, settings: Settings, letters: Letters
) -> None:
    async with serving(changed(settings, mail_server=letters.url)) as app:
        browser = Browser(app)
        await ask(browser, str(house.owner.address))
        await browser.http.aclose()
    assert len(letters.letters) == 1


async def test_an_address_that_nobody_verified_gets_no_link_until_its_mail_was_read(
    posting: House, letters: Letters
) -> None:
    browser = await posting.enter()
    async with instance(posting.pool) as db:
        await db.execute("UPDATE sign_ins SET verified_at = NULL")
    await ask(posting.browser(), "olga@example.org")
    page = await browser.press(await browser.open("/security"), "Change the address")  # the same one
    assert page.title == "Look into your mail"
    _, text = await letters.next()
    assert "makes the address yours" in text
    await letters.next()  # to the old address, which is the same
    assert letters.letters == []
    await browser.press(await browser.open(path_in(text)), "Make it mine")
    await ask(posting.browser(), "olga@example.org")
    assert "signs you in once" in (await letters.next())[1]
