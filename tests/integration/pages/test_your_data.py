"""Somebody who is no member shows who they are, by mail or by a code, and uses the rights of that person alone."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from kith.runtime.settings import Settings
from kith.store import members, rights_requests, sign_ins
from kith.store.db import Pool, instance, workspace
from tests.integration.api.conftest import serving
from tests.integration.pages.browser import Browser, Page
from tests.integration.pages.conftest import House
from tests.integration.pages.test_mail import Letters, letters
from tests.integration.pages.test_rights import add_people

__all__ = ["letters"]


@pytest.fixture
async def posting(
    settings: Settings, pool: Pool, workspace_id: UUID, letters: Letters
) -> AsyncIterator[tuple[House, Letters]]:
    """A house that sends letters."""
    async with workspace(pool, workspace_id) as db:
        owner = await sign_ins.create_sign_in(db, "Olga Owner", "olga@example.org", verified=True)
        first = await members.create_member(db, workspace_id, owner.id, "owner")
    async with serving(msgspec.structs.replace(settings, mail_server=letters.url)) as app:
        house = House(app, pool, workspace_id, first)
        yield house, letters
        for browser in house.browsers:
            await browser.http.aclose()


async def arrive(house: House, letters: Letters, address: str) -> tuple[Browser, str]:
    """Return a browser at the link that came to an address, and the link."""
    browser = house.browser()
    sent = await browser.press(await browser.open("/your-data"), "Send me a link", address=address)
    assert "whether kith holds anything of it or not" in sent.text
    to, text = await letters.next()
    assert to == address
    found = re.search(r"/your-data/\S+", text)
    assert found
    return browser, found[0]


async def asked(house: House, *, open_: bool | None = None) -> list[rights_requests.RightsRequest]:
    async with workspace(house.pool, house.workspace_id) as db:
        return await rights_requests.list_requests(db, house.workspace_id, open_=open_, after=None, limit=10)


async def test_an_address_is_shown_by_mail_and_opens_its_own_person_alone(posting: tuple[House, Letters]) -> None:
    house, letters = posting
    await add_people(house, "ada@example.org", "stranger@example.org")
    browser, link = await arrive(house, letters, "ada@example.org")
    page = await browser.press(await browser.open(link), "Go on")
    assert "ada@example.org" in page.text
    assert "stranger@example.org" not in page.text
    other = await house.browser().open(link)
    assert (other.status, other.title) == (410, "This link has ended"), "it is that browser's from then on"
    page = await browser.press(page, "Object to being scored: ada@example.org", reason="No ranks.")
    assert "You object to being scored since" in page.text
    page = await browser.press(page, "Make a report of all that is held of me: ada@example.org")
    assert "A report is being made." in page.text
    home = next(form for form in page.root.find("form") if form.attributes["action"].endswith("/rights"))
    fields = {e.attributes["name"]: e.attributes.get("value", "") for e in home.find("input")}
    wrong = await browser.send(home.attributes["action"], fields | {"person": "per_00000000000000000000000002"})
    assert wrong.status == 404
    name = f"Send it: test {house.workspace_id}"
    done = await browser.press(page, name, message="My name is misspelt.")
    assert done.title == "Your request was received"
    (report, correction) = await asked(house, open_=True)
    assert (report.kind, report.proof, report.person_id) == ("report", "address", UUID(int=1))
    assert (correction.message, correction.address) == ("My name is misspelt.", "ada@example.org")
    assert 29 <= (correction.due_at - datetime.now(UTC)).days <= 30
    assert [one.kind for one in await asked(house, open_=False)] == ["object"]
    async with workspace(house.pool, house.workspace_id) as db:
        rows = await db.fetch("SELECT actor, operation FROM audit_entries ORDER BY number")
        told = await db.fetch("SELECT data FROM events WHERE type = 'rights.requested' ORDER BY id")
        await rights_requests.set_done(db, house.workspace_id, [correction.id], "member:test")
        forgotten = await rights_requests.get_request(db, house.workspace_id, correction.id)
    assert [tuple(row) for row in rows] == [
        ("person", "createObjection"), ("person", "createDataReport"), ("person", "askForRights"),
    ]  # fmt: skip
    assert [row["data"]["kind"] for row in told] == ["object", "report", "other"]
    assert forgotten
    assert forgotten.address is None


async def test_whoever_is_unknown_is_answered_alike_and_finds_nothing(posting: tuple[House, Letters]) -> None:
    house, letters = posting
    await add_people(house, "ada@example.org")
    browser = house.browser()
    answers = []
    for address in ("ada@example.org", "nobody@example.org"):
        answers.append(await browser.press(await browser.open("/your-data"), "Send me a link", address=address))
        assert (await letters.next())[0] == address
    assert answers[0].text == answers[1].text
    browser, link = await arrive(house, letters, "nobody@example.org")
    page = await browser.press(await browser.open(link), "Go on")
    assert "kith holds nothing of you here." in page.text
    assert "ada@example.org" not in page.text
    for _ in range(6):
        limited = await browser.press(await browser.open("/your-data"), "Send me a link", address="nobody@example.org")
    assert limited.status == 429


async def test_an_address_of_several_people_opens_none_of_them(posting: tuple[House, Letters]) -> None:
    house, letters = posting
    await add_people(house, "team@example.org", "team@example.org")
    browser, link = await arrive(house, letters, "team@example.org")
    page = await browser.press(await browser.open(link), "Go on")
    assert "Several people here have this address." in page.text
    assert "Make a report" not in page.text
    await browser.press(page, f"Send it: test {house.workspace_id}", message="I am the second.")
    (request,) = await asked(house)
    assert (request.person_id, request.kind) == (None, "other")


async def test_a_handle_is_shown_by_a_code_that_it_posts(house: House) -> None:
    await post(house, 1, "ada", "Nothing to see.")
    browser = house.browser()
    page = await code_for(browser, "@Ada")
    (code,) = [element.text for element in page.root.find("code")]
    assert (await code_for(house.browser(), "nobody")).text.replace("nobody", "Ada")[:40] == page.text[:40]
    page = await browser.press(page, "I have posted it")
    assert "The code was not found yet." in page.text
    await post(house, 2, "mallory", f"Look, {code}")
    page = await browser.press(page, "I have posted it")
    assert "The code was not found yet." in page.text, "somebody else posted it"
    await post(house, 1, "ada", f"It is me: {code.upper()}")
    page = await browser.press(page, "I have posted it")
    assert "Erase me" in page.text
    page = await browser.press(page, "Erase me: ada", sure="yes")
    assert "You are being erased." in page.text
    async with workspace(house.pool, house.workspace_id) as db:
        assert [row["person_id"] for row in await db.fetch("SELECT person_id FROM erasures")] == [UUID(int=1)]


async def test_where_anybody_may_give_any_name_a_code_shows_nothing(house: House) -> None:
    browser = house.browser()
    page = await code_for(browser, "ada", network="git")
    (code,) = [element.text for element in page.root.find("code")]
    await post(house, 1, "ada", code, network="git")
    page = await browser.press(page, "I have posted it")
    assert "The code was not found yet." in page.text


async def test_links_end(house: House) -> None:
    page = await code_for(house.browser(), "ada")
    async with instance(house.pool) as db:
        await db.execute("UPDATE rights_links SET expires_at = now()")
    assert (await house.browsers[0].open(page.address)).status == 410
    assert (await house.browser().open("/your-data/unknown")).status == 410


async def code_for(browser: Browser, handle: str, network: str = "github") -> Page:
    start = await browser.open("/your-data")
    page = await browser.press(start, "Give me a code", network=network, handle=handle)
    assert "Post this code as" in page.text
    return page


async def post(house: House, number: int, handle: str, text: str, network: str = "github") -> None:
    """Let an account post something now."""
    async with workspace(house.pool, house.workspace_id) as db:
        await db.execute(
            """
            WITH identity AS (
                INSERT INTO identities (workspace_id, id, network, host, key, kind, name, handle)
                VALUES ($1, $2, $5, '', $3, 'person', $3, $3) ON CONFLICT DO NOTHING
            ), whose AS (
                INSERT INTO person_identities (workspace_id, identity_id, person_id) VALUES ($1, $2, $2)
                ON CONFLICT DO NOTHING
            ), person AS (
                INSERT INTO people (workspace_id, id, name, kind, networks, identities, interactions)
                VALUES ($1, $2, $3, 'person', '{github}', 1, 0) ON CONFLICT DO NOTHING
            )
            INSERT INTO interactions (workspace_id, id, kind, actor_id, target_ids, target_kinds, network, host, key,
                occurred_at, text, visibility, version)
            VALUES ($1, gen_random_uuid(), 'post', $2, '{}', '{}', $5, '', gen_random_uuid()::text, now(), $4, 'public',
                '')
            """,
            house.workspace_id, UUID(int=number), handle, text, network,
        )  # fmt: skip
