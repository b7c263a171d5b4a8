"""Becoming a member, seeing one's data, leaving."""

import asyncio
import json
from typing import Any
from uuid import UUID

from kith.domain.members import Role
from kith.store import invitations, members, sign_ins, tokens
from kith.store.db import instance, workspace
from tests.integration.pages.conftest import House


async def invite(house: House, address: str = "theo@example.org", role: Role = "analyst", mailed: bool = False) -> str:
    """Return the path of an invitation."""
    async with workspace(house.pool, house.workspace_id) as db:
        _, text = await invitations.create_invitation(db, house.workspace_id, address, role, "operator", mailed=mailed)
    return f"/invitations/{text}"


async def listed(house: House) -> dict[str, tuple[str, str | None]]:
    async with workspace(house.pool, house.workspace_id) as db:
        found = await members.list_members(db, house.workspace_id, None, 10)
    return {member.name: (member.role, member.address) for member in found}


async def test_who_is_new_gives_a_name_and_is_in(house: House) -> None:
    path, browser = await invite(house, mailed=True), house.browser()
    page = await browser.open(path)
    assert "theo@example.org is invited, as analyst." in page.text
    page = await browser.press(page, "Join", name="Theo")
    assert (page.title, page.address) == ("Security", "/security")
    assert await listed(house) == {
        "Olga Owner": ("owner", "olga@example.org"), "Theo": ("analyst", "theo@example.org"),
    }  # fmt: skip
    assert (await house.browser().open(path)).status == 410
    async with instance(house.pool) as db:
        found = await sign_ins.find_sign_in(db, "theo@example.org")
        assert found
        assert found.verified_at  # the link went there


async def test_a_link_that_somebody_handed_over_verifies_no_address(house: House) -> None:
    browser = house.browser()
    await browser.press(await browser.open(await invite(house)), "Join", name="Theo")
    async with instance(house.pool) as db:
        found = await sign_ins.find_sign_in(db, "theo@example.org")
        assert found
        assert found.verified_at is None


async def test_who_has_signed_in_joins_as_they_are(house: House) -> None:
    async with workspace(house.pool, UUID(int=5)) as db:
        await db.execute("INSERT INTO workspaces VALUES ($1, 'Elsewhere', $2)", UUID(int=5), bytes(32))
        made = await sign_ins.create_sign_in(db, "Theo", "other@example.org")
        theo = await members.create_member(db, UUID(int=5), made.id, "viewer")
    browser = await house.enter(theo)
    page = await browser.press(await browser.open(await invite(house)), "Join as Theo")
    assert page.address == "/workspaces"
    assert (await listed(house))["Theo"] == ("analyst", "other@example.org")


async def test_a_link_for_an_address_that_signs_in_already_is_no_way_into_it(house: House) -> None:
    async with instance(house.pool) as db:
        await sign_ins.create_sign_in(db, "Theo", "theo@example.org", verified=True)
    path, browser = await invite(house), house.browser()
    page = await browser.open(path)
    assert "Somebody signs in with this address already." in page.text
    key = await form_key(browser)
    page = await browser.send(path, {"form_key": key, "name": "Thief"})
    assert page.title == "Sign in"
    assert "Theo" not in await listed(house)


async def test_who_only_said_that_an_address_is_theirs_gives_way_to_who_reads_its_mail(house: House) -> None:
    async with instance(house.pool) as db:
        squatter = await sign_ins.create_sign_in(db, "Squatter", "theo@example.org")
    page = await house.browser().open(await invite(house, mailed=False))
    assert "Somebody signs in with this address already." in page.text
    async with workspace(house.pool, house.workspace_id) as db:
        (open_one,) = await invitations.list_invitations(db, house.workspace_id, None, 1)
        await invitations.revoke(db, house.workspace_id, open_one.id)
    browser = house.browser()
    page = await browser.press(await browser.open(await invite(house, mailed=True)), "Join", name="Theo")
    assert page.title == "Security"
    async with instance(house.pool) as db:
        found = await sign_ins.find_sign_in(db, "theo@example.org")
        assert found
        assert found.name == "Theo"
        left = await sign_ins.get_sign_in(db, squatter.id)
        assert left
        assert left.address is None


async def form_key(browser: Any) -> str:
    page = await browser.open("/sign-in")
    found: str = next(e.attributes["value"] for e in page.root.find("input") if e.attributes.get("name") == "form_key")
    return found


async def test_of_several_who_accept_at_once_one_is_in(house: House) -> None:
    path = await invite(house)
    browsers = [house.browser() for _ in range(6)]
    pages = [await browser.open(path) for browser in browsers]
    after = await asyncio.gather(*(b.press(p, "Join", name="Theo") for b, p in zip(browsers, pages, strict=True)))
    assert sum(page.title == "Security" for page in after) == 1
    assert len(await listed(house)) == 2


