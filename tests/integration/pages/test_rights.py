"""Under My data a member uses the rights of the person who they are, and of nobody else."""

from uuid import UUID

from kith.projections import data_reports as projection
from kith.store import data_reports
from kith.store.db import instance, workspace
from tests.integration.pages.conftest import House
from tests.integration.pages.test_members import form_key


async def add_people(house: House, *addresses: str) -> None:
    async with workspace(house.pool, house.workspace_id) as db:
        for number, address in enumerate(addresses, 1):
            await db.execute(
                """
                WITH identity AS (
                    INSERT INTO identities (workspace_id, id, network, host, key, kind, name, address)
                    VALUES ($1, $2, 'mail', $4, $3, 'person', $3, $3)
                ), whose AS (INSERT INTO person_identities (workspace_id, identity_id, person_id) VALUES ($1, $2, $2))
                INSERT INTO people (workspace_id, id, name, kind, networks, identities, interactions)
                VALUES ($1, $2, $3, 'person', '{mail}', 1, 0)
                """,
                house.workspace_id, UUID(int=number), address, str(number),
            )  # fmt: skip


async def test_a_member_has_a_report_objects_and_is_erased(house: House) -> None:
    await add_people(house, "olga@example.org", "stranger@example.org")
    browser, home = await house.enter(), house.workspace_id
    page = await browser.press(
        await browser.open("/my-data"), "Make a report of all that is held of me: olga@example.org"
    )
    assert "A report is being made." in page.text
    assert "stranger@example.org" not in page.text
    async with workspace(house.pool, home) as db:
        (report,) = await data_reports.list_reports(db, home, None, None, 10)
        await projection.make(db, home, report)
    (link, machines) = [
        a.attributes["href"] for a in (await browser.open("/my-data")).root.find("a")
        if "/reports/" in a.attributes["href"]
    ]  # fmt: skip
    answer = await browser.http.get(link)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"].startswith("text/html")
    assert "olga@example.org" in answer.text
    assert (await browser.http.get(machines)).headers["content-type"].startswith("application/x-ndjson")
    page = await browser.press(page, "Object to being scored: olga@example.org", reason="No ranks.")
    assert "You object to being scored since" in page.text
    async with workspace(house.pool, home) as db:
        assert await db.fetchval("SELECT reason FROM objections") == "No ranks."
        assert await db.fetchval("SELECT objects FROM people WHERE id = $1", UUID(int=1))
    page = await browser.press(page, "Take the objection back: olga@example.org")
    unsure = await browser.press(page, "Erase me: olga@example.org")
    assert unsure.status == 422
    page = await browser.press(await browser.open("/my-data"), "Erase me: olga@example.org", sure="yes")
    assert "You are being erased." in page.text
    async with workspace(house.pool, home) as db:
        assert await db.fetchval("SELECT person_id FROM erasures") == UUID(int=1)
        rows = await db.fetch("SELECT operation FROM audit_entries ORDER BY number")
    asked = [row["operation"] for row in rows if row["operation"] != "signIn"]
    assert asked == [
        "createDataReport", "downloadDataReport", "downloadDataReport", "createObjection", "endObjection",
        "erasePerson",
    ]  # fmt: skip


async def test_nobody_uses_the_rights_of_others(house: House) -> None:
    await add_people(house, "olga@example.org", "stranger@example.org")
    browser = await house.enter()
    form = {"form_key": await form_key(browser), "act": "report", "person": "per_00000000000000000000000002"}
    assert (await browser.send("/my-data/rights", form)).status == 404
    async with workspace(house.pool, house.workspace_id) as db:
        made = await data_reports.ask(db, house.workspace_id, UUID(int=2), "member:test")
        await data_reports.set_ready(db, house.workspace_id, made, {})
    assert (await browser.http.get(f"/my-data/reports/{made}/html")).status_code == 404
    async with instance(house.pool) as db:
        await db.execute("UPDATE sign_ins SET verified_at = NULL")
    assert "Make a report" not in (await browser.open("/my-data")).text, "an address that was merely said"


async def test_an_address_of_several_people_shows_of_nobody_who_they_are(house: House) -> None:
    await add_people(house, "olga@example.org", "olga@example.org")
    browser = await house.enter()
    assert "Make a report" not in (await browser.open("/my-data")).text
