"""What happens on kith's own pages is told in the audit of every workspace that it concerns, and names nobody."""

import asyncio
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from kith.api.app import UNPUBLISHED
from kith.domain.audit import Chained
from kith.domain.ids import encode
from kith.projections import audit
from kith.store import audit as store
from kith.store import members, sign_in_links, sign_ins, workspaces
from kith.store.db import instance, workspace
from tests.integration.pages.authenticator import PRESENT, Authenticator
from tests.integration.pages.browser import Browser
from tests.integration.pages.conftest import House
from tests.integration.pages.test_passkeys import ask, options

PASSWORD = "correct horse battery staple"  # of nobody
OTHER = "another horse battery staple"

#: What each page that changes something tells; elsewhere: what tests of its own see.
TOLD = {
    "signIn": "signIn", "giveSecondFactor": "signIn", "givePasskey": "signIn", "useLink": "signIn",
    "signOut": "signOut", "changeName": "changeName", "setPassword": "setPassword", "changeAddress": "changeAddress",
    "addTotp": "addTotp", "removeTotp": "removeTotp", "replaceRecoveryCodes": "replaceRecoveryCodes",
    "endSession": "endSession", "endOtherSessions": "endOtherSessions", "addPasskey": "addPasskey",
    "removePasskey": "removePasskey",
}  # fmt: skip
ELSEWHERE = {
    "removeProvider": "test_provider.py", "acceptInvitation": "test_members.py", "confirmIdentity": "test_members.py",
    "denyIdentity": "test_members.py", "useMyRights": "test_rights.py", "useRights": "test_your_data.py",
    "askForRights": "test_your_data.py", "leaveWorkspace": "test_members.py", "endSignIn": "test_members.py",
    **dict.fromkeys(
        ("decideConsent", "decideDevice", "disconnectApp", "decideLogout", "issueToken", "revokeAppToken"),
        "tests/integration/oauth/test_audits.py",
    ),
}  # fmt: skip
SILENT = {
    "askForLink": "changes nothing: who uses the link is told",
    "askForPasskey": "changes nothing",
    "goToProvider": "changes nothing: who comes back is told",
    "chooseWorkspace": "changes only what this browser shows",
    "introspectToken": "reads",
    "askUserInfo": "reads",
    "authorizeDevice": "changes nothing: who lets the device in is told",
    "pushRequest": "changes nothing: who consents is told",
    "registerApp": "belongs to no workspace until one approves it, which is told",
    "receivePush": "is a network's, and no change by anybody",
    "proveAddress": "changes nothing: what is asked for after it is told",
    "proveHandle": "changes nothing: what is asked for after it is told",
    "finishProof": "changes nothing: what is asked for after it is told",
    "callMcp": "reads",
}


def test_every_page_that_changes_something_is_tried() -> None:
    changes = {str(handler.operation_id) for handler in UNPUBLISHED if "POST" in handler.http_methods}
    assert changes == TOLD.keys() | ELSEWHERE.keys() | SILENT.keys()


async def entries(house: House, home: Any = None) -> list[Chained]:
    """Return the entries of a workspace, the oldest first, once all that is told later is told."""
    if tasks := house.app.state.letters:
        await asyncio.wait(tasks)
    home = home or house.workspace_id
    async with workspace(house.pool, home) as db:
        assert (await audit.verify(db, home))[1] is None
        return list(await store.read_on(db, home, 0, 1000))


async def told(house: House, seen: list[Chained]) -> list[tuple[str, str]]:
    """Return the operations and changes since ``seen``, and note them there; all are by and of the owner."""
    new = (await entries(house))[len(seen) :]
    seen += new
    for entry in new:
        assert (entry.actor, entry.member_id, entry.network) == ("member", house.owner.id, "192.0.2.0/24")
        assert entry.object == encode("member", house.owner.id)
        assert entry.request_id
    return [(entry.operation, entry.changes) for entry in new]


async def enter_with(browser: Browser, password: str) -> Any:
    page = await browser.open("/sign-in")
    return await browser.press(page, "Sign in", address="olga@example.org", password=password)


async def test_the_ways_in_and_out_are_told(house: House) -> None:
    seen: list[Chained] = []
    browser = await house.enter()
    assert await told(house, seen) == [("signIn", said("link of the operator"))]
    page = await browser.open("/security")
    page = await browser.press(page, "Set the password", password=PASSWORD)
    assert await told(house, seen) == [("setPassword", "{}")]
    await browser.press(page, "Sign out")
    assert await told(house, seen) == [("signOut", "{}")]
    assert (await enter_with(browser, OTHER)).status == 422
    assert await told(house, seen) == [("signInFailed", said("password"))]
    await enter_with(browser, PASSWORD)
    assert await told(house, seen) == [("signIn", said("password"))]
    stranger = house.browser()
    page = await stranger.open("/sign-in")
    await stranger.press(page, "Sign in", address="nobody@example.org", password=OTHER)
    assert await told(house, seen) == []


def said(method: str) -> str:
    return f'{{"after":{{"method":"{method}"}},"changed":["method"]}}'