async def test_junk_is_no_invitation(house: House) -> None:
    for path in (
        "/invitations/x",
        "/invitations/kinv_aaaa",
        "/invitations/" + tokens.mint(house.workspace_id, "kinv_"),
    ):
        assert (await house.browser().open(path)).status == 410


async def add_identities(house: House, *addresses: str) -> None:
    async with workspace(house.pool, house.workspace_id) as db:
        for number, address in enumerate(addresses, 1):
            await db.execute(
                "INSERT INTO identities (workspace_id, id, network, host, key, kind, address) "
                "VALUES ($1, $2, 'mail', '', $3, 'person', $3)",
                house.workspace_id, UUID(int=number), address,
            )  # fmt: skip


async def test_my_data_offers_what_may_be_mine_and_nothing_else(house: House) -> None:
    await add_identities(house, "olga@example.org", "stranger@example.org")
    browser = await house.enter()
    async with instance(house.pool) as db:
        await db.execute("UPDATE sign_ins SET verified_at = NULL")
    assert "This is mine" not in (await browser.open("/my-data")).text  # nobody verified the address
    async with instance(house.pool) as db:
        await db.execute("UPDATE sign_ins SET verified_at = now()")
    page = await browser.press(await browser.open("/my-data"), "This is mine: olga@example.org")
    assert "stranger@example.org" not in page.text
    stranger = {"form_key": await form_key(browser), "identity": str(UUID(int=2))}
    assert (await browser.send("/my-data/identities", stranger)).status == 404
    async with workspace(house.pool, house.workspace_id) as db:
        rows = await db.fetch("SELECT identity_id, proof FROM member_identities")
    assert [tuple(row) for row in rows] == [(UUID(int=1), "address")]
    page = await browser.press(page, "This is not mine: olga@example.org")
    assert "None yet." in page.text


async def test_all_that_is_kept_of_somebody_can_be_downloaded_without_secrets(house: House) -> None:
    browser = await house.enter()
    answer = await browser.http.get("/my-data.json")
    assert answer.headers["content-disposition"].startswith("attachment")
    told = json.loads(answer.content)
    assert told["sign_in"]["address"] == "olga@example.org"
    assert [one["role"] for one in told["memberships"]] == ["owner"]
    assert told["sessions"][0]["address"] == "192.0.2.7"
    cookie = next(iter(browser.cookies().values()))
    assert cookie not in answer.text
    assert "hash" not in answer.text


async def test_who_leaves_is_out_and_the_audit_knows(house: House) -> None:
    theo = await house.add("Theo", "admin", "theo@example.org")
    browser = await house.enter(theo)
    page = await browser.press(await browser.open("/my-data"), f"Leave test {house.workspace_id}", sure="yes")
    assert "You are a member of no workspace." in page.text
    assert list(await listed(house)) == ["Olga Owner"]
    async with workspace(house.pool, house.workspace_id) as db:
        row = await db.fetchrow("SELECT actor, operation, member_id FROM audit_entries ORDER BY number DESC LIMIT 1")
    assert tuple(row or ()) == ("member", "leaveWorkspace", theo.id)


async def test_the_last_owner_cannot_leave(house: House) -> None:
    browser = await house.enter()
    for button in (f"Leave test {house.workspace_id}", "Leave all workspaces and delete my sign-in"):
        unsure = await browser.press(await browser.open("/my-data"), button)
        assert unsure.status == 422
        page = await browser.press(await browser.open("/my-data"), button, sure="yes")
        assert page.status == 409
        assert "You are the last owner of a workspace." in page.text
    assert len(await listed(house)) == 1


async def test_who_deletes_their_sign_in_is_forgotten(house: House) -> None:
    theo = await house.add("Theo", "admin", "theo@example.org")
    browser = await house.enter(theo)
    page = await browser.press(await browser.open("/my-data"), "Leave all workspaces and delete my sign-in", sure="yes")
    assert page.title == "Sign in"
    async with instance(house.pool) as db:
        assert await sign_ins.find_sign_in(db, "theo@example.org") is None
        assert await db.fetchval("SELECT count(*) FROM sessions WHERE sign_in_id = $1", theo.sign_in_id) == 0
    assert list(await listed(house)) == ["Olga Owner"]


async def test_a_member_who_was_removed_sees_the_workspace_no_more(house: House) -> None:
    theo = await house.add("Theo", "admin", "theo@example.org")
    browser = await house.enter(theo)
    assert "My identities" in (await browser.open("/my-data")).text
    async with workspace(house.pool, house.workspace_id) as db:
        await members.remove_member(db, house.workspace_id, theo.id)
    assert "My identities" not in (await browser.open("/my-data")).text