async def test_a_second_factor_is_told(house: House) -> None:
    browser = await house.enter()
    page = await browser.open("/security")
    page = await browser.press(page, "Set the password", password=PASSWORD)
    seen = await entries(house)
    page = await browser.open("/security/codes")
    secret = next(e.attributes["value"] for e in page.root.find("input") if e.attributes.get("name") == "secret")
    codes = await browser.press(page, "Ask for codes from now on", code=pyotp.TOTP(secret).now())
    assert await told(house, seen) == [("addTotp", "{}")]
    (recovery, *_) = [e.text for e in codes.root.find("li") if e.text.count("-")]
    other = house.browser()
    page = await enter_with(other, PASSWORD)
    assert await told(house, seen) == [], "nobody is in yet"
    page = await other.press(page, "Go on", code="000000")
    assert await told(house, seen) == [("signInFailed", said("second factor"))]
    await other.press(page, "Go on", code=recovery)
    assert await told(house, seen) == [("signIn", said("password, recovery code"))]
    await browser.press(await browser.open("/security"), "Make new recovery codes")
    assert await told(house, seen) == [("replaceRecoveryCodes", "{}")]
    await browser.press(await browser.open("/security"), "Ask for codes no more")
    assert await told(house, seen) == [("removeTotp", "{}")]


async def test_a_passkey_is_told(house: House) -> None:
    device, browser = Authenticator(), await house.enter()
    seen = await entries(house)
    page = await browser.open("/security/passkeys/new")
    page = await browser.press(page, "Add a passkey", credential=device.create(options(page)), name="Old phone")
    assert await told(house, seen) == [("addPasskey", "{}")]
    other = house.browser()
    page, device.flags = await ask(other), PRESENT
    await other.press(page, "Go on", credential=device.get(options(page)))
    assert await told(house, seen) == [("signInFailed", said("passkey"))]
    page, device.flags = await ask(other), Authenticator().flags
    await other.press(page, "Go on", credential=device.get(options(page)))
    assert await told(house, seen) == [("signIn", said("passkey"))]
    await browser.press(await browser.open("/security"), "Remove: Old phone")
    assert await told(house, seen) == [("removePasskey", "{}")]
    assert "phone" not in str(await entries(house))


async def test_what_is_changed_of_a_sign_in_is_told(house: House) -> None:
    browser, other = await house.enter(), await house.enter()
    await house.enter()
    seen = await entries(house)
    page = await browser.press(await browser.open("/security"), "Save the name", name="Olga Renamed")
    assert await told(house, seen) == [("changeName", "{}")]
    page = await browser.press(page, "Change the address", address="new@example.org")
    assert await told(house, seen) == [("changeAddress", "{}")]
    (one, *_) = [form for form in page.root.find("form") if form.attributes["action"] == "/security/sessions/end"]
    fields = {e.attributes["name"]: e.attributes.get("value", "") for e in one.find("input")}
    page = await browser.send("/security/sessions/end", fields)
    assert await told(house, seen) == [("endSession", "{}")]
    await browser.press(page, "End all others")
    assert await told(house, seen) == [("endOtherSessions", "{}")]
    assert (await other.open("/security")).title == "Sign in"
    async with instance(house.pool) as db:
        text = await sign_in_links.create_link(
            db, house.owner.sign_in_id, "address", timedelta(hours=1), "last@example.org"
        )
    page = await browser.open(f"/sign-in/links/{text}")
    await browser.press(page, "Make it mine")
    assert await told(house, seen) == [("changeAddress", "{}")]
    for word in ("Olga", "Renamed", "example.org"):
        assert word not in str(await entries(house))


async def test_every_workspace_of_a_sign_in_is_told(house: House) -> None:
    home = await house_beside(house)
    await house.enter()
    for one in (house.workspace_id, home):
        (entry,) = await entries(house, one)
        async with workspace(house.pool, one) as db:
            member = await members.find_member(db, one, house.owner.sign_in_id)
        assert member
        assert (entry.operation, entry.member_id) == ("signIn", member.id)


async def house_beside(house: House) -> Any:
    """Return another workspace of the owner."""
    home = type(house.workspace_id)(int=house.workspace_id.int ^ 1)
    async with workspace(house.pool, home) as db:
        await workspaces.create_workspace(db, home, "beside")
        await members.create_member(db, home, house.owner.sign_in_id, "viewer")
    return home


async def test_erased_members_are_not_named(house: House) -> None:
    theo = await house.add("Theo Theodorou", "viewer", "theo@example.org")
    browser = await house.enter(theo)
    await browser.press(await browser.open("/my-data"), "Leave all workspaces and delete my sign-in", sure="yes")
    kept = await entries(house)
    assert [entry.operation for entry in kept] == ["signIn", "leaveWorkspace"]
    assert {entry.member_id for entry in kept} == {theo.id}
    async with instance(house.pool) as db:
        assert await sign_ins.get_sign_in(db, theo.sign_in_id) is None
    async with workspace(house.pool, house.workspace_id) as db:
        assert await members.get_member(db, house.workspace_id, theo.id) is None, "the id leads to nobody"
    for word in ("Theo", "example.org", str(theo.sign_in_id), encode("sign-in", theo.sign_in_id)):
        assert word not in str(kept)


@pytest.mark.parametrize("wrong", [OTHER, ""])
async def test_what_is_told_of_a_failure_holds_nobody_up(house: House, wrong: str) -> None:
    browser = await house.enter()
    await browser.press(await browser.open("/security"), "Set the password", password=PASSWORD)
    async with workspace(house.pool, house.workspace_id) as db:
        await audit.record(db, house.workspace_id, "operator", "test", None, {})  # takes long to end
        async with asyncio.timeout(3):
            assert (await enter_with(house.browser(), wrong)).status == 422
    assert (await entries(house))[-1].operation == "signInFailed"
